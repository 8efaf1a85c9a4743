package hostile

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"lacd/lac/admin"
	"lacd/lac/lactest/script"
)

const perSecond = 10_000

// Limits that a gateway under a flood keeps to. What it occupies is mostly the
// Go runtime and the half-open sessions, of which there may be 8192.
const (
	maxGrowth = 64 << 20
	maxIdle   = 20  // percent of a processor, when a flood is over
	maxLines  = 200 // of log in a second, at level debug
)

// world is the gateway with an LNS that serves.
type world struct {
	*script.Rig
	t     *testing.T
	good  *script.Client
	serve *script.Service
	next  int
	empty int // octets that the gateway occupied before the floods
}

// flood is one way to bother a gateway.
type flood struct {
	name    string
	prepare func(w *world) any               // before the clock runs
	others  time.Duration                    // for how long more subscribers come and go
	send    func(w *world, of any, from int) // 100 packets
	counted [][2]string                      // metrics and labels that tell of it
	share   float64                          // of the packets that they must count
}

// lost is what a busy machine did not get to read.
var lost = [2]string{"lacd_port_drops_total", `direction="in"`}

// Of datagrams that were not read the kernel alone knows: their share is low.
var floods = []flood{
	{"PADI of random hosts", nil, 0, padi, [][2]string{{"lacd_pppoe_discovery_total", `verdict="answered"`}, lost}, 0.9},
	{"PADR with bad cookies", nil, 0, badCookies, [][2]string{{"lacd_pppoe_discovery_total", `verdict="bad-cookie"`}, lost}, 0.9},
	{
		"PADR with good cookies, and silence", cookies, 0, goodCookies,
		[][2]string{{"lacd_pppoe_discovery_total", `verdict="requested"`}, {"lacd_gate_shed_total", `code="padr"`}, lost},
		0.9,
	},
	{"session frames of no session", nil, 0, strays, [][2]string{{"lacd_pppoe_stray_total", ""}, lost}, 0.9},
	{"LCP in a session that is up", established, 0, echoes, nil, 0},
	{"LCP in a session that does not go on", begun, 0, requests, [][2]string{{"lacd_dropped_total", ""}}, 0.2},
	{"SCCRQ of a stranger", nil, 0, strangers, [][2]string{{"lacd_dropped_total", "SCCRQ of a stranger"}}, 0.5},
	{"control messages replayed", transcript, 0, replays, nil, 0},
	{"data messages of no session", transcript, 0, data, [][2]string{{"lacd_dropped_total", "data of no session"}}, 0.5},
}

func TestFloods(t *testing.T) {
	for_ := 5 * time.Second
	if testing.Short() {
		for_ = time.Second
	}
	w := &world{Rig: script.Start(t, script.Config{}), t: t}
	w.LNS(0).Lax = true // what it is asked for, it is asked too fast to hold it against the RFCs
	w.serve = w.LNS(0).Serve(&script.Service{})
	w.good = w.comesUp()
	w.empty = w.Memory()
	for _, f := range floods {
		w.run(f, for_)
	}
}

// comesUp brings one more subscriber up.
func (w *world) comesUp() *script.Client {
	w.t.Helper()
	w.next++
	c := w.Access.ClientAt(script.MAC{2, 0x10, 0, byte(w.next >> 8), 1, byte(w.next)})
	c.Dial("joe@acme.example", "secret")
	w.AwaitLog("session up", "mac", c.MAC.String())
	return c
}

// isUp reports whether the gateway has an established session of the client,
// which it never told otherwise.
func (w *world) isUp(c *script.Client) bool {
	w.t.Helper()
	for _, f := range c.Frames() {
		if f.Type == script.Discovery && f.Code == script.PADT {
			return false
		}
	}
	var all []admin.Session
	w.Get("/v1/sessions", &all)
	for _, s := range all {
		if s.MAC == c.MAC.String() {
			return s.State == "up"
		}
	}
	return false
}

