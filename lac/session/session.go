package session

import (
	"net/netip"
	"time"

	"lacd/lac/cause"
	"lacd/policy"
	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
)

// Config is shared by the sessions of one kind. It is immutable.
type Config struct {
	PPP             ppp.Config    // MRU is the ceiling of these sessions
	CallTimeout     time.Duration // how long one LNS may take to answer a call; 0: 5 s
	InterimInterval time.Duration // when the grant names none; 0: no interim records
	EarlyFrames     int           // frames kept between authentication and ICCN; 0: 8
	Health          policy.Health // of the LNSes; nil: all are ready
}

// Origin is where a session comes from. It never changes.
type Origin struct {
	Port    string // access port
	NASPort uint32
	Local   wire.MAC
	Peer    wire.MAC
	VLANs   wire.VLANs
	ID      wire.SessionID
	Service string
	Line    *wire.Line // nil: the access node told nothing
}

// Access returns the access port and the VLAN tags: "eth1:100.200".
func (o *Origin) Access() string {
	if tags := o.VLANs.String(); tags != "" {
		return o.Port + ":" + tags
	}
	return o.Port
}

// State is the stage a session is in.
type State uint8

// The stages, in order.
const (
	Negotiate    State = 1 + iota // LCP
	Authenticate                  // LCP is open; the subscriber has not answered yet
	Decide                        // authorization was asked
	Calling                       // an LNS was asked to take the call
	Bridging                      // the data path is being made
	Up                            // ICCN was sent: the LNS owns the link
	Finishing                     // ending
	Gone                          // Released was emitted
)

var stateNames = [...]string{
	Negotiate: "negotiate", Authenticate: "authenticate", Decide: "decide", Calling: "call",
	Bridging: "bridge", Up: "up", Finishing: "finish", Gone: "gone",
}

func (s State) String() string {
	if int(s) < len(stateNames) && s > 0 {
		return stateNames[s]
	}
	return "unknown"
}

// Step is an event of the set-up whose time is kept.
type Step uint8

// The steps, in the order they happen.
const (
	LCPOpen       Step = iota // LCP reached Opened
	Authenticated             // the peer's answer is complete
	Permitted                 // authorization said yes
	Placed                    // the call that came up was placed
	Answered                  // the LNS took it
	Bridged                   // the data path exists
	Connected                 // ICCN handed to the tunnel
	numSteps
)

var stepNames = [numSteps]string{"lcp-open", "auth", "grant", "call", "answered", "bridged", "up"}

func (s Step) String() string { return stepNames[s] }

// Call is an L2TP call as both ends know it.
type Call struct {
	Tunnel, PeerTunnel uint16
	ID, Peer           uint16     // Session IDs
	Local              netip.Addr // our end of the tunnel
}

// Counters are what the data plane carried since the bridge was made. Up is
// from the subscriber.
type Counters struct {
	UpPackets, UpOctets, DownPackets, DownOctets uint64
}

// Session is one subscriber. Its owner is the shard that made it.
type Session struct {
	cfg    *Config
	policy *policy.Policy
	origin Origin
	id     string
	seed   uint64

	state   State
	started time.Time
	steps   [numSteps]uint32 // microseconds since started; 0: not reached
	link    *ppp.Link        // nil once the LNS owns the link
	creds   ppp.Credentials  // user name kept, the rest released when up
	early   [][]byte

	route    policy.Route
	byLine   bool         // the line has said whose subscriber it is: nobody asks for a name
	rates    policy.Rates // as granted
	decision *policy.Decision
	current  *policy.Candidate // being tried or used; nil before the first
	resort   *policy.Candidate // passed over as locked out: tried when nothing else is left
	next     int               // candidate to try next
	moves    uint8             // calls placed again without a new candidate
	attempt  uint8             // of the call and its bridge
	call     Call

	placed     bool // a call exists or is asked for: HangUp undoes it
	hasBridge  bool // a bridge exists or is asked for: RemoveBridge undoes it
	lost       bool // BridgeLost has ended it
	accounted  bool // a Start record was emitted
	asked      bool // an Authorize is not answered yet
	unproven   bool // RADIUS was silent, and the retailer has the LNS authenticate
	askAgain   bool // its answer is stale: ask again
	removing   int  // RemoveBridge actions not yet answered
	linkEnding bool // waiting for Closed from the link
	padtDone   bool // PADT was sent or received

	counters    Counters
	lastTraffic time.Time
	upSince     time.Time
	callBy      time.Time // the current LNS must have answered
	sessionEnd  time.Time
	idleEnd     time.Time
	nextInterim time.Time

	cause   cause.Cause
	detail  string
	message string // to a subscriber who is refused
	actions []Action
}

// Action is something the owner must do.
type Action interface{ isAction() }

// Send sends a PPP frame, from its protocol field, to the subscriber.
type Send struct{ Frame []byte }

// SendPADT tells the subscriber that the PPPoE session is over.
type SendPADT struct{}

// Authorize asks RADIUS, through the servers of the retailer, about the subscriber.
type Authorize struct {
	Retailer    *policy.Retailer
	User        string // User-Name
	Credentials ppp.Credentials
	MRU         uint16
}

// PlaceCall asks an LNS to take the call (ICRQ). Resort says that nothing else
// is left: it is tried even when it is locked out.
type PlaceCall struct {
	Attempt uint8
	LNS     *policy.LNS // immutable
	Resort  bool
}

