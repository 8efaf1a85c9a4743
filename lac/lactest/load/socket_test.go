package load

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"lacd/lac/lactest/sim"
)

// More datagrams than a batch holds go both ways, over both families.
func TestSocket(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1"} {
		at := netip.AddrPortFrom(netip.MustParseAddr(addr), 0)
		s, err := listen(at)
		if err != nil {
			t.Fatal(err)
		}
		at = s.(*udpSocket).conn.LocalAddr().(*net.UDPAddr).AddrPort()
		const n = 3*batchSize + 1
		out := make([]sim.Datagram, n)
		for i := range out {
			out[i] = sim.Datagram{To: at, Data: []byte{byte(i), 1, 2, 3}}
		}
		if err := s.WriteBatch(out); err != nil {
			t.Fatal(err)
		}
		got := 0
		for limit := time.Now().Add(10 * time.Second); got < n; {
			if err := s.ReadBatch(limit, func(from netip.AddrPort, b []byte) {
				if from != at || len(b) != 4 || b[0] != byte(got) {
					t.Errorf("datagram %d: %x from %v", got, b, from)
				}
				got++
			}); err != nil {
				t.Fatal(err)
			}
			if time.Now().After(limit) {
				t.Fatalf("%s: %d of %d datagrams came", addr, got, n)
			}
		}
		// A deadline that passes is no error.
		if err := s.ReadBatch(time.Now(), func(netip.AddrPort, []byte) { t.Error("a datagram") }); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := s.ReadBatch(time.Time{}, nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read after Close: %v", err)
		}
		if err := s.WriteBatch(out); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write after Close: %v", err)
		}
	}
}

func TestListenTwice(t *testing.T) {
	s, err := listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	at := s.(*udpSocket).conn.LocalAddr().(*net.UDPAddr).AddrPort()
	if _, err := Run(t.Context(), Config{LNS: []sim.LNSConfig{{Addr: at}}}); err == nil {
		t.Error("an address was used twice")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// What a full socket drops is told with the next datagram.
func TestSocketDrops(t *testing.T) {
	s, err := listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	conn := s.(*udpSocket).conn
	if err := conn.SetReadBuffer(1); err != nil {
		t.Fatal(err)
	}
	out := make([]sim.Datagram, 50)
	for i := range out {
		out[i] = sim.Datagram{To: conn.LocalAddr().(*net.UDPAddr).AddrPort(), Data: make([]byte, 1000)}
	}
	// One batch fills the queue, the one after finds it emptied.
	got := 0
	for range 2 {
		if err := s.WriteBatch(out); err != nil {
			t.Fatal(err)
		}
		if err := s.ReadBatch(time.Now().Add(10*time.Second), func(netip.AddrPort, []byte) { got++ }); err != nil {
			t.Fatal(err)
		}
	}
	if d := s.Drops(); got == 0 || got >= 100 || d == 0 || int(d) > 100-got {
		t.Errorf("%d came, %d were dropped", got, d)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