// run floods the gateway, and looks at it during and after that.
func (w *world) run(f flood, d time.Duration) {
	t := w.t
	t.Log(f.name)
	var of any
	if f.prepare != nil {
		of = f.prepare(w)
	}
	before, cpu, lines := w.count(f), w.CPU(), len(w.Log())
	sent := make(chan int)
	begin := time.Now()
	go func() { sent <- w.flood(f, of, d) }()

	time.Sleep(d / 4)
	late := time.Now()
	second := w.comesUp()
	took := time.Since(late)
	w.comeAndGo(f.others)
	n := <-sent
	rate := float64(n) / time.Since(begin).Seconds()
	used := w.CPU() - cpu
	t.Logf("%d packets, %.0f a second; the gateway computed %v of %v; a set-up took %v", n, rate, used, d, took.Round(time.Millisecond))

	w.settle(f.name)
	if !w.isUp(w.good) || !w.isUp(second) {
		t.Errorf("%s: the subscriber from before is up: %v; that from the flood: %v", f.name, w.isUp(w.good), w.isUp(second))
	}
	if grown := w.Memory() - w.empty; grown > maxGrowth {
		t.Errorf("%s: the gateway has grown by %d MiB", f.name, grown>>20)
	} else {
		t.Logf("the gateway has grown by %d MiB since before the floods", grown>>20)
	}
	if n := len(w.Log()) - lines; n > int(d.Seconds()+2)*maxLines {
		t.Errorf("%s: the gateway wrote %d lines of log in %v", f.name, n, d)
	}
	if got := w.count(f) - before; f.counted != nil && got < f.share*float64(n) {
		t.Errorf("%s: %v counted %.0f of %d packets", f.name, f.counted, got, n)
	}
	second.HangUp()
}

// comeAndGo brings subscribers up, one after another, for so long.
func (w *world) comeAndGo(d time.Duration) {
	w.t.Helper()
	n := 0
	for begin := time.Now(); time.Since(begin) < d; n++ {
		w.comesUp().HangUp()
		time.Sleep(25 * time.Millisecond) // what they have the gateway log must stay below the bound
	}
	if d > 0 {
		w.t.Logf("%d subscribers came and went in %v", n, d)
	}
}

// flood sends a hundred packets every ten milliseconds, and catches up if it is
// late. It returns how many it sent.
func (w *world) flood(f flood, of any, d time.Duration) int {
	const batch = 100
	begin := time.Now()
	total := int(d.Seconds() * perSecond)
	for n := 0; n < total; n += batch {
		f.send(w, of, n)
		time.Sleep(time.Until(begin.Add(time.Duration(n+batch) * time.Second / perSecond)))
		if time.Since(begin) > 2*d {
			return n + batch // the machine is too slow: what was sent will do
		}
	}
	return total
}

// settle waits until the gateway has nothing more to do.
func (w *world) settle(after string) {
	const window = 500 * time.Millisecond
	for deadline := time.Now().Add(5 * time.Second); ; {
		before := w.CPU()
		time.Sleep(window)
		idle := w.CPU() - before
		if idle <= window*maxIdle/100 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Errorf("%s: the gateway computes %v in %v, 5 s after the flood", after, idle, window)
			return
		}
	}
}

func (w *world) count(f flood) (sum float64) {
	for _, c := range f.counted {
		sum += w.Metric(c[0], c[1])
	}
	return sum
}

func mac(n int) script.MAC {
	m := script.MAC{2, 0x66}
	binary.BigEndian.PutUint32(m[2:], uint32(n))
	return m
}

func (w *world) discovery(src script.MAC, code byte, tags ...script.Tag) []byte {
	f := script.Frame{
		Dst: w.Access.AC(), Src: src, Type: script.Discovery, Code: code,
		Payload: script.Tags(append([]script.Tag{script.T(script.ServiceName, "")}, tags...)...),
	}
	if code == script.PADI {
		f.Dst = script.Broadcast
	}
	return f.Append(nil)
}

func batch(frame func(i int) []byte) [][]byte {
	frames := make([][]byte, 0, 100)
	for i := range 100 {
		frames = append(frames, frame(i))
	}
	return frames
}

func padi(w *world, _ any, _ int) {
	w.Access.SendAll(batch(func(int) []byte {
		return w.discovery(mac(rand.IntN(1<<31)), script.PADI, script.Tag{Type: script.HostUniq, Value: []byte{1, 2, 3, 4}})
	}))
}

func badCookies(w *world, _ any, _ int) {
	w.Access.SendAll(batch(func(int) []byte {
		cookie := binary.BigEndian.AppendUint64(make([]byte, 8), rand.Uint64())
		return w.discovery(mac(rand.IntN(1<<31)), script.PADR, script.Tag{Type: script.ACCookie, Value: cookie})
	}))
}

// cookie is what a host was offered.
type cookie struct {
	host  script.MAC
	value []byte
}

// cookies asks for cookies, for more hosts than are limited by their rate.
func cookies(w *world) any {
	const hosts = 5000
	for n := 0; n < hosts; n += 100 {
		w.Access.SendAll(batch(func(i int) []byte { return w.discovery(mac(n+i), script.PADI) }))
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond)
	var all []cookie
	for _, f := range w.Access.Frames() {
		if v := f.Tag(script.ACCookie); f.Code == script.PADO && len(v) == 1 && f.Dst[1] == 0x66 && binary.BigEndian.Uint32(f.Dst[2:]) < hosts {
			all = append(all, cookie{f.Dst, v[0]})
		}
	}
	if len(all) < hosts*9/10 {
		w.t.Fatalf("%d of %d PADIs were answered", len(all), hosts)
	}
	return all
}

