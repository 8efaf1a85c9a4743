package file

import (
	"crypto/tls"
	"net/netip"
	"time"

	"lacd/policy"
)

// File is a whole configuration.
type File struct {
	Node     Node
	Access   []Access // at least one
	Core     Core
	PPP      PPP
	L2TP     L2TP
	RADIUS   []RADIUS // in the order of the file; may be empty
	CoA      CoA
	Policy   *policy.Policy
	Warnings []string // "file:line: message", possibly with a "hint:" line
}

// Node is the gateway itself.
type Node struct {
	Name        string         // NAS-Identifier, default AC-Name and Host Name; default: the host's name
	AdminSocket string         // default "/run/lacd/admin.sock"
	StateDir    string         // what outlives the daemon; default "/var/lib/lacd"
	Metrics     netip.AddrPort // Prometheus listener; invalid (the default): off
	LogFormat   string         // "text" (default) or "json"
	LogLevel    string         // "debug", "info" (default), "warn" or "error"
	// What closes the front door, see lac.Gate.
	MaxHalfOpen  int           // sessions; default 8192
	MaxRADIUS    int           // sessions of a retailer that await RADIUS; default 4096
	MaxCallDelay time.Duration // less than L2TP.AnswerTimeout; default 2s, or half of that
	MaxBacklog   int           // data plane operations; default 4096
	MaxRecords   int           // accounting records that wait for one list of servers; default 100000
}

// Access is one access port.
type Access struct {
	Port               string   // device name
	ACName             string   // default: Node.Name
	ServiceNames       []string // empty (the default): any name is accepted
	Untagged           bool     // frames without a tag are served; default: unless there are VLANs
	VLANs              []VLANs  // frames with tags that are served
	MaxSessions        int      // 1 to 65534 (default)
	MaxSessionsPerMAC  int      // 0 (the default): no limit of its own
	MaxSessionsPerVLAN int      // with the same tags; 0 (the default): no limit of its own
	MaxSessionsPerLine int      // 0 (the default): no limit of its own
	Duplicate          string   // "allow" (default), "refuse" or "replace"
	PADIRate           int      // a second; 0: no limit; default 160000
	PADIRatePerMAC     int      // a second; 0: no limit; default 20
	PADRRate           int      // a second; 0: no limit; default 20000
	PADRRatePerMAC     int      // as PADIRatePerMAC
	AnswerUnknown      bool     // PADT for session frames of no session; default true
}

// Core is the side of the LNSes.
type Core struct {
	Local     []netip.Addr // our tunnel addresses; empty (the default): the kernel chooses
	MTU       int          // largest IP packet on the paths to LNSes, octets; default 1500
	Dataplane string       // "auto" (default), "xdp", "xdp-native", "pppbridge" or "none"
	// Interfaces are devices towards the LNSes; empty (the default): those that
	// routes lead to.
	Interfaces []string
}

// PPP is how PPP is negotiated with subscribers.
type PPP struct {
	MRU          uint16        // 576 to 1500; largest that is agreed to; default 1492; "auto" is worked out
	Auth         []string      // "chap", "pap", preferred first, or "none" alone; default both, in this order
	Multilink    bool          // agree to MRRU and its companions; default false
	RestartTimer time.Duration // default 3s
	AuthTimeout  time.Duration // whole authentication phase; default 30s
	EchoInterval time.Duration // 0: no LCP echo; default 10s
	EchoFailures int           // echoes unanswered in a row; default 3
}

// L2TP is how tunnels are run.
type L2TP struct {
	HostName      string        // Host Name AVP; default: Node.Name
	Window        uint16        // receive window offered, messages; default 512
	Hello         time.Duration // silence after which a HELLO is sent; default 60s
	Retries       int           // resends of a control message before the tunnel is given up; default 5
	Resend        time.Duration // first resend, doubling after that; default 1s
	ResendMax     time.Duration // longest wait between resends; default 8s
	AnswerTimeout time.Duration // for an LNS to answer a call; default 5s
	IdleTimeout   time.Duration // a tunnel without calls is closed after this; 0: never; default 1m
	MaxTunnels    int           // at once to one LNS for calls that may share them; default 4
}

// RADIUS is one server. At least one of its addresses is valid.
type RADIUS struct {
	Name                        string
	Auth                        netip.AddrPort // invalid: no authentication here
	Acct                        netip.AddrPort // invalid: no accounting here
	Secret                      policy.Secret
	Timeout                     time.Duration // first wait for an answer; default 2s; 10s over TLS, and the only one
	Tries                       int           // packets to this server before the next one; default 3; 1 over TLS
	RequireMessageAuthenticator bool          // default true; false over TLS
	Priority                    int           // the lowest is asked first; 0 (the default): its place in a retailer's list, from 1
	Weight                      int           // share among servers of equal priority; default 1
	Probe                       string        // how it is found alive again: "request" (default) or "status-server"
	DeadAfter                   int           // timeouts in a row that make it dead; default 3
	DeadTime                    time.Duration // between attempts to find it alive again; default 1m
	Source                      netip.Addr    // of our packets; invalid (the default): the kernel chooses
	TLS                         *tls.Config   // RADIUS over TLS; nil (the default): UDP
}
