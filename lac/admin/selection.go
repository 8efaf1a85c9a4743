package admin

import "time"

// Drained are the LNSes whose draining was begun or ended.
type Drained struct {
	LNS []LNS `json:"lns"`
}

// Question asks where a subscriber would go: one of that name, on that line.
type Question struct {
	User string `json:"user"` // as the subscriber would send it

	Port      string `json:"port,omitempty"` // access port
	SVLAN     uint16 `json:"svlan,omitempty"`
	CVLAN     uint16 `json:"cvlan,omitempty"`
	MAC       string `json:"mac,omitempty"`
	CircuitID string `json:"circuit_id,omitempty"`
	RemoteID  string `json:"remote_id,omitempty"`

	// Reply is an Access-Accept as text, one attribute in a line:
	// Tunnel-Server-Endpoint:1 = "192.0.2.1".
	Reply string `json:"reply,omitempty"`
	// Password lets lacd ask RADIUS. It is not kept.
	Password string `json:"password,omitempty"`
}

// Explanation is a decision that was made for nobody.
type Explanation struct {
	User      string `json:"user"`
	Realm     string `json:"realm,omitempty"`
	Retailer  string `json:"retailer,omitempty"`
	Authorize string `json:"authorize,omitempty"` // radius, realm, line
	RADIUS    string `json:"radius,omitempty"`    // what it said, or that it was not asked

	Outcome string   `json:"outcome"` // accepted, refused, or open: RADIUS decides
	Reasons []string `json:"reasons"` // in the words of the log
	LNS     []Choice `json:"lns"`     // in the order they would be tried

	SessionTimeout  time.Duration `json:"session_timeout,omitempty"`  // nanoseconds
	IdleTimeout     time.Duration `json:"idle_timeout,omitempty"`     // nanoseconds
	InterimInterval time.Duration `json:"interim_interval,omitempty"` // nanoseconds
}

// Choice is an LNS that would be tried.
type Choice struct {
	Name       string `json:"name"`
	Peer       string `json:"peer"`
	Local      string `json:"local,omitempty"`     // our address; empty: the kernel chooses
	HostName   string `json:"host_name,omitempty"` // we give
	PeerName   string `json:"peer_name,omitempty"` // the LNS must give
	Assignment string `json:"assignment,omitempty"`
	Secret     bool   `json:"secret"` // the tunnel is authenticated
	State      string `json:"state"`  // as in LNS
	Reason     string `json:"reason"`
}
