package pppbridge

import (
	"errors"
	"syscall"
	"testing"

	"lacd/kernel"
)

func TestFamilyNotSupported(t *testing.T) {
	if _, err := family(); err != nil && !errors.Is(err, kernel.ErrNotSupported) {
		t.Errorf("got %v, want ErrNotSupported", err)
	}
}

func TestCreateTunnelWithoutSocket(t *testing.T) {
	if err := createTunnel(0, &kernel.Tunnel{ID: 1}); err == nil {
		t.Error("made a tunnel of no socket")
	}
}

// TestTunnelOfAnother has two Dataplanes ask for one tunnel ID, as two daemons
// on a machine may.
func TestTunnelOfAnother(t *testing.T) {
	r := newRig(t, false)
	tun, ctx := r.tunnel(0), t.Context()
	if err := r.dp.AddTunnel(ctx, tun); err != nil {
		t.Fatal(err)
	}
	b := r.bridge(0, tun.ID)
	if err := r.dp.AddBridge(ctx, b); err != nil {
		t.Fatal(err)
	}
	other, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	theirs := r.tunnel(1)
	theirs.ID = tun.ID
	if err := other.AddTunnel(ctx, theirs); !errors.Is(err, kernel.ErrConflict) || !errors.Is(err, syscall.EEXIST) {
		t.Errorf("got %v, want ErrConflict and EEXIST", err)
	}
	for _, err := range []error{other.RemoveTunnel(ctx, tun.ID), other.Reset(ctx), other.Close()} {
		if err != nil {
			t.Error(err)
		}
	}
	r.traffic(b, 1, 1, 40) // it is as it was
}

// TestTunnelGoneWithSocket closes the UDP socket first, which is not the right
// order, but must leave nothing behind.
func TestTunnelGoneWithSocket(t *testing.T) {
	r := newRig(t, false)
	tun, ctx := r.tunnel(0), t.Context()
	if err := r.dp.AddTunnel(ctx, tun); err != nil {
		t.Fatal(err)
	}
	b := r.bridge(0, tun.ID)
	if err := r.dp.AddBridge(ctx, b); err != nil {
		t.Fatal(err)
	}
	r.traffic(b, 2, 1, 50)
	if err := r.socket[tun.ID].Close(); err != nil {
		t.Fatal(err)
	}
	want := kernel.Counters{ID: b.ID, UpPackets: 2, UpOctets: 100, DownPackets: 1, DownOctets: 50}
	if got, err := r.dp.RemoveBridge(ctx, b.ID); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if err := r.dp.RemoveTunnel(ctx, tun.ID); err != nil {
		t.Error(err)
	}
	r.wantNothing()
}
