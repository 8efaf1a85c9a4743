package lac

import (
	"log/slog"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"lacd/kernel/nodata"
	"lacd/policy"
	"lacd/pppoe/wire"
)

// benchRig is a daemon with one shard that knows alice by realm or by RADIUS.
func benchRig(b *testing.B, byRADIUS bool) *rig {
	b.Helper()
	quiet := slog.New(slog.DiscardHandler)
	o := rigOptions{change: func(c *Config) { c.Shards, c.Log, c.Plane = 1, quiet, nodata.New(quiet) }}
	if !byRADIUS {
		o.policy = realmPolicy(b, policy.LNS{Name: "lns1", Peer: netip.MustParseAddrPort(lns1Addr)})
	}
	r := newRig(b, o)
	oneLNS(r)
	r.lns1.Forget()
	return r
}

// abandon ends the daemon and the world around it.
func (r *rig) abandon(b *testing.B) {
	b.Helper()
	r.cancel()
	if err := <-r.ended; err != nil {
		b.Log(err)
	}
	_ = r.far.Close()
	r.lns1.Close()
	r.lns2.Close()
}

// setUp brings n sessions up, so many at a time that nothing is dropped.
func (r *rig) setUp(b *testing.B, n int) {
	b.Helper()
	const window = 256
	deadline := time.Now().Add(time.Minute)
	for dialled := 0; dialled < n; {
		if dialled-r.up() >= window {
			if time.Now().After(deadline) {
				b.Fatalf("%d of %d sessions came up", r.up(), n)
			}
			runtime.Gosched()
			continue
		}
		a := alice
		dialled++
		a.MAC = wire.MAC{2, 0x20, byte(dialled >> 24), byte(dialled >> 16), byte(dialled >> 8), byte(dialled)}
		r.seg.Dial(a)
	}
	for r.up() < n {
		if time.Now().After(deadline) {
			b.Fatalf("%d of %d sessions came up", r.up(), n)
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// up returns how many calls are complete at the LNS.
func (r *rig) up() int { return r.lns1.Connected() }

// BenchmarkSetup measures complete session set-ups, PADI to ICCN. Everything
// shares one core: the daemon, the subscribers, the LNS, the RADIUS server.
func BenchmarkSetup(b *testing.B) {
	for name, byRADIUS := range map[string]bool{"realm": false, "radius": true} {
		b.Run(name, func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			const batch = 10_000
			b.ReportAllocs()
			for range b.N {
				b.StopTimer()
				r := benchRig(b, byRADIUS)
				b.StartTimer()
				r.setUp(b, batch)
				b.StopTimer()
				r.abandon(b)
				b.StartTimer()
			}
			b.ReportMetric(float64(b.N)*batch/b.Elapsed().Seconds(), "setups/s")
		})
	}
}

// BenchmarkMemory measures the heap that the daemon holds for an established
// session: what is freed when the daemon goes, after the world around it went.
func BenchmarkMemory(b *testing.B) {
	const n = 20_000
	for range b.N {
		r := benchRig(b, true)
		r.setUp(b, n)
		r.seg.Drop()
		r.radius.Forget()
		r.backup.Forget()
		r.lns1.Drop()
		with := heapInUse()
		r.abandon(b)
		r.srv, r.plane = nil, nil
		b.ReportMetric(float64(with-heapInUse())/n, "B/session")
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
