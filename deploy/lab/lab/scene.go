package lab

import (
	"fmt"
	"strconv"
	"strings"
)

// scene is who takes part in a run and how they are connected.
type scene struct {
	ports       []string // lacd's access devices: "eth1" is on the bridge "acc1"
	lnses       []LNS
	subscribers []*Subscriber
	realms      []realm // what RADIUS says
	radii       int     // FreeRADIUS servers; 0 is one
	config      string  // lacd's, with @NAME@ where configText fills in
	captures    []capturing
	transfers   bool // the LNSes answer transfers
	quickEcho   bool // an LNS gives a silent subscriber up within some seconds
	quickHello  bool // lacd gives a silent LNS up within some seconds
}

// LNS is one L2TP network server.
type LNS struct {
	name   string
	addr   string // on the core
	inside string // its end of every subscriber's PPP link
	pool   string // of the subscribers
	secret string // of the tunnel; "": it has none and asks for none
	light  bool   // lacsim in place of xl2tpd and pppd
}

// lnsN makes the n-th LNS, 1 to 9.
func lnsN(n int) LNS {
	return LNS{
		name: fmt.Sprintf("lns%d", n), addr: fmt.Sprintf("10.10.0.1%d", n), inside: fmt.Sprintf("10.%d.0.1", n),
		pool: fmt.Sprintf("10.%d.1.1-10.%d.1.100", n, n), secret: fmt.Sprintf("secret-of-the-tunnels-to-lns%d", n),
	}
}

// service is an address that all LNSes have inside, so that a subscriber reaches
// it wherever he landed.
const service = "10.99.0.1"

// realm is what RADIUS answers for the users of a realm.
type realm struct {
	name     string
	password string // of all its users; "": each subscriber's own
	class    string // Class; "": none
	tunnels  []tunnel
}

// tunnel is one tag of an Access-Accept.
type tunnel struct {
	kind       string // Tunnel-Type; "": L2TP
	lns        LNS
	secret     string // Tunnel-Password; "": none is sent
	preference int
	assignment string
}

// lns returns the LNS of this name.
func (sc *scene) lns(name string) LNS {
	for _, n := range sc.lnses {
		if n.name == name {
			return n
		}
	}
	return LNS{}
}

// lnsAt returns the LNS whose pool an address is from.
func (sc *scene) lnsAt(addr string) LNS {
	for _, n := range sc.lnses {
		if validAddr(addr, n) {
			return n
		}
	}
	return LNS{}
}

// namespaces names those of lacd and of everyone who speaks PPP with it.
func (sc *scene) namespaces() []string {
	all := []string{nsLAC}
	for _, n := range sc.lnses {
		all = append(all, n.name)
	}
	for _, s := range sc.subscribers {
		all = append(all, s.ns)
	}
	return all
}

// bridgeOf names the bridge of an access device.
func bridgeOf(port string) string { return "acc" + strings.TrimPrefix(port, "eth") }

// numbered gives subscribers their namespaces and MAC addresses.
func numbered(all []*Subscriber) []*Subscriber {
	for i, s := range all {
		s.ns = "s" + strconv.Itoa(i+1)
		s.mac = fmt.Sprintf("02:00:00:00:01:%02x", i+1)
	}
	return all
}

// demoScene is the demonstration's: five subscribers that must come up over both
// access ports, both realms and both authentication protocols, and two that must
// not. The tunnel of alpha carries its secret; the one of beta takes it from
// lacd's configuration.
func demoScene() scene {
	lns1, lns2 := lnsN(1), lnsN(2)
	return scene{
		ports: []string{"eth1", "eth2"},
		lnses: []LNS{lns1, lns2},
		subscribers: numbered([]*Subscriber{
			{access: "acc1", user: "alice@alpha.example", password: "alice-pw", stored: "alice-pw", lns: "lns1"},
			{access: "acc1", user: "bob@alpha.example", password: "bob-pw", stored: "bob-pw", pap: true, lns: "lns1"},
			{access: "acc1", user: "carol@beta.example", password: "carol-pw", stored: "carol-pw", lns: "lns2"},
			{access: "acc2", user: "dave@beta.example", password: "dave-pw", stored: "dave-pw", pap: true, lns: "lns2"},
			{access: "acc2", user: "erin@alpha.example", password: "erin-pw", stored: "erin-pw", lns: "lns1", service: "internet"},
			{access: "acc1", user: "mallory@alpha.example", password: "guessed", stored: "mallory-pw"},
			{access: "acc2", user: "nobody@nowhere.example", password: "nobody-pw"},
		}),
		realms: []realm{
			{name: "alpha.example", tunnels: []tunnel{{lns: lns1, secret: lns1.secret, preference: 10, assignment: "alpha"}}},
			{name: "beta.example", tunnels: []tunnel{{lns: lns2, preference: 10, assignment: "beta"}}},
		},
		config:    demoConfig,
		captures:  capturesOf(2, "", "udp port 1701 or ip[6:2] & 0x1fff != 0"),
		transfers: true,
	}
}
