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
	nsNet    = "net" // the bridges acc1, acc2, ... and core
	nsLAC    = "lac"
	nsRADIUS = "radius"
)

// Addresses on the core.
const (
	lacAddr    = "10.10.0.1"
	radiusAddr = "10.10.0.100" // of the first server
)

// radiusAddrOf is the address of the i-th server, from 0.
func radiusAddrOf(i int) string { return fmt.Sprintf("10.10.0.%d", 100+i) }

// batch is input for "ip -batch" in one namespace, "" being the machine's own.
type batch struct{ ns, commands string }

// wiring makes the namespaces and their links: the core with its hosts, the
// access bridges with the LAC's ports and the subscribers.
func wiring(sc *scene) []batch {
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
	bridge := func(name string) {
		do(nsNet, "link add %s type bridge", name)
		do(nsNet, "link set %s up", name)
	}
	port := func(host, dev, bridge, far, mac string) {
		fmt.Fprintf(&links, "link add %s netns %s address %s type veth peer name %s netns %s\n", dev, host, mac, far, nsNet)
		do(nsNet, "link set %s master %s up", far, bridge)
		do(host, "link set %s up", dev)
	}
	for i, dev := range sc.ports {
		bridge(bridgeOf(dev))
		port(nsLAC, dev, bridgeOf(dev), "lac-"+bridgeOf(dev), portMAC(i))
	}
	bridge("core")
	port(nsLAC, "core0", "core", "lac-core", "02:00:00:00:00:10")
	do(nsLAC, "addr add %s/24 dev core0", lacAddr)
	port(nsRADIUS, "core0", "core", "radius", "02:00:00:00:00:64")
	for i := range max(1, sc.radii) {
		do(nsRADIUS, "addr add %s/24 dev core0", radiusAddrOf(i))
	}
	for i, n := range sc.lnses {
		port(n.name, "core0", "core", n.name, fmt.Sprintf("02:00:00:00:00:%02x", 0x11+i))
		do(n.name, "addr add %s/24 dev core0", n.addr)
		do(n.name, "addr add %s/32 dev lo", n.inside)
		do(n.name, "addr add %s/32 dev lo", service)
	}
	for _, s := range sc.subscribers {
		port(s.ns, "eth0", s.access, s.ns, s.mac)
		for _, command := range s.tagging() {
			do(s.ns, "%s", command)
		}
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
	for _, b := range wiring(&l.scene) {
		if err := os.WriteFile(path, []byte(b.commands), 0o644); err != nil {
			return err
		}
		if err := l.ip(ctx, b.ns, "-batch", path); err != nil {
			return fmt.Errorf("build the network: %w", err)
		}
	}
	devices := map[string]string{nsRADIUS: "core0", nsLAC: "core0"}
	for _, n := range l.lnses {
		devices[n.name] = "core0"
	}
	for _, s := range l.subscribers {
		devices[s.ns] = "eth0"
	}
	for ns, dev := range devices {
		if err := checksums(ns, dev); err != nil {
			return fmt.Errorf("build the network: %w", err)
		}
	}
	return nil
}

// ip runs ip(8) in a namespace, which that does without the mounts of "ip netns
// exec".
func (l *Lab) ip(ctx context.Context, ns string, args ...string) error {
	if ns != "" {
		args = append([]string{"-n", ns}, args...)
	}
	_, err := l.run(ctx, "", append([]string{"ip"}, args...)...)
	return err
}

// portMAC is the address of the LAC's i-th access port.
func portMAC(i int) string { return fmt.Sprintf("02:00:00:00:00:%02x", i+1) }

// capturing is a file that tcpdump writes, with the bridge port it listens on.
// The access ports are the far ends of the LAC's own, so that a data path below
// the LAC's packet sockets is seen as well.
type capturing struct{ name, device, filter string }

// capturesOf captures n access ports, the core and RADIUS.
func capturesOf(n int, access, core string) []capturing {
	var all []capturing
	for i := range n {
		all = append(all, capturing{fmt.Sprintf("access%d", i+1), fmt.Sprintf("lac-acc%d", i+1), access})
	}
	return append(all, capturing{"core", "lac-core", core}, capturing{"radius", "lac-core", "udp portrange 1812-1813"})
}

// Filters that leave network data out: discovery and PPP control protocols, and
// L2TP control messages.
const (
	accessControl = "ether[12:2] = 0x8863 or (ether[12:2] = 0x8864 and ether[20] & 0x80 != 0)"
	coreControl   = "udp port 1701 and udp[8] & 0x80 != 0"
)

// startCaptures starts tcpdump on every side of the LAC.
func (l *Lab) startCaptures(ctx context.Context) error {
	for _, c := range l.captures {
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
