package trunk

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestUDP shows that the kernel does what the sockets are made for: of those
// at one local port the connected one hears its peer, the listener the rest,
// and a connected one can move.
func TestUDP(t *testing.T) {
	for _, tc := range []struct{ name, local, lns string }{
		{"IPv4", "127.77.0.1:17010", "127.77.0.2"}, {"IPv6", "[::1]:17010", "::1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			local := netip.MustParseAddrPort(tc.local)
			first, second := lnsSocket(t, tc.lns), lnsSocket(t, tc.lns)
			listener, err := (UDP{}).Bind(local)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = listener.Close() }()
			sock, err := (UDP{}).Dial(local, first.at)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = sock.Close() }()
			if sock.Local() != local || sock.Raw() == nil {
				t.Errorf("socket at %v, raw %v, want %v", sock.Local(), sock.Raw(), local)
			}
			connected, rest := receive(func(b []byte) (n int, _ netip.AddrPort, err error) {
				err = sock.ReadBatch(func(d []byte) { n = copy(b, d) }) // there is one at a time
				return n, netip.AddrPort{}, err
			}), receive(listener.ReadFrom)

			first.send(t, local, "one")
			connected.want(t, "one", netip.AddrPort{})
			second.send(t, local, "two")
			rest.want(t, "two", second.at)

			if err := sock.Connect(second.at); err != nil {
				t.Fatal(err)
			}
			second.send(t, local, "three")
			connected.want(t, "three", netip.AddrPort{})
			first.send(t, local, "four")
			rest.want(t, "four", first.at)
			if _, err := sock.WriteBatch([][]byte{[]byte("five")}); err != nil {
				t.Fatal(err)
			}
			second.want(t, "five")
			if err := listener.WriteTo([]byte("six"), first.at); err != nil {
				t.Fatal(err)
			}
			first.want(t, "six")
			if sock.Local() != local {
				t.Errorf("socket at %v after it moved, want %v", sock.Local(), local)
			}
		})
	}
}

// The LNS sees the marking on what a tunnel's socket sends, and no ECN bits.
func TestMark(t *testing.T) {
	for _, tc := range []struct {
		name, local, lns string
		level, option    int
	}{
		{"IPv4", "127.77.0.3:17011", "127.77.0.4", syscall.IPPROTO_IP, syscall.IP_RECVTOS},
		{"IPv6", "[::1]:17011", "::1", syscall.IPPROTO_IPV6, syscall.IPV6_RECVTCLASS},
	} {
		t.Run(tc.name, func(t *testing.T) {
			peer := lnsSocket(t, tc.lns)
			raw, err := peer.c.SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			var serr error
			if err := raw.Control(func(fd uintptr) { serr = syscall.SetsockoptInt(int(fd), tc.level, tc.option, 1) }); err != nil || serr != nil {
				t.Fatal(err, serr)
			}
			sock, err := (UDP{}).Dial(netip.MustParseAddrPort(tc.local), peer.at)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = sock.Close() }()
			if err := sock.Mark(34); err != nil {
				t.Fatal(err)
			}
			if _, err := sock.WriteBatch([][]byte{[]byte("marked")}); err != nil {
				t.Fatal(err)
			}
			var b, oob [64]byte
			_, n, _, _, err := peer.c.ReadMsgUDP(b[:], oob[:])
			if err != nil {
				t.Fatal(err)
			}
			msgs, err := syscall.ParseSocketControlMessage(oob[:n])
			if err != nil || len(msgs) != 1 || len(msgs[0].Data) == 0 || msgs[0].Data[0] != 34<<2 {
				t.Errorf("got control messages %+v, error %v, want the octet 0x88", msgs, err)
			}
		})
	}
}

// A datagram that the kernel refuses keeps none of the others, of which there
// are more than go with one system call.
func TestWriteBatch(t *testing.T) {
	for _, tc := range []struct{ name, local, lns string }{
		{"IPv4", "127.77.0.5:17012", "127.77.0.6"}, {"IPv6", "[::1]:17012", "::1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			peer := lnsSocket(t, tc.lns)
			sock, err := (UDP{}).Dial(netip.MustParseAddrPort(tc.local), peer.at)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = sock.Close() }()
			const refused = batchSize + 2
			var ds [][]byte
			for i := range 2 * batchSize {
				ds = append(ds, fmt.Append(nil, i))
			}
			ds[refused] = make([]byte, 1<<16)
			var calls []int
			for rest := ds; len(rest) > 0; {
				n, err := sock.WriteBatch(rest)
				calls = append(calls, n)
				if rest = rest[n:]; err != nil {
					if !errors.Is(err, syscall.EMSGSIZE) || len(rest) != len(ds)-refused {
						t.Fatalf("got %v with %d datagrams left", err, len(rest))
					}
					rest = rest[1:]
				}
			}
			if want := []int{batchSize, 2, 0, batchSize - 3}; !slices.Equal(calls, want) {
				t.Errorf("sent %v, want %v", calls, want)
			}
			for i := range ds {
				if i != refused {
					peer.want(t, fmt.Sprint(i))
				}
			}
			if err := sock.Close(); err != nil {
				t.Fatal(err)
			}
			if n, err := sock.WriteBatch(ds[:1]); n != 0 || err == nil {
				t.Errorf("%d sent after Close, error %v", n, err)
			}
		})
	}
}

func TestDialErrors(t *testing.T) {
	if s, err := (UDP{}).Dial(netip.MustParseAddrPort("192.0.2.77:0"), netip.MustParseAddrPort("127.0.0.1:1701")); err == nil {
		_ = s.Close()
		t.Error("dialled from an address that is not ours")
	}
	if l, err := (UDP{}).Bind(netip.MustParseAddrPort("192.0.2.77:0")); err == nil {
		_ = l.Close()
		t.Error("bound to an address that is not ours")
	}
}

type far struct {
	c  *net.UDPConn
	at netip.AddrPort
}

func lnsSocket(t *testing.T, addr string) far {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(addr)})
	if err != nil {
		if !strings.Contains(addr, ":") {
			t.Fatal(err)
		}
		t.Skipf("no IPv6 here: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	at := c.LocalAddr().(*net.UDPAddr).AddrPort()
	return far{c, netip.AddrPortFrom(at.Addr().Unmap(), at.Port())}
}

func (f far) send(t *testing.T, to netip.AddrPort, text string) {
	t.Helper()
	if _, err := f.c.WriteToUDPAddrPort([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}

func (f far) want(t *testing.T, text string) {
	t.Helper()
	if err := f.c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	n, err := f.c.Read(b)
	if err != nil || string(b[:n]) != text {
		t.Errorf("got %q, %v, want %q", b[:n], err, text)
	}
}

type heard struct {
	text string
	from netip.AddrPort
}

type ear chan heard

// receive reads until the socket is closed.
func receive(read func([]byte) (int, netip.AddrPort, error)) ear {
	e := make(ear, 16)
	go func() {
		b := make([]byte, 100)
		for {
			n, from, err := read(b)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				e <- heard{string(b[:n]), from}
			}
		}
	}()
	return e
}

func (e ear) want(t *testing.T, text string, from netip.AddrPort) {
	t.Helper()
	select {
	case got := <-e:
		if got.text != text || got.from != from {
			t.Errorf("got %q from %v, want %q from %v", got.text, got.from, text, from)
		}
	case <-time.After(10 * time.Second):
		t.Errorf("%q did not come", text)
	}
}