// AddBridge joins the subscriber's PPPoE session to the call.
type AddBridge struct {
	Attempt    uint8
	Call       Call
	MTU        int
	Sequencing bool // data messages are always numbered
}

// ConnectCall completes the call (ICCN). Frames follow it through the tunnel.
type ConnectCall struct {
	Attempt     uint8
	LNS         policy.LNS
	Proxy       *ppp.Proxy       // nil: do not tell the LNS
	Credentials *ppp.Credentials // nil: do not tell the LNS; Protocol 0: nobody authenticated the subscriber
	Frames      [][]byte
}

// HangUp ends the call with the given CDN Result and Error Code (RFC 2661
// section 4.4.2), and with what is known of PPP, if anything. Silent says that
// the LNS never answered it.
type HangUp struct {
	Attempt       uint8
	Result, Error uint16
	PPP           cause.PPP
	Silent        bool
}

// RemoveBridge undoes AddBridge.
type RemoveBridge struct{ Attempt uint8 }

// AccountStatus is the kind of an accounting record.
type AccountStatus uint8

// The kinds of accounting records a session has.
const (
	AccountStart AccountStatus = 1 + iota
	AccountInterim
	AccountStop
)

// Account emits an accounting record of the session as View shows it.
type Account struct{ Status AccountStatus }

// CameUp tells that the session is complete; the owner logs it.
type CameUp struct{}

// Dropped tells that input was discarded. What is a constant.
type Dropped struct{ What string }

// Released ends the session: nothing follows, and its IDs are free.
type Released struct{}

func (Send) isAction()         {}
func (SendPADT) isAction()     {}
func (Authorize) isAction()    {}
func (PlaceCall) isAction()    {}
func (AddBridge) isAction()    {}
func (ConnectCall) isAction()  {}
func (HangUp) isAction()       {}
func (RemoveBridge) isAction() {}
func (Account) isAction()      {}
func (CameUp) isAction()       {}
func (Dropped) isAction()      {}
func (Released) isAction()     {}

func (s *Session) do(a Action) { s.actions = append(s.actions, a) }

// Take returns what to do now, in order.
func (s *Session) Take() []Action {
	a := s.actions
	s.actions = nil
	return a
}

func (s *Session) reached(now time.Time, step Step) {
	s.steps[step] = uint32(max(1, now.Sub(s.started).Microseconds()))
}

// Deadline returns when Advance must be called; zero means never.
func (s *Session) Deadline() time.Time {
	var d time.Time
	for _, t := range [...]time.Time{s.callBy, s.sessionEnd, s.idleEnd, s.nextInterim} {
		d = earlier(d, t)
	}
	if s.link != nil {
		d = earlier(d, s.link.Deadline())
	}
	return d
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func due(now, t time.Time) bool { return !t.IsZero() && !now.Before(t) }

// Advance does what is due.
func (s *Session) Advance(now time.Time) {
	if s.link != nil && due(now, s.link.Deadline()) {
		s.link.Advance(now)
		s.drainLink(now)
	}
	if due(now, s.callBy) {
		s.callTimedOut(now)
	}
	s.advanceAccounting(now)
}

// View is what others may know of a session.
type View struct {
	ID          string
	State       State
	Origin      Origin
	Started     time.Time
	UpSince     time.Time // zero before ICCN
	User        string    // as the subscriber sent it
	Known       string    // what others know it by: User, or the name of the line that nobody asks
	Name        string    // User without its realm
	Realm       string
	Retailer    string
	Owner       *policy.Retailer // nil: not known yet
	Info        *policy.CallInfo // of the retailer; nil: none yet
	Unproven    bool             // RADIUS was silent, and the retailer has the LNS authenticate
	Rates       policy.Rates     // as authorization gave them
	LNS         *policy.LNS
	Call        Call
	Decision    *policy.Decision // nil before the decision
	RouteReason []string
	Counters    Counters
	Steps       [numSteps]time.Duration // after Started; 0: not reached
	Cause       cause.Cause             // 0: not ended
	Detail      string                  // more about the end, for people
}

// State returns the stage that the session is in.
func (s *Session) State() State { return s.state }

// Retailer returns the retailer, nil before it is known.
func (s *Session) Retailer() *policy.Retailer { return s.route.Retailer }

// View returns the session as it is now. The slices are shared: read only.
func (s *Session) View() View {
	v := View{
		ID: s.id, State: s.state, Origin: s.origin, Started: s.started, UpSince: s.upSince,
		User: string(s.creds.Name), Name: s.route.Name, Realm: s.route.Realm, Call: s.call, Decision: s.decision, RouteReason: s.route.Reasons,
		Counters: s.counters, Rates: s.rates, Unproven: s.unproven, Cause: s.cause, Detail: s.detail,
	}
	if v.Known = v.User; s.byLine {
		v.Known = s.route.User
	}
	if s.route.Retailer != nil {
		v.Retailer = s.route.Retailer.Name
		v.Owner = s.route.Retailer
		v.Info = &s.route.Retailer.Call
	}
	if c := s.candidate(); c != nil {
		v.LNS = &c.LNS
	}
	for i, us := range s.steps {
		v.Steps[i] = time.Duration(us) * time.Microsecond
	}
	return v
}

// EachStep yields the names and offsets of the steps reached so far.
func (v *View) EachStep(yield func(Step, time.Duration) bool) {
	for i, d := range v.Steps {
		if d > 0 && !yield(Step(i), d) {
			return
		}
	}
}
