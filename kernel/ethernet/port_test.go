package ethernet

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
)

// wire is a port and the far end of its cable.
type wire struct {
	port, far   *Port
	near, other kerneltest.Device
}

func newWire(t testing.TB, cfg Config) *wire {
	t.Helper()
	kerneltest.NeedRoot(t)
	ns := kerneltest.NewNetns(t)
	w := &wire{
		near:  kerneltest.Device{Netns: ns, Name: "near0"},
		other: kerneltest.Device{Netns: ns, Name: "far0"},
	}
	kerneltest.Veth(t, w.near, w.other)
	cfg.Name = "near0"
	w.port = open(t, ns, cfg)
	w.far = open(t, ns, Config{Name: "far0", All: true})
	return w
}

func open(t testing.TB, ns *kerneltest.Netns, cfg Config) *Port {
	t.Helper()
	var p *Port
	ns.Do(t, func() (err error) {
		p, err = Listen(cfg)
		return err
	})
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return p
}

func TestPort(t *testing.T) {
	w := newWire(t, Config{})
	if got := w.port.Name(); got != "near0" {
		t.Errorf("Name: got %q", got)
	}
	if w.port.MAC() == [6]byte{} || w.port.MAC() == w.far.MAC() {
		t.Errorf("MAC: got %x, far end %x", w.port.MAC(), w.far.MAC())
	}
	if got := w.port.MTU(); got != 1500 {
		t.Errorf("MTU: got %d, want 1500", got)
	}
	if got := w.port.Stats(); got != (kernel.PortStats{}) {
		t.Errorf("Stats: got %+v, want zero", got)
	}
}

func TestListenErrors(t *testing.T) {
	kerneltest.NeedRoot(t)
	ns := kerneltest.NewNetns(t)
	for _, cfg := range []Config{
		{Name: "no-such-device"},
		{Name: "lo", Batch: 5000},
		{Name: "lo", Batch: -1},
	} {
		ns.Do(t, func() error {
			if p, err := Listen(cfg); err == nil {
				t.Errorf("%+v: no error", cfg)
				return p.Close()
			}
			return nil
		})
	}
}

func TestClose(t *testing.T) {
	w := newWire(t, Config{})
	read := make(chan error)
	for range 2 { // whether the reader waits already or comes later
		go func() { read <- w.port.ReadBatch(func([]byte) {}) }()
		if err := w.port.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-read; !errors.Is(err, net.ErrClosed) {
			t.Errorf("ReadBatch: got %v, want net.ErrClosed", err)
		}
	}
	if err := w.port.WriteBatch([][]byte{make([]byte, 60)}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("WriteBatch: got %v, want net.ErrClosed", err)
	}
	w.port.Stats() // still answers
}

func TestReceiveDrops(t *testing.T) {
	w := newWire(t, Config{ReceiveBuffer: 4096})
	padi := padi(t, w)
	for range 200 {
		if err := w.far.WriteBatch([][]byte{padi}); err != nil {
			t.Fatal(err)
		}
	}
	got := w.port.Stats()
	if got.ReceiveDrops == 0 || got.ReceiveDrops > 200 {
		t.Errorf("ReceiveDrops: got %d, want some of 200", got.ReceiveDrops)
	}
	if again := w.port.Stats(); again != got {
		t.Errorf("Stats are not cumulative: got %+v, then %+v", got, again)
	}
	if err := w.port.Close(); err != nil {
		t.Error(err)
	}
	if closed := w.port.Stats(); closed != got {
		t.Errorf("after Close: got %+v, want %+v", closed, got)
	}
}

func padi(t *testing.T, w *wire) []byte {
	t.Helper()
	mac := w.far.MAC()
	b := append(frame(broadcast), mac[:]...)
	return append(b, append(frame("8863 11 09 0000 0000"), make([]byte, 40)...)...)
}

func TestOpErrorKeepsCause(t *testing.T) {
	p := &Port{name: "eth1"}
	err := p.opError("read from", os.NewSyscallError("recvmmsg", syscall.EIO))
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v, want EIO", err)
	}
	if got, want := err.Error(), "read from eth1: recvmmsg: input/output error"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
