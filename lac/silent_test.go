package lac

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lacd/kernel"
	"lacd/lac/lactest"
	"lacd/pppoe"
	"lacd/pppoe/wire"
)

func TestPatience(t *testing.T) {
	g := &gate{}
	g.cfg.Store(&Gate{HalfOpen: 8000})
	for _, tt := range []struct {
		open int64
		want time.Duration
	}{
		{0, 0}, {2000, 0}, {2001, time.Second * 5999 / 6000}, {5000, time.Second / 2}, {8000, impatience}, {9000, impatience},
	} {
		if g.halfOpen.Store(tt.open); g.patience() != tt.want {
			t.Errorf("%d half-open: got %v, want %v", tt.open, g.patience(), tt.want)
		}
	}
}

// flooder asks for sessions, from a new address each time, and says no more.
type flooder struct {
	r     *rig
	hosts int
}

// host answers a PADO with a PADR and nothing with anything.
func (f *flooder) next() {
	f.hosts++
	mac := wire.MAC{2, 0x66, 0, byte(f.hosts >> 16), byte(f.hosts >> 8), byte(f.hosts)}
	from := len(f.r.seg.Frames())
	discovery := wire.Frame{
		Dst: wire.Broadcast, Src: mac, EtherType: wire.Discovery, Code: wire.PADI,
		Payload: wire.AppendTag(nil, wire.ServiceName, nil),
	}
	f.r.seg.Inject(discovery.AppendTo(nil))
	settle()
	for _, pado := range f.r.seg.Frames()[from:] {
		if pado.Dst != mac || pado.Code != wire.PADO {
			continue
		}
		discovery.Dst, discovery.Code = pado.Src, wire.PADR
		for tag, err := range wire.Tags(pado.Payload) {
			if err != nil {
				f.r.t.Fatal(err)
			}
			if tag.Type == wire.ACCookie {
				discovery.Payload = wire.AppendTag(discovery.Payload, wire.ACCookie, tag.Value)
			}
		}
		f.r.seg.Inject(discovery.AppendTo(nil))
	}
}

// TestSilentSubscribersMakeRoom: a flood of PADRs with good cookies, each from
// another host and none of them followed by LCP, leaves places for those who
// mean it.
func TestSilentSubscribersMakeRoom(t *testing.T) {
	change := func(c *Config) { c.Gate.HalfOpen = 128 }
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS()), change: change}, func(t *testing.T, r *rig) {
		r.seg.Record = true
		f := &flooder{r: r}
		var subs []*lactest.Subscriber
		for i := range 1000 { // 200 a second
			f.next()
			time.Sleep(5 * time.Millisecond)
			if i%100 == 0 {
				subs = append(subs, r.seg.Dial(alice))
			}
			if r.srv.gate.closed.Load() {
				t.Fatalf("the door is closed after %d, %d are half-open", i, r.srv.gate.halfOpen.Load())
			}
		}
		for i, sub := range subs {
			if sub.State() != lactest.Proven {
				t.Errorf("subscriber %d is in state %d", i, sub.State())
			}
		}
		if n := live(r.lns1); n != len(subs) {
			t.Errorf("%d calls of %d subscribers", n, len(subs))
		}
		samples := gather(t, r.srv.Collector())
		if n := samples["lacd_dropped_total pppoe: session made room, silent"]; n < 500 {
			t.Errorf("%v silent sessions were counted", n)
		}
		after(time.Minute)
		if n := r.srv.live.Load(); n != int64(len(subs)) {
			t.Errorf("%d sessions are left, want %d", n, len(subs))
		}
		r.onShards(func(sh *shard) {
			if n := len(sh.silent.list) + len(sh.speaking.list); n > 256 {
				t.Errorf("%d newcomers are kept", n)
			}
		})
	})
}

// TestMuteSubscribersMakeRoom: so does a flood of hosts that speak LCP and never
// authenticate.
func TestMuteSubscribersMakeRoom(t *testing.T) {
	change := func(c *Config) { c.Gate.HalfOpen = 64 }
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS()), change: change}, func(t *testing.T, r *rig) {
		var subs []*lactest.Subscriber
		mute := alice
		mute.Mute = true
		for i := range 300 { // ten a second
			r.seg.Dial(mute)
			after(100 * time.Millisecond)
			if i%50 == 0 {
				subs = append(subs, r.seg.Dial(alice))
				settle()
			}
			if r.srv.gate.closed.Load() {
				t.Fatalf("the door is closed after %d", i)
			}
		}
		if slices.ContainsFunc(subs, func(s *lactest.Subscriber) bool { return s.State() != lactest.Proven }) || live(r.lns1) != len(subs) {
			t.Errorf("%d calls of %d subscribers", live(r.lns1), len(subs))
		}
		if n := gather(t, r.srv.Collector())["lacd_dropped_total pppoe: session made room, not authenticated"]; n < 100 {
			t.Errorf("%v sessions were counted", n)
		}
	})
}

// slowPort takes its time to send.
type slowPort struct{ kernel.Port }

