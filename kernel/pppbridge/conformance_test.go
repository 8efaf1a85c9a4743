package pppbridge

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	"lacd/kernel"
	"lacd/kernel/ethernet"
	"lacd/kernel/kerneltest"
)

// The tests in this file hold the kernel's data path against RFC 2661 sections
// 3.1, 5.3 and 5.4: cases T35 to T38 of lac/lactest/conformance, octet by octet.

// data is a data message of the LNS, as header says.
type data struct {
	flags           uint16
	tunnel, session uint16
	ns, nr          uint16
	pad             int
	frame           []byte
}

func (d data) bytes() []byte {
	b := be.AppendUint16(nil, d.flags)
	if d.flags&0x4000 != 0 {
		b = append(b, 0, 0)
	}
	b = be.AppendUint16(be.AppendUint16(b, d.tunnel), d.session)
	if d.flags&0x0800 != 0 {
		b = be.AppendUint16(be.AppendUint16(b, d.ns), d.nr)
	}
	if d.flags&0x0200 != 0 {
		b = be.AppendUint16(b, uint16(d.pad))
		b = append(b, bytes.Repeat([]byte{0xaa}, d.pad)...)
	}
	b = append(b, d.frame...)
	if d.flags&0x4000 != 0 {
		be.PutUint16(b[2:], uint16(len(b)))
	}
	return b
}

// deliver sends a message from the LNS to the tunnel's socket.
func (r *rig) deliver(b kernel.Bridge, msg []byte) {
	r.t.Helper()
	to := r.socket[b.Tunnel].LocalAddr().(*net.UDPAddr).AddrPort()
	if _, err := r.lns.WriteToUDPAddrPort(msg, to); err != nil {
		r.t.Fatal(err)
	}
}

// downUntil returns the frames that the subscribers receive, headers included,
// up to the one that ends with last.
func (r *rig) downUntil(last []byte) (frames [][]byte) {
	r.t.Helper()
	defer time.AfterFunc(patience, func() { _ = r.subs.Close() }).Stop()
	for done := false; !done; {
		err := r.subs.ReadBatch(func(f []byte) {
			n := 20 + int(be.Uint16(f[18:])) // untagged; without padding
			if n <= len(f) && bytes.HasSuffix(f[:n], last) {
				done = true
			} else if !done {
				frames = append(frames, bytes.Clone(f[:n]))
			}
		})
		if err != nil {
			r.t.Fatalf("the subscriber did not receive % x: %v", last, err)
		}
	}
	return frames
}

// numbered is a PPP frame that can be told from others.
func numbered(i int) []byte {
	return append([]byte{0x00, 0x21, 0x45, byte(i >> 8), byte(i)}, bytes.Repeat([]byte{byte(i)}, 60)...)
}

// T35: what the LNS and the subscriber say to each other is carried to the
// octet, whatever it is, with FF 03 or without.
func TestConformanceT35Transparency(t *testing.T) {
	r, b := bridged(t, nil)
	for name, frame := range map[string][]byte{
		"LCP Configure-Request": {0xc0, 0x21, 1, 1, 0, 10, 5, 6, 1, 2, 3, 4},
		"LCP Echo-Request":      {0xc0, 0x21, 9, 2, 0, 8, 1, 2, 3, 4},
		"LCP Terminate-Request": {0xc0, 0x21, 5, 3, 0, 6, 1, 2},
		"LCP, malformed":        {0xc0, 0x21, 99, 3, 0xff, 0xff, 0, 0},
		"CHAP Challenge":        {0xc2, 0x23, 1, 5, 0, 12, 4, 1, 2, 3, 4, 'l', 'n', 's'},
		"CHAP Success":          {0xc2, 0x23, 3, 5, 0, 6, 'o', 'k'},
		"PAP Ack":               {0xc0, 0x23, 2, 5, 0, 8, 3, 'a', 'c', 'k'},
		"IPCP":                  {0x80, 0x21, 1, 6, 0, 10, 3, 6, 192, 0, 2, 7},
		"IPv4":                  numbered(1),
		"IPv6":                  append([]byte{0x00, 0x57, 0x60}, make([]byte, 80)...),
		"multilink":             {0x00, 0x3d, 0xc0, 0, 0, 1, 0x00, 0x21, 0x45, 0},
		"unknown protocol":      {0x40, 0x77, 1, 2, 3, 4, 5, 6},
		"FF 03 inside":          {0x00, 0x21, 0xff, 0x03, 0x00, 0x21, 0xff, 0x03},
		"octets to be escaped":  {0x00, 0x21, 0x7e, 0x7d, 0x00, 0x11, 0x13, 0x7e},
	} {
		r.sendUp(b, frame)
		if got := r.receiveUp(b); !bytes.Equal(got, frame) {
			t.Errorf("%s, up: got % x, want % x", name, got, frame)
		}
		for _, prefix := range [][]byte{nil, {0xff, 0x03}} {
			r.sendDown(b, append(bytes.Clone(prefix), frame...))
			if got := r.receiveDown(b); !bytes.Equal(got, frame) {
				t.Errorf("%s, down after % x: got % x, want % x", name, prefix, got, frame)
			}
		}
	}
}

