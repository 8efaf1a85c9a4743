package ppp

import (
	"crypto/md5"
	"fmt"
	"reflect"
	"testing"
	"time"
)

func TestConfigDefaults(t *testing.T) {
	var c Config
	got := fmt.Sprint(c.mru(), c.firstRetry(), c.restart(), c.maxConfigure(), c.maxTerminate(), c.maxFailure(), c.echoFailures(), c.authTimeout(), c.challengeRetry())
	if want := "1492 300ms 3s 10 2 5 3 30s 3s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// sent returns the frames among the actions of the link.
func sent(l *Link) []Packet {
	var all []Packet
	for _, a := range l.Take() {
		if s, ok := a.(Send); ok {
			p, err := ParsePacket(s.Packet)
			if err != nil {
				panic(err)
			}
			all = append(all, p)
		}
	}
	return all
}

// credentials negotiates LCP and CHAP as a subscriber would, and returns what
// the link gives to be judged.
func credentials(l *Link, request, response []byte) *Authenticate {
	l.Start(testTime)
	for _, a := range l.Take() {
		ack := append([]byte(nil), a.(Send).Packet...)
		ack[2] = byte(ConfigureAck)
		l.Receive(testTime, ack)
	}
	l.Receive(testTime, request)
	for _, a := range l.Take() {
		s, ok := a.(Send)
		if !ok || s.Packet[0] != 0xc2 {
			continue
		}
		response[3] = s.Packet[3]
		l.Receive(testTime, response)
	}
	for _, a := range l.Take() {
		if a, ok := a.(Authenticate); ok {
			return &a
		}
	}
	return nil
}

var (
	peerRequest  = []byte("\xc0\x21\x01\x01\x00\x0e\x01\x04\x05\xd4\x05\x06\x0a\x0b\x0c\x0d")
	peerResponse = Packet{CHAP, Response, 1, CHAPValue{make([]byte, 16), []byte("joe@acme.example")}.AppendTo(nil)}.AppendTo(nil)
)

// TestSeeds makes sure that nothing unpredictable repeats between links or
// within one.
func TestSeeds(t *testing.T) {
	cfg := &Config{Auth: []Protocol{CHAP}}
	magics := map[uint32]bool{}
	challenges := map[string]bool{}
	for i := range 100 {
		l := NewLink(cfg, md5x2(i))
		a := credentials(l, peerRequest, peerResponse)
		if a == nil {
			t.Fatal("no credentials")
		}
		if len(a.Challenge) < 16 || len(a.Challenge) > 32 {
			t.Errorf("challenge of %d octets", len(a.Challenge))
		}
		magics[l.ours.magic] = true
		challenges[string(a.Challenge)] = true
	}
	if len(magics) != 100 || len(challenges) != 100 {
		t.Errorf("%d magic numbers and %d challenges in 100 links", len(magics), len(challenges))
	}
}

func md5x2(i int) [32]byte {
	var seed [32]byte
	sum := md5.Sum([]byte{byte(i)})
	copy(seed[:], sum[:])
	return seed
}

func TestStartOnce(t *testing.T) {
	l := NewLink(&Config{}, [32]byte{})
	l.Receive(testTime, peerRequest)
	if got := fmt.Sprint(l.Take()); got != "[{"+dropNotStarted+"}]" {
		t.Errorf("before Start: %s", got)
	}
	l.Start(testTime)
	l.Start(testTime)
	if got := sent(l); len(got) != 1 {
		t.Errorf("got %v, want one Configure-Request", got)
	}
	if got := l.Take(); got != nil {
		t.Errorf("second Take = %v, want nil", got)
	}
}

func TestDeadline(t *testing.T) {
	l := NewLink(&Config{Auth: []Protocol{CHAP}, EchoInterval: 2 * time.Second}, [32]byte{})
	check := func(want time.Duration) {
		t.Helper()
		if got := l.Deadline().Sub(testTime); got != want {
			t.Errorf("Deadline = +%v, want +%v", got, want)
		}
	}
	if !l.Deadline().IsZero() {
		t.Errorf("Deadline before Start = %v", l.Deadline())
	}
	credentials(l, peerRequest, append([]byte(nil), peerResponse[:8]...)) // no valid response
	check(2 * time.Second)
	l.Advance(testTime.Add(2 * time.Second))
	check(3 * time.Second) // Challenge
	l.Advance(testTime.Add(3*time.Second - 1))
	check(3 * time.Second)
}

func TestTerminateBeforeStart(t *testing.T) {
	l := NewLink(&Config{}, [32]byte{})
	l.Terminate(testTime)
	l.Start(testTime)
	if got := fmt.Sprint(l.Take()); got != "[{local-terminated}]" {
		t.Errorf("got %s, want Closed only", got)
	}
	l.Reject(testTime, "no")
	l.Terminate(testTime)
	l.Receive(testTime, peerRequest)
	l.Advance(testTime.Add(time.Hour))
	if got := l.Take(); got != nil || !l.Deadline().IsZero() {
		t.Errorf("after Closed: %v, deadline %v", got, l.Deadline())
	}
}

// TestSize holds the memory of a session to what 64k of them can have.
func TestSize(t *testing.T) {
	const limit = 512 // with the options of both sides, well below 1.5 KiB
	if n := reflect.TypeFor[Link]().Size(); n > limit {
		t.Errorf("Link has %d octets, want at most %d", n, limit)
	}
}

// TestAllocs is the budget of a whole negotiation.
func TestAllocs(t *testing.T) {
	cfg := &Config{Name: "lac", Auth: []Protocol{CHAP, PAP}}
	response := append([]byte(nil), peerResponse...)
	n := testing.AllocsPerRun(100, func() {
		if credentials(NewLink(cfg, [32]byte{1}), peerRequest, response) == nil {
			t.Error("no credentials")
		}
	})
	if n > 20 {
		t.Errorf("%v allocations, want at most 20", n)
	}
}

func BenchmarkNegotiation(b *testing.B) {
	cfg := &Config{Name: "lac", Auth: []Protocol{CHAP, PAP}}
	response := append([]byte(nil), peerResponse...)
	b.ReportAllocs()
	for b.Loop() {
		if credentials(NewLink(cfg, [32]byte{1}), peerRequest, response) == nil {
			b.Fatal("no credentials")
		}
	}
}

// FuzzLink gives a link frames, cut from data by a length octet each, and lets
// time pass in between. Whatever happens, it ends by itself once the peer falls
// silent, unless it waits for its owner.
func FuzzLink(f *testing.F) {
	seed := func(knobs byte, frames ...[]byte) {
		var b []byte
		for _, frame := range frames {
			b = append(append(b, byte(len(frame))), frame...)
		}
		f.Add(knobs, b)
	}
	ack := Packet{LCP, ConfigureAck, 1, linkIn(stateReqSent).ours.options()}.AppendTo(nil)
	terminate := AppendTerminateRequest(nil, 9, "bye")
	seed(0, peerRequest, ack, terminate)
	seed(1, peerRequest, []byte("A"), peerResponse)
	seed(2, peerRequest, []byte("A"), []byte("\xc0\x23\x01\x03\x00\x0c\x03joe\x03sec"), []byte("R"))
	seed(3, []byte("N"), []byte("W"), []byte("\xc0\x21\x63\x02\x00\x04"), goldenRequest)
	seed(7, []byte("A"), goldenRequest, []byte("T"), []byte("W"))
	f.Fuzz(func(t *testing.T, knobs byte, data []byte) {
		cfg := &Config{Name: "lac", Multilink: knobs&4 != 0}
		cfg.Auth = [][]Protocol{nil, {CHAP}, {PAP}, {CHAP, PAP}}[knobs&3]
		if knobs&8 != 0 {
			cfg.EchoInterval = 10 * time.Second
		}
		play(t, NewLink(cfg, [32]byte{knobs}), data)
	})
}

// play runs a fuzzed conversation.
func play(t *testing.T, l *Link, data []byte) {
	now := testTime
	w := &watcher{t: t}
	l.Start(now)
	w.take(l)
	for len(data) > 0 {
		n := min(int(data[0]), len(data)-1)
		frame := data[1 : 1+n]
		data = data[1+n:]
		switch string(frame) {
		case "A": // acknowledge what the link asked for
			l.Receive(now, Packet{LCP, ConfigureAck, l.ours.id, l.ours.options()}.AppendTo(nil))
		case "N":
			l.Receive(now, Packet{LCP, ConfigureNak, l.ours.id, l.ours.options()}.AppendTo(nil))
		case "R":
			l.Reject(now, "no")
		case "T":
			l.Terminate(now)
		case "W":
			now = now.Add(time.Second)
			l.Advance(now)
		default:
			l.Receive(now, frame)
		}
		w.take(l)
	}
	waits := l.state == stateOpened && l.auth.phase == authGiven && l.cfg.EchoInterval == 0
	for range 200 {
		at := l.Deadline()
		if at.IsZero() {
			break
		}
		if !at.After(now.Add(-time.Nanosecond)) {
			t.Fatalf("deadline %v is before %v", at, now)
		}
		now = at
		l.Advance(now)
		w.take(l)
	}
	if !w.closed && !waits {
		t.Errorf("the link does not end: state %d", l.state)
	}
}

// watcher checks what must hold for the actions of any link.
type watcher struct {
	t      *testing.T
	given  bool
	closed bool
}

func (w *watcher) take(l *Link) {
	for _, a := range l.Take() {
		if w.closed {
			w.t.Fatalf("%#v after Closed", a)
		}
		switch a := a.(type) {
		case Send:
			p, err := ParsePacket(a.Packet)
			if err != nil || len(p.Data)+headerLen != len(a.Packet) {
				w.t.Fatalf("sent %x: %v", a.Packet, err)
			}
			if p.Protocol == PAP && p.Code == AuthenticateAck || p.Protocol == CHAP && p.Code == Success {
				w.t.Fatalf("sent %s", Describe(a.Packet))
			}
		case Open, Authenticate:
			if w.given {
				w.t.Fatalf("second %#v", a)
			}
			w.given = true
		case Down:
			if !w.given {
				w.t.Fatal("Down before Open and Authenticate")
			}
			w.given = false
		case Closed:
			if a.Reason == 0 {
				w.t.Fatal("Closed without a reason")
			}
			w.closed = true
		case Drop:
		}
	}
}
