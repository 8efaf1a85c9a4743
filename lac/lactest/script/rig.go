package script

import (
	"cmp"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lacd/kernel/ethernet"
	"lacd/kernel/kerneltest"
	"lacd/radius/radiustest"
)

// Rig is a gateway in its own network namespaces: an access port whose far end
// is Access, and a core with the LNSes.
type Rig struct {
	t       testing.TB
	cap     *Capture
	gateway *kerneltest.Netns // with acc0 and core0
	world   *kerneltest.Netns // with acc1 and core1
	lns     []*LNS
	servers []*RADIUS
	proc    *process
	dir     string
	socket  string // of the admin API

	Access  *Segment
	RADIUS  *radiustest.Server // nil without
	Gateway netip.Addr         // in the core

	hosts string // file that the gateway has in the place of /etc/hosts; empty: none

	mu        sync.Mutex // guards strangers
	strangers map[netip.Addr]*LNS
}

// Start makes a world, starts the gateway in it and waits until it serves. The
// gateway is stopped at the end of the test, which fails if that does not go
// as it should. Without the rights for it the test is skipped, or fails where
// LACD_TEST_ROOT=1.
func Start(t testing.TB, cfg Config) *Rig {
	t.Helper()
	kerneltest.NeedRoot(t)
	if len(cfg.LNS) == 0 {
		cfg.LNS = make([]LNSConfig, 1)
	}
	r := &Rig{
		t: t, cap: NewCapture(), gateway: kerneltest.NewNetns(t), world: kerneltest.NewNetns(t),
		dir: t.TempDir(), RADIUS: cfg.RADIUS, Gateway: gatewayAddr, strangers: map[netip.Addr]*LNS{},
	}
	r.wire(cfg.MTU)
	addr := firstLNS
	for _, l := range cfg.LNS {
		r.lns = append(r.lns, r.newLNS(addr))
		r.lns[len(r.lns)-1].Secret = l.Secret
		t.Cleanup(r.lns[len(r.lns)-1].close)
		addr = addr.Next()
	}
	r.startServers(cfg.Servers)
	var radius netip.AddrPort
	if cfg.RADIUS != nil {
		r.gateway.Do(t, func() error {
			radius = cfg.RADIUS.Listen(t)
			return nil
		})
	}
	config := filepath.Join(r.dir, "lacd.hcl")
	r.socket = filepath.Join(r.dir, "admin.sock")
	if err := os.WriteFile(config, []byte(cfg.text(r.socket, r.lns, radius)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.finish)
	if cfg.Hosts != "" {
		r.hosts = filepath.Join(r.dir, "hosts")
		if err := os.WriteFile(r.hosts, []byte(cfg.Hosts), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r.proc = startProcess(t, r.gateway, config, r.hosts)
	r.proc.awaitSocket(r.socket)
	return r
}

// wire makes the cables and the actors' end of the access port.
func (r *Rig) wire(mtu int) {
	t := r.t
	acc0, acc1 := kerneltest.Device{Netns: r.gateway, Name: accessPort}, kerneltest.Device{Netns: r.world, Name: "acc1"}
	core0, core1 := kerneltest.Device{Netns: r.gateway, Name: corePort}, kerneltest.Device{Netns: r.world, Name: "core1"}
	kerneltest.Veth(t, acc0, acc1)
	kerneltest.Veth(t, core0, core1)
	if mtu != 0 {
		acc0.SetMTU(t, mtu)
		acc1.SetMTU(t, mtu)
	}
	core0.AddAddr(t, gatewayAddr.String()+"/24")
	for i, a := 0, firstLNS; i < 5; i, a = i+1, a.Next() {
		core1.AddAddr(t, a.String()+"/24")
	}
	for i, a := 0, firstServer; i < 5; i, a = i+1, a.Next() {
		core1.AddAddr(t, a.String()+"/24")
	}
	core1.AddAddr(t, strangerAddr.String()+"/24")
	core0.AddAddr(t, gateway6Addr.String()+"/64")
	core1.AddAddr(t, lns6Addr.String()+"/64")
	var ac MAC
	r.gateway.Do(t, func() error {
		p, err := ethernet.Listen(ethernet.Config{Name: accessPort})
		if err != nil {
			return err
		}
		ac = p.MAC()
		return p.Close()
	})
	r.world.Do(t, func() error {
		p, err := ethernet.Listen(ethernet.Config{Name: "acc1", All: true})
		if err == nil {
			r.Access = newSegment(t, p, ac, r.cap)
			t.Cleanup(r.Access.close)
		}
		return err
	})
}

// inside runs f in the actors' namespace.
func (r *Rig) inside(f func() error) (err error) {
	r.world.Do(r.t, func() error {
		err = f()
		return nil
	})
	return err
}

func (r *Rig) newLNS(addr netip.Addr) *LNS {
	l, err := newLNS(r.t, addr, r.cap, r.inside)
	if err != nil {
		r.t.Fatal(err)
	}
	return l
}

func (r *Rig) startServers(all []ServerConfig) {
	addr := firstServer
	for _, c := range all {
		s, err := newRADIUS(r.t, addr, cmp.Or(c.Secret, RADIUSSecret), r.cap, r.inside)
		if err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(s.close)
		r.servers, addr = append(r.servers, s), addr.Next()
	}
}

// Server returns the i-th scripted RADIUS server, from 0.
func (r *Rig) Server(i int) *RADIUS { return r.servers[i] }

// LNS returns the i-th LNS, from 0.
func (r *Rig) LNS(i int) *LNS { return r.lns[i] }

// Stranger returns a host in the core that the gateway was not told of, at
// 192.0.2.66.
func (r *Rig) Stranger() *LNS { return r.hostAt(strangerAddr) }

// LNS6 is such a host too, at 2001:db8:1::11.
func (r *Rig) LNS6() *LNS { return r.hostAt(lns6Addr) }

func (r *Rig) hostAt(addr netip.Addr) *LNS {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.strangers[addr] == nil {
		r.strangers[addr] = r.newLNS(addr)
	}
	return r.strangers[addr]
}

// Client adds a client to the access port.
func (r *Rig) Client() *Client { return r.Access.Client() }

// Up brings a client through to ICCN, with the first LNS.
func (r *Rig) Up() (*Client, *Tunnel, *Call) {
	r.t.Helper()
	c := r.Client()
	c.Dial("joe@acme.example", "secret")
	t := r.LNS(0).Open()
	call := t.OpenCall()
	r.AwaitLog("session up")
	return c, t, call
}

// Stop ends the gateway by SIGTERM and returns when it has ended, which it must
// do by exit code 0 and in time. The LNSes are as they are.
func (r *Rig) Stop() { r.proc.stop() }

// Restart stops the gateway and starts it again. The log is a new one.
func (r *Rig) Restart() {
	r.t.Helper()
	r.Stop()
	r.proc = startProcess(r.t, r.gateway, filepath.Join(r.dir, "lacd.hcl"), r.hosts)
	r.proc.awaitSocket(r.socket)
}

// Signal begins what Stop completes: it sends SIGTERM and returns.
func (r *Rig) Signal() { r.proc.signal() }

// finish stops the gateway and, if the test failed, saves what there is to see.
func (r *Rig) finish() {
	for _, l := range r.lns {
		l.beginPolite()
	}
	for _, l := range r.strangers {
		l.beginPolite()
		defer l.close()
	}
	for _, s := range r.servers {
		s.beginPolite()
	}
	if r.proc != nil {
		r.proc.stop()
		r.audit()
	}
	if !r.t.Failed() {
		return
	}
	dir := os.Getenv("LACD_ARTIFACTS")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "lacd-conformance")
	}
	dir = filepath.Join(dir, strings.ReplaceAll(r.t.Name(), "/", "_"))
	if err := r.save(dir); err != nil {
		r.t.Logf("save what happened: %v", err)
		return
	}
	r.t.Logf("capture, log and configuration are in %s", dir)
}

// audit looks at what the gateway leaves behind: nothing in the data plane, and
// no error of its own.
func (r *Rig) audit() {
	left := map[string]int{}
	for _, op := range r.Plane() {
		switch op.Msg {
		case "add tunnel", "remove tunnel":
			left["tunnel "+op.Text("tunnel")] += map[string]int{"add tunnel": 1, "remove tunnel": -1}[op.Msg]
		case "add bridge", "remove bridge":
			left["bridge "+op.Text("bridge")] += map[string]int{"add bridge": 1, "remove bridge": -1}[op.Msg]
		}
	}
	for what, n := range left {
		if n != 0 {
			r.t.Errorf("data plane: %s was added %d times more than removed", what, n)
		}
	}
	for _, l := range r.Log() {
		if l.Level == "ERROR" {
			r.t.Errorf("the gateway logged an error: %s %v", l.Msg, l.Attrs)
		}
	}
}

func (r *Rig) save(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := r.cap.Save(filepath.Join(dir, "wire.pcap")); err != nil {
		return err
	}
	config, err := os.ReadFile(filepath.Join(r.dir, "lacd.hcl"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "lacd.hcl"), config, 0o600); err != nil {
		return err
	}
	var log []byte
	if r.proc != nil {
		log = r.proc.output()
	}
	return os.WriteFile(filepath.Join(dir, "lacd.log"), log, 0o644)
}

// Log returns the gateway's log so far.
func (r *Rig) Log() []Line { return r.proc.log.all() }

// AwaitLog waits for a log line with the message and the given attributes, name
// and value as text in turn, and returns it. Each call goes on where the last
// one found its line.
func (r *Rig) AwaitLog(msg string, attrs ...string) Line {
	r.t.Helper()
	deadline := time.Now().Add(Patience)
	for {
		l, ok := r.proc.log.take(deadline)
		if !ok {
			r.t.Fatalf("the gateway's log has no %q %v", msg, attrs)
		}
		if l.Is(msg, attrs...) {
			return l
		}
	}
}

// Logged returns the lines with the message and attributes so far.
func (r *Rig) Logged(msg string, attrs ...string) []Line {
	var lines []Line
	for _, l := range r.Log() {
		if l.Is(msg, attrs...) {
			lines = append(lines, l)
		}
	}
	return lines
}

// Plane returns what the data plane was asked for so far, in order: lines whose
// message is "add tunnel", "remove tunnel", "add bridge" or "remove bridge".
func (r *Rig) Plane() []Line {
	var ops []Line
	for _, l := range r.Log() {
		if op, ok := strings.CutPrefix(l.Msg, "no data plane: "); ok {
			l.Msg = op
			ops = append(ops, l)
		}
	}
	return ops
}
