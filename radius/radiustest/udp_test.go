package radiustest

import (
	"net"
	"testing"
	"time"
)

func TestListen(t *testing.T) {
	s := New(secret)
	s.SetUser("nemo", User{Password: "arctangent"})
	s.SetKnobs(Knobs{Twice: true, Delay: time.Millisecond})
	addr := s.Listen(t)
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Write(accessRequest(t, "nemo", "arctangent")); err != nil {
		t.Fatal(err)
	}
	var buf [4096]byte
	for range 2 {
		if n, err := c.Read(buf[:]); err != nil || n != 38 {
			t.Errorf("got %d octets, %v, want 38", n, err)
		}
	}
}
