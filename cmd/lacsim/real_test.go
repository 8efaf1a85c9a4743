package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"lacd/kernel/kerneltest"
	"lacd/lac/lactest/load"
	"lacd/lac/lactest/script"
)

// lab is lacd in a network namespace of its own, its access port and its core
// on the other side.
type lab struct{ gateway, world *kerneltest.Netns }

func newLab(t *testing.T, plane string) *lab {
	t.Helper()
	kerneltest.NeedRoot(t)
	l := &lab{kerneltest.NewNetns(t), kerneltest.NewNetns(t)}
	acc0, acc1 := kerneltest.Device{Netns: l.gateway, Name: "acc0"}, kerneltest.Device{Netns: l.world, Name: "acc1"}
	core0, core1 := kerneltest.Device{Netns: l.gateway, Name: "core0"}, kerneltest.Device{Netns: l.world, Name: "core1"}
	kerneltest.Veth(t, acc0, acc1)
	kerneltest.Veth(t, core0, core1)
	core0.AddAddr(t, "192.0.2.1/24")
	core1.AddAddr(t, "192.0.2.11/24")
	core1.AddAddr(t, "192.0.2.12/24")
	l.start(t, plane)
	return l
}

// start starts lacd, which dies with the thread that started it, and waits until
// it serves.
func (l *lab) start(t *testing.T, plane string) {
	t.Helper()
	bin, err := script.Build()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config, socket := filepath.Join(dir, "lacd.hcl"), filepath.Join(dir, "admin.sock")
	text := fmt.Sprintf(`
node {
  name         = "lac.test"
  admin_socket = %q
  state_dir    = %q
}
access "acc0" {}
core { dataplane = %q }
retailer "acme" {
  realms = ["acme.example"]
  lns "lns1" {
    address = "192.0.2.11"
    secret  = %q
  }
}
`, socket, filepath.Join(dir, "state"), plane, tunnelSecret)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-config", config)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	log := &bytes.Buffer{}
	cmd.Stderr = log
	started, gone := make(chan error), make(chan error, 1)
	go l.gateway.Do(t, func() error {
		err := cmd.Start()
		started <- err
		if err == nil {
			gone <- cmd.Wait()
		}
		return nil
	})
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // Wait tells what became of it
		if err := <-gone; err != nil || t.Failed() {
			t.Errorf("lacd: %v\n%s", err, log)
		}
	})
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("unix", socket); err == nil {
			_ = c.Close() // it was a question only
			return
		}
		if time.Now().After(limit) {
			t.Fatal("lacd does not serve")
		}
	}
}

const tunnelSecret = "a secret of both ends of it"

// sim runs lacsim on the other side.
func (l *lab) sim(t *testing.T, args ...string) (rep load.Report, code int) {
	t.Helper()
	key := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(key, []byte(tunnelSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	l.world.Do(t, func() error {
		code = run(t.Context(), append([]string{"-json", "-access", "acc1", "-secret-file", key}, args...), &out, &errs)
		return nil
	})
	if err := json.Unmarshal(out.Bytes(), &rep); err != nil {
		t.Fatalf("%v: %s%s", err, &out, &errs)
	}
	if errs.Len() > 0 {
		t.Logf("%s", &errs)
	}
	return rep, code
}

// Against the real gateway, on real devices, everybody's call reaches the LNS.
func TestRealGateway(t *testing.T) {
	l := newLab(t, "none")
	rep, code := l.sim(t, "-n", "300", "-window", "100", "-up", "iccn", "-lns", "192.0.2.11", "-expect-up", "300", "-expect-failed", "0")
	c, n := rep.Clients, rep.LNS[0]
	if code != 0 || c.Up != 300 || c.HungUp != 300 || c.Odd != 0 {
		t.Errorf("exit status %d, clients %+v", code, *c)
	}
	if n.Connected != 300 || n.Calls != 300 || n.Ended != 300 {
		t.Errorf("LNS %+v", n)
	}
	if c.PerSecond <= 0 || c.Setup.P50 <= 0 || c.Setup.P50 > c.Setup.Max || c.Discovery.P50 > c.Setup.P50 {
		t.Errorf("times %+v", *c)
	}
}

// An LNS that refuses is seen from both sides.
func TestRealRefusal(t *testing.T) {
	l := newLab(t, "none")
	rep, code := l.sim(t, "-n", "20", "-up", "iccn", "-lns", "192.0.2.11,cdn=4", "-expect-up", "20")
	if code != 1 || len(rep.Unmet) != 1 || rep.Clients.Up != 0 || rep.Clients.Failed != 20 {
		t.Errorf("exit status %d, %v, clients %+v", code, rep.Unmet, *rep.Clients)
	}
	if n := rep.LNS[0]; n.Refused == 0 || n.Connected != 0 {
		t.Errorf("LNS %+v", n)
	}
}

// Frames that the gateway forwards bring clients to an address, and numbered
// packets from end to end.
func TestRealForwarding(t *testing.T) {
	l := newLab(t, "xdp")
	rep, code := l.sim(t, "-n", "50", "-lns", "192.0.2.11", "-stay", "1s", "-up-rate", "1000", "-down-rate", "1000", "-size", "1000",
		"-expect-up", "50", "-expect-failed", "0", "-expect-lost", "0", "-expect-traffic", "0")
	if n := rep.LNS[0]; code != 0 || n.Opened != 50 || n.Ended != 50 {
		t.Errorf("exit status %d, %v, LNS %+v", code, rep.Unmet, n)
	}
	for _, way := range []load.Traffic{rep.Traffic.Up, rep.Traffic.Down} {
		if way.Received < 900 || way.Received != way.Sent {
			t.Errorf("traffic %+v", way)
		}
	}
}