// T35: the kernel (Debian 12's) takes a message of less than 14 octets for no
// data message and leaves it to user space: the shortest PPP frames of an LNS
// that sends neither FF 03 nor Length.
func TestConformanceT35Shortest(t *testing.T) {
	r, b := bridged(t, nil)
	frame := []byte{0xc0, 0x21, 5, 3, 0, 4} // LCP Terminate-Request
	short := data{flags: 0x0002, tunnel: uint16(b.Tunnel), session: b.Session, frame: frame}.bytes()
	r.deliver(b, short)
	buf := make([]byte, 2048)
	_ = r.socket[b.Tunnel].SetReadDeadline(time.Now().Add(patience))
	if n, err := r.socket[b.Tunnel].Read(buf); err != nil || !bytes.Equal(buf[:n], short) {
		t.Errorf("got % x, %v, want the message in user space", buf[:n], err)
	}
	for _, tt := range []struct {
		name string
		data
	}{
		{"Ns", data{flags: 0x0802, frame: frame}}, // and then none: the LAC numbers as the LNS does
		{"Length", data{flags: 0x4002, frame: frame}},
		{"FF 03", data{flags: 0x0002, frame: append([]byte{0xff, 0x03}, frame...)}},
	} {
		name, d := tt.name, tt.data
		d.tunnel, d.session = uint16(b.Tunnel), b.Session
		r.deliver(b, d.bytes())
		if got := r.receiveDown(b); !bytes.Equal(got, frame) {
			t.Errorf("%s: got % x, want % x", name, got, frame)
		}
	}
	r.sendUp(b, frame)
	if got := r.receiveUp(b); !bytes.Equal(got, frame) {
		t.Errorf("up: got % x, want % x", got, frame)
	}
}

// T35: nothing is cut off. A frame whose message does not fit the path to the
// LNS is sent in fragments, each with a fragment's header and all with one UDP
// checksum that is right.
func TestConformanceT35Fragments(t *testing.T) {
	r, b := bridged(t, nil)
	core := kerneltest.Device{Name: "core0"}
	noChecksumOffload(t, core.Name)
	sniffer := sniff(t, core.Name)
	for _, tt := range []struct{ mtu, size, fragments int }{
		{1500, 100, 1},
		{1500, 1460, 1}, // 20 IP, 8 UDP, 6 L2TP, 2 FF 03, 2 protocol: 1498
		{1500, 1462, 1}, // 1500
		{1500, 1463, 2},
		{1500, 1492, 2}, // an IP packet of full size
		{1300, 1492, 2},
		{700, 1492, 3},
	} {
		core.SetMTU(t, tt.mtu)
		frame := append([]byte{0x00, 0x21}, bytes.Repeat([]byte{0x5a}, tt.size)...)
		frame[len(frame)-1] = byte(tt.mtu)
		r.sendUp(b, frame)
		if got := r.receiveUp(b); !bytes.Equal(got, frame) {
			t.Errorf("MTU %d: got %d octets, want %d", tt.mtu, len(got), len(frame))
		}
		packets := sniffer.packets(t, tt.fragments)
		var udp []byte
		for i, p := range packets {
			flags := be.Uint16(p[6:])
			if more := flags&0x2000 != 0; more != (i < len(packets)-1) || int(flags&0x1fff)*8 != len(udp) || flags&0x4000 != 0 {
				t.Errorf("MTU %d: fragment %d has flags and offset %#04x", tt.mtu, i, flags)
			}
			if len(p) > tt.mtu {
				t.Errorf("MTU %d: a packet of %d octets", tt.mtu, len(p))
			}
			udp = append(udp, p[20:]...)
		}
		sum := be.Uint16(udp[6:])
		if sum == 0 || checksum(packets[0], udp) != 0xffff {
			t.Errorf("MTU %d, %d octets: UDP checksum %#04x", tt.mtu, tt.size, sum)
		}
	}
	// Down, fragments come from the network of the LNS.
	core.SetMTU(t, 1500)
	frame := append([]byte{0x00, 0x21}, bytes.Repeat([]byte{0xa5}, 1492)...)
	r.sendDown(b, frame)
	if got := r.receiveDown(b); !bytes.Equal(got, frame) {
		t.Errorf("down: got %d octets, want %d", len(got), len(frame))
	}
}

