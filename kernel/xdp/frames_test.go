package xdp

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"lacd/kernel"
)

// bridged returns a rig with one bridge, changed as the test wants it, whose
// tunnel has found its next hop.
func bridged(t testing.TB, o options, change func(b *kernel.Bridge)) (*rig, kernel.Bridge) {
	t.Helper()
	return bridgedWith(t, o, func(*kernel.Tunnel) {}, change)
}

func bridgedWith(t testing.TB, o options, change func(t *kernel.Tunnel), changeBridge ...func(b *kernel.Bridge)) (*rig, kernel.Bridge) {
	t.Helper()
	r := newRig(t, o)
	tun := r.tunnel(0)
	change(&tun)
	if err := r.dp.AddTunnel(t.Context(), tun); err != nil {
		t.Fatal(err)
	}
	b := r.bridge(0, tun.ID)
	for _, f := range changeBridge {
		if f != nil {
			f(&b)
		}
	}
	if err := r.dp.AddBridge(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	other := r.bridge(63, tun.ID)
	if err := r.dp.AddBridge(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	r.traffic(other, 1, 0, 40) // through the socket: the kernel asks for the neighbour
	r.awaitDirect(tun.ID)
	if _, err := r.dp.RemoveBridge(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	return r, b
}

func (r *rig) awaitDirect(id kernel.TunnelID) {
	r.t.Helper()
	r.await("frames in XDP", func() bool { return r.dp.Direct(id) == nil })
}

// await waits for something that happens in the kernel, which does not tell.
func (r *rig) await(what string, ok func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// slow returns how many frames went through user space.
func (r *rig) slow() (up, down uint64) {
	r.t.Helper()
	s, err := r.dp.Stats()
	if err != nil {
		r.t.Fatal(err)
	}
	return s.SlowUp, s.SlowDown
}

// wantSlow checks how many frames went through user space since before.
func (r *rig) wantSlow(what string, up, down, wantUp, wantDown uint64) {
	r.t.Helper()
	u, d := r.slow()
	if u-up != wantUp || d-down != wantDown {
		r.t.Errorf("%s: %d frames up and %d down went through user space, want %d and %d", what, u-up, d-down, wantUp, wantDown)
	}
}

// packet is a PPP frame of size octets from its protocol field, which differs
// from others by i.
func packet(i, size int) []byte {
	f := bytes.Repeat([]byte{byte(i)}, size)
	f[0] = 0
	if size > 1 {
		f[1] = 0x21
	}
	return f
}

var (
	singleTag  = [2]kernel.VLAN{{TPID: 0x8100, ID: 100}}
	serviceTag = [2]kernel.VLAN{{TPID: 0x88a8, ID: 4094}}
	doubleTag  = [2]kernel.VLAN{{TPID: 0x88a8, ID: 100}, {TPID: 0x8100, ID: 200}}
	oldTag     = [2]kernel.VLAN{{TPID: 0x9100, ID: 1}, {TPID: 0x8100, ID: 2}}
)

// Frames of every length around what is padded, with and without tags, arrive to
// the octet, over IPv4 and IPv6, and none of them sees user space.
func TestLengths(t *testing.T) {
	for mode, m := range modes() {
		for _, six := range []bool{false, true} {
			for i, vlans := range [][2]kernel.VLAN{{}, singleTag, serviceTag, doubleTag, oldTag} {
				t.Run(fmt.Sprintf("%s/six=%v/tags=%d", mode, six, i), func(t *testing.T) {
					r, b := bridged(t, options{mode: m, six: six, tags: 2}, func(b *kernel.Bridge) { b.VLANs = vlans })
					up, down := r.slow()
					for j, size := range []int{1, 2, 3, 4, 5, 10, 31, 32, 33, 37, 38, 39, 40, 41, 46, 100, 255, 256, 257, 511, 1000, 1400, 1401} {
						frame := packet(j, size)
						r.sendUp(b, frame)
						if got := r.receiveUp(b); !bytes.Equal(got, frame) {
							t.Errorf("up, %d octets: got % x", size, got)
						}
						r.sendDown(b, append([]byte{0xff, 0x03}, frame...))
						if got := r.receiveDown(b); !bytes.Equal(got, frame) {
							t.Errorf("down, %d octets: got % x", size, got)
						}
					}
					r.wantSlow("all lengths", up, down, 0, 0)
				})
			}
		}
	}
}

// RFC 2661 section 3.1: every header that a data message may have.
func TestHeaders(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	up, down := r.slow()
	n := 0
	for _, flags := range []uint16{0x0002, 0x4002, 0x0802, 0x4802, 0x0202, 0x4202, 0x0a02, 0x4a02} {
		for _, priority := range []uint16{0, 0x0100} {
			for _, pad := range []int{0, 1, 4, 255} {
				if flags&0x0200 == 0 && pad != 0 {
					continue
				}
				for _, prefix := range [][]byte{nil, {0xff, 0x03}} {
					n++
					frame := packet(n, 40+n%7)
					r.deliver(b, dataMessage(flags|priority, b, uint16(n), pad, append(bytes.Clone(prefix), frame...)))
					if got := r.receiveDown(b); !bytes.Equal(got, frame) {
						t.Errorf("flags %#04x, offset %d, after % x: got % x, want % x", flags|priority, pad, prefix, got, frame)
					}
				}
			}
		}
	}
	r.wantSlow("headers", up, down, 0, 0)
	// What takes more counting goes through user space, and arrives as well.
	frame := packet(1, 50)
	r.deliver(b, dataMessage(0x0202, b, 0, 300, frame))
	if got := r.receiveDown(b); !bytes.Equal(got, frame) {
		t.Errorf("offset 300: got % x", got)
	}
	r.wantSlow("long offset", up, down, 0, 1)
}

// dataMessage is a message of the LNS.
func dataMessage(flags uint16, b kernel.Bridge, ns uint16, pad int, frame []byte) []byte {
	m := be.AppendUint16(nil, flags)
	if flags&flagLength != 0 {
		m = append(m, 0, 0)
	}
	m = be.AppendUint16(be.AppendUint16(m, uint16(b.Tunnel)), b.Session)
	if flags&flagSequence != 0 {
		m = be.AppendUint16(be.AppendUint16(m, ns), 0)
	}
	if flags&flagOffset != 0 {
		m = append(be.AppendUint16(m, uint16(pad)), bytes.Repeat([]byte{0xaa}, pad)...)
	}
	m = append(m, frame...)
	if flags&flagLength != 0 {
		be.PutUint16(m[2:], uint16(len(m)))
	}
	return m
}

// What is not of the session in every respect reaches nobody.
func TestStrangers(t *testing.T) {
	r, b := bridged(t, options{tags: 2}, func(b *kernel.Bridge) { b.VLANs = singleTag })
	right := r.frame(b, packet(1, 60))
	for name, change := range map[string]func(f []byte) []byte{
		"destination": func(f []byte) []byte { f[5]++; return f },
		"source":      func(f []byte) []byte { f[11]++; return f },
		"VLAN":        func(f []byte) []byte { f[15]++; return f },
		"TPID":        func(f []byte) []byte { f[12], f[13] = 0x88, 0xa8; return f },
		"no tag":      func(f []byte) []byte { return slices.Delete(f, 12, 16) },
		"two tags":    func(f []byte) []byte { return slices.Insert(f, 16, 0x81, 0, 0, 5) },
		"session":     func(f []byte) []byte { f[21]++; return f },
		"version":     func(f []byte) []byte { f[18] = 0x12; return f },
		"CODE":        func(f []byte) []byte { f[19] = 1; return f },
		"length":      func(f []byte) []byte { f[22] = 0x7f; return f },
		"no frame":    func(f []byte) []byte { f[22], f[23] = 0, 0; return f },
	} {
		r.send(b, change(bytes.Clone(right)))
		r.sendUp(b, packet(2, 61))
		if got := r.receiveUp(b); !bytes.Equal(got, packet(2, 61)) {
			t.Errorf("another %s reached the LNS: % x", name, got)
		}
	}
	// A priority is none of it.
	f := bytes.Clone(right)
	f[14] |= 0xe0
	r.send(b, f)
	if got := r.receiveUp(b); !bytes.Equal(got, packet(1, 60)) {
		t.Errorf("with a priority: got % x", got)
	}
	for name, msg := range map[string][]byte{
		"session":   dataMessage(2, kernel.Bridge{Tunnel: b.Tunnel, Session: b.Session + 1}, 0, 0, packet(3, 50)),
		"tunnel":    dataMessage(2, kernel.Bridge{Tunnel: b.Tunnel + 1, Session: b.Session}, 0, 0, packet(3, 50)),
		"version":   dataMessage(3, b, 0, 0, packet(3, 50)),
		"type":      dataMessage(0xc802, b, 0, 0, packet(3, 50)),
		"no frame":  dataMessage(2, b, 0, 0, nil),
		"too short": {0, 2, 3},
	} {
		r.deliver(b, msg)
		if got := <-r.left; !bytes.Equal(got, msg) {
			t.Errorf("%s: the socket got % x, want the message", name, got)
		}
		r.sendDown(b, packet(4, 50))
		if got := r.receiveDown(b); !bytes.Equal(got, packet(4, 50)) {
			t.Errorf("another %s reached the subscriber: % x", name, got)
		}
	}
}

// Right IDs from another port of the LNS are for nobody.
func TestSpoofedMessage(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	other := r.stranger(1702)
	if _, err := other.WriteToUDPAddrPort(dataMessage(2, b, 0, 0, packet(3, 50)), r.tunnel(0).Local); err != nil {
		t.Fatal(err)
	}
	r.sendDown(b, packet(4, 50))
	if got := r.receiveDown(b); !bytes.Equal(got, packet(4, 50)) {
		t.Errorf("the subscriber got % x", got)
	}
}

// A frame that comes with a VLAN's tag that a subscriber without one has not.
func TestUntaggedSessionTakesNoTag(t *testing.T) {
	r, b := bridged(t, options{tags: 1}, nil)
	r.send(b, slices.Insert(r.frame(b, packet(1, 60)), 12, 0x81, 0, 0, 5))
	r.send(b, slices.Insert(r.frame(b, packet(2, 60)), 12, 0x81, 0, 0xe0, 0)) // a priority tag
	if got := r.receiveUp(b); !bytes.Equal(got, packet(2, 60)) {
		t.Errorf("got % x", got)
	}
}

// What a subscriber sends as if it were the LNS, with the right IDs, is left to
// the kernel, which by rp_filter knows that it came the wrong way.
func TestSubscriberIsNoLNS(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	if err := os.WriteFile("/proc/sys/net/ipv4/conf/access0/rp_filter", []byte("1"), 0o644); err != nil {
		t.Fatal(err)
	}
	local := r.tunnel(0).Local
	msg := dataMessage(2, b, 0, 0, packet(3, 50))
	udp := be.AppendUint16(be.AppendUint16(nil, r.peer.Port()), local.Port())
	udp = append(be.AppendUint16(udp, uint16(8+len(msg))), 0, 0)
	ip := append([]byte{0x45, 0}, be.AppendUint16(nil, uint16(28+len(msg)))...)
	ip = append(ip, 0, 1, 0, 0, 64, 17, 0, 0)
	ip = append(append(ip, r.peer.Addr().AsSlice()...), local.Addr().AsSlice()...)
	be.PutUint16(ip[10:], ^checksum(ip))
	mac := r.of(b).mac
	frame := slices.Concat(mac[:], b.MAC[:], []byte{8, 0}, ip, udp, msg)
	up, down := r.slow()
	for i := range 20 {
		r.send(b, frame)
		r.sendDown(b, packet(4, 50+i))
		if got := r.receiveDown(b); !bytes.Equal(got, packet(4, 50+i)) {
			t.Errorf("the subscriber got % x", got)
		}
	}
	r.wantSlow("forged", up, down, 0, 0)
}

// The packet that leaves has the headers that it should have.
func TestOuterPacket(t *testing.T) {
	for _, six := range []bool{false, true} {
		t.Run(fmt.Sprint("six=", six), func(t *testing.T) {
			r, b := bridgedWith(t, options{six: six}, func(tun *kernel.Tunnel) { tun.DSCP = 46 })
			sniffer := r.sniff()
			ids := map[uint16]bool{}
			const n = 20
			for i := range n {
				r.sendUp(b, packet(i, 41+i))
				r.receiveUp(b)
				p := sniffer.next(t)
				if six {
					if be.Uint32(p) != 0x60000000|46<<22 || p[7] != 64 || p[6] != 17 || int(be.Uint16(p[4:])) != len(p)-40 {
						t.Errorf("IPv6 header % x", p[:40])
					}
					pseudo := slices.Concat(p[8:40], []byte{0, 17}, p[4:6], p[40:])
					if checksum(pseudo) != 0xffff || be.Uint16(p[46:]) == 0 {
						t.Errorf("UDP checksum of % x is wrong", p)
					}
					continue
				}
				ids[be.Uint16(p[4:])] = true
				if p[0] != 0x45 || p[1] != 46<<2 || be.Uint16(p[6:]) != 0 || p[8] != 64 || int(be.Uint16(p[2:])) != len(p) || checksum(p[:20]) != 0xffff {
					t.Errorf("IPv4 header % x", p[:20])
				}
			}
			if !six && len(ids) != n {
				t.Errorf("%d packets have %d different IDs", n, len(ids))
			}
		})
	}
}

// RFC 2661 section 5.4: the LNS decides whether messages are numbered, unless
// the LAC requires it.
func TestSequencing(t *testing.T) {
	for _, needed := range []bool{false, true} {
		t.Run(fmt.Sprint("required=", needed), func(t *testing.T) {
			r, b := bridged(t, options{}, func(b *kernel.Bridge) { b.Sequencing = needed })
			ns := 0
			up := func(what string, numbered bool) {
				t.Helper()
				for range 2 {
					r.sendUp(b, packet(ns, 50))
					msg := r.datagram()
					want := []byte{0, 2, 7, 0xd1, 0x4e, 0x21, 0xff, 3}
					if numbered {
						want = []byte{8, 2, 7, 0xd1, 0x4e, 0x21, 0, byte(ns), 0, 0, 0xff, 3}
					}
					if want = append(want, packet(ns, 50)...); !bytes.Equal(msg, want) {
						t.Errorf("%s: got % x, want % x", what, msg, want)
					}
					if numbered {
						ns++
					}
				}
			}
			down := func(flags uint16) {
				t.Helper()
				r.deliver(b, dataMessage(flags, b, 7, 0, packet(9, 50)))
				if got := r.receiveDown(b); !bytes.Equal(got, packet(9, 50)) {
					t.Errorf("got % x", got)
				}
			}
			up("at first", needed)
			down(0x0802)
			up("the LNS numbers", true)
			down(0x0002)
			up("it has stopped", needed)
			down(0x0802)
			up("it numbers again", true)
		})
	}
}

// Discovery and what belongs to no bridge are for user space, all of it.
func TestGoesUpTheStack(t *testing.T) {
	r, b := bridged(t, options{}, nil)
	port := r.port0(b)
	early := r.bridge(2, b.Tunnel)
	lcp := []byte{0xc0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4}
	padt := r.frame(b, nil)
	padt[13], padt[15] = 0x63, 0xa7
	for name, frame := range map[string][]byte{"PADT": padt, "no bridge": r.frame(early, lcp)} {
		r.sendUp(b, lcp) // goes to the LNS alone
		if got := r.receiveUp(b); !bytes.Equal(got, lcp) {
			t.Errorf("got % x, want % x", got, lcp)
		}
		r.send(b, frame)
		var seen [][]byte
		if err := port.ReadBatch(func(f []byte) { seen = append(seen, bytes.Clone(f)) }); err != nil {
			t.Fatal(err)
		}
		if len(seen) != 1 || !bytes.Equal(seen[0], frame) {
			t.Errorf("%s: user space saw % x, want % x", name, seen, frame)
		}
	}
	control := []byte{0xc8, 0x02, 0, 12, 0, 1, 0, 0, 0, 1, 0, 1} // a ZLB
	r.deliver(b, control)
	if got := <-r.left; !bytes.Equal(got, control) {
		t.Errorf("the socket got % x, want % x", got, control)
	}
}
