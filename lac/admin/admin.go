// Package admin is the wire format between lacctl and lacd: HTTP/1.1 with JSON
// bodies over the admin unix socket. The field names are stable.
//
//	GET    /v1/sessions             []Session, ordered by ID
//	GET    /v1/sessions/{id|user}   Session with its Timeline and Reasons
//	DELETE /v1/sessions/{id|user}   Disconnected
//	GET    /v1/tunnels              []Tunnel
//	GET    /v1/lns                  []LNS
//	POST   /v1/lns/{name|address}/drain    Drained: no new calls, those that are there stay
//	DELETE /v1/lns/{name|address}/drain    Drained: calls again
//	GET    /v1/retailers            []Retailer
//	GET    /v1/retailers/{name}     Retailer
//	GET    /v1/explain?user=NAME    Explanation
//	POST   /v1/explain              Explanation of a Question
//	POST   /v1/reload               Reloaded; 409 where the file is refused, and nothing changes
//	GET    /v1/status               Status
//
// A failure is answered with its HTTP status and an Error body.
package admin

import "time"

// Session is one subscriber session.
type Session struct {
	ID         string    `json:"id"`    // Acct-Session-Id
	User       string    `json:"user"`  // as sent by the subscriber; by line, the name RADIUS has for the line
	State      string    `json:"state"` // negotiate, authenticate, decide, call, bridge, up, finish
	Since      time.Time `json:"since"` // when the session began (PADR)
	Port       string    `json:"port"`
	VLANs      string    `json:"vlans,omitempty"`
	MAC        string    `json:"mac"`
	PPPoE      uint16    `json:"pppoe_session"`
	CircuitID  string    `json:"circuit_id,omitempty"`
	RemoteID   string    `json:"remote_id,omitempty"`
	Service    string    `json:"service,omitempty"`
	Retailer   string    `json:"retailer,omitempty"`
	LNS        string    `json:"lns,omitempty"`
	Peer       string    `json:"peer,omitempty"` // address and port of the LNS
	Tunnel     uint16    `json:"tunnel,omitempty"`
	PeerTunnel uint16    `json:"peer_tunnel,omitempty"`
	Call       uint16    `json:"call,omitempty"` // our L2TP Session ID
	PeerCall   uint16    `json:"peer_call,omitempty"`
	UpPackets  uint64    `json:"up_packets"`
	UpOctets   uint64    `json:"up_octets"`
	DownPkts   uint64    `json:"down_packets"`
	DownOctets uint64    `json:"down_octets"`

	// Only in the answer for a single session.
	Reasons  []string `json:"reasons,omitempty"`  // why this LNS
	Timeline []Step   `json:"timeline,omitempty"` // what happened when
}

// Step is one event of a session's set-up.
type Step struct {
	Event string        `json:"event"` // stable word: PADR, LCP-open, auth, grant, call, answered, bridged, up
	After time.Duration `json:"after"` // since PADR, nanoseconds
}

// Tunnel is one L2TP tunnel.
type Tunnel struct {
	ID       uint16    `json:"id"`
	PeerID   uint16    `json:"peer_id"`
	LNS      string    `json:"lns"`
	Peer     string    `json:"peer"`
	Local    string    `json:"local"`
	PeerName string    `json:"peer_name"`
	State    string    `json:"state"` // opening, up, closing
	Since    time.Time `json:"since"`
	Calls    int       `json:"calls"`
	Window   int       `json:"window"`    // messages we may have unacknowledged now
	InFlight int       `json:"in_flight"` // unacknowledged now
	Queued   int       `json:"queued"`    // waiting for the window
	Resends  uint64    `json:"resends"`
	Plane    string    `json:"dataplane"`
}

// LNS is one configured or RADIUS-named LNS that lacd has met or knows.
type LNS struct {
	Name      string `json:"name"`
	Retailer  string `json:"retailer,omitempty"`
	Peer      string `json:"peer"`
	State     string `json:"state"`         // ready, half-open, locked, draining, full
	Why       string `json:"why,omitempty"` // of any state but ready
	Sessions  int    `json:"sessions"`      // calls that are placed or established
	Limit     int    `json:"limit,omitempty"`
	Tunnels   int    `json:"tunnels"`
	Calls     int    `json:"calls"`
	Placed    uint64 `json:"placed"`   // calls tried
	Answered  uint64 `json:"answered"` // calls that came up
	Failed    uint64 `json:"failed"`
	LastError string `json:"last_error,omitempty"`
}

// Status is the daemon as a whole.
type Status struct {
	Node      string    `json:"node"`
	Version   string    `json:"version"`
	Since     time.Time `json:"since"`
	Sessions  int       `json:"sessions"`
	Tunnels   int       `json:"tunnels"`
	Dataplane string    `json:"dataplane"`
}

// Disconnected answers a DELETE.
type Disconnected struct {
	Sessions []string `json:"sessions"` // IDs whose end was begun
}

// Error explains a failure.
type Error struct {
	Error string   `json:"error"`
	Lines []string `json:"lines,omitempty"` // what is wrong, where there may be more than one thing
	Hint  string   `json:"hint,omitempty"`
}
