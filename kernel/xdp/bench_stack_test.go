package xdp

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"
	"golang.org/x/net/ipv4"

	"lacd/kernel"
	"lacd/kernel/ethernet"
	"lacd/kernel/kerneltest"
)

// yard is where frames go up the stack. What leaves access0 or core0 is dropped at
// the far end, by the stack there because it is for another station: a program
// there would have it copied first. What is redirected goes through limit0, whose
// far end is one of those that forwarding in XDP is measured with.
type yard struct {
	b   *testing.B
	lns netip.AddrPort
}

func newYard(b *testing.B) *yard {
	b.Helper()
	kerneltest.NeedRoot(b)
	loopback(b)
	far := kerneltest.NewNetns(b)
	for _, n := range []string{"access0", "core0", "limit0"} {
		cable(b, far, n)
	}
	discardAt(b, far, "limit0far")
	kerneltest.Device{Name: "core0"}.AddAddr(b, "192.0.2.1/24")
	y := &yard{b: b, lns: addrPort("192.0.2.2:1701")}
	enterLNS(b, y.lns)
	return y
}

// bursts are frames that come one after the other, and what is then to be done:
// the kernel is through with them when the last one has come.
type bursts struct {
	frames, times int
	then          func(frames int) error // nil: nothing
}

func (u *bursts) run(g *generator, then func(frames int) error) error {
	for range u.times {
		if err := g.run(u.frames); err != nil {
			return err
		}
		if then == nil {
			continue
		}
		if err := then(u.frames); err != nil {
			return err
		}
	}
	return nil
}

// oneBurst is for what the kernel does by itself.
var oneBurst = bursts{frames: 1 << 16, times: 1}

// compare measures frames that go up the stack and leave by a device.
func (y *yard) compare(a arrival, egress string, u bursts) {
	y.b.Helper()
	g := newGenerator(y.b, a, nil, 0)
	defer g.close()
	a.device = "limit0"
	l := newGenerator(y.b, a, nil, 0)
	defer l.close()
	if err := l.m.Devices.Put(uint32(0), uint32(l.index)); err != nil {
		y.b.Fatal(err)
	}
	bare := func(next *ebpf.Program) float64 {
		const repeat = 1 << 18
		return l.cost(next, repeat, func() error { return l.run(repeat) })
	}
	frames := u.frames * u.times
	var c comparison
	for y.b.Loop() {
		limit := bare(l.m.Bare) - bare(l.m.Discard)
		base := g.cost(g.m.Discard, frames, func() error { return u.run(g, nil) })
		before := sent(y.b, egress)
		ours := g.cost(g.m.Pass, frames, func() error { return u.run(g, u.then) }) - base
		if n := sent(y.b, egress) - before; n < tries*frames {
			y.b.Errorf("%d of %d frames were forwarded", n, tries*frames)
		}
		c.add(limit, ours)
	}
	c.report(y.b)
}

// sent returns how many frames left a device and got to its far end.
func sent(b *testing.B, device string) int {
	b.Helper()
	l, err := netlink.LinkByName(device)
	if err != nil {
		b.Fatal(err)
	}
	return int(l.Attrs().Statistics.TxPackets)
}

// benchGeneric has the program run in the stack.
func benchGeneric(b *testing.B, dir string, sessions, size int) {
	y := newYard(b)
	x := newSessions(b, Generic, sessions, [2]kernel.VLAN{})
	egress := map[string]string{"up": "core0", "down": "access0"}[dir]
	y.compare(x.arrival(dir, sessions, [2]kernel.VLAN{}, size), egress, oneBurst)
	x.wantForwarded()
}

// benchIP has the kernel route packets that are as long as those in PPP frames.
func benchIP(b *testing.B, size int) {
	y := newYard(b)
	kerneltest.Device{Name: "access0"}.AddAddr(b, "198.18.0.1/24")
	_, beyond, err := net.ParseCIDR("198.51.100.0/24")
	if err != nil {
		b.Fatal(err)
	}
	if err := netlink.RouteAdd(&netlink.Route{Dst: beyond, Gw: y.lns.Addr().AsSlice()}); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("0"), 0o644) }) // as it was
	const sourcePort = 14 + 20                                                                  // varies, were there more than one
	y.compare(arrival{"access0", ipFrame(macOf(b, "access0"), size-2), sourcePort, 1}, "core0", oneBurst)
}

