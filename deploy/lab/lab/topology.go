package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Network namespaces.
const (
	nsNet    = "net" // the bridges acc1, acc2 and core
	nsLAC    = "lac"
	nsRADIUS = "radius"
)

// Addresses on the core.
const (
	lacAddr    = "10.10.0.1"
	radiusAddr = "10.10.0.100"
)

// LNS is one L2TP network server.
type LNS struct {
	name   string
	addr   string // on the core
	inside string // its end of every subscriber's PPP link
	pool   string // of the subscribers
	secret string // of the tunnel
}

var lnses = []LNS{
	{name: "lns1", addr: "10.10.0.11", inside: "10.1.0.1", pool: "10.1.1.1-10.1.1.100", secret: "alpha-tunnel-secret-0123"},
	{name: "lns2", addr: "10.10.0.12", inside: "10.2.0.1", pool: "10.2.1.1-10.2.1.100", secret: "beta-tunnel-secret-01234"},
}

// batch is input for "ip -batch" in one namespace, "" being the machine's own.
type batch struct{ ns, commands string }

// wiring makes the namespaces and their links: the core with its hosts, the
// access bridges with the LAC's two ports and the subscribers.
func wiring(subscribers []*Subscriber) []batch {
	var names []string
	var links strings.Builder // made from outside, as they join two namespaces
	inside := make(map[string]*strings.Builder)
	do := func(ns, format string, args ...any) {
		if inside[ns] == nil {
			inside[ns] = &strings.Builder{}
			names = append(names, ns)
			fmt.Fprintf(inside[ns], "link set lo up\n")
		}
		fmt.Fprintf(inside[ns], format+"\n", args...)
	}
	for _, bridge := range []string{"acc1", "acc2", "core"} {
		do(nsNet, "link add %s type bridge", bridge)
		do(nsNet, "link set %s up", bridge)
	}
	port := func(host, dev, bridge, far, mac string) {
		fmt.Fprintf(&links, "link add %s netns %s address %s type veth peer name %s netns %s\n", dev, host, mac, far, nsNet)
		do(nsNet, "link set %s master %s up", far, bridge)
		do(host, "link set %s up", dev)
	}
	port(nsLAC, "eth1", "acc1", "lac-acc1", "02:00:00:00:00:01")
	port(nsLAC, "eth2", "acc2", "lac-acc2", "02:00:00:00:00:02")
	port(nsLAC, "core0", "core", "lac-core", "02:00:00:00:00:03")
	do(nsLAC, "addr add %s/24 dev core0", lacAddr)
	port(nsRADIUS, "core0", "core", "radius", "02:00:00:00:00:64")
	do(nsRADIUS, "addr add %s/24 dev core0", radiusAddr)
	for i, n := range lnses {
		port(n.name, "core0", "core", n.name, fmt.Sprintf("02:00:00:00:00:%02x", 0x11+i))
		do(n.name, "addr add %s/24 dev core0", n.addr)
		do(n.name, "addr add %s/32 dev lo", n.inside)
	}
	for _, s := range subscribers {
		port(s.ns, "eth0", s.access, s.ns, s.mac)
	}
	all := []batch{{"", "netns add " + strings.Join(names, "\nnetns add ") + "\n" + links.String()}}
	for _, ns := range names {
		all = append(all, batch{ns, inside[ns].String()})
	}
	return all
}

// buildTopology makes the network. Checksum offload is switched off where frames
// start, because a data path that redirects frames sees them as on a wire.
func (l *Lab) buildTopology(ctx context.Context) error {
	path := filepath.Join(l.dir, "wiring")
	for _, b := range wiring(l.subscribers) {
		if err := os.WriteFile(path, []byte(b.commands), 0o644); err != nil {
			return err
		}
		if _, err := l.run(ctx, b.ns, "ip", "-batch", path); err != nil {
			return fmt.Errorf("build the network: %w", err)
		}
	}
	devices := map[string]string{nsRADIUS: "core0", nsLAC: "core0"}
	for _, n := range lnses {
		devices[n.name] = "core0"
	}
	for _, s := range l.subscribers {
		devices[s.ns] = "eth0"
	}
	for ns, dev := range devices {
		if _, err := l.run(ctx, ns, "ethtool", "-K", dev, "tx", "off"); err != nil {
			return fmt.Errorf("build the network: %w", err)
		}
	}
	return nil
}

// captures are the files that tcpdump writes, with the bridge port it listens on.
// The access ports are the far ends of the LAC's own, so that a data path below
// the LAC's packet sockets is seen as well.
var captures = []struct{ name, device, filter string }{
	{"access1", "lac-acc1", ""},
	{"access2", "lac-acc2", ""},
	{"core", "lac-core", "udp port 1701 or ip[6:2] & 0x1fff != 0"},
	{"radius", "lac-core", "udp portrange 1812-1813"},
}

// startCaptures starts tcpdump on every side of the LAC.
func (l *Lab) startCaptures(ctx context.Context) error {
	for _, c := range captures {
		file := filepath.Join(l.dir, c.name+".pcap")
		p, err := l.start("tcpdump-"+c.name, nsNet, "tcpdump", "-i", c.device, "-n", "-s", "0", "-U",
			"-B", "16384", "-Z", "root", "-w", file, c.filter)
		if err != nil {
			return err
		}
		if err := p.await(ctx, "listening on", startLimit); err != nil {
			return err
		}
		l.tcpdumps = append(l.tcpdumps, p)
	}
	return nil
}
