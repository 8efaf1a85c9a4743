package xdp

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"lacd/kernel"
	"lacd/kernel/ethernet"
	"lacd/kernel/kerneltest"
)

// Nothing in the lab takes longer than this.
const patience = 20 * time.Second

// rig is a Dataplane in the namespace of the process, with a namespace of
// subscribers behind two access ports on one side and one with an LNS on the
// other.
type rig struct {
	t      testing.TB
	dp     *Dataplane
	lost   chan kernel.BridgeID
	access [2]access
	world  *kerneltest.Netns // of the subscribers
	beyond *kerneltest.Netns // of the LNS
	core   [2]kerneltest.Device
	lns    *net.UDPConn
	local  netip.Addr
	peer   netip.AddrPort
	socket map[kernel.TunnelID]*net.UDPConn

	readers sync.WaitGroup
	left    chan []byte // what a socket received that the Dataplane did not take
}

// access is an access port and all its subscribers.
type access struct {
	ours, theirs kerneltest.Device
	subs         *ethernet.Port
	mac          [6]byte
}

type options struct {
	six  bool
	mode Mode // Any: Native
	tags int
}

func newRig(t testing.TB, o options) *rig {
	t.Helper()
	kerneltest.NeedRoot(t)
	r := &rig{
		t: t, lost: make(chan kernel.BridgeID, 1024), world: kerneltest.NewNetns(t), beyond: kerneltest.NewNetns(t),
		local: netip.MustParseAddr("192.0.2.1"), peer: netip.MustParseAddrPort("192.0.2.2:1701"),
		socket: map[kernel.TunnelID]*net.UDPConn{}, left: make(chan []byte, 1024),
	}
	bits := "/24"
	if o.six {
		r.local, r.peer, bits = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddrPort("[2001:db8::2]:1701"), "/64"
	}
	loopback(t)
	for i := range r.access {
		r.access[i].ours = kerneltest.Device{Name: fmt.Sprintf("access%d", i)}
		r.access[i].theirs = kerneltest.Device{Netns: r.world, Name: fmt.Sprintf("subs%d", i)}
		r.plug(i)
	}
	r.core = [2]kerneltest.Device{{Name: "core0"}, {Netns: r.beyond, Name: "lns0"}}
	kerneltest.Veth(t, r.core[0], r.core[1])
	r.core[0].AddAddr(t, r.local.String()+bits)
	r.core[1].AddAddr(t, r.peer.Addr().String()+bits)
	receiveDirectly(t, r.core[1])
	r.beyond.Do(t, func() (err error) {
		r.lns, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(r.peer))
		return err
	})
	if o.mode == Any {
		o.mode = Native
	}
	var err error
	r.dp, err = New(Config{
		Ports: []Port{{Name: "access0", Tags: o.tags}, {Name: "access1", Tags: o.tags}},
		Mode:  o.mode, Lost: func(id kernel.BridgeID) { r.lost <- id }, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

// loopback sets lo up, which a new namespace has down.
func loopback(t testing.TB) {
	t.Helper()
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// plug makes the cable of an access port.
func (r *rig) plug(i int) {
	r.t.Helper()
	a := &r.access[i]
	kerneltest.Veth(r.t, a.ours, a.theirs)
	receiveDirectly(r.t, a.theirs)
	if a.subs != nil {
		_ = a.subs.Close() // its device is gone
	}
	r.world.Do(r.t, func() (err error) {
		a.subs, err = ethernet.Listen(ethernet.Config{Name: a.theirs.Name, All: true})
		return err
	})
	ifi, err := net.InterfaceByName(a.ours.Name)
	if err != nil {
		r.t.Fatal(err)
	}
	a.mac = [6]byte(ifi.HardwareAddr)
}

func (r *rig) close() {
	if err := r.dp.Close(); err != nil {
		r.t.Error(err)
	}
	for _, conn := range r.socket {
		_ = conn.Close() // a UDP socket
	}
	r.readers.Wait()
	for i := range r.access {
		_ = r.access[i].subs.Close() // only read from
	}
	_ = r.lns.Close()
}

func (r *rig) suite() *kerneltest.Rig {
	return &kerneltest.Rig{
		Dataplane: r.dp, Tunnel: r.tunnel, Bridge: r.bridge, Traffic: r.traffic, Lost: r.lost,
		Lose: func(b kernel.Bridge) {
			i := r.port(b)
			r.access[i].ours.Delete(r.t)
			r.plug(i)
		},
	}
}

func (r *rig) port(b kernel.Bridge) int {
	return slices.IndexFunc(r.access[:], func(a access) bool { return a.ours.Name == b.Port })
}

func (r *rig) of(b kernel.Bridge) *access { return &r.access[r.port(b)] }

// tunnel returns tunnel i, whose UDP socket is made when it is asked for first.
func (r *rig) tunnel(i int) kernel.Tunnel {
	r.t.Helper()
	id := kernel.TunnelID(1001 + i)
	conn, ok := r.socket[id]
	if !ok {
		var err error
		conn, err = net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(r.local, 0)), net.UDPAddrFromAddrPort(r.peer))
		if err != nil {
			r.t.Fatal(err)
		}
		r.socket[id] = conn
		r.readers.Go(func() { r.read(id, conn) })
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		r.t.Fatal(err)
	}
	return kernel.Tunnel{
		ID: id, PeerID: kernel.TunnelID(2001 + i),
		Local: conn.LocalAddr().(*net.UDPAddr).AddrPort(), Peer: r.peer, Socket: raw,
	}
}

// read gives the Dataplane what arrives on a tunnel's socket.
func (r *rig) read(id kernel.TunnelID, conn *net.UDPConn) {
	buf := make([]byte, 1<<16)
	for {
		n, err := conn.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil && !r.dp.Receive(id, buf[:n]) {
			select {
			case r.left <- bytes.Clone(buf[:n]):
			default: // nobody wants that many
			}
		}
	}
}

func (r *rig) bridge(i int, tun kernel.TunnelID) kernel.Bridge {
	return kernel.Bridge{
		ID: kernel.BridgeID(0x1_0000_0001 * (1 + i)), Port: r.access[i%2].ours.Name,
		MAC: [6]byte{2, 0, 0, 0xcc, byte(i >> 8), byte(i)}, PPPoE: uint16(1 + i),
		Tunnel: tun, Session: uint16(10001 + i), PeerSession: uint16(20001 + i), MTU: 1492,
	}
}

// traffic implements kerneltest.Rig.
func (r *rig) traffic(b kernel.Bridge, up, down, size int) {
	r.t.Helper()
	ppp := make([]byte, size)
	ppp[1] = 0x21 // IPv4
	for i := range up {
		ppp[size-1] = byte(i)
		r.sendUp(b, ppp)
		if got := r.receiveUp(b); !bytes.Equal(got, ppp) {
			r.t.Errorf("the LNS got % x, want % x", got, ppp)
		}
	}
	for i := range down {
		ppp[size-1] = byte(i)
		r.sendDown(b, append([]byte{0xff, 0x03}, ppp...))
		if got := r.receiveDown(b); !bytes.Equal(got, ppp) {
			r.t.Errorf("the subscriber got % x, want % x", got, ppp)
		}
	}
}

// header is a session frame up to and including the session ID.
func header(dst, src [6]byte, b kernel.Bridge) []byte {
	f := slices.Concat(dst[:], src[:])
	for _, v := range b.VLANs {
		if v != (kernel.VLAN{}) {
			f = be.AppendUint16(be.AppendUint16(f, v.TPID), v.ID)
		}
	}
	return be.AppendUint16(append(f, 0x88, 0x64, 0x11, 0), b.PPPoE)
}

// frame is the Ethernet frame with which a subscriber sends a PPP frame.
func (r *rig) frame(b kernel.Bridge, ppp []byte) []byte {
	f := be.AppendUint16(header(r.of(b).mac, b.MAC, b), uint16(len(ppp)))
	f = append(f, ppp...)
	return append(f, make([]byte, max(0, 60-len(f)))...)
}

func (r *rig) send(b kernel.Bridge, frame []byte) {
	r.t.Helper()
	subs := r.of(b).subs
	if err := subs.WriteBatch([][]byte{frame}); err != nil {
		r.t.Fatal(err)
	}
	if n := subs.Stats().SendErrors; n != 0 {
		r.t.Fatalf("%d send errors", n)
	}
}

func (r *rig) sendUp(b kernel.Bridge, ppp []byte) {
	r.t.Helper()
	r.send(b, r.frame(b, ppp))
}

// datagram reads what the LNS receives next.
func (r *rig) datagram() []byte {
	r.t.Helper()
	buf := make([]byte, 2048)
	if err := r.lns.SetReadDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	n, err := r.lns.Read(buf)
	if err != nil {
		r.t.Fatalf("the LNS received nothing: %v", err)
	}
	return buf[:n]
}

// receiveUp returns the next PPP frame at the LNS, which must belong to b.
func (r *rig) receiveUp(b kernel.Bridge) []byte {
	r.t.Helper()
	msg := r.datagram()
	want := be.AppendUint16(nil, 0x0002)
	if b.Sequencing {
		want[0] |= 0x08 // S
	}
	want = be.AppendUint16(want, uint16(b.Tunnel+1000)) // the peer's
	want = be.AppendUint16(want, b.PeerSession)
	got, rest := msg[:6], msg[6:]
	if !bytes.Equal(got, want) {
		r.t.Fatalf("L2TP header: got % x, want % x", got, want)
	}
	if b.Sequencing {
		rest = rest[4:]
	}
	if !bytes.HasPrefix(rest, []byte{0xff, 0x03}) {
		r.t.Fatalf("no FF 03 before the PPP frame: % x", rest)
	}
	return rest[2:]
}

// sendDown has the LNS send what follows the L2TP header.
func (r *rig) sendDown(b kernel.Bridge, rest []byte) {
	r.t.Helper()
	msg := be.AppendUint16(nil, 0x0002)
	msg = be.AppendUint16(msg, uint16(b.Tunnel))
	r.deliver(b, append(be.AppendUint16(msg, b.Session), rest...))
}

// deliver sends a message from the LNS to the tunnel's socket.
func (r *rig) deliver(b kernel.Bridge, msg []byte) {
	r.t.Helper()
	to := r.socket[b.Tunnel].LocalAddr().(*net.UDPAddr).AddrPort()
	if _, err := r.lns.WriteToUDPAddrPort(msg, to); err != nil {
		r.t.Fatal(err)
	}
}

// receiveDown returns the next PPP frame of b that the subscribers see.
func (r *rig) receiveDown(b kernel.Bridge) []byte {
	r.t.Helper()
	subs := r.of(b).subs
	defer time.AfterFunc(patience, func() { _ = subs.Close() }).Stop()
	want := header(b.MAC, r.of(b).mac, b)
	var ppp []byte
	for ppp == nil {
		err := subs.ReadBatch(func(f []byte) {
			if rest, ok := bytes.CutPrefix(f, want); ok {
				ppp = bytes.Clone(rest[2:][:be.Uint16(rest)])
			}
		})
		if err != nil {
			r.t.Fatalf("the subscriber received nothing: %v", err)
		}
	}
	return ppp
}

// drain returns what the LNS has received, and waits a moment for it.
func (r *rig) drain() (msgs [][]byte) {
	r.t.Helper()
	buf := make([]byte, 2048)
	for {
		if err := r.lns.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			r.t.Fatal(err)
		}
		n, err := r.lns.Read(buf)
		if err != nil {
			return msgs
		}
		msgs = append(msgs, bytes.Clone(buf[:n]))
	}
}

func addrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
