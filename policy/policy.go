package policy

import (
	"net/netip"
	"time"
)

// Subscriber is what is known about a subscriber before authorization.
type Subscriber struct {
	User      string // name given in PAP or CHAP, as sent; empty before authentication
	Port      string // access port
	Access    string // port and VLAN tags: "eth1:100.200"
	NASPort   uint32
	MAC       string
	SVLAN     uint16
	CVLAN     uint16
	Service   string // Service-Name asked for
	CircuitID string // TR-101 Agent Circuit ID
	RemoteID  string // TR-101 Agent Remote ID
}

// Authorize is how a retailer's subscribers are authorized.
type Authorize uint8

// The ways of authorization.
const (
	ByRADIUS Authorize = 1 + iota // ask RADIUS; its tunnel attributes name the LNS
	ByRealm                       // the realm alone is enough: the LNS authenticates
	ByLine                        // by the access line, before PPP authentication
)

// LNS is one way to reach a retailer: a peer and how to talk to it.
type LNS struct {
	Name         string // label for logs, metrics and lacctl
	Retailer     string // whose calls it takes; set in Candidates
	Peer         netip.AddrPort
	Local        netip.Addr // our address; invalid: the kernel chooses
	LocalIsWish  bool       // Local is what RADIUS says: where it is no address of this host the kernel chooses
	Host         string     // our Host Name (Tunnel-Client-Auth-ID); empty: the node's name
	PeerHost     string     // expected Host Name of the peer (Tunnel-Server-Auth-ID); empty: any
	Secret       Secret
	Assignment   string // Tunnel-Assignment-ID
	PrivateGroup string // sent in ICCN (Tunnel-Private-Group-ID)
	Preference   uint32 // lowest first
	Level        uint8  // inside a preference, lowest first; only RADIUS gives one
	Weight       uint32 // share among equal preference; 0 counts as 1
	Limits       Limits
	Handling     *Handling // nil: the policy's
	NoProxyLCP   bool
	NoProxyAuth  bool
	NoReplayAuth bool
	Sequencing   bool  // data messages are always numbered (Sequencing Required)
	DSCP         uint8 // of the tunnel's packets, 0 to 63
}

// Limits bound what an LNS is given. 0: no limit.
type Limits struct {
	Sessions       uint32 // of the LNS
	TunnelSessions uint32 // of one tunnel
	Setups         uint32 // calls placed per second
	Retailer       uint32 // sessions of the retailer over all LNSes; set in Candidates
}

// TunnelKey says which calls may share a tunnel. It is comparable.
type TunnelKey struct {
	Peer       netip.AddrPort
	Local      netip.Addr
	Assignment string
	Host       string
	PeerHost   string
	Secret     Secret
	DSCP       uint8
}

// TunnelKey returns the sharing key of calls to l.
func (l *LNS) TunnelKey() TunnelKey {
	return TunnelKey{l.Peer, l.Local, l.Assignment, l.Host, l.PeerHost, l.Secret, l.DSCP}
}

// Tunnel is one alternative of an Access-Accept: the attributes of one tag.
type Tunnel struct {
	Tag          uint8
	Server       string // Tunnel-Server-Endpoint as sent
	Medium       uint8  // 4, 6: IPv4 or IPv6 alone; 0: either
	Client       string // Tunnel-Client-Endpoint
	Secret       Secret // Tunnel-Password, decrypted
	HasSecret    bool
	Assignment   string
	PrivateGroup string
	ClientAuthID string
	ServerAuthID string
	Preference   uint32
	Unusable     string // not empty: why this alternative cannot be used
}

// Grant is an authorization in product words: what RADIUS, or the realm
// table, allows a subscriber.
type Grant struct {
	User            string   // name for accounting; empty: as sent
	Tunnels         []Tunnel // empty: the retailer's own LNSes
	Hosts           []Host   // what Unresolved names, when that was looked up
	Class           [][]byte
	SessionTimeout  time.Duration // 0: none
	IdleTimeout     time.Duration // 0: none
	InterimInterval time.Duration // 0: the configured one
	Rates           Rates         // of the line; zero: not said
}

// Candidate is one LNS to try, and why it stands where it does.
type Candidate struct {
	LNS    LNS
	Reason string
	Resort bool // locked out: to be tried all the same, as nothing else is left
}

// Decision is where a subscriber goes. It is immutable.
type Decision struct {
	Retailer        string
	Realm           string
	Candidates      []Candidate // in the order to try
	Reasons         []string    // every consideration, in order, skipped alternatives included
	User            string
	Class           [][]byte
	SessionTimeout  time.Duration
	IdleTimeout     time.Duration
	InterimInterval time.Duration
}

// Secret is a shared secret. It prints as "[secret]" everywhere.
type Secret string

// String hides the secret.
func (Secret) String() string { return "[secret]" }

// GoString hides the secret.
func (Secret) GoString() string { return "[secret]" }

// MarshalText hides the secret, in slog and JSON too.
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }
