package kerneltest

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/kernel"
)

func TestFakeRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ctx := NewFake(nil), t.Context()
		f.Delay(AddBridge, time.Second)
		f.Fail(RemoveTunnel, syscall.EBUSY)

		start := time.Now()
		tun := kernel.Tunnel{ID: 7}
		if err := f.AddTunnel(ctx, tun); err != nil {
			t.Error(err)
		}
		if err := f.AddBridge(ctx, kernel.Bridge{ID: 3, Tunnel: 7}); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("took %v, want 1s", d)
		}
		if err := f.RemoveTunnel(ctx, 7); !errors.Is(err, syscall.EBUSY) {
			t.Errorf("got %v, want EBUSY", err)
		}
		if got := f.Tunnels(); len(got) != 1 || got[0] != tun {
			t.Errorf("tunnels: got %v", got)
		}
		if got := f.Bridges(); len(got) != 1 || got[0].ID != 3 {
			t.Errorf("bridges: got %v", got)
		}
		_, _ = f.RemoveBridge(ctx, 3) // recorded below
		_, _ = f.Reset(ctx), f.Close()

		var got []string
		for _, op := range f.Ops() {
			got = append(got, op.String())
		}
		want := []string{
			"add tunnel 7", "add bridge 3 on tunnel 7", "remove tunnel 7: device or resource busy",
			"remove bridge 3", "reset", "close",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("operations (-want +got):\n%s", diff)
		}
		if len(f.TakeOps()) != len(want) || len(f.Ops()) != 0 {
			t.Error("TakeOps did not take")
		}
	})
}

func TestFakeIntercept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFake(nil)
		release := make(chan struct{})
		f.Intercept(func(ctx context.Context, op Op) error {
			if op.Kind != AddTunnel {
				return syscall.ENOMEM
			}
			<-release
			return nil
		})
		done := make(chan error, 1)
		go func() { done <- f.AddTunnel(context.Background(), kernel.Tunnel{ID: 1}) }()
		synctest.Wait()
		if n := len(f.Ops()); n != 0 {
			t.Errorf("got %d operations while one is held, want 0", n)
		}
		close(release)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := f.AddBridge(t.Context(), kernel.Bridge{ID: 1, Tunnel: 1}); !errors.Is(err, syscall.ENOMEM) {
			t.Errorf("got %v, want ENOMEM", err)
		}
	})
}

func TestFakeDelayEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFake(nil)
		f.Delay(AddTunnel, time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := f.AddTunnel(ctx, kernel.Tunnel{ID: 1}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("took %v, want 1s", d)
		}
	})
}

func TestFakeLoseOnce(t *testing.T) {
	var lost []kernel.BridgeID
	f := NewFake(func(id kernel.BridgeID) { lost = append(lost, id) })
	ctx := t.Context()
	if err := f.AddTunnel(ctx, kernel.Tunnel{ID: 1}); err != nil {
		t.Fatal(err)
	}
	if err := f.AddBridge(ctx, kernel.Bridge{ID: 5, Tunnel: 1}); err != nil {
		t.Fatal(err)
	}
	if f.Lose(6) || !f.Lose(5) || f.Lose(5) {
		t.Error("Lose: want false, true, false")
	}
	if diff := cmp.Diff([]kernel.BridgeID{5}, lost); diff != "" {
		t.Errorf("lost (-want +got):\n%s", diff)
	}
	if f.SetCounters(kernel.Counters{ID: 6}) {
		t.Error("SetCounters of no bridge: want false")
	}
}
