package xdp

import (
	"fmt"
	"net/netip"
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
	b      *testing.B
	dp     *Dataplane
	tunnel kernel.Tunnel
	mac    [6]byte // of access0
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
	for _, n := range []string{"access0", "core0"} {
		cable(b, far, n)
		discardAt(b, far, n+"far")
	}
	kerneltest.Device{Name: "core0"}.AddAddr(b, "192.0.2.1/24")
	return newSessions(b, Native, sessions, vlans)
}

// cable makes a device whose far end is in another namespace.
func cable(b *testing.B, far *kerneltest.Netns, name string) {
	b.Helper()
	kerneltest.Veth(b, kerneltest.Device{Name: name}, kerneltest.Device{Netns: far, Name: name + "far"})
}

// discardAt has a device drop what it receives before there is a packet of it,
// and take what is redirected to its far end.
func discardAt(b *testing.B, in *kerneltest.Netns, device string) {
	b.Helper()
	var m benchObjects
	if err := loadBenchObjects(&m, nil); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = m.Close() }() // the device holds its program
	in.Do(b, func() error {
		l, err := netlink.LinkByName(device)
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

// newSessions has a Dataplane on access0 and core0.
func newSessions(b *testing.B, mode Mode, sessions int, vlans [2]kernel.VLAN) *bench {
	b.Helper()
	dp, err := New(Config{Ports: []Port{{Name: "access0", Tags: 2}}, Core: []string{"core0"}, Mode: mode})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = dp.Close() }) // measured is what was before
	x := &bench{b: b, dp: dp, mac: dp.ports["access0"].device.mac}
	x.tunnel = kernel.Tunnel{ID: 7, PeerID: 8, Local: addrPort("192.0.2.1:1701"), Peer: addrPort("192.0.2.2:1701")}
	enterLNS(b, x.tunnel.Peer)
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

// enterLNS enters the hop to the LNS, at an address that nobody has.
func enterLNS(b *testing.B, peer netip.AddrPort) {
	b.Helper()
	core, err := netlink.LinkByName("core0")
	if err != nil {
		b.Fatal(err)
	}
	err = netlink.NeighSet(&netlink.Neigh{
		LinkIndex: core.Attrs().Index, IP: peer.Addr().AsSlice(), HardwareAddr: benchHop[:], State: netlink.NUD_PERMANENT,
	})
	if err != nil {
		b.Fatal(err)
	}
}

// arrival is a frame that comes in at a device, each time of another session.
type arrival struct {
	device   string
	frame    []byte
	at       int // of the session ID in the frame
	sessions int
}

// generator makes frames arrive.
type generator struct {
	b *testing.B
	arrival
	index int // of the device
	m     benchObjects
}

// newGenerator returns one, with these maps in place of its own, whose program bare
// redirects to an entry of the table of devices.
func newGenerator(b *testing.B, a arrival, maps map[string]*ebpf.Map, out uint32) *generator {
	b.Helper()
	spec, err := loadBench()
	if err != nil {
		b.Fatal(err)
	}
	var header [12]uint64
	for i := range header {
		header[i] = native.Uint64(a.frame[8*i:])
	}
	for name, value := range map[string]any{
		benchVarHeader: header, benchVarSessionAt: uint32(a.at), benchVarSessions: uint32(a.sessions), benchVarOut: out,
	} {
		if err := spec.Variables[name].Set(value); err != nil {
			b.Fatal(err)
		}
	}
	g := &generator{b: b, arrival: a}
	if err := spec.LoadAndAssign(&g.m, &ebpf.CollectionOptions{MapReplacements: maps}); err != nil {
		b.Fatal(err)
	}
	l, err := netlink.LinkByName(a.device)
	if err != nil {
		b.Fatal(err)
	}
	g.index = l.Attrs().Index
	return g
}

func (g *generator) close() { _ = g.m.Close() } // its programs ran, and that is all

// run has so many frames meet the program that is next.
func (g *generator) run(frames int) error {
	_, err := g.m.Generate.Run(&ebpf.RunOptions{
		Data: g.frame, Repeat: uint32(frames), Flags: unix.BPF_F_TEST_XDP_LIVE_FRAMES,
		Context: &struct{ Data, DataEnd, Meta, Ingress, Queue, Egress uint32 }{0, uint32(len(g.frame)), 0, uint32(g.index), 0, 0},
	})
	return err
}

// cost returns the nanoseconds of this thread for a frame that meets a program:
// the least of five times run, which takes so many frames.
func (g *generator) cost(next *ebpf.Program, frames int, run func() error) float64 {
	g.b.Helper()
	if err := g.m.Next.Put(uint32(0), next); err != nil {
		g.b.Fatal(err)
	}
	best := 0.0
	for range tries {
		took := cpuTime(g.b, run)
		if ns := float64(took.Nanoseconds()) / float64(frames); best == 0 || ns < best {
			best = ns
		}
	}
	return best
}

// tries is how often something is measured once.
const tries = 5

// measure returns the cost of a frame that meets a program.
func (x *bench) measure(a arrival, run func(m *benchPrograms) *ebpf.Program) float64 {
	x.b.Helper()
	devices := x.dp.tables.shared[forwardMapDevices]
	g := newGenerator(x.b, a, map[string]*ebpf.Map{benchMapDevices: devices}, x.slot(a.device))
	defer g.close()
	const repeat = 1 << 18
	return g.cost(run(&g.m.benchPrograms), repeat, func() error { return g.run(repeat) })
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
// many measurements as -benchtime says. What the kernel and a process do with the
// same frames is measured beside it.
func BenchmarkForward(b *testing.B) {
	for _, sessions := range []int{1, 65534} {
		for i, vlans := range [][2]kernel.VLAN{{}, doubleTag} {
			for _, size := range []int{64, 512, 1400} {
				for _, dir := range []string{"up", "down"} {
					b.Run(benchName(dir, sessions, 2*i, size), func(b *testing.B) {
						x := newBench(b, sessions, vlans)
						x.compare(x.arrival(dir, sessions, vlans, size))
					})
				}
			}
		}
	}
	for _, size := range []int{64, 512, 1400} {
		b.Run(benchName("ip", 1, 0, size), func(b *testing.B) { benchIP(b, size) })
	}
	for _, sessions := range []int{1, 65534} {
		for _, size := range []int{64, 1400} {
			for _, dir := range []string{"up", "down"} {
				b.Run(benchName("generic-"+dir, sessions, 0, size), func(b *testing.B) { benchGeneric(b, dir, sessions, size) })
			}
			b.Run(benchName("user-up", sessions, 0, size), func(b *testing.B) { benchUser(b, sessions, size) })
		}
	}
}

func benchName(path string, sessions, tags, size int) string {
	return fmt.Sprintf("%s/sessions=%d/tags=%d/octets=%d", path, sessions, tags, size)
}

// arrival returns the frames of a direction.
func (x *bench) arrival(dir string, sessions int, vlans [2]kernel.VLAN, size int) arrival {
	if dir == "down" {
		return arrival{"core0", x.downFrame(size), 14 + 20 + 8 + 4, sessions}
	}
	tags := 0
	if vlans[0] != (kernel.VLAN{}) {
		tags = 2
	}
	return arrival{"access0", upFrame(x.mac, vlans, size), 16 + 4*tags, sessions}
}

func (x *bench) compare(a arrival) {
	forward, err := x.dp.tables.program(0, a.device == "access0", a.device == "core0")
	if err != nil {
		x.b.Fatal(err)
	}
	defer func() { _ = forward.Close() }()
	var c comparison
	for x.b.Loop() {
		base := x.measure(a, func(m *benchPrograms) *ebpf.Program { return m.Discard })
		limit := x.measure(a, func(m *benchPrograms) *ebpf.Program { return m.Bare }) - base
		ours := x.measure(a, func(*benchPrograms) *ebpf.Program { return forward }) - base
		c.add(limit, ours)
	}
	x.wantForwarded()
	c.report(x.b)
}

// wantForwarded fails the benchmark when frames met anything but a session.
func (x *bench) wantForwarded() {
	x.b.Helper()
	if s, err := x.dp.Stats(); err != nil || s != (Stats{Direct: s.Direct}) {
		x.b.Errorf("frames went astray: %+v, %v", s, err)
	}
	counters, err := x.dp.AppendCounters(nil)
	if err != nil || counters[0].UpPackets+counters[0].DownPackets == 0 {
		x.b.Errorf("nothing was forwarded: %v", err)
	}
}

// comparison is what was measured beside a bare redirect.
type comparison struct{ bare, cost, ratio []float64 }

func (c *comparison) add(bare, cost float64) {
	c.bare, c.cost, c.ratio = append(c.bare, bare), append(c.cost, cost), append(c.ratio, cost/bare)
}

func (c *comparison) report(b *testing.B) {
	b.ReportMetric(0, "ns/op") // it is of many frames
	b.ReportMetric(median(c.bare), "bare-ns/pkt")
	b.ReportMetric(median(c.cost), "ns/pkt")
	b.ReportMetric(median(c.ratio), "x-bare")
	b.ReportMetric(slices.Min(c.ratio), "x-bare-least")
	b.ReportMetric(slices.Max(c.ratio), "x-bare-most")
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// upFrame has size octets from the PPP protocol on.
func upFrame(mac [6]byte, vlans [2]kernel.VLAN, size int) []byte {
	f := be.AppendUint16(header(mac, benchSub, kernel.Bridge{VLANs: vlans, PPPoE: 1}), uint16(size))
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
