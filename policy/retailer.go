package policy

import (
	"fmt"
	"net/netip"
	"time"

	"lacd/policy/number"
)

// MinInterim is the shortest interim interval (RFC 2869 section 5.16: the
// value "MUST NOT be smaller than 60").
const MinInterim = 60 * time.Second

// Down is what becomes of a subscriber about whom no RADIUS server answers.
type Down uint8

// What to do.
const (
	DownRefuse Down = iota
	DownRealm       // as if its realm were enough: the retailer's own LNSes authenticate it
)

// DownWords are the configuration's words.
var DownWords = [...]string{DownRefuse: "refuse", DownRealm: "realm"}

// String returns the configuration's word for d.
func (d Down) String() string {
	if int(d) < len(DownWords) {
		return DownWords[d]
	}
	return "unknown"
}

// Retailer is one ISP whose subscribers the gateway serves.
type Retailer struct {
	Name            string
	Realms          []string // without "@", "*." for all below; case of A to Z does not matter
	Authorize       Authorize
	RADIUS          []string      // names of its servers, preferred first
	RADIUSDown      Down          // what becomes of subscribers while no server answers
	Accounting      bool          // send accounting to those servers, or to AcctServers
	AcctServers     []string      // names of its servers for accounting, preferred first; empty: RADIUS
	AcctCopy        []string      // servers that get a copy of each record; empty: none do
	AcctTunnels     bool          // send records of tunnels and links too (RFC 2867)
	InterimInterval time.Duration // 0: what RADIUS says; else a minimum for it (RFC 5080 section 2.3.4)
	LNS             []LNS
	Groups          []Group
	MaxSessions     uint32 // over all LNSes; 0: no limit
	MaxSetups       uint32 // begun per second; 0: no limit
	DSCP            uint8  // of LNSes that RADIUS names and the configuration does not know
	Call            CallInfo

	UserName  *number.Template // User-Name towards RADIUS; nil: as the subscriber sent it
	LowerUser bool             // that one in lower case

	Lines        []Lines          // ByLine: its access lines
	AskLine      bool             // ByLine: RADIUS authorizes
	LineUser     *number.Template // AskLine: the User-Name; nil: as Calling-Station-Id
	LinePassword Secret           // AskLine: the User-Password
}

// Default is what happens to a subscriber without a realm, or with one that
// no retailer claims.
type Default struct {
	Retailer string // serves it; empty: it is refused
}

// Policy is who serves whom. Build it with New.
type Policy struct {
	Retailers []Retailer
	Default   Default
	Forms     []Form       // how user names bear a realm, in the order they are tried; empty: DefaultForm
	Name      string       // of the gateway, in templates; empty: Node
	Node      string       // Host Name towards an LNS that has none of its own
	Local     []netip.Addr // our addresses; the first of the peer's family is used; empty: the kernel chooses
	Handling  *Handling    // of LNSes that have none of their own; nil: DefaultLockouts and no more

	realms realms
	lines  lineTable
	def    *Retailer // nil: refuse
}

// New returns p, checked and indexed. It keeps p's slices.
func New(p Policy) (*Policy, error) {
	if p.Handling == nil {
		p.Handling = &Handling{Lockouts: DefaultLockouts()}
	}
	byName := make(map[string]*Retailer, len(p.Retailers))
	p.realms = realms{exact: map[string]*Retailer{}, below: map[string]*Retailer{}}
	for i := range p.Retailers {
		r := &p.Retailers[i]
		if byName[r.Name] != nil {
			return nil, fmt.Errorf("retailer %q is defined twice", r.Name)
		}
		byName[r.Name] = r
		if err := p.claims(r); err != nil {
			return nil, err
		}
	}
	if p.Default.Retailer != "" {
		if p.def = byName[p.Default.Retailer]; p.def == nil {
			return nil, fmt.Errorf("default retailer %q is not defined", p.Default.Retailer)
		}
		if p.def.Authorize == ByLine {
			return nil, fmt.Errorf("default retailer %q authorizes by line", p.def.Name)
		}
	}
	return &p, nil
}

// claims takes down which subscribers are r's.
func (p *Policy) claims(r *Retailer) error {
	switch r.Authorize {
	case ByRADIUS, ByRealm:
		if len(r.Lines) > 0 {
			return fmt.Errorf("retailer %q: lines, and it does not authorize by line", r.Name)
		}
	case ByLine:
		if len(r.Realms) > 0 {
			return fmt.Errorf("retailer %q: realms, and it authorizes by line", r.Name)
		}
		p.lines.add(r)
	default:
		return fmt.Errorf("retailer %q: no way to authorize its subscribers", r.Name)
	}
	for _, realm := range r.Realms {
		if other := p.realms.add(realm, r); other != nil {
			return fmt.Errorf("realm %q is claimed by retailers %q and %q", realm, other.Name, r.Name)
		}
	}
	return nil
}