// T35: with RFC 4638 IP packets of 1500 octets are carried.
func TestConformanceT35LargePayload(t *testing.T) {
	r := newRig(t, false)
	r.access = kerneltest.Device{Name: "large0"}
	far := kerneltest.Device{Netns: kerneltest.NewNetns(t), Name: "large1"}
	kerneltest.Veth(t, r.access, far)
	r.access.SetMTU(t, 1508)
	far.SetMTU(t, 1508)
	r.readMAC()
	_ = r.subs.Close() // another takes its place
	far.Netns.Do(t, func() (err error) {
		r.subs, err = ethernet.Listen(ethernet.Config{Name: far.Name, All: true})
		return err
	})
	tun := r.tunnel(0)
	if err := r.dp.AddTunnel(t.Context(), tun); err != nil {
		t.Fatal(err)
	}
	b := r.bridge(0, tun.ID)
	b.MTU = 1500
	if err := r.dp.AddBridge(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	frame := append([]byte{0x00, 0x21}, bytes.Repeat([]byte{0x5a}, 1500)...)
	r.sendUp(b, frame)
	if got := r.receiveUp(b); !bytes.Equal(got, frame) {
		t.Errorf("up: got %d octets, want %d", len(got), len(frame))
	}
	r.sendDown(b, frame)
	if got := r.receiveDown(b); !bytes.Equal(got, frame) {
		t.Errorf("down: got %d octets, want %d", len(got), len(frame))
	}
}

// T36: every header that RFC 2661 section 3.1 allows.
func TestConformanceT36Headers(t *testing.T) {
	r, b := bridged(t, nil)
	ns, n := uint16(0), 0
	for _, flags := range []uint16{0x0002, 0x4002, 0x0802, 0x4802, 0x0202, 0x4202, 0x0a02, 0x4a02} {
		for _, priority := range []uint16{0, 0x0100} {
			for _, pad := range []int{0, 4, 15} {
				if flags&0x0200 == 0 && pad != 0 {
					continue
				}
				n++
				frame := numbered(n)
				d := data{
					flags: flags | priority, tunnel: uint16(b.Tunnel), session: b.Session,
					ns: ns, nr: uint16(n) * 0x9e37, pad: pad, frame: append([]byte{0xff, 0x03}, frame...),
				}
				if flags&0x0800 != 0 {
					ns++
				}
				r.deliver(b, d.bytes())
				if got := r.receiveDown(b); !bytes.Equal(got, frame) {
					t.Errorf("flags %#04x, offset %d: got % x, want % x", d.flags, pad, got, frame)
				}
			}
		}
	}
}

// T38: data for nobody and from strangers reaches no subscriber, and is not
// answered.
func TestConformanceT38Strangers(t *testing.T) {
	r, b := bridged(t, nil)
	conn := r.socket[b.Tunnel]
	// What the kernel has no session for is left to the tunnel's own socket.
	for i, session := range []uint16{0x7777, 0, b.PeerSession} {
		msg := dataTo(b.Tunnel, session, i)
		r.deliver(b, msg)
		buf := make([]byte, 2048)
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if n, err := conn.Read(buf); err != nil || !bytes.Equal(buf[:n], msg) {
			t.Errorf("session %d: got % x, %v, want the message in user space", session, buf[:n], err)
		}
	}
	// Right IDs, from another port of the LNS and from another host.
	to := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	for _, s := range r.strangers(t, netip.MustParseAddrPort("192.0.2.2:1702"), netip.MustParseAddrPort("192.0.2.3:1701")) {
		if _, err := s.WriteToUDPAddrPort(dataTo(b.Tunnel, b.Session, 9), to); err != nil {
			t.Fatal(err)
		}
	}
	r.sendDown(b, numbered(11))
	if frames := r.downUntil(numbered(11)); len(frames) != 0 {
		t.Errorf("subscribers got % x", frames)
	}
	r.sendUp(b, numbered(12))
	if got := r.receiveUp(b); !bytes.Equal(got, numbered(12)) { // nothing came before
		t.Errorf("the LNS got % x, want % x", got, numbered(12))
	}
}

// T38: the calls of two tunnels between the same hosts are not mixed up. The
// kernel (Debian 12's) goes by the socket and does not look at the Tunnel ID:
// with a foreign one, a message still is for a call of its own tunnel.
func TestConformanceT38Tunnels(t *testing.T) {
	r, b := bridged(t, nil)
	tun := r.tunnel(1)
	if err := r.dp.AddTunnel(t.Context(), tun); err != nil {
		t.Fatal(err)
	}
	other := r.bridge(1, tun.ID)
	if err := r.dp.AddBridge(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	for i, id := range []kernel.TunnelID{other.Tunnel, 0x7777, 0} {
		r.deliver(b, dataTo(id, other.Session, i)) // over the first tunnel
	}
	r.sendDown(b, numbered(10))
	r.sendDown(other, numbered(11))
	frames := r.downUntil(numbered(11))
	if len(frames) != 1 || !bytes.HasSuffix(frames[0], numbered(10)) || !bytes.HasPrefix(frames[0], header(b.MAC, r.mac, b)) {
		t.Errorf("subscribers got % x", frames)
	}
}

// dataTo is a data message with the least header.
func dataTo(tunnel kernel.TunnelID, session uint16, i int) []byte {
	return data{flags: 0x0002, tunnel: uint16(tunnel), session: session, frame: append([]byte{0xff, 0x03}, numbered(i)...)}.bytes()
}
