package lac

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"time"

	layeh "layeh.com/radius"

	"lacd/lac/lactest"
	"lacd/pppoe/wire"
	"lacd/radius/radiustest"
)

// asked returns the Access-Requests that came to a server.
func asked(s *radiustest.Server) []radiustest.Request {
	var all []radiustest.Request
	for _, q := range s.Requests() {
		if q.Packet.Code == layeh.CodeAccessRequest {
			all = append(all, q)
		}
	}
	return all
}

// IRT is 2 s, each further timeout twice the one before, all a tenth more or less;
// the next server follows after three (RFC 5080 section 2.2.1).
func TestT55_DefaultTimes(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		r.radius.SetKnobs(radiustest.Knobs{Silent: true})
		r.backup.SetKnobs(radiustest.Knobs{Silent: true})
		sub := r.seg.Dial(alice)
		begun := time.Now()
		<-sub.Proven()
		var given time.Duration
		for given == 0 && time.Since(begun) < time.Minute {
			if after(100 * time.Millisecond); sub.Terminated() {
				given = time.Since(begun)
			}
		}
		if given < 25*time.Second || given > 30*time.Second {
			t.Errorf("given up after %v, want twice 2s, 4s and 8s, a tenth more or less, and 30s at most", given)
		}
		for _, s := range []*radiustest.Server{r.radius, r.backup} {
			all := asked(s)
			if len(all) != 3 {
				t.Fatalf("asked %d times, want 3", len(all))
			}
			rt := 2 * time.Second
			for i, q := range all[1:] {
				if d := q.Time.Sub(all[i].Time); d < rt*9/10 || d > rt*11/10 {
					t.Errorf("transmission %d came %v after the one before, want %v, a tenth more or less", i+2, d, rt)
				}
				if !bytes.Equal(q.Raw, all[0].Raw) || q.From != all[0].From {
					t.Errorf("got % x from %s, want the same octets from the same port", q.Raw, q.From)
				}
				rt = q.Time.Sub(all[i].Time) * 2
			}
		}
		first, second := asked(r.radius), asked(r.backup)
		rt := 2 * first[2].Time.Sub(first[1].Time)
		if d := second[0].Time.Sub(first[2].Time); d < rt*9/10 || d > rt*11/10 {
			t.Errorf("the next server was asked %v after the last transmission, want %v, a tenth more or less", d, rt)
		}
		r.radius.SetKnobs(radiustest.Knobs{})
		after(time.Minute) // Accounting-On is tried again
	})
}

// Two thousand subscribers wait for RADIUS at once: no identifier is used twice
// from one source port, and there are no more of those than it takes.
func TestT55_Outstanding(t *testing.T) {
	const subscribers = 2000
	silent := func(c *Config) { c.Log = slog.New(slog.DiscardHandler) } // two lines for each
	inRig(t, rigOptions{change: silent}, func(t *testing.T, r *rig) {
		oneLNS(r)
		r.radius.SetKnobs(radiustest.Knobs{Delay: 1500 * time.Millisecond}) // within the first timeout
		var subs []*lactest.Subscriber
		for i := range subscribers {
			a := alice
			a.MAC = wire.MAC{2, 0x20, 0, 0, byte(i >> 8), byte(i)}
			subs = append(subs, r.seg.Dial(a))
			settle()
		}
		all := asked(r.radius)
		keys, ports := map[string]bool{}, map[string]bool{}
		for _, q := range all {
			keys[fmt.Sprint(q.From, " ", q.Packet.Identifier)] = true
			ports[q.From] = true
		}
		if len(all) != subscribers || len(keys) != subscribers || len(ports) != (subscribers+255)/256 {
			t.Fatalf("%d requests with %d identifiers from %d ports, want %d with as many, from %d",
				len(all), len(keys), len(ports), subscribers, (subscribers+255)/256)
		}
		after(5 * time.Second)
		for _, sub := range subs {
			if sub.State() != lactest.Proven {
				t.Fatalf("a subscriber is in state %d", sub.State())
			}
		}
		if n := r.lns1.Connected(); n != subscribers {
			t.Errorf("%d calls are up, want %d", n, subscribers)
		}
		if n := len(asked(r.radius)); n != subscribers {
			t.Errorf("%d requests, want %d: all were answered in time", n, subscribers)
		}
		r.radius.SetKnobs(radiustest.Knobs{})
	})
}
