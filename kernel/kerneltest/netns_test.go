package kerneltest

import (
	"errors"
	"net"
	"testing"
)

func TestNetns(t *testing.T) {
	NeedRoot(t)
	a, b := Device{NewNetns(t), "a0"}, Device{NewNetns(t), "b0"}
	Veth(t, a, b)
	a.AddAddr(t, "192.0.2.1/24")
	b.AddAddr(t, "192.0.2.2/24")
	b.SetMTU(t, 1400)
	b.SetUp(t, false)
	b.SetUp(t, true)

	var server net.PacketConn
	b.Netns.Do(t, func() (err error) {
		server, err = net.ListenPacket("udp4", "192.0.2.2:1701")
		return err
	})
	defer func() { _ = server.Close() }() // only read from
	a.Netns.Do(t, func() error {
		conn, err := net.Dial("udp4", "192.0.2.2:1701")
		if err != nil {
			return err
		}
		_, err = conn.Write([]byte("hello"))
		return errors.Join(err, conn.Close())
	})
	buf := make([]byte, 16)
	n, _, err := server.ReadFrom(buf)
	if err != nil || string(buf[:n]) != "hello" {
		t.Errorf("got %q, %v", buf[:n], err)
	}
	// The devices are not in the process's namespace.
	if _, err := net.InterfaceByName("a0"); err == nil {
		t.Error("a0 leaked out of its namespace")
	}
	a.Delete(t)
	a.Delete(t) // it is gone already
}

func TestNetnsDoReportsErrors(t *testing.T) {
	want := errors.New("no")
	if err := (*Netns)(nil).run(func() error { return want }); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}
