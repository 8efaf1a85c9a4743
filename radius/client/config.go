package client

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"lacd/policy"
	"lacd/radius"
)

// Server is one RADIUS server.
type Server struct {
	Name   string
	Auth   netip.AddrPort // invalid: not for authentication
	Acct   netip.AddrPort // invalid: not for accounting
	Secret policy.Secret
	// RequireMessageAuthenticator drops answers to Access-Requests that do
	// not carry one. It belongs on: without it the answers can be forged.
	RequireMessageAuthenticator bool
	Timeout                     time.Duration // first retransmission; 0: 2 s
	Tries                       int           // transmissions before the next server; 0: 3
}

// NAS is how this NAS names itself where a request does not.
type NAS struct {
	Identifier string
	IP         netip.Addr
}

// Config holds the settings of a Client. Zero is the default given with each
// field.
type Config struct {
	Servers     []Server // in order of preference
	AcctServers []Server // in order of preference; empty: those of Servers with an Acct address
	NAS         NAS
	Local       netip.Addr // source of real UDP sockets; invalid: the kernel chooses

	MaxTimeout time.Duration // longest retransmission timeout; 0: 16 s
	GiveUp     time.Duration // bound of one authentication over all servers; 0: 30 s
	DeadAfter  int           // consecutive timeouts that make a server dead; 0: 3
	DeadTime   time.Duration // how long a dead server is left alone; 0: 60 s
	Sockets    int           // most sockets per server and kind, 256 requests each; 0: 16
	Idle       time.Duration // an unused socket is closed after this; 0: 60 s
	AcctQueue  int           // most records kept; 0: 100,000
	AcctFlight int           // most records asked at once; 0: 256

	Journal Journal // of the records; nil: they are lost with the process
	// Lost is told whose record was lost as there was no room for it; nil: nobody.
	// It is called on the loop and must not block.
	Lost func(account string)

	// ServerChanged is told when a server dies or revives; nil: nobody. It is
	// called on the loop and must not block.
	ServerChanged func(server string, kind radius.Kind, dead bool)
}

// Dialer opens sockets to servers. The connection carries one datagram per
// Write and Read.
type Dialer interface {
	Dial(server netip.AddrPort) (net.Conn, error)
}

// udpDialer opens real UDP sockets, connected: they only receive from their
// server.
type udpDialer struct{ local netip.Addr }

// Dial implements Dialer.
func (d udpDialer) Dial(server netip.AddrPort) (net.Conn, error) {
	var from *net.UDPAddr
	if d.local.IsValid() {
		from = net.UDPAddrFromAddrPort(netip.AddrPortFrom(d.local, 0))
	}
	c, err := net.DialUDP("udp", from, net.UDPAddrFromAddrPort(server))
	if err != nil {
		return nil, err
	}
	return c, nil
}

// side is what the two exchanges are made from: the servers of one kind.
type side struct {
	addrs   []netip.AddrPort
	servers []radius.Server
}

// sides checks the configuration and sorts it by kind.
func (c *Config) sides() (auth, acct side, err error) {
	acctServers := c.AcctServers
	if len(acctServers) == 0 {
		acctServers = c.Servers
	}
	if c.NAS.Identifier == "" && !c.NAS.IP.IsValid() {
		err = errors.New("radius client: the NAS has neither an identifier nor an address")
	}
	for i := range c.Servers {
		s := &c.Servers[i]
		err = errors.Join(err, s.check())
		if s.Auth.IsValid() {
			auth.add(s, s.Auth)
		}
	}
	for i := range acctServers {
		s := &acctServers[i]
		if len(c.AcctServers) > 0 {
			err = errors.Join(err, s.check())
		}
		if s.Acct.IsValid() {
			acct.add(s, s.Acct)
		}
	}
	if max(len(auth.servers), len(acct.servers)) > radius.MaxServers {
		err = errors.Join(err, fmt.Errorf("radius client: more than %d servers", radius.MaxServers))
	}
	return auth, acct, err
}

func (s *Server) check() error {
	switch {
	case s.Secret == "":
		return fmt.Errorf("radius client: server %q has no secret", s.Name)
	case s.Timeout < 0 || s.Tries < 0:
		return fmt.Errorf("radius client: server %q has a negative timeout or number of tries", s.Name)
	}
	return nil
}

func (d *side) add(s *Server, addr netip.AddrPort) {
	d.addrs = append(d.addrs, addr)
	d.servers = append(d.servers, radius.Server{
		Name:             s.Name,
		Secret:           s.Secret,
		RequireSignature: s.RequireMessageAuthenticator,
		Timeout:          s.Timeout,
		Tries:            s.Tries,
	})
}
