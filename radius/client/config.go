package client

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
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
	Timeout                     time.Duration // first retransmission; 0: 2 s, or 10 s in all with TLS
	Tries                       int           // transmissions before the next server; 0: 3, always 1 with TLS

	Priority  int           // the lowest is asked first; 0: its place in the list, from 1
	Weight    int           // share among servers of equal priority; 0: 1
	DeadAfter int           // 0: that of Config
	DeadTime  time.Duration // 0: that of Config
	Probe     radius.Probe  // how it is found alive again
	Source    netip.Addr    // of its sockets; invalid: Config.Local
	// TLS makes it RADIUS over TLS (RFC 6614); nil: UDP. The server's certificate
	// must be for ServerName, or for the address where there is none.
	TLS *tls.Config
}

// NAS is how this NAS names itself where a request does not.
type NAS struct {
	Identifier string
	IP         netip.Addr
}

// Config holds the settings of a Client. Zero is the default given with each
// field.
type Config struct {
	Servers     []Server // in order of preference, unless they have priorities
	AcctServers []Server // empty: those of Servers with an Acct address
	NAS         NAS
	Local       netip.Addr // source of real sockets; invalid: the kernel chooses

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
	// Disconnected is told why a connection could not be made, or broke; nil:
	// nobody. It is called like ServerChanged.
	Disconnected func(server string, kind radius.Kind, err error)
}

// side is what the two exchanges are made from: the servers of one kind.
type side struct {
	peers   []peer
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
			auth.add(s, i, c.peer(s, s.Auth))
		}
	}
	for i := range acctServers {
		s := &acctServers[i]
		if len(c.AcctServers) > 0 {
			err = errors.Join(err, s.check())
		}
		if s.Acct.IsValid() {
			acct.add(s, i, c.peer(s, s.Acct))
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
	case s.Weight < 0 || s.DeadAfter < 0 || s.DeadTime < 0:
		return fmt.Errorf("radius client: server %q has a negative weight, number of timeouts or pause", s.Name)
	case s.TLS != nil && s.TLS.InsecureSkipVerify:
		return fmt.Errorf("radius client: server %q would be trusted whoever it is", s.Name)
	}
	return nil
}

// peer returns how a server is reached at an address.
func (c *Config) peer(s *Server, addr netip.AddrPort) peer {
	p := peer{addr: addr, local: s.Source}
	if !p.local.IsValid() {
		p.local = c.Local
	}
	if s.TLS != nil {
		// "support for TLS 1.1 [...] is REQUIRED" of old (RFC 6614 section 2.3);
		// RFC 9325 leaves 1.2 and later.
		p.tls = s.TLS.Clone()
		p.tls.MinVersion = max(p.tls.MinVersion, tls.VersionTLS12)
		p.tls.ServerName = cmp.Or(p.tls.ServerName, addr.Addr().String())
	}
	return p
}

// add takes the i-th server of a list.
func (d *side) add(s *Server, i int, p peer) {
	d.peers = append(d.peers, p)
	d.servers = append(d.servers, radius.Server{
		Name:             s.Name,
		Secret:           s.Secret,
		RequireSignature: s.RequireMessageAuthenticator,
		Timeout:          s.Timeout,
		Tries:            s.Tries,
		Priority:         cmp.Or(s.Priority, i+1),
		Weight:           s.Weight,
		DeadAfter:        s.DeadAfter,
		Revive:           s.DeadTime,
		Probe:            s.Probe,
		Reliable:         p.tls != nil,
	})
}
