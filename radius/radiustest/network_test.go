package radiustest

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := NewNetwork(), New(secret)
		s.SetUser("nemo", User{Password: "arctangent"})
		addr := n.Add("10.0.0.1:1812", s)
		c, err := n.Dial(addr)
		if err != nil {
			t.Fatal(err)
		}
		s.SetKnobs(Knobs{Delay: 3 * time.Second})
		start := time.Now()
		if _, err := c.Write(accessRequest(t, "nemo", "arctangent")); err != nil {
			t.Fatal(err)
		}
		var buf [4096]byte
		if k, err := c.Read(buf[:]); err != nil || k != 38 || time.Since(start) != 3*time.Second {
			t.Errorf("got %d octets, %v after %v, want 38 after 3s", k, err, time.Since(start))
		}
		if got, want := s.Requests()[0].From, c.LocalAddr().String(); got != want {
			t.Errorf("got source %s, want %s", got, want)
		}
		go func() { _ = c.Close() }()
		if _, err := c.Read(buf[:]); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want %v", err, net.ErrClosed)
		}
		if _, err := c.Write(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want %v", err, net.ErrClosed)
		}
		_ = c.Close()
		if open, most := n.Sockets(); open != 0 || most != 1 {
			t.Errorf("got %d open, %d at most, want 0 and 1", open, most)
		}
	})
}

func TestNetworkNobody(t *testing.T) {
	n := NewNetwork()
	c, err := n.Dial(netip.MustParseAddrPort("10.0.0.9:1812"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Write([]byte("x")); err != nil {
		t.Errorf("got %v, want the datagram lost", err)
	}
	if c.RemoteAddr().String() != "10.0.0.9:1812" || c.SetDeadline(time.Time{}) == nil ||
		c.SetReadDeadline(time.Time{}) == nil || c.SetWriteDeadline(time.Time{}) == nil {
		t.Error("the connection is not what it says")
	}
	refused := errors.New("refused")
	n.Refuse(refused)
	if _, err := n.Dial(netip.MustParseAddrPort("10.0.0.9:1812")); !errors.Is(err, refused) {
		t.Errorf("got %v, want %v", err, refused)
	}
}
