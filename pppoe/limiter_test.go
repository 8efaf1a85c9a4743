package pppoe

import (
	"encoding/binary"
	"testing"
	"time"

	"lacd/pppoe/wire"
)

// port is a Responder with limits and the time there.
type port struct {
	r   *Responder
	now time.Time
	n   uint32 // hosts of the flood so far
}

func newPort(l Limits) *port {
	cfg := config()
	cfg.Limits = l
	return &port{r: New(cfg, key), now: epoch}
}

func (p *port) send(f wire.Frame) Verdict {
	_, _, v := p.r.Receive(p.now, &f, nil)
	return v
}

// padiOf is the PADI of one of many hosts.
func padiOf(n uint32, vlans wire.VLANs) wire.Frame {
	f := padi(tag(wire.ServiceName, ""))
	f.VLANs = vlans
	binary.BigEndian.PutUint32(f.Src[2:], n)
	return f
}

// flood sends PADIs, each from a new host, evenly within d, and counts what
// becomes of them.
func (p *port) flood(d time.Duration, n int, vlans wire.VLANs) map[Verdict]int {
	count := map[Verdict]int{}
	for range n {
		p.now = p.now.Add(d / time.Duration(n))
		p.n++
		count[p.send(padiOf(1<<31|p.n, vlans))]++
	}
	return count
}

func TestLimits(t *testing.T) {
	p := newPort(Limits{PADI: 8, PADIPerHost: 5, PADR: 3})
	i := padi(tag(wire.ServiceName, ""))
	i.VLANs = wire.VLANs{}
	count := map[Verdict]int{}
	for range 10 {
		count[p.send(i)]++
	}
	if count[Answered] != 5 || count[HostRate] != 5 {
		t.Errorf("one host: got %v, want 5 answered, 5 over its rate", count)
	}
	clear(count)
	for n := range uint32(4) {
		count[p.send(padiOf(n, i.VLANs))]++
	}
	if count[Answered] != 1 || count[PortRate] != 3 {
		t.Errorf("others: got %v, want 1 answered, 3 over the port's rate: a quarter of it is for whoever was refused", count)
	}
	clear(count)
	for n := range uint32(4) {
		count[p.send(padiOf(n, i.VLANs))]++
	}
	if count[Answered] != 2 || count[PortRate] != 1 || count[AgainRate] != 1 {
		t.Errorf("the same once more: got %v, want 2 answered, 1 over that rate, and the one that was answered over the port's", count)
	}
	// Requests are counted apart.
	cookie := wire.Tag{Type: wire.ACCookie, Value: p.r.cookie.issue(epoch, &i)}
	q := padr(tag(wire.ServiceName, ""), cookie)
	q.VLANs = i.VLANs
	clear(count)
	for range 5 {
		count[p.send(q)]++
	}
	if count[Requested] != 3 || count[PortRate] != 2 {
		t.Errorf("PADR: got %v, want 3 requested, 2 over the port's rate", count)
	}
	q.Dst = other
	if v := p.send(q); v != Ignored {
		t.Errorf("PADR to somebody else: got %v, want ignored before it is counted", v)
	}
}

func TestNoLimits(t *testing.T) {
	p := newPort(Limits{})
	if count := p.flood(time.Millisecond, 10_000, vlans); count[Answered] != 10_000 {
		t.Errorf("got %v, want all answered", count)
	}
	if p.r.limiter.refused.seen[0] != nil {
		t.Error("memory for refusals without any")
	}
}

// TestSecondPADI: beside a flood from ever new addresses of four times what is
// answered, a host waits for its second PADI at most.
func TestSecondPADI(t *testing.T) {
	p := newPort(Limits{PADI: 1000, PADIPerHost: 20})
	p.flood(2*time.Second, 8000, wire.VLANs{}) // what may come at once is used up
	const hosts = 200
	var first, second int
	var waiting []uint32
	for n := range uint32(hosts) {
		p.flood(5*time.Millisecond, 20, wire.VLANs{})
		if p.send(padiOf(n, wire.VLANs{})) == Answered {
			first++
		} else {
			waiting = append(waiting, n)
		}
	}
	p.flood(2*time.Second, 8000, wire.VLANs{})
	for _, n := range waiting { // 3 s after the first
		p.flood(5*time.Millisecond, 20, wire.VLANs{})
		if p.send(padiOf(n, wire.VLANs{})) == Answered {
			second++
		}
	}
	if first > hosts/2 || first+second != hosts {
		t.Errorf("%d of %d hosts were answered at once, %d at their second PADI, want few and all others", first, hosts, second)
	}
}

// TestFloodFromTheSameHosts: hosts that come again and again, whatever they get,
// leave the others theirs.
func TestFloodFromTheSameHosts(t *testing.T) {
	p := newPort(Limits{PADI: 1000, PADIPerHost: 20})
	const same = 500
	for i := range uint32(20 * same) { // 10 a second of each, two seconds long
		p.now = p.now.Add(time.Second / (10 * same))
		p.send(padiOf(1<<30|i%same, wire.VLANs{}))
	}
	for n := range uint32(200) {
		for i := range uint32(50) {
			p.send(padiOf(1<<30|(50*n+i)%same, wire.VLANs{}))
		}
		p.now = p.now.Add(10 * time.Millisecond)
		if v := p.send(padiOf(n, wire.VLANs{})); v != Answered {
			t.Fatalf("host %d: got %v, want answered", n, v)
		}
	}
}

