package sim

// A Tally counts the payloads of one direction at one end.
type Tally struct {
	Sent         uint64
	Received     uint64 // each once, at the session that it was made for
	Octets       uint64 // of the IPv4 packets of those
	Missing      uint64 // numbers below the highest received that never came
	Reordered    uint64 // came after one with a higher number
	Duplicated   uint64 // came again
	Misdelivered uint64 // came out of another session, or at the wrong end
	Late         uint64 // too far behind to tell whether they came before
}

// Add adds the counts of another end or loop.
func (t *Tally) Add(o Tally) {
	t.Sent += o.Sent
	t.Received += o.Received
	t.Octets += o.Octets
	t.Missing += o.Missing
	t.Reordered += o.Reordered
	t.Duplicated += o.Duplicated
	t.Misdelivered += o.Misdelivered
	t.Late += o.Late
}

// sequence remembers which numbers of a session have come: the highest, and
// which of those within recent below it.
type sequence struct {
	highest uint32
	seen    uint64 // bit i: highest-i has come
}

const recent = 64

// take counts a payload of the session.
func (s *sequence) take(t *Tally, seq uint32, octets int) {
	switch {
	case seq > s.highest:
		ahead := seq - s.highest
		s.highest = seq
		t.Missing += uint64(ahead - 1)
		if ahead < recent {
			s.seen = s.seen<<ahead | 1
		} else {
			s.seen = 1
		}
	case s.highest-seq >= recent:
		t.Late++
		return
	case s.seen&(1<<(s.highest-seq)) != 0:
		t.Duplicated++
		return
	default:
		s.seen |= 1 << (s.highest - seq)
		t.Missing--
		t.Reordered++
	}
	t.Received++
	t.Octets += uint64(octets)
}

// Traffic is what is sent through sessions that are up, by turns.
type Traffic struct {
	Rate float64 // payloads a second, over all sessions; 0: none
	Size int     // octets of an IPv4 packet; 0: 64
}

// pace says when the next payload is to be sent.
type pace struct {
	gap  float64 // nanoseconds; 0: no traffic
	next float64
	last instant // due was asked
	size int
	turn int // whose it is
}

// burst bounds what is sent at once after a pause.
const burst = 1024

// tick is how long payloads may be gathered, to be sent together.
const tick = instant(1e6)

func newPace(t Traffic) pace {
	p := pace{size: t.Size}
	if p.size == 0 {
		p.size = 64
	}
	p.size = max(p.size, MinPayload)
	if t.Rate > 0 {
		p.gap = 1e9 / t.Rate
	}
	return p
}

// due returns how many payloads are to be sent now.
func (p *pace) due(now instant) int {
	if p.gap == 0 {
		return 0
	}
	p.last = now
	t := float64(now)
	if p.next == 0 {
		p.next = t
	}
	if p.next > t {
		return 0
	}
	n := int((t-p.next)/p.gap) + 1
	if n > burst {
		p.next, n = t, burst
	}
	p.next += float64(n) * p.gap
	return n
}

// deadline returns when due has something again; zero: never.
func (p *pace) deadline() instant {
	if p.gap == 0 {
		return 0
	}
	return max(instant(p.next), p.last+tick)
}