// goodCookies asks for a session for each pair of a host and a Host-Uniq.
func goodCookies(w *world, of any, from int) {
	all := of.([]cookie)
	w.Access.SendAll(batch(func(i int) []byte {
		c := all[(from+i)%len(all)]
		uniq := binary.BigEndian.AppendUint32(nil, uint32(from+i))
		return w.discovery(c.host, script.PADR, script.Tag{Type: script.HostUniq, Value: uniq}, script.Tag{Type: script.ACCookie, Value: c.value})
	}))
}

func strays(w *world, _ any, _ int) {
	w.Access.SendAll(batch(func(int) []byte {
		return script.Frame{
			Dst: w.Access.AC(), Src: mac(rand.IntN(1 << 31)), Type: script.Session, Session: uint16(1 + rand.IntN(65534)),
			Payload: script.Control(script.LCP, script.ConfReq, 1, script.Magic(rand.Uint32())...),
		}.Append(nil)
	}))
}

// established is the subscriber whose session is up.
func established(w *world) any { return w.good }

// begun is a host whose session has begun.
func begun(w *world) any {
	w.next++
	c := w.Access.ClientAt(script.MAC{2, 0x10, 0, 0, 2, byte(w.next)})
	c.Discover()
	return c
}

func (w *world) session(c *script.Client, payload []byte) []byte {
	return script.Frame{Dst: w.Access.AC(), Src: c.MAC, Type: script.Session, Session: c.Session, Payload: payload}.Append(nil)
}

func echoes(w *world, of any, from int) {
	w.Access.SendAll(batch(func(i int) []byte {
		return w.session(of.(*script.Client), script.Control(script.LCP, script.EchoReq, byte(from+i), 0, 0, 0, 0))
	}))
}

// requests sends requests, answers to none, and what is no LCP at all.
func requests(w *world, of any, from int) {
	w.Access.SendAll(batch(func(i int) []byte {
		frame := script.Control(script.LCP, script.ConfReq, byte(from+i), script.Magic(uint32(from))...)
		switch i % 4 {
		case 1:
			frame = script.Control(script.LCP, script.ConfAck, byte(from+i))
		case 2:
			frame = script.Control(script.LCP, script.TermReq, byte(from+i))
		case 3:
			frame = script.Control(script.IPCP, script.ConfReq, byte(from+i))
		}
		return w.session(of.(*script.Client), frame)
	}))
}

// gateway is where the gateway takes L2TP.
func (w *world) gateway() netip.AddrPort { return netip.AddrPortFrom(w.Gateway, 1701) }

func strangers(w *world, _ any, from int) {
	host := w.Stranger()
	for i := range 100 {
		host.SendFrom(1701, w.gateway(), script.Packet(0, 0, 0, 0,
			script.U16(0, script.SCCRQ), script.Bytes(2, 1, 0), script.U32(3, 3), script.Text(7, "stranger"), script.U16(9, uint16(1+(from+i)%65535)),
			script.Bytes(5, make([]byte, 8)...)))
	}
}

// transcript is the tunnel of the LNS with what it has sent.
func transcript(w *world) any {
	all := w.serve.Tunnels()
	if len(all) != 1 {
		w.t.Fatalf("%d tunnels", len(all))
	}
	return all[0]
}

// replays sends what the LNS has sent before, and what it will send.
func replays(w *world, of any, from int) {
	t := of.(*script.Tunnel)
	ns, nr := t.Numbers()
	for i := range 100 {
		n := ns - 1 - uint16(from+i)%8
		switch i % 4 {
		case 0:
			t.Write(script.Packet(t.Peer, 0, 0, 1, append([]script.AVP{script.U16(0, script.SCCRP)}, t.Reply()...)...))
		case 1:
			t.Write(script.Packet(t.Peer, uint16(i), n, nr, script.U16(0, script.ICRP), script.U16(14, uint16(i))))
		case 2:
			t.Write(script.Packet(t.Peer, 0, n, nr-1, script.U16(0, script.HELLO)))
		case 3:
			t.Write(script.Packet(t.Peer, 0, ns-5, nr, script.U16(0, script.StopCCN), script.U16(9, t.ID), script.Result(1)))
		}
	}
}

func data(_ *world, of any, _ int) {
	t := of.(*script.Tunnel)
	for range 100 {
		t.Data(uint16(rand.IntN(1<<16)), 0xff, 0x03, 0x00, 0x21, 0x45, 0, 0, 20)
	}
}
