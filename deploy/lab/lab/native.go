package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"lacd/kernel"
	"lacd/kernel/xdp"
	"lacd/radius/radiustest"
)

// This file has the scene of the scripts that need no machine of their own: lacd
// with XDP in one namespace, lacsim and RADIUS in another, pairs of virtual
// devices between them.
//
//	clients ── acc1 ═ eth1 ┐              ┌ core1  10.10.0.11 lns1
//	clients ── acc2 ═ eth2 ├ lacd ─ core0 ═        10.10.0.12 lns2
//	clients ── acc3 ═ eth3 ┘                       10.10.0.100 RADIUS
//
// The namespaces have names of this process's own and are deleted at the end.

// ErrNotHere is why a script cannot be played on this machine itself.
var ErrNotHere = errors.New("this machine cannot forward in XDP between namespaces")

// native is a script that is played on the machine itself.
type native struct {
	name, about string
	config      string
	play        func(*stage, context.Context)
	limit       time.Duration
}

// natives are the demonstration and its cases.
var natives = []native{
	{name: "", config: stageConfig, play: (*stage).demonstrate, limit: 3 * time.Minute},
	{
		name: "churn", about: "hundreds of clients come and go in every way while traffic flows",
		config: stageConfig, play: (*stage).churn, limit: 4 * time.Minute,
	},
	{
		name: "faults", about: "neighbours, a route and a port go, a program is taken off, while traffic flows",
		config: stageConfig, play: (*stage).faults, limit: 4 * time.Minute,
	},
}

// NativeCases names the cases of Native.
func NativeCases() (names, about []string) {
	for _, n := range natives[1:] {
		names, about = append(names, n.name), append(about, n.about)
	}
	return names, about
}

// stagePorts are lacd's access devices; "eth1" is the near end of "acc1".
var stagePorts = []string{"eth1", "eth2", "eth3"}

// stage is a run of such a script.
type stage struct {
	*Lab
	net    string // namespace of everybody but lacd
	server *radiustest.Server
	serve  *net.UDPConn
	spare  int // devices towards the LNSes besides core0
}

// Native plays a script on this machine. The error is ErrNotHere, wrapped, where
// that is impossible; it is another one if an expectation failed.
func Native(ctx context.Context, o Options) error {
	var s *native
	for i := range natives {
		if natives[i].name == o.Case {
			s = &natives[i]
		}
	}
	if s == nil {
		return fmt.Errorf("no case %q", o.Case)
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: it takes root", ErrNotHere)
	}
	if err := kernel.Missing(xdp.Probe()); err != nil {
		return fmt.Errorf("%w: %w", ErrNotHere, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	if err := clean(o.Artifacts); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "lab-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // only litter is at stake
	st := &stage{net: fmt.Sprintf("lacd-%d-net", os.Getpid()), Lab: &Lab{
		report: &report{out: o.Out, begin: time.Now()}, scene: scene{ports: stagePorts, config: s.config},
		bin: o.Bin, artifacts: o.Artifacts, dataplane: "xdp-native", dir: dir, lac: fmt.Sprintf("lacd-%d-lac", os.Getpid()),
	}}
	if err := st.perform(ctx, s); err != nil {
		return err
	}
	n := st.failures()
	fmt.Fprintf(o.Out, "\n%d expectations, %d failed, %.0f s\nlogs and results: %s\n", len(st.results), n, time.Since(st.begin).Seconds(), o.Artifacts)
	if n > 0 {
		return fmt.Errorf("%d expectations failed", n)
	}
	return nil
}

// perform sets the scene, plays and clears up, whatever happens.
func (s *stage) perform(ctx context.Context, n *native) error {
	s.step("network namespaces, RADIUS, lacd with XDP")
	defer s.strike() // again, if the script was cut short
	err := s.build(ctx)
	if missing := new(exitError); errors.As(err, missing) {
		return fmt.Errorf("%w: %w", ErrNotHere, err)
	}
	if s.check(err, "two namespaces, joined by pairs of virtual devices") && s.check(s.startServer(), "a RADIUS server listens on %s", radiusAddr) &&
		s.check(s.startGateway(ctx), "lacd answers lacctl") && s.check(s.attached(ctx, "native"), "XDP runs in the drivers of every device of lacd's") {
		n.play(s, ctx)
	}
	s.clearUp(ctx)
	return s.save(filepath.Join(s.artifacts, resultsFile))
}

// exitError is how a namespace or device that cannot be made shows.
type exitError struct{ error }

// build makes the namespaces and what is in them.
func (s *stage) build(ctx context.Context) error {
	var lines, near, far strings.Builder
	fmt.Fprintf(&lines, "netns add %s\nnetns add %s\n", s.lac, s.net)
	near.WriteString("link set lo up\n")
	far.WriteString("link set lo up\n")
	devices := map[string]string{"core1": "core0"}
	for _, p := range s.ports {
		devices[strings.Replace(p, "eth", "acc", 1)] = p
	}
	for outside, inside := range devices {
		fmt.Fprintf(&lines, "link add %s netns %s type veth peer name %s netns %s\n", inside, s.lac, outside, s.net)
		fmt.Fprintf(&near, "link set %s up\n", inside)
		fmt.Fprintf(&far, "link set %s up\n", outside)
	}
	fmt.Fprintf(&near, "addr add %s/24 dev core0\n", lacAddr)
	for _, a := range []string{lnsN(1).addr, lnsN(2).addr, radiusAddr} {
		fmt.Fprintf(&far, "addr add %s/24 dev core1\n", a)
	}
	path := filepath.Join(s.dir, "wiring")
	for i, b := range []batch{{"", lines.String()}, {s.lac, near.String()}, {s.net, far.String()}} {
		err := errors.Join(os.WriteFile(path, []byte(b.commands), 0o600), s.ip(ctx, b.ns, "-batch", path))
		if err != nil && i == 0 {
			return exitError{err}
		}
		if err != nil {
			return err
		}
	}
	for outside := range devices {
		if err := receiveDirectly(s.net, outside); err != nil {
			return err
		}
	}
	return checksums(s.lac, "core0")
}

// startServer starts the RADIUS server, which is a part of this program.
func (s *stage) startServer() error {
	s.server = radiustest.New(radiusSecret)
	for user, tunnels := range stageUsers {
		s.server.SetUser(user, radiustest.User{Password: stagePassword, Reply: tunnels})
	}
	return within(s.net, func() error {
		var err error
		if s.serve, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(radiusAddr), Port: 1812}); err != nil {
			return err
		}
		go s.server.Serve(s.serve)
		return nil
	})
}

