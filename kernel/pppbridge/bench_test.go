package pppbridge

import (
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
)

// yard is a rig without hosts: whatever is forwarded is sent to an address that
// the far end of the cable does not have, and dropped there.
type yard struct {
	*rig
	b          *testing.B
	up, down   int // sockets that send from the far ends
	core       [6]byte
	bridged    kernel.Bridge
	nobody     [6]byte
	subscriber net.IP
}

func newYard(b *testing.B) *yard {
	b.Helper()
	y := &yard{rig: newRig(b, false), b: b, nobody: [6]byte{2, 0, 0, 0, 0xdd, 1}, subscriber: net.IPv4(198, 51, 100, 2).To4()}
	_ = y.subs.Close() // it would see, and copy, what is to be dropped
	subscribers, core := kerneltest.NewNetns(b), kerneltest.NewNetns(b)
	kerneltest.Veth(b, kerneltest.Device{Name: "access9"}, kerneltest.Device{Netns: subscribers, Name: "subs9"})
	kerneltest.Veth(b, kerneltest.Device{Name: "core9"}, kerneltest.Device{Netns: core, Name: "lns9"})
	kerneltest.Device{Name: "access9"}.AddAddr(b, "198.51.100.1/24")
	kerneltest.Device{Name: "core9"}.AddAddr(b, "203.0.113.1/24")
	y.up, y.down = y.sender(subscribers, "subs9"), y.sender(core, "lns9")
	y.neighbour("access9", y.subscriber)
	y.neighbour("core9", net.IPv4(203, 0, 113, 2))
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		b.Fatal(err)
	}
	y.local, y.peer = netip.MustParseAddr("203.0.113.1"), netip.MustParseAddrPort("203.0.113.2:1701")
	tun := y.tunnel(0)
	if err := y.dp.AddTunnel(b.Context(), tun); err != nil {
		b.Fatal(err)
	}
	y.bridged = y.bridge(0, tun.ID)
	y.bridged.Port = "access9"
	y.bridged.MAC = y.nobody
	if err := y.dp.AddBridge(b.Context(), y.bridged); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if _, err := y.dp.RemoveBridge(b.Context(), y.bridged.ID); err != nil {
			b.Log(err)
		}
	})
	y.mac, y.core = macOf(b, "access9"), macOf(b, "core9")
	return y
}

func macOf(b *testing.B, name string) [6]byte {
	b.Helper()
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		b.Fatal(err)
	}
	return [6]byte(ifi.HardwareAddr)
}

// sender returns a socket that sends frames and receives none. It is not the
// runtime's poller's: that would be woken for each frame that the kernel has
// done with, wherever that is, and the switching of threads counted with it.
func (y *yard) sender(ns *kerneltest.Netns, name string) (fd int) {
	ns.Do(y.b, func() error {
		ifi, err := net.InterfaceByName(name)
		if err != nil {
			return err
		}
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		return unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: ifi.Index})
	})
	y.b.Cleanup(func() { _ = unix.Close(fd) }) // it only sent
	return fd
}

// neighbour makes an address known where nobody is.
func (y *yard) neighbour(device string, ip net.IP) {
	y.b.Helper()
	l, err := netlink.LinkByName(device)
	if err == nil {
		err = netlink.NeighSet(&netlink.Neigh{LinkIndex: l.Attrs().Index, IP: ip, HardwareAddr: y.nobody[:], State: netlink.NUD_PERMANENT})
	}
	if err != nil {
		y.b.Fatal(err)
	}
}

// Everything is measured in turn, rounds times, frames at a time.
const rounds, frames = 7, 512

// measure returns what a frame costs the whole machine until a device has sent
// it on. With no device it is one that goes nowhere.
func (y *yard) measure(fd int, frame []byte, out string) float64 {
	y.b.Helper()
	want := uint64(0)
	if out != "" {
		want = y.sent(out) + frames
	}
	begun := time.Now()
	for range frames {
		if _, err := unix.Write(fd, frame); err != nil {
			y.b.Fatal(err)
		}
	}
	for n := y.sent(out); n < want; n = y.sent(out) {
		if time.Since(begun) > patience {
			y.b.Fatalf("%s lacks %d of %d frames", out, want-n, frames)
		}
		runtime.Gosched()
	}
	return float64(time.Since(begun)) / frames
}

// sent returns how many packets a device has sent.
func (y *yard) sent(name string) uint64 {
	y.b.Helper()
	if name == "" {
		name = "core9"
	}
	l, err := netlink.LinkByName(name)
	if err != nil {
		y.b.Fatal(err)
	}
	return l.Attrs().Statistics.TxPackets
}