func macOf(b *testing.B, device string) [6]byte {
	b.Helper()
	ifi, err := net.InterfaceByName(device)
	if err != nil {
		b.Fatal(err)
	}
	return [6]byte(ifi.HardwareAddr)
}

// ipFrame has a UDP packet of so many octets in all.
func ipFrame(mac [6]byte, size int) []byte {
	f := append(append(append([]byte{}, mac[:]...), benchSub[:]...), 8, 0)
	f = be.AppendUint16(append(f, 0x45, 0), uint16(size))
	f = append(f, 0, 0, 0, 0, 64, 17, 0, 0, 198, 18, 0, 2, 198, 51, 100, 2)
	be.PutUint16(f[24:], ^checksum(f[14:]))
	f = be.AppendUint16(append(f, 0, 1, 0, 9), uint16(size-20))
	return append(f, make([]byte, max(14+size, 96)-len(f))...)
}

// benchUser has a process forward: it reads frames from the device and writes
// them to the socket of the tunnel, many at a time. It does so on the thread on
// which they arrive, after each burst, which the socket has room for: nothing is
// lost, nobody waits, and the time of the thread is all there is.
func benchUser(b *testing.B, sessions, size int) {
	y := newYard(b)
	port, err := ethernet.Listen(ethernet.Config{Name: "access0", All: true})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = port.Close() }() // it was only read
	conn, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(addrPort("192.0.2.1:1701")), net.UDPAddrFromAddrPort(y.lns))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // nobody was there
	f := newForwarder(port, ipv4.NewPacketConn(conn), sessions)
	y.compare(arrival{"access0", upFrame(port.MAC(), [2]kernel.VLAN{}, size), 16, sessions}, "core0", bursts{frames: 1 << 11, times: 2, then: f.forward})
}

// forwarder is what a process has to do at the least: find the session of a frame
// and put a header of L2TP in place of that of PPPoE.
type forwarder struct {
	port     *ethernet.Port
	conn     *ipv4.PacketConn
	sessions []userSession // by PPPoE ID
	messages []ipv4.Message
	taken, n int // frames, and messages that became of them
}

type userSession struct {
	mac             [6]byte
	tunnel, session uint16
}

func newForwarder(port *ethernet.Port, conn *ipv4.PacketConn, sessions int) *forwarder {
	f := &forwarder{port: port, conn: conn, sessions: make([]userSession, 1<<16), messages: make([]ipv4.Message, 64)}
	for i := range sessions {
		f.sessions[i+1] = userSession{benchSub, 8, uint16(i + 1)}
	}
	for i := range f.messages {
		f.messages[i].Buffers = [][]byte{make([]byte, 0, 2048)}
	}
	return f
}

// forward forwards a burst that has arrived.
func (f *forwarder) forward(burst int) error {
	if n := f.port.Stats().ReceiveDrops; n > 0 {
		return fmt.Errorf("%d frames were dropped before they were read", n)
	}
	for ; burst > 0; burst -= f.taken {
		f.taken, f.n = 0, 0
		if err := f.port.ReadBatch(f.take); err != nil {
			return err
		}
		for done := 0; done < f.n; {
			n, err := f.conn.WriteBatch(f.messages[done:f.n], 0)
			if err != nil {
				return err
			}
			done += n
		}
	}
	return nil
}

func (f *forwarder) take(frame []byte) {
	f.taken++
	const header = 14 + 6
	if len(frame) < header || be.Uint32(frame[12:]) != 0x8864_1100 {
		return
	}
	s := &f.sessions[be.Uint16(frame[16:])]
	size := int(be.Uint16(frame[18:]))
	if s.tunnel == 0 || s.mac != [6]byte(frame[6:]) || header+size > len(frame) {
		return
	}
	m := f.messages[f.n].Buffers
	p := be.AppendUint16(append(m[0][:0], 0, 2), s.tunnel)
	p = append(be.AppendUint16(p, s.session), 0xff, 3)
	m[0] = append(p, frame[header:header+size]...)
	f.n++
}
