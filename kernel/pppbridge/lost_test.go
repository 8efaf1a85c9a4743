package pppbridge

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
)

func (r *rig) wantLost(want ...kernel.BridgeID) {
	r.t.Helper()
	left := map[kernel.BridgeID]bool{}
	for _, id := range want {
		left[id] = true
	}
	for len(left) > 0 {
		select {
		case id := <-r.lost:
			if !left[id] {
				r.t.Errorf("bridge %d was lost, or lost twice", id)
			}
			delete(left, id)
		case <-time.After(patience):
			r.t.Fatalf("not lost: %v", left)
		}
	}
	select {
	case id := <-r.lost:
		r.t.Errorf("bridge %d was lost as well", id)
	default:
	}
}

func TestLost(t *testing.T) {
	changeMAC := func(r *rig) error {
		link, err := netlink.LinkByName(r.access.Name)
		if err != nil {
			return err
		}
		return netlink.LinkSetHardwareAddr(link, []byte{2, 0, 0, 0, 0xac, 1})
	}
	for _, tt := range []struct {
		name  string
		event func(t *testing.T, r *rig, a, b kernel.Bridge)
		both  bool
	}{
		{"PADT", func(_ *testing.T, r *rig, a, _ kernel.Bridge) { r.padt(a) }, false},
		{"device down", func(t *testing.T, r *rig, _, _ kernel.Bridge) { r.access.SetUp(t, false) }, true},
		{"device deleted", func(t *testing.T, r *rig, _, _ kernel.Bridge) { r.access.Delete(t) }, true},
		{"MTU", func(t *testing.T, r *rig, _, _ kernel.Bridge) { r.access.SetMTU(t, 1400) }, true},
		{"address", func(t *testing.T, r *rig, _, _ kernel.Bridge) {
			if err := changeMAC(r); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"core device down, then PADT", func(t *testing.T, r *rig, a, _ kernel.Bridge) {
			kerneltest.Device{Name: "core0"}.SetUp(t, false)
			r.padt(a)
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, a := bridged(t, nil)
			b := r.bridge(1, a.Tunnel)
			if err := r.dp.AddBridge(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			tt.event(t, r, a, b)
			if tt.both {
				r.wantLost(a.ID, b.ID)
			} else {
				r.wantLost(a.ID)
			}
		})
	}
}

// Environment of the process that TestKilled kills.
const (
	envPeer  = "LACD_TEST_KILLED_PEER"
	envLocal = "LACD_TEST_KILLED_LOCAL"
)

// TestKilled kills a process with tunnels and bridges, and looks for leftovers.
func TestKilled(t *testing.T) {
	r := newRig(t, false)
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestKilledHelper$")
	cmd.Env = append(os.Environ(), envPeer+"="+r.peer.String(), envLocal+"="+r.local.String())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "ready\n" {
		t.Errorf("got %q, %v", line, err)
	}
	if got := len(sessions(t)); got < 2*20+2 {
		t.Errorf("got %d sessions and tunnels, want more", got)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	start := time.Now()
	r.wantNothing()
	t.Logf("all was gone after %v", time.Since(start).Round(time.Millisecond))

	if err := r.dp.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	tun := r.tunnel(0) // under the same IDs
	if err := r.dp.AddTunnel(t.Context(), tun); err != nil {
		t.Fatal(err)
	}
	b := r.bridge(0, tun.ID)
	if err := r.dp.AddBridge(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	r.traffic(b, 1, 1, 40)
}

// TestKilledHelper is the process that is killed.
func TestKilledHelper(t *testing.T) {
	if os.Getenv(envPeer) == "" {
		t.Skip("runs in a process of its own")
	}
	r := &rig{t: t, access: kerneltest.Device{Name: "access0"}, socket: sockets{}}
	r.peer, r.local = netip.MustParseAddrPort(os.Getenv(envPeer)), netip.MustParseAddr(os.Getenv(envLocal))
	var err error
	if r.dp, err = New(Config{}); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := r.dp.AddTunnel(t.Context(), r.tunnel(i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		if err := r.dp.AddBridge(t.Context(), r.bridge(i, r.tunnel(i%2).ID)); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Println("ready")
	time.Sleep(time.Hour)
}
