package session

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"lacd/lac/cause"
	"lacd/policy"
	"lacd/pppoe/ppp"
	"lacd/pppoe/ppp/ppptest"
	"lacd/pppoe/wire"
)

// FuzzSession lets a subscriber, RADIUS, an LNS and the data plane do what they
// like with a session, in any order. The input is a user name and then steps:
// what, length, argument. Whatever happens, what was begun is undone exactly
// once, and the session ends when it is told to.
func FuzzSession(f *testing.F) {
	step := func(what byte, arg ...byte) []byte { return append([]byte{what, byte(len(arg))}, arg...) }
	join := func(steps ...[]byte) (b []byte) {
		for _, s := range steps {
			b = append(b, s...)
		}
		return b
	}
	link := join(step(stepAsk), step(stepAck), step(stepPAP))
	call := join(step(stepAnswered), step(stepBridged))
	up := join(link, step(stepGrant, 2), call)
	ipcp := []byte{0x80, 0x21, 1, 1, 0, 4}
	f.Add("joe@acme.example", join(up, step(stepCount, 9), step(stepWait, 60), step(stepPADT), step(stepRemoved)))
	f.Add("joe@bob.example", join(link, step(stepFrame, ipcp...), call, step(stepLost), step(stepRemoved)))
	f.Add("joe@acme.example", join(link, step(stepRefuse, 5), step(stepWait, 10)))
	f.Add("joe@acme.example", join(link, step(stepGrant, 3), step(stepDown, 0), step(stepDown, 1), step(stepDown, 3), step(stepDown, 4), call, step(stepDown, 9)))
	f.Add("joe@acme.example", join(link, step(stepAsk), step(stepGrant, 1), step(stepAck), step(stepPAP), step(stepRefuse, 6)))
	f.Add("joe@acme.example", join(link, step(stepGrant, 1), step(stepAnswered), step(stepAsk), step(stepBridged), step(stepAck), step(stepRemoved), step(stepPAP)))
	// The next call is answered while the bridge of the last one is being made.
	f.Add("joe@acme.example", join(link, step(stepGrant, 2), step(stepAnswered), step(stepDown), step(stepAnswered),
		step(stepBridged), step(stepRemoved), step(stepBridged)))
	f.Add("joe@acme.example", join(up, step(stepEnd, 18), step(stepRemoved), step(stepWait, 9)))
	f.Add("", join(step(stepAsk), step(stepWait, 200), step(stepStale, 3)))
	f.Add("joe@acme.example", join(up, step(stepChange, 2), step(stepChange, 17), step(stepChange, 33), step(stepWait, 60), step(stepChange, 48)))
	f.Fuzz(func(t *testing.T, user string, steps []byte) {
		z := newFuzzed(t, user)
		for len(steps) >= 2 {
			n := min(int(steps[1]), len(steps)-2)
			z.step(steps[0], steps[2:2+n])
			steps = steps[2+n:]
		}
		z.end()
	})
}

// What a step does.
const (
	stepFrame    = iota // any frame
	stepAsk             // a good Configure-Request
	stepAck             // of our last one
	stepPAP             // the credentials
	stepPADT            // the subscriber hangs up
	stepGrant           // RADIUS accepts and names so many LNSes
	stepRefuse          // RADIUS refuses, or is silent
	stepAnswered        // the LNS takes the call
	stepDown            // the LNS or its tunnel ends it
	stepBridged         // the bridge is there, or with an argument could not be made
	stepRemoved         // the bridge is gone
	stepLost            // ... and was lost
	stepCount           // counters are read
	stepEnd             // the end, from outside
	stepWait            // so many seconds pass
	stepStale           // results that nobody waits for
	stepChange          // new terms
	stepKinds
)

type fuzzed struct {
	t    *testing.T
	s    *Session
	now  time.Time
	user string

	request   []byte // our last Configure-Request
	asked     bool   // an Authorize is not answered
	call      int    // the attempt that is live; -1: none
	answered  bool
	bridge    int         // the attempt that has, or will have, a bridge; -1: none
	jobs      []bridgeJob // of the data plane, which does them in order
	accounted []AccountStatus
	up, padt  bool
	released  bool
}

// bridgeJob makes a bridge, or removes it.
type bridgeJob struct {
	attempt uint8
	remove  bool
}

// next takes the next job of the data plane, if it is of that kind.
func (z *fuzzed) next(remove bool) (attempt uint8, ok bool) {
	if len(z.jobs) == 0 || z.jobs[0].remove != remove {
		return 0, false
	}
	attempt = z.jobs[0].attempt
	z.jobs = z.jobs[1:]
	return attempt, true
}

// made reports whether there is a bridge that works.
func (z *fuzzed) made() bool { return z.bridge >= 0 && len(z.jobs) == 0 }

