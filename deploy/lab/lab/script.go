package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lacd/deploy/lab/vm"
)

// script is one run: a scene and what happens there.
type script struct {
	name, about string
	scene       func() scene
	play        func(*Lab, context.Context)     // in the machine; lacd runs
	judge       func(context.Context, *verdict) // on the host, of the captures; may be nil
	limit       time.Duration                   // in the machine
}

// demo is the script that is played unless a case is named.
var demo = script{
	name: "demo", scene: demoScene, play: (*Lab).demonstrate, limit: 170 * time.Second,
}

// cases are what the demonstration leaves out, each a run of its own.
var cases = []script{
	{
		name: "secrets", about: "tunnel secrets that agree, disagree, or are known to one side only",
		scene: secretsScene, play: playSecrets, judge: judgeSecrets, limit: 420 * time.Second,
	},
	{
		name: "killed", about: "an LNS is killed under load, and comes back",
		scene: func() scene { return outageScene(2) }, play: playKilled, limit: 420 * time.Second,
	},
	{
		name: "silent", about: "LNSes fall silent under load: one drops its answers, one loses its address",
		scene: func() scene { return outageScene(3) }, play: playSilent, limit: 420 * time.Second,
	},
	{
		name: "access", about: "PADT, a port that goes down, changes or vanishes, a carrier that is lost",
		scene: accessScene, play: playAccess, judge: judgeAccess, limit: 420 * time.Second,
	},
	{
		name: "many", about: "200 subscribers dial in at once",
		scene: manyScene, play: playMany, limit: 420 * time.Second,
	},
	{
		name: "crash", about: "lacd is killed with sessions up, and started again",
		scene: crashScene, play: playCrash, limit: 420 * time.Second,
	},
	{
		name: "vlans", about: "subscribers without a tag, with one and with two on one port",
		scene: vlansScene, play: playVLANs, limit: 420 * time.Second,
	},
	{
		name: "radius", about: "one RADIUS server of two dies and comes back, then both are gone and lacd is killed",
		scene: func() scene { return authorityScene(2) }, play: playRADIUS, limit: 300 * time.Second,
	},
	{
		name: "coa", about: "radclient ends sessions and changes them, or must not",
		scene: func() scene { return authorityScene(1) }, play: playCoA, limit: 300 * time.Second,
	},
}

// Cases names the cases, with what each is about.
func Cases() (names, about []string) {
	for _, c := range cases {
		names, about = append(names, c.name), append(about, c.about)
	}
	return names, about
}

// scriptOf finds a case; "" is the demonstration.
func scriptOf(name string) (script, error) {
	if name == "" {
		return demo, nil
	}
	for _, c := range cases {
		if c.name == name {
			return c, nil
		}
	}
	return script{}, fmt.Errorf("no case %q", name)
}

// Options say what is played and where things are.
type Options struct {
	Case      string    // one of Cases; "" is the demonstration
	Bin       string    // directory of lacd, lacctl, vmrun and demo
	Artifacts string    // where logs, captures and results go
	Dataplane string    // lacd's core.dataplane; "" is "auto"
	Out       io.Writer // the narration
	PeersOnly bool      // start the peers and no lacd: checks the lab itself
}

// Lab is one run. Its state belongs to the goroutine of Run; only dialling in is
// done by one goroutine per subscriber, each with a Subscriber of its own.
type Lab struct {
	*report
	scene
	bin, artifacts, dataplane string

	lac      string  // lacd's namespace
	dir      string  // private files
	socket   string  // lacd's admin socket
	procs    []*Proc // everything started, in order
	lacd     *Proc
	radius   []*Proc // FreeRADIUS, as it was started last
	tcpdumps []*Proc
}

// Run plays a script. It returns an error if an expectation failed.
func Run(ctx context.Context, o Options) error {
	s, err := scriptOf(o.Case)
	if err != nil {
		return err
	}
	if !vm.Inside() {
		return errors.New("this is no throw-away machine: run it through vmrun")
	}
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	dir, err := os.MkdirTemp("", "lab-")
	if err != nil {
		return err
	}
	l := &Lab{
		report: &report{out: o.Out, begin: time.Now()}, scene: s.scene(),
		bin: o.Bin, artifacts: o.Artifacts, dataplane: o.Dataplane, lac: nsLAC, dir: dir,
	}
	if l.dataplane == "" {
		l.dataplane = "auto"
	}
	defer l.killAll()
	if l.prepare(ctx) && !o.PeersOnly {
		l.step("lacd")
		if l.check(l.startGateway(ctx), "lacd answers lacctl") {
			s.play(l, ctx)
		}
	}
	l.stopPeers()
	if err := errors.Join(l.keep(), l.save(filepath.Join(l.artifacts, resultsFile))); err != nil {
		return err
	}
	n := l.failures()
	fmt.Fprintf(l.out, "\n%d expectations, %d failed, %.0f s\n", len(l.results), n, time.Since(l.begin).Seconds())
	if n > 0 {
		return fmt.Errorf("%d expectations failed", n)
	}
	return nil
}

// prepare brings the network and lacd's peers up.
func (l *Lab) prepare(ctx context.Context) bool {
	l.step("network, FreeRADIUS, %d LNSes (xl2tpd and pppd), captures", len(l.lnses))
	if !l.check(l.buildTopology(ctx), "the network is there") {
		return false
	}
	ok := l.check(l.startCaptures(ctx), "captures run")
	for i := range max(1, l.radii) {
		ok = l.check(l.startRADIUS(ctx, i), "FreeRADIUS is ready at %s", radiusAddrOf(i)) && ok
	}
	for _, n := range l.lnses {
		ok = l.check(l.startLNS(ctx, n), "%s listens on %s", n.name, n.addr) && ok
		if l.transfers {
			ok = l.check(l.startServer(ctx, n), "a server for transfers listens on %s", n.inside) && ok
		}
	}
	first := l.subscribers[0]
	return l.check(l.probeRADIUS(ctx, first), "FreeRADIUS accepts %s with a tunnel", first.user) && ok
}