// TestFloodWithTags: a flood with some tags leaves the others theirs, and has
// the whole port as long as nobody else wants it.
func TestFloodWithTags(t *testing.T) {
	p := newPort(Limits{PADI: 1000, PADIPerHost: 20})
	flooded, quiet := wire.VLANs{{TPID: wire.CTag, ID: 7}}, wire.VLANs{{TPID: wire.CTag, ID: 8}}
	p.flood(2*time.Second, 8000, flooded)
	for n := range uint32(300) {
		if count := p.flood(10*time.Millisecond, 40, flooded); count[VLANRate] == 0 {
			t.Fatalf("the flood: got %v, want some over the share of its tags", count)
		}
		if v := p.send(padiOf(n, quiet)); v != Answered {
			t.Fatalf("host %d: got %v, want answered", n, v)
		}
	}
	p = newPort(Limits{PADI: 1000, PADIPerHost: 20})
	if count := p.flood(10*time.Second, 7000, flooded); count[Answered] != 7000 {
		t.Errorf("less than the port can do: got %v, want all answered", count)
	}
}

// TestLate: a caller that is behind answers those who come again, and them only.
func TestLate(t *testing.T) {
	p := newPort(Limits{PADI: 1000, PADIPerHost: 20})
	late := func(f wire.Frame) Verdict {
		_, _, v := p.r.ReceiveLate(p.now, &f, nil)
		return v
	}
	for _, want := range []Verdict{Late, Answered} {
		if v := late(padiOf(1, vlans)); v != want {
			t.Errorf("got %v, want %v", v, want)
		}
		p.now = p.now.Add(3 * time.Second)
	}
	if v := p.send(padiOf(2, vlans)); v != Answered {
		t.Errorf("no longer behind: got %v", v)
	}
	i := padiOf(3, vlans)
	i.Dst = ac
	if v := late(i); v != NotBroadcast {
		t.Errorf("PADI to us alone: got %v", v)
	}
	if v := late(padr(tag(wire.ServiceName, ""), cookieTag(t, p.r, p.now, padr()))); v != Requested {
		t.Errorf("PADR: got %v, want requested", v)
	}
}

// TestForgedPADRs: PADRs without a good cookie take nothing from the others.
func TestForgedPADRs(t *testing.T) {
	p := newPort(Limits{PADR: 100, PADRPerHost: 20})
	q := padr(tag(wire.ServiceName, ""), tag(wire.ACCookie, "0123456789abcdef"))
	count := map[Verdict]int{}
	for i := range uint32(1000) {
		binary.BigEndian.PutUint32(q.Src[2:], i)
		count[p.send(q)]++
	}
	if count[BadCookie] != 100 || count[PortRate] != 900 {
		t.Errorf("forged: got %v, want 100 looked at, 900 over the port's rate", count)
	}
	if v := p.send(padr(tag(wire.ServiceName, ""), cookieTag(t, p.r, p.now, padr()))); v != Requested {
		t.Errorf("in earnest: got %v, want requested", v)
	}
}

func TestLimitedPADIAllocates(t *testing.T) {
	cfg := config()
	cfg.Limits = Limits{PADI: 100, PADR: 100, PADIPerHost: 10, PADRPerHost: 10}
	cfg.Tagging = []Tagging{{}, {TPID: wire.STag, Outer: Range{1, 4094}, Inner: Range{1, 4094}}}
	r := New(cfg, key)
	f := padi(tag(wire.ServiceName, ""))
	buf := make([]byte, 0, 1600)
	now, i := epoch, uint32(0)
	count := map[Verdict]int{}
	count[Answered], count[VLANRate], count[PortRate] = 0, 0, 0 // the map grows no more
	if n := testing.AllocsPerRun(1000, func() {
		i++
		now = now.Add(time.Millisecond)
		binary.BigEndian.PutUint32(f.Src[2:], i)
		_, _, v := r.Receive(now, &f, buf[:0])
		count[v]++
	}); n != 0 {
		t.Errorf("%v allocations for a PADI", n)
	}
	if count[Answered] == 0 || count[VLANRate] == 0 {
		t.Errorf("got %v, want some answered and some not", count)
	}
}

// BenchmarkFlood is what a PADI of a new host costs that is answered, and one that
// is not.
func BenchmarkFlood(b *testing.B) {
	for name, l := range map[string]Limits{
		"answered": {PADI: 1 << 30, PADIPerHost: 20}, "refused": {PADI: 4, PADIPerHost: 20},
	} {
		b.Run(name, func(b *testing.B) {
			cfg := config()
			cfg.Limits = l
			r := New(cfg, key)
			f := padi(tag(wire.ServiceName, ""))
			buf := make([]byte, 0, 1600)
			i := uint32(0)
			b.ReportAllocs()
			for b.Loop() {
				i++
				binary.BigEndian.PutUint32(f.Src[2:], i)
				r.Receive(epoch, &f, buf[:0])
			}
		})
	}
}