func newFuzzed(t *testing.T, user string) *fuzzed {
	pol, err := policy.New(policy.Policy{Node: "lac", Retailers: []policy.Retailer{
		{Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRADIUS, RADIUS: []string{"r1"}, Accounting: true},
		{Name: "bob", Realms: []string{"bob.example"}, Authorize: policy.ByRealm, LNS: []policy.LNS{
			{Name: "lnsb", Peer: netip.MustParseAddrPort("192.0.2.9:1701")},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := &Config{PPP: ppp.Config{Name: "lac", Auth: []ppp.Protocol{ppp.PAP, ppp.CHAP}}, InterimInterval: time.Minute}
	z := &fuzzed{t: t, now: time.Unix(1_000_000, 0), user: user, call: -1, bridge: -1}
	z.s = New(z.now, cfg, pol, Origin{Port: "eth1", Peer: wire.MAC{2, 0, 0, 0, 0, 2}, ID: 7}, "s1", [32]byte{1})
	z.take()
	return z
}

func (z *fuzzed) step(what byte, arg []byte) {
	if z.released {
		return // its owner has forgotten it
	}
	n := 0
	if len(arg) > 0 {
		n = int(arg[0])
	}
	switch what % stepKinds {
	case stepFrame:
		z.s.ReceiveFrame(z.now, arg)
	case stepAsk:
		z.frame("LCP Configure-Request id=1 magic=0x0a0b0c0d")
	case stepAck:
		if z.request != nil {
			ack := append([]byte(nil), z.request...)
			ack[2] = byte(ppp.ConfigureAck)
			z.s.ReceiveFrame(z.now, ack)
		}
	case stepPAP:
		name := []byte(z.user)
		data := ppp.PAPRequest{Name: name[:min(len(name), 255)], Password: []byte("secret")}.AppendTo(nil)
		z.s.ReceiveFrame(z.now, ppp.Packet{Protocol: ppp.PAP, Code: ppp.AuthenticateRequest, ID: byte(n), Data: data}.AppendTo(nil))
	case stepPADT:
		z.padt = true
		z.s.ReceivePADT(z.now)
	case stepCount:
		z.s.Count(z.now, Counters{UpOctets: uint64(n)})
	case stepEnd:
		z.s.Disconnect(z.now, cause.All()[n%len(cause.All())], "")
	case stepChange:
		d := time.Duration(n%16) * time.Minute
		z.s.Change(z.now, []Terms{
			{SessionTimeout: &d}, {IdleTimeout: &d}, {InterimInterval: &d}, {Class: [][]byte{arg}},
		}[n/16%4])
	case stepWait:
		z.wait(time.Duration(n) * time.Second)
	default:
		z.subsystem(what%stepKinds, n)
	}
	z.take()
}

func (z *fuzzed) frame(words string) {
	b, err := ppptest.Frame(words)
	if err != nil {
		z.t.Fatal(err)
	}
	z.s.ReceiveFrame(z.now, b)
}

// subsystem answers what was asked, once.
func (z *fuzzed) subsystem(what byte, n int) {
	switch {
	case what == stepGrant && z.asked:
		z.asked = false
		var g policy.Grant
		for i := range n % 5 {
			g.Tunnels = append(g.Tunnels, policy.Tunnel{Tag: uint8(i + 1), Server: fmt.Sprintf("192.0.2.%d", i+1)})
		}
		g.SessionTimeout, g.IdleTimeout = time.Duration(n/5%3)*time.Minute, time.Duration(n/15%3)*time.Minute
		z.s.Granted(z.now, g)
	case what == stepRefuse && z.asked:
		z.asked = false
		z.s.Refused(z.now, []cause.Cause{cause.AuthRejected, cause.AuthUnreachable}[n%2], "no", "\x00\xff")
	case what == stepAnswered && z.call >= 0 && !z.answered:
		z.answered = true
		z.s.CallAnswered(z.now, uint8(z.call), Call{Tunnel: 1, PeerTunnel: 2, ID: 3, Peer: 4})
	case what == stepDown && z.call >= 0:
		attempt := uint8(z.call)
		z.call, z.answered = -1, false
		all := cause.All()
		z.s.CallDown(z.now, attempt, CallEnd{
			Cause: all[n%len(all)], Text: "down", Next: policy.Next(n % 5), Redirect: netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}),
		})
	case what == stepBridged:
		var err error
		if n > 0 {
			err = errors.New("no room")
		}
		if attempt, ok := z.next(false); ok {
			z.s.Bridged(z.now, attempt, err)
		}
	case what == stepRemoved:
		if attempt, ok := z.next(true); ok {
			z.s.BridgeRemoved(z.now, attempt, Counters{UpOctets: uint64(n)})
		}
	case what == stepLost && z.made():
		z.s.BridgeLost(z.now)
	case what == stepStale && z.s.attempt > 0:
		z.s.CallAnswered(z.now, z.s.attempt-1, Call{})
		z.s.CallDown(z.now, z.s.attempt-1, CallEnd{Cause: cause.LNSHangUp})
		z.s.Bridged(z.now, z.s.attempt-1, nil)
	}
}

// wait lets time pass, from one deadline to the next.
func (z *fuzzed) wait(d time.Duration) {
	end := z.now.Add(d)
	for range 10_000 {
		at := z.s.Deadline()
		if z.released || at.IsZero() || at.After(end) {
			z.now = end
			return
		}
		z.now = at
		z.s.Advance(at)
		z.take()
		if next := z.s.Deadline(); !z.released && !next.IsZero() && !next.After(at) {
			z.t.Fatalf("due again at once, in state %v", z.s.State())
		}
	}
	z.t.Fatal("no end of deadlines")
}

// end ends the session, and answers what it asked for.
func (z *fuzzed) end() {
	for range 20 {
		if z.released {
			return
		}
		z.s.Disconnect(z.now, cause.AdminReset, "")
		z.take()
		for len(z.jobs) > 0 && !z.released {
			z.step(stepBridged, nil)
			z.step(stepRemoved, []byte{1})
		}
		if !z.released {
			z.wait(time.Minute)
		}
	}
	z.t.Fatalf("the session does not end: state %v", z.s.State())
}

// take checks what the session wants against what it wanted so far.
func (z *fuzzed) take() {
	for _, a := range z.s.Take() {
		if z.released {
			z.t.Fatalf("%#v after Released", a)
		}
		switch a := a.(type) {
		case Send:
			if z.padt {
				z.t.Fatalf("%s after PADT", ppp.Describe(a.Frame))
			}
			if len(a.Frame) > 2 && ppp.Code(a.Frame[2]) == ppp.ConfigureRequest {
				z.request = a.Frame
			}
		case SendPADT:
			if z.padt {
				z.t.Fatal("a second PADT")
			}
			z.padt = true
		case Authorize:
			if z.asked {
				z.t.Fatal("two authorizations at once")
			}
			z.asked = true
		case Account:
			z.accounted = append(z.accounted, a.Status)
			if n := len(z.accounted); (a.Status == AccountStart) != (n == 1) || n > 1 && z.accounted[n-2] == AccountStop {
				z.t.Fatalf("accounting %v", z.accounted)
			}
		case CameUp:
			if z.up {
				z.t.Fatal("came up twice")
			}
			z.up = true
		case Dropped:
		case Released:
			z.check()
			z.released = true
		default:
			z.path(a)
		}
	}
}

// path checks what concerns the call and its bridge.
func (z *fuzzed) path(a Action) {
	switch a := a.(type) {
	case PlaceCall:
		if z.call >= 0 || !a.LNS.Peer.IsValid() {
			z.t.Fatalf("a call to %v is placed, call %d is there", a.LNS.Peer, z.call)
		}
		z.call, z.answered = int(a.Attempt), false
	case HangUp:
		if z.call != int(a.Attempt) {
			z.t.Fatalf("call %d hung up, there is %d", a.Attempt, z.call)
		}
		z.call = -1
	case AddBridge:
		if z.call != int(a.Attempt) || !z.answered || z.bridge >= 0 {
			z.t.Fatalf("a bridge for call %d; call %d, bridge %d", a.Attempt, z.call, z.bridge)
		}
		z.bridge = int(a.Attempt)
		z.jobs = append(z.jobs, bridgeJob{a.Attempt, false})
	case RemoveBridge:
		if z.bridge != int(a.Attempt) {
			z.t.Fatalf("bridge %d removed, there is %d", a.Attempt, z.bridge)
		}
		z.bridge = -1
		z.jobs = append(z.jobs, bridgeJob{a.Attempt, true})
	case ConnectCall:
		if z.call != int(a.Attempt) || z.bridge != z.call || !z.made() {
			z.t.Fatalf("call %d connected; call %d, bridge %d, not done %v", a.Attempt, z.call, z.bridge, z.jobs)
		}
	}
}

// check holds that nothing is left when the session is released.
func (z *fuzzed) check() {
	v := z.s.View()
	if v.Cause == 0 {
		z.t.Error("no cause")
	}
	if z.call >= 0 && v.Cause.Codes().CDNResult != 0 {
		z.t.Errorf("call %d is left", z.call)
	}
	if z.bridge >= 0 || len(z.jobs) > 0 {
		z.t.Errorf("bridge %d is left, not done %v", z.bridge, z.jobs)
	}
	if n := len(z.accounted); n > 0 && z.accounted[n-1] != AccountStop {
		z.t.Errorf("accounting %v", z.accounted)
	}
	if !z.padt {
		z.t.Error("no PADT")
	}
}
