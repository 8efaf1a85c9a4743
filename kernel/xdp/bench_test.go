package xdp

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
)

//go:generate go tool bpf2go -cc clang -target bpfel -go-package xdp -output-suffix _test bench bpf/bench.c -- -O2 -Wall -Werror -mcpu=v3

// bench is a Dataplane with sessions but without peers: what it redirects is
// dropped at the far end of its devices.
type bench struct {
	b       *testing.B
	dp      *Dataplane
	tunnel  kernel.Tunnel
	mac     [6]byte // of access0
	discard *ebpf.Program
}

var (
	benchSub = [6]byte{2, 0, 0, 0, 0xcc, 1}
	benchHop = [6]byte{2, 0, 0, 0, 0xee, 1}
)

func newBench(b *testing.B, sessions int, vlans [2]kernel.VLAN) *bench {
	b.Helper()
	kerneltest.NeedRoot(b)
	loopback(b)
	far := kerneltest.NewNetns(b)
	var m benchObjects
	if err := loadBenchObjects(&m, nil); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = m.Close() }) // only run
	for _, n := range []string{"access0", "core0"} {
		d := kerneltest.Device{Netns: far, Name: n + "far"}
		kerneltest.Veth(b, kerneltest.Device{Name: n}, d)
		d.Netns.Do(b, func() error {
			l, err := netlink.LinkByName(d.Name)
			if err != nil {
				return err
			}
			x, err := link.AttachXDP(link.XDPOptions{Program: m.Discard, Interface: l.Attrs().Index, Flags: link.XDPDriverMode})
			if err == nil {
				b.Cleanup(func() { _ = x.Close() }) // its device is gone
			}
			return err
		})
	}
	kerneltest.Device{Name: "core0"}.AddAddr(b, "192.0.2.1/24")
	dp, err := New(Config{Ports: []Port{{Name: "access0", Tags: 2}}, Core: []string{"core0"}, Mode: Native})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = dp.Close() }) // measured is what was before
	x := &bench{b: b, dp: dp, discard: m.Discard, mac: dp.ports["access0"].device.mac}
	x.tunnel = kernel.Tunnel{ID: 7, PeerID: 8, Local: addrPort("192.0.2.1:1701"), Peer: addrPort("192.0.2.2:1701")}
	core, err := netlink.LinkByName("core0")
	if err != nil {
		b.Fatal(err)
	}
	err = netlink.NeighSet(&netlink.Neigh{
		LinkIndex: core.Attrs().Index, IP: x.tunnel.Peer.Addr().AsSlice(), HardwareAddr: benchHop[:], State: netlink.NUD_PERMANENT,
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := dp.AddTunnel(b.Context(), x.tunnel); err != nil {
		b.Fatal(err)
	}
	if err := dp.Direct(x.tunnel.ID); err != nil {
		b.Fatal(err)
	}
	for i := range sessions {
		err := dp.AddBridge(b.Context(), kernel.Bridge{
			ID: kernel.BridgeID(i + 1), Port: "access0", MAC: benchSub, VLANs: vlans, PPPoE: uint16(i + 1),
			Tunnel: x.tunnel.ID, Session: uint16(i + 1), PeerSession: uint16(i + 1),
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return x
}

// measure returns the nanoseconds of this thread for a frame that comes in at a
// device and meets a program.
func (x *bench) measure(device string, frame []byte, at, sessions int, run func(m *benchPrograms) *ebpf.Program) float64 {
	x.b.Helper()
	spec, err := loadBench()
	if err != nil {
		x.b.Fatal(err)
	}
	var header [12]uint64
	for i := range header {
		header[i] = native.Uint64(frame[8*i:])
	}
	for name, value := range map[string]any{
		benchVarHeader: header, benchVarSessionAt: uint32(at), benchVarSessions: uint32(sessions), benchVarOut: x.slot(device),
	} {
		if err := spec.Variables[name].Set(value); err != nil {
			x.b.Fatal(err)
		}
	}
	var m benchObjects
	err = spec.LoadAndAssign(&m, &ebpf.CollectionOptions{
		MapReplacements: map[string]*ebpf.Map{benchMapDevices: x.dp.tables.shared[forwardMapDevices]},
	})
	if err != nil {
		x.b.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	if err := m.Next.Put(uint32(0), run(&m.benchPrograms)); err != nil {
		x.b.Fatal(err)
	}
	ifi, err := netlink.LinkByName(device)
	if err != nil {
		x.b.Fatal(err)
	}
	const repeat = 1 << 18
	best := 0.0
	for range 5 {
		took := cpuTime(x.b, func() error {
			_, err := m.Generate.Run(&ebpf.RunOptions{
				Data: frame, Repeat: repeat, Flags: unix.BPF_F_TEST_XDP_LIVE_FRAMES,
				Context: &struct{ Data, DataEnd, Meta, Ingress, Queue, Egress uint32 }{0, uint32(len(frame)), 0, uint32(ifi.Attrs().Index), 0, 0},
			})
			return err
		})
		if ns := float64(took.Nanoseconds()) / repeat; best == 0 || ns < best {
			best = ns
		}
	}
	return best
}

func (x *bench) slot(in string) uint32 {
	for _, v := range x.dp.devices {
		if v.name != in {
			return v.slot
		}
	}
	return 0
}

// cpuTime returns what f costs its thread.
func cpuTime(b *testing.B, f func() error) time.Duration {
	b.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	clock := func() (ts unix.Timespec) {
		if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
			b.Fatal(err)
		}
		return ts
	}
	before := clock()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	after := clock()
	return time.Duration(after.Nano() - before.Nano())
}

// BenchmarkForward measures what forwarding a frame costs, without making and
// dropping it, and against a bare redirect (x-bare) in the same run: medians of as
// many measurements as -benchtime says.
func BenchmarkForward(b *testing.B) {
	for _, sessions := range []int{1, 65534} {
		for i, vlans := range [][2]kernel.VLAN{{}, doubleTag} {
			for _, size := range []int{64, 512, 1400} {
				for _, dir := range []string{"up", "down"} {
					b.Run(fmt.Sprintf("%s/sessions=%d/tags=%d/octets=%d", dir, sessions, 2*i, size), func(b *testing.B) {
						x := newBench(b, sessions, vlans)
						device, frame, at := "access0", x.upFrame(vlans, size), 16+4*2*i
						if dir == "down" {
							device, frame, at = "core0", x.downFrame(size), 14+20+8+4
						}
						x.compare(device, frame, at, sessions)
					})
				}
			}
		}
	}
}

func (x *bench) compare(device string, frame []byte, at, sessions int) {
	forward, err := x.dp.tables.program(0, device == "access0", device == "core0")
	if err != nil {
		x.b.Fatal(err)
	}
	defer func() { _ = forward.Close() }()
	var bare, cost, ratio []float64
	for x.b.Loop() {
		base := x.measure(device, frame, at, sessions, func(m *benchPrograms) *ebpf.Program { return m.Discard })
		limit := x.measure(device, frame, at, sessions, func(m *benchPrograms) *ebpf.Program { return m.Bare }) - base
		ours := x.measure(device, frame, at, sessions, func(*benchPrograms) *ebpf.Program { return forward }) - base
		bare, cost, ratio = append(bare, limit), append(cost, ours), append(ratio, ours/limit)
	}
	if s, err := x.dp.Stats(); err != nil || s != (Stats{}) {
		x.b.Errorf("frames went astray: %+v, %v", s, err)
	}
	counters, err := x.dp.AppendCounters(nil)
	if err != nil || counters[0].UpPackets+counters[0].DownPackets == 0 {
		x.b.Errorf("nothing was forwarded: %v", err)
	}
	x.b.ReportMetric(0, "ns/op") // it is of many frames
	x.b.ReportMetric(median(bare), "bare-ns/pkt")
	x.b.ReportMetric(median(cost), "ns/pkt")
	x.b.ReportMetric(median(ratio), "x-bare")
	x.b.ReportMetric(slices.Min(ratio), "x-bare-least")
	x.b.ReportMetric(slices.Max(ratio), "x-bare-most")
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// upFrame has size octets from the PPP protocol on.
func (x *bench) upFrame(vlans [2]kernel.VLAN, size int) []byte {
	f := be.AppendUint16(header(x.mac, benchSub, kernel.Bridge{VLANs: vlans, PPPoE: 1}), uint16(size))
	return append(f, make([]byte, max(size, 96))...)[:max(96, len(f)+size)]
}

func (x *bench) downFrame(size int) []byte {
	f := append(append([]byte{}, x.dp.devices[x.index("core0")].mac[:]...), benchHop[:]...)
	f = append(f, 8, 0, 0x45, 0)
	f = append(be.AppendUint16(f, uint16(20+8+8+size)), 0, 0, 0, 0, 64, 17, 0, 0)
	f = append(append(f, x.tunnel.Peer.Addr().AsSlice()...), x.tunnel.Local.Addr().AsSlice()...)
	f = be.AppendUint16(be.AppendUint16(f, x.tunnel.Peer.Port()), x.tunnel.Local.Port())
	f = append(be.AppendUint16(f, uint16(8+8+size)), 0, 0)
	f = append(be.AppendUint16(append(f, 0, 2), uint16(x.tunnel.ID)), 0, 1, 0xff, 3)
	return append(f, make([]byte, max(size, 96-len(f)))...)
}

func (x *bench) index(name string) int {
	for i, v := range x.dp.devices {
		if v.name == name {
			return i
		}
	}
	return 0
}