// ip is an Ethernet frame with a UDP datagram.
func ip(dst, src [6]byte, from, to net.IP, sport, dport uint16, payload []byte) []byte {
	f := append(append(append([]byte{}, dst[:]...), src[:]...), 8, 0)
	h := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0}
	binary.BigEndian.PutUint16(h[2:], uint16(20+8+len(payload)))
	h = append(append(h, from.To4()...), to.To4()...)
	sum := uint32(0)
	for i := 0; i < len(h); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(h[i:]))
	}
	sum = sum&0xffff + sum>>16
	binary.BigEndian.PutUint16(h[10:], ^uint16(sum+sum>>16))
	f = be.AppendUint16(be.AppendUint16(append(f, h...), sport), dport)
	f = append(be.AppendUint16(f, uint16(8+len(payload))), 0, 0)
	return append(f, payload...)
}

// BenchmarkForward compares a bridge with the forwarding of IP, frames of the same
// length at the subscriber's side. On a machine that counts instructions a
// nanosecond is one. Making a frame, its first cable and dropping it there are
// taken off; a second cable and the dropping at its end are in both. Of several
// times the shortest counts: an interrupt only adds.
func BenchmarkForward(b *testing.B) {
	y := newYard(b)
	for _, size := range []int{64, 1400} {
		for _, dir := range []string{"up", "down"} {
			fd, out := y.up, "core9"
			if dir == "down" {
				fd, out = y.down, "access9"
			}
			bridged, routed := y.framesOf(dir, size)
			none := slices.Clone(routed)
			none[12], none[13] = 0x88, 0xb5 // for experiments: nobody's
			b.Run(fmt.Sprintf("%s/octets=%d", dir, size), func(b *testing.B) {
				before := y.forwarded()
				base, theirs, ours := math.Inf(1), math.Inf(1), math.Inf(1)
				for b.Loop() {
					for range rounds {
						base = min(base, y.measure(fd, none, ""))
						theirs = min(theirs, y.measure(fd, routed, out))
						ours = min(ours, y.measure(fd, bridged, out))
					}
				}
				if got, want := y.forwarded()-before, uint64(b.N*rounds*frames); got != want {
					b.Errorf("the bridge has forwarded %d frames, want %d", got, want)
				}
				b.ReportMetric(0, "ns/op") // it is of many frames
				b.ReportMetric(theirs-base, "ip-ns/pkt")
				b.ReportMetric(ours-base, "ns/pkt")
				b.ReportMetric((ours-base)/(theirs-base), "x-ip")
			})
		}
	}
}

// framesOf returns a frame that is bridged and one that is routed.
func (y *yard) framesOf(dir string, size int) (bridged, routed []byte) {
	ppp := make([]byte, size)
	ppp[1] = 0x21 // IPv4
	peer, plain := net.IPv4(203, 0, 113, 2), make([]byte, size-28)
	if dir == "up" {
		return y.frame(y.bridged, ppp), ip(y.mac, y.nobody, y.subscriber, peer, 9, 9, plain)
	}
	head := be.AppendUint16(be.AppendUint16([]byte{0, 2}, uint16(y.bridged.Tunnel)), y.bridged.Session)
	local := y.socket[y.bridged.Tunnel].LocalAddr().(*net.UDPAddr)
	message := slices.Concat(head, []byte{0xff, 3}, ppp)
	return ip(y.core, y.nobody, peer, local.IP, 1701, uint16(local.Port), message), ip(y.core, y.nobody, peer, y.subscriber, 9, 9, plain)
}

// forwarded returns how many frames the bridge has had.
func (y *yard) forwarded() uint64 {
	y.b.Helper()
	counters, err := y.dp.AppendCounters(nil)
	if err != nil || len(counters) != 1 {
		y.b.Fatalf("counters: %+v, %v", counters, err)
	}
	return counters[0].UpPackets + counters[0].DownPackets
}

// BenchmarkBridges measures how fast bridges are made and removed by executors in
// parallel.
func BenchmarkBridges(b *testing.B) {
	const n = 500
	r := newRig(b, false)
	tun := r.tunnel(0)
	if err := r.dp.AddTunnel(b.Context(), tun); err != nil {
		b.Fatal(err)
	}
	var bridges []kernel.Bridge
	for i := range n {
		bridges = append(bridges, r.bridge(i, tun.ID))
	}
	var add, remove time.Duration
	for b.Loop() {
		begun := time.Now()
		inParallel(bridges, *workerCount, func(v kernel.Bridge) {
			if err := r.dp.AddBridge(b.Context(), v); err != nil {
				b.Error(err)
			}
		})
		add += time.Since(begun)
		begun = time.Now()
		inParallel(bridges, *workerCount, func(v kernel.Bridge) {
			if _, err := r.dp.RemoveBridge(b.Context(), v.ID); err != nil {
				b.Error(err)
			}
		})
		remove += time.Since(begun)
	}
	b.ReportMetric(0, "ns/op") // it is of many bridges
	b.ReportMetric(float64(b.N)*n/add.Seconds(), "adds/s")
	b.ReportMetric(float64(b.N)*n/remove.Seconds(), "removes/s")
}
