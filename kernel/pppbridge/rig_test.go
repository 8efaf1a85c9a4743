package pppbridge

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lacd/kernel"
	"lacd/kernel/ethernet"
	"lacd/kernel/kerneltest"
	"lacd/kernel/vlan"
)

// Nothing in the lab takes longer than this.
const patience = 20 * time.Second

// rig is a Dataplane in the namespace of the process, with a namespace of
// subscribers on one side and one with an LNS on the other.
type rig struct {
	t      testing.TB
	dp     *Dataplane
	lost   chan kernel.BridgeID
	access kerneltest.Device // ours
	subs   *ethernet.Port    // all subscribers
	mac    [6]byte           // of access
	lns    *net.UDPConn
	local  netip.Addr
	peer   netip.AddrPort
	socket sockets
}

// sockets are the UDP sockets of tunnels.
type sockets map[kernel.TunnelID]*net.UDPConn

var be = binary.BigEndian

func newRig(t testing.TB, six bool) *rig {
	t.Helper()
	kerneltest.NeedPPP(t, kernel.Missing(Probe()))
	subscribers, core := kerneltest.NewNetns(t), kerneltest.NewNetns(t)
	r := &rig{
		t:      t,
		lost:   make(chan kernel.BridgeID, 1024),
		access: kerneltest.Device{Name: "access0"},
		local:  netip.MustParseAddr("192.0.2.1"),
		peer:   netip.MustParseAddrPort("192.0.2.2:1701"),
		socket: sockets{},
	}
	bits := "/24"
	if six {
		r.local, r.peer, bits = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddrPort("[2001:db8::2]:1701"), "/64"
	}
	kerneltest.Veth(t, r.access, kerneltest.Device{Netns: subscribers, Name: "subs0"})
	ours, theirs := kerneltest.Device{Name: "core0"}, kerneltest.Device{Netns: core, Name: "lns0"}
	kerneltest.Veth(t, ours, theirs)
	ours.AddAddr(t, r.local.String()+bits)
	theirs.AddAddr(t, r.peer.Addr().String()+bits)

	subscribers.Do(t, func() (err error) {
		r.subs, err = ethernet.Listen(ethernet.Config{Name: "subs0", All: true})
		return err
	})
	core.Do(t, func() (err error) {
		r.lns, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(r.peer))
		return err
	})
	r.readMAC()
	devices, err := vlan.New(vlan.Config{Ports: []string{r.access.Name}, Idle: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r.dp, err = New(Config{Lost: func(id kernel.BridgeID) { r.lost <- id }, Devices: devices})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

func (r *rig) readMAC() {
	r.t.Helper()
	ifi, err := net.InterfaceByName(r.access.Name)
	if err != nil {
		r.t.Fatal(err)
	}
	r.mac = [6]byte(ifi.HardwareAddr)
}

func (r *rig) close() {
	if err := r.dp.Close(); err != nil {
		r.t.Error(err)
	}
	for _, conn := range r.socket {
		_ = conn.Close() // a UDP socket
	}
	_, _ = r.lns.Close(), r.subs.Close()
	r.wantNothing()
}

// wantNothing waits until the kernel has no session and no tunnel: it unmakes
// them in the background.
func (r *rig) wantNothing() {
	r.t.Helper()
	var left []string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if left = sessions(r.t); len(left) == 0 {
			return
		}
	}
	r.t.Errorf("left in the kernel:\n%s", strings.Join(left, "\n"))
}

// sessions returns this namespace's PPPoE sessions, and its L2TP tunnels and sessions.
func sessions(t testing.TB) []string {
	t.Helper()
	var found []string
	for _, table := range []struct {
		name  string
		entry func(line string) bool
	}{
		{"/proc/thread-self/net/pppoe", func(line string) bool { return !strings.HasPrefix(line, "Id ") }},
		{"/proc/thread-self/net/pppol2tp", func(line string) bool {
			return strings.HasPrefix(line, "TUNNEL '") || strings.HasPrefix(line, "SESSION '")
		}},
	} {
		text, err := os.ReadFile(table.name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && table.entry(line) {
				found = append(found, table.name+": "+line)
			}
		}
	}
	return found
}

func (r *rig) suite() *kerneltest.Rig {
	return &kerneltest.Rig{
		Dataplane: r.dp,
		Tunnel:    r.tunnel,
		Bridge:    r.bridge,
		Traffic:   r.traffic,
		Lose:      r.padt,
		Lost:      r.lost,
	}
}

// tunnel returns tunnel i, whose UDP socket is made when it is asked for first.
func (r *rig) tunnel(i int) kernel.Tunnel {
	r.t.Helper()
	id := kernel.TunnelID(1001 + i)
	conn, ok := r.socket[id]
	if !ok {
		var err error
		conn, err = net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(r.local, 0)),
			net.UDPAddrFromAddrPort(r.peer))
		if err != nil {
			r.t.Fatal(err)
		}
		r.socket[id] = conn
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

func (r *rig) bridge(i int, tun kernel.TunnelID) kernel.Bridge {
	return kernel.Bridge{
		ID: kernel.BridgeID(0x1_0000_0001 * (1 + i)), Port: r.access.Name,
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
	f := be.AppendUint16(header(r.mac, b.MAC, b), uint16(len(ppp)))
	f = append(f, ppp...)
	return append(f, make([]byte, max(0, 60-len(f)))...)
}

func (r *rig) send(frame []byte) {
	r.t.Helper()
	if err := r.subs.WriteBatch([][]byte{frame}); err != nil {
		r.t.Fatal(err)
	}
	if n := r.subs.Stats().SendErrors; n != 0 {
		r.t.Fatalf("%d send errors", n)
	}
}

func (r *rig) sendUp(b kernel.Bridge, ppp []byte) {
	r.t.Helper()
	r.send(r.frame(b, ppp))
}

// padt ends a session from the subscriber's side (RFC 2516 section 5.5).
func (r *rig) padt(b kernel.Bridge) {
	r.t.Helper()
	f := r.frame(b, nil)
	f[13], f[15] = 0x63, 0xa7 // untagged
	r.send(f)
}

// datagram reads what the LNS receives next.
func (r *rig) datagram() (msg []byte, from netip.AddrPort) {
	r.t.Helper()
	buf := make([]byte, 2048)
	if err := r.lns.SetReadDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	n, from, err := r.lns.ReadFromUDPAddrPort(buf)
	if err != nil {
		r.t.Fatalf("the LNS received nothing: %v", err)
	}
	return buf[:n], from
}

// receiveUp returns the next PPP frame at the LNS, which must belong to b.
func (r *rig) receiveUp(b kernel.Bridge) []byte {
	r.t.Helper()
	msg, _ := r.datagram()
	want := be.AppendUint16(nil, 0x0002) // a data message of version 2
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
	msg = append(be.AppendUint16(msg, b.Session), rest...)
	to := r.socket[b.Tunnel].LocalAddr().(*net.UDPAddr).AddrPort()
	if _, err := r.lns.WriteToUDPAddrPort(msg, to); err != nil {
		r.t.Fatal(err)
	}
}

// receiveDown returns the next PPP frame of b that the subscribers see.
func (r *rig) receiveDown(b kernel.Bridge) []byte {
	r.t.Helper()
	defer time.AfterFunc(patience, func() { _ = r.subs.Close() }).Stop()
	want := header(b.MAC, r.mac, b)
	var ppp []byte
	for ppp == nil {
		err := r.subs.ReadBatch(func(f []byte) {
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
