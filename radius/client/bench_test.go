package client

import (
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lacd/policy"
	"lacd/radius/radiustest"
)

// load keeps a number of authentications under way until n are answered.
func load(b *testing.B, cfg Config, dial Dialer, n, outstanding int) Stats {
	b.Helper()
	var asked, accepted atomic.Int64
	done := make(chan struct{})
	var c *Client
	ended := func(a Answer) {
		if a.Verdict == Accepted {
			accepted.Add(1)
		}
		switch i := asked.Add(1); {
		case i <= int64(n):
			c.Authenticate(uint64(i), access("arctangent"))
		case i == int64(n+min(n, outstanding)):
			close(done)
		}
	}
	c, err := New(cfg, dial, ended)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	first := min(n, outstanding)
	asked.Store(int64(first))
	for i := range first {
		c.Authenticate(uint64(i), access("arctangent"))
	}
	<-done
	if got := accepted.Load(); got != int64(n) {
		b.Fatalf("%d of %d were accepted", got, n)
	}
	return c.Stats()
}

func benchServer() *radiustest.Server {
	s := radiustest.New(sharedSecret)
	s.SetUser("nemo", radiustest.User{Password: "arctangent", Reply: []radiustest.Attribute{
		radiustest.L2TP(1, "192.0.2.9", "tunnel-secret").Attribute(),
	}})
	s.SetKnobs(radiustest.Knobs{Forgetful: true})
	return s
}

func benchConfig(auth netip.AddrPort) Config {
	return Config{NAS: NAS{Identifier: "lac1"}, Servers: []Server{{
		Name: "r1", Auth: auth, Secret: policy.Secret(sharedSecret), RequireMessageAuthenticator: true,
	}}}
}

// BenchmarkAuthenticate is the client and its server in memory, on one core with
// -cpu 1. Request and answer are signed, and a Tunnel-Password is decrypted.
func BenchmarkAuthenticate(b *testing.B) {
	network := radiustest.NewNetwork()
	cfg := benchConfig(network.Add("10.0.0.1:1812", benchServer()))
	b.ReportAllocs()
	b.ResetTimer()
	load(b, cfg, network, b.N, 1000)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "auth/s")
	_, most := network.Sockets()
	b.ReportMetric(float64(most), "sockets")
}

// BenchmarkAuthenticateStall asks 2000 times a second for six seconds, in the
// middle of which the server loses what it gets for three. All are answered in
// the end; what waits meanwhile is bounded.
func BenchmarkAuthenticateStall(b *testing.B) {
	const rate, seconds, stall = 2000, 6, 3 * time.Second
	for range b.N {
		network, s := radiustest.NewNetwork(), benchServer()
		var wg sync.WaitGroup
		var accepted atomic.Int64
		c, err := New(benchConfig(network.Add("10.0.0.1:1812", s)), network, func(a Answer) {
			if a.Verdict == Accepted {
				accepted.Add(1)
			}
			wg.Done()
		})
		if err != nil {
			b.Fatal(err)
		}
		before := heap()
		var peak uint64
		tick := time.NewTicker(10 * time.Millisecond)
		start, n := time.Now(), 0
		for ; n < rate*seconds; <-tick.C {
			for range rate / 100 {
				wg.Add(1)
				c.Authenticate(uint64(n), access("arctangent"))
				n++
			}
			switch n {
			case rate * 1:
				s.SetKnobs(radiustest.Knobs{Forgetful: true, Silent: true})
			case rate * (1 + int(stall/time.Second)):
				peak = heap()
				s.SetKnobs(radiustest.Knobs{Forgetful: true})
			}
		}
		tick.Stop()
		wg.Wait()
		if got := accepted.Load(); got != int64(n) {
			b.Errorf("%d of %d were accepted", got, n)
		}
		_, most := network.Sockets()
		b.ReportMetric(float64(peak-min(peak, before))/1e6, "MB-in-stall")
		b.ReportMetric((time.Since(start) - seconds*time.Second).Seconds(), "s-after-load")
		b.ReportMetric(float64(most), "sockets")
		_ = c.Close()
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkAuthenticateFreeRADIUS asks a real server over real sockets.
func BenchmarkAuthenticateFreeRADIUS(b *testing.B) {
	addr := newFreeRADIUS(b, false).start(b)
	cfg := benchConfig(addr)
	b.ReportAllocs()
	b.ResetTimer()
	st := load(b, cfg, nil, b.N, 64).Auth[0]
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "auth/s")
	b.ReportMetric(float64(st.Resent)/float64(b.N), "resent/op")
}
