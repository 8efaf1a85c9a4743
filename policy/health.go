package policy

import (
	"fmt"
	"time"
)

// State is what a new call to an LNS finds.
type State uint8

// The states. The zero value is Ready: an LNS that nothing is known about is
// tried.
const (
	Ready    State = iota
	HalfOpen       // a lockout is over: one call tries the LNS before the others
	Locked         // passed over after a failure
	Draining       // the operator lets no new call through
	Full           // a limit on sessions or set-ups is reached
)

// String returns the state as operators see it.
func (s State) String() string {
	switch s {
	case Ready:
		return "ready"
	case HalfOpen:
		return "half-open"
	case Locked:
		return "locked"
	case Draining:
		return "draining"
	case Full:
		return "full"
	}
	return "unknown"
}

// Limit is what a Full LNS has reached, or its retailer.
type Limit uint8

// The limits.
const (
	RetailerSessions Limit = 1 + iota // of the retailer over all LNSes
	RetailerSetups                    // a second
	LNSSessions
	LNSSetups      // a second
	TunnelSessions // in each of as many tunnels as there may be
	NumLimits
)

// String returns the limit as a metric label.
func (l Limit) String() string {
	switch l {
	case RetailerSessions:
		return "retailer-sessions"
	case RetailerSetups:
		return "retailer-setups"
	case LNSSessions:
		return "lns-sessions"
	case LNSSetups:
		return "lns-setups"
	case TunnelSessions:
		return "tunnel-sessions"
	case NumLimits:
	}
	return "unknown"
}

// Condition is the state of an LNS for calls with one TunnelKey, and why.
type Condition struct {
	State State
	Since time.Time // when the LNS failed, or began to drain; zero: does not matter
	Until time.Time // Locked: when the lockout ends
	Busy  bool      // HalfOpen: another call is trying it now
	Limit Limit     // Full: which one is reached
	Why   string
}

// Health tells the condition of an LNS. It must not block. A nil Health says
// that every LNS is ready.
type Health func(now time.Time, l *LNS) Condition

// Open reports whether a call may be placed.
func (c *Condition) Open() bool {
	return c.State == Ready || c.State == HalfOpen && !c.Busy
}

// Locked reports whether the LNS is passed over for a failure. It is tried
// when nothing else is left.
func (c *Condition) Locked() bool {
	return c.State == Locked || c.State == HalfOpen && c.Busy
}

// Describe puts a condition into the words of every log and explanation.
func (c *Condition) Describe(now time.Time) string {
	switch c.State {
	case Ready:
		return "ready"
	case Locked:
		return fmt.Sprintf("locked out %s ago for %s more: %s", brief(now.Sub(c.Since)), brief(c.Until.Sub(now)), c.Why)
	case HalfOpen:
		if c.Busy {
			return fmt.Sprintf("half-open, another call is trying it: %s %s ago", c.Why, brief(now.Sub(c.Since)))
		}
		return fmt.Sprintf("half-open, the next call tries it: %s %s ago", c.Why, brief(now.Sub(c.Since)))
	case Draining:
		return fmt.Sprintf("draining for %s: %s", brief(now.Sub(c.Since)), c.Why)
	case Full:
		return "full: " + c.Why
	}
	return "unknown"
}

// brief rounds a duration to what people read: "48s", "1h2m3s", "300ms".
func brief(d time.Duration) string {
	d = max(d, 0)
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