func (p slowPort) WriteBatch(frames [][]byte) error {
	time.Sleep(4 * impatience)
	return p.Port.WriteBatch(frames)
}

// TestPatienceIsNotForALateShard: who answers at once is not put out because the
// gateway is late to look.
func TestPatienceIsNotForALateShard(t *testing.T) {
	change := func(c *Config) {
		c.Gate.HalfOpen = 64
		c.Access[0].Port = slowPort{c.Access[0].Port}
	}
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS()), change: change}, func(t *testing.T, r *rig) {
		var subs []*lactest.Subscriber
		for range 64 {
			subs = append(subs, r.seg.Dial(alice))
		}
		after(30 * time.Second)
		if n := inState(subs, lactest.Proven); n != len(subs) || live(r.lns1) != len(subs) {
			t.Errorf("%d of %d came up, %d calls", n, len(subs), live(r.lns1))
		}
		for name, n := range gather(t, r.srv.Collector()) {
			if strings.Contains(name, "made room") && n > 0 {
				t.Errorf("%s: %v", name, n)
			}
		}
		r.onShards(func(sh *shard) {
			if sh.lag > 10*impatience || len(sh.begun) > 0 {
				t.Errorf("a round takes %v, %d sessions are not noted", sh.lag, len(sh.begun))
			}
		})
	})
}

// A long round is made up for, and forgotten.
func TestLag(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS())}, func(t *testing.T, r *rig) {
		g := &r.srv.gate
		sh := &shard{srv: r.srv, began: time.Now()}
		round := func(d time.Duration) {
			began := time.Now()
			time.Sleep(d)
			sh.ran(began)
		}
		for _, tt := range []struct{ pause, round, lag time.Duration }{
			{0, time.Millisecond, time.Millisecond},
			{0, 400 * time.Millisecond, 400 * time.Millisecond},
			{0, 4 * time.Millisecond, 300 * time.Millisecond},
			{196 * time.Millisecond, 0, 250 * time.Millisecond},
			{time.Second, 0, 0},
			{0, time.Minute, time.Minute},
		} {
			time.Sleep(tt.pause)
			if round(tt.round); sh.lag != tt.lag {
				t.Errorf("after a round of %v: got %v, want %v", tt.round, sh.lag, tt.lag)
			}
		}
		if got := sh.patience(time.Now()); got != 0 {
			t.Errorf("without a flood: got %v", got)
		}
		g.halfOpen.Store(int64(g.cfg.Load().HalfOpen))
		if got, want := sh.patience(time.Now()), impatience+lagWeight*patience; got != want {
			t.Errorf("in a flood: got %v, want %v", got, want)
		}
		sh.lag = 0
		sl := &slot{request: &pppoe.Request{}, greeted: time.Now().Add(-100 * time.Millisecond)}
		for range 64 {
			sh.spoke(time.Now(), sl)
		}
		if got := sh.patience(time.Now()); got < 390*time.Millisecond || got > 400*time.Millisecond {
			t.Errorf("when others take 100 ms to speak: got %v, want four times as long", got)
		}
		sh.usual = 0
		r.srv.access[0].behind.Store(time.Now().Add(-200 * time.Millisecond).UnixNano())
		if got, want := sh.patience(time.Now()), impatience+200*time.Millisecond; got != want {
			t.Errorf("when the port's reader is behind: got %v, want %v", got, want)
		}
		r.srv.access[0].behind.Store(0)
		g.halfOpen.Store(0)
	})
}

// TestPatienceIsForAFlood: as long as there are places, a slow subscriber has
// the time that LCP gives it.
func TestPatienceIsForAFlood(t *testing.T) {
	change := func(c *Config) { c.Gate.HalfOpen = 64 }
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS()), change: change}, func(t *testing.T, r *rig) {
		r.seg.Record = true
		f := &flooder{r: r}
		for range 16 {
			f.next()
		}
		after(20 * time.Second)
		if n := r.srv.live.Load(); n != 16 {
			t.Errorf("%d of 16 silent sessions after 20 s", n)
		}
		after(20 * time.Second)
		if n := r.srv.live.Load(); n != 0 {
			t.Errorf("%d silent sessions after 40 s", n)
		}
	})
}

// TestSlotsOutliveTheirGenerations: who makes sessions come and go for long does
// not wear out the slots that others will use.
func TestSlotsOutliveTheirGenerations(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS())}, func(t *testing.T, r *rig) {
		for range 8 { // some in each shard
			sub := r.seg.Dial(alice)
			settle()
			sub.HangUp()
			settle()
		}
		r.onShards(func(sh *shard) {
			for _, sl := range sh.slots {
				sl.generation = maxGeneration - 1
			}
		})
		for i := range 8 {
			sub := r.seg.Dial(alice)
			settle()
			if sub.State() != lactest.Proven || live(r.lns1) != 1 {
				t.Fatalf("session %d: state %d, %d calls", i, sub.State(), live(r.lns1))
			}
			sub.HangUp()
			settle()
		}
	})
}