// linkXDP is what ip(8) says of the program on a device.
type linkXDP struct {
	Name string `json:"ifname"`
	XDP  *struct {
		Mode int `json:"mode"`
	} `json:"xdp"`
}

// attached checks that lacd's devices have a program in this mode, "" being none.
func (s *stage) attached(ctx context.Context, mode string) error {
	out, err := s.run(ctx, "", "ip", "-n", s.lac, "-json", "link", "show", "type", "veth")
	if err != nil {
		return err
	}
	var all []linkXDP
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		return fmt.Errorf("%w in %s", err, out)
	}
	modes := []string{"", "native", "generic", "offloaded"} // XDP_ATTACHED_* of linux/if_link.h
	for _, l := range all {
		got := ""
		if l.XDP != nil && l.XDP.Mode < len(modes) {
			got = modes[l.XDP.Mode]
		}
		if got != mode {
			err = errors.Join(err, fmt.Errorf("%s has XDP %q, want %q", l.Name, got, mode))
		}
	}
	if len(all) != len(s.ports)+1+s.spare {
		err = errors.Join(err, fmt.Errorf("there are %d devices", len(all)))
	}
	return err
}

// sockets counts the sockets of lacd's namespace that are not the kernel's own.
func (s *stage) sockets() (n int, err error) {
	err = within(s.lac, func() error {
		for _, name := range []string{"udp", "udp6", "packet", "raw", "tcp"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + name)
			if err != nil && !os.IsNotExist(err) {
				return err
			}
			n += max(0, strings.Count(string(text), "\n")-1)
		}
		return nil
	})
	return n, err
}

// stopped ends lacd as systemd would and looks for what it may have left.
func (s *stage) stopped(ctx context.Context) {
	// Only a check that sees what is there may be believed when it sees nothing.
	n, err := s.sockets()
	if err == nil && n < len(s.ports) {
		err = fmt.Errorf("%d are seen", n)
	}
	s.check(err, "lacd has %d sockets in its namespace", n)
	begin := time.Now()
	s.check(s.stopGateway(), "lacd ends by itself, with status 0")
	s.show(fmt.Sprintf("after %.1f s", time.Since(begin).Seconds()))
	s.check(s.attached(ctx, ""), "no device has a program")
	if n, err = s.sockets(); err == nil && n > 0 {
		err = fmt.Errorf("%d are left", n)
	}
	s.check(err, "no socket is left in lacd's namespace")
	if _, err = os.Stat(s.socket); err == nil {
		err = errors.New("it is still there")
	} else if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	s.check(err, "the admin socket is gone")
	s.check(s.noPanic(), "lacd has logged no panic and no error")
}

// clearUp ends what is left and checks that nothing remains.
func (s *stage) clearUp(ctx context.Context) {
	s.step("nothing is left")
	for i := len(s.procs) - 1; i >= 0; i-- {
		p := s.procs[i]
		if !p.ended() {
			_ = p.cmd.Process.Signal(syscall.SIGCONT) // for those that a script has stopped
			s.check(p.stop(quitLimit), "%s stops", p.name)
		}
	}
	s.strike()
	var left []string
	for pid, args := range processes() {
		if strings.HasPrefix(args[0], s.bin) && strings.Contains(strings.Join(args, " "), s.dir) {
			left = append(left, fmt.Sprintf("process %d: %s", pid, strings.Join(args, " ")))
		}
	}
	s.check(sameSet(left, nil), "no process of the %d is left", len(s.procs))
	out, err := s.run(ctx, "", "ip", "netns", "list")
	if err == nil {
		err = sameSet(strings.Fields(linesWith(out, s.lac, s.net)), nil)
	}
	s.check(err, "no namespace is left")
}

// strike ends everything and deletes the namespaces, with which their devices go.
func (s *stage) strike() {
	s.killAll()
	if s.serve != nil {
		_ = s.serve.Close() // it only answers datagrams
	}
	for _, ns := range []string{s.lac, s.net} {
		if _, err := os.Stat(filepath.Join("/run/netns", ns)); err != nil {
			continue
		}
		if _, err := s.run(context.Background(), "", "ip", "netns", "delete", ns); err != nil {
			s.check(err, "namespace %s is deleted", ns)
		}
	}
}
