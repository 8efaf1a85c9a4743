package client

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
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

// raddb is FreeRADIUS with one user and signed answers, on the loopback.
const raddb = `
prefix = /usr
name = freeradius
libdir = /usr/lib/freeradius
run_dir = @DIR@
pidfile = @DIR@/pid
max_requests = 65536
log {
	destination = stdout
}
security {
	reject_delay = 0
	status_server = yes
}
client lac {
	ipaddr = 127.0.0.1
	secret = @SECRET@
	require_message_authenticator = yes
}
modules {
	files {
		usersfile = @DIR@/users
	}
	pap {
	}
}
server bench {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = @PORT@
	}
	authorize {
		update reply {
			Message-Authenticator := 0x00
		}
		files
		pap
	}
	authenticate {
		Auth-Type PAP {
			pap
		}
	}
}
`

// BenchmarkAuthenticateFreeRADIUS asks a real server over real sockets.
func BenchmarkAuthenticateFreeRADIUS(b *testing.B) {
	addr := startFreeRADIUS(b)
	cfg := benchConfig(addr)
	b.ReportAllocs()
	b.ResetTimer()
	st := load(b, cfg, nil, b.N, 64).Auth[0]
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "auth/s")
	b.ReportMetric(float64(st.Resent)/float64(b.N), "resent/op")
}

func startFreeRADIUS(b *testing.B) netip.AddrPort {
	b.Helper()
	binary, err := exec.LookPath("freeradius")
	if err != nil {
		b.Skip("freeradius is not installed")
	}
	pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	addr := pc.LocalAddr().(*net.UDPAddr).AddrPort()
	_ = pc.Close() // its port is free now, and FreeRADIUS takes it
	dir := b.TempDir()
	conf := strings.NewReplacer("@DIR@", dir, "@SECRET@", sharedSecret, "@PORT@", fmt.Sprint(addr.Port())).Replace(raddb)
	for name, text := range map[string]string{
		"radiusd.conf": conf, "dictionary": "",
		"users": "nemo Cleartext-Password := \"arctangent\"\n\tTunnel-Type:1 := L2TP, Tunnel-Medium-Type:1 := IPv4, Tunnel-Server-Endpoint:1 := \"192.0.2.9\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	cmd := exec.Command(binary, "-f", "-l", "stdout", "-d", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	var said strings.Builder
	ready := make(chan bool, 1)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if len(ready) == 0 && strings.Contains(lines.Text(), "Ready to process requests") {
				ready <- true
			}
			if said.Len() < 1<<14 {
				said.WriteString(lines.Text() + "\n")
			}
		}
	}()
	b.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-drained
		_ = cmd.Wait() // killed
	})
	select {
	case <-ready:
	case <-drained:
		b.Fatalf("freeradius does not start:\n%s", &said)
	case <-time.After(30 * time.Second):
		b.Fatal("freeradius is not ready after 30s")
	}
	return addr
}
