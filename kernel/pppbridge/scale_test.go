package pppbridge

import (
	"flag"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
)

var (
	bridgeCount = flag.Int("bridges", 200, "bridges that TestScale makes")
	workerCount = flag.Int("workers", 64, "goroutines that TestScale makes them in")
)

// TestScale makes bridges in parallel, reads their counters and removes them. The
// times that it logs are of a virtual machine: compare them with one another.
func TestScale(t *testing.T) {
	r := newRig(t, false)
	n, workers, ctx := *bridgeCount, *workerCount, t.Context()
	tun := r.tunnel(0)
	if err := r.dp.AddTunnel(ctx, tun); err != nil {
		t.Fatal(err)
	}
	needDescriptors(t, 3*n+200)
	before := len(kerneltest.Descriptors())
	bridges := make([]kernel.Bridge, n)
	for i := range bridges {
		bridges[i] = r.bridge(i, tun.ID)
	}
	add := func(b kernel.Bridge) {
		if err := r.dp.AddBridge(ctx, b); err != nil {
			t.Error(err)
		}
	}
	remove := func(b kernel.Bridge) {
		if _, err := r.dp.RemoveBridge(ctx, b.ID); err != nil {
			t.Error(err)
		}
	}
	few, most := bridges[:n/20], bridges[n/20:]
	timed(t, "add one after the other", len(few), func() { inParallel(few, 1, add) })
	timed(t, "add in parallel", len(most), func() { inParallel(most, workers, add) })
	if got := len(kerneltest.Descriptors()) - before; got != 3*n {
		t.Errorf("descriptors: got %d for %d bridges, want 3 each", got, n)
	}
	r.traffic(bridges[n-1], 3, 3, 100)
	timed(t, "read the counters", n, func() {
		if counters, err := r.dp.AppendCounters(nil); err != nil || len(counters) != n {
			t.Errorf("counters: got %d, %v, want %d", len(counters), err, n)
		}
	})
	timed(t, "the same from a netlink dump", n, func() { dump(t, r.dp.family, n) })
	timed(t, "remove one after the other", len(few), func() { inParallel(few, 1, remove) })
	timed(t, "remove in parallel", len(most), func() { inParallel(most, workers, remove) })
	if err := r.dp.RemoveTunnel(ctx, tun.ID); err != nil {
		t.Error(err)
	}
	r.wantNothing()
}

func timed(t *testing.T, what string, n int, f func()) {
	runtime.GC()
	start := time.Now()
	f()
	d := time.Since(start)
	t.Logf("%-28s %6d: %9v, %v each", what, n, d.Round(100*time.Microsecond), (d / time.Duration(n)).Round(100*time.Nanosecond))
}

// needDescriptors raises the limit of open descriptors.
func needDescriptors(t *testing.T, n int) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur >= uint64(n) {
		return
	}
	limit.Cur, limit.Max = uint64(n), max(limit.Max, uint64(n))
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatalf("%d descriptors: %v", n, err)
	}
}

func inParallel(bridges []kernel.Bridge, workers int, f func(kernel.Bridge)) {
	work := make(chan kernel.Bridge)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for b := range work {
				f(b)
			}
		})
	}
	for _, b := range bridges {
		work <- b
	}
	close(work)
	group.Wait()
}

// dump reads all sessions with their counters over generic netlink, which is the
// other way to have them.
func dump(t *testing.T, family uint16, want int) {
	t.Helper()
	const cmdSessionGet = 8
	req := nl.NewNetlinkRequest(int(family), unix.NLM_F_DUMP)
	req.AddData(&nl.Genlmsg{Command: cmdSessionGet, Version: familyVersion})
	msgs, err := req.Execute(unix.NETLINK_GENERIC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(msgs) != want {
		t.Errorf("dump: got %d sessions, want %d", len(msgs), want)
	}
}
