package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"lacd/kernel"
	"lacd/kernel/nodata"
	"lacd/kernel/pppbridge"
	"lacd/kernel/vlan"
	"lacd/kernel/xdp"
	"lacd/policy/file"
)

// openPlane opens the data plane that the configuration asks for, and returns
// its name.
func openPlane(f *file.File, log *slog.Logger, lost func(kernel.BridgeID)) (kernel.Dataplane, string, error) {
	switch f.Core.Dataplane {
	case "none":
		return nodata.New(log), "none", nil
	case "xdp":
		return openXDP(xdpConfig(f, log, lost, xdp.Any))
	case "xdp-native":
		return openXDP(xdpConfig(f, log, lost, xdp.Native))
	case "pppbridge":
		return openBridge(f, lost)
	}
	return choosePlane(f, log, lost)
}

// choosePlane takes native XDP where it can be had and nothing speaks against
// it. The generic one costs as much as the kernel's PPP and does less, so it
// comes last.
func choosePlane(f *file.File, log *slog.Logger, lost func(kernel.BridgeID)) (kernel.Dataplane, string, error) {
	cfg := xdpConfig(f, log, lost, xdp.Native)
	against := errors.Join(xdp.Unfit(cfg), fragments(f))
	if against == nil {
		p, name, err := openXDP(cfg)
		if err == nil {
			log.Info("data plane chosen", "dataplane", name)
			return p, name, nil
		}
		against = err
	}
	p, name, err := openBridge(f, lost)
	if err == nil {
		log.Info("data plane chosen", "dataplane", name, "not_xdp", against)
		return p, name, nil
	}
	cfg.Mode = xdp.Generic
	if p, name, last := openXDP(cfg); last == nil {
		log.Info("data plane chosen", "dataplane", name, "not_native", against, "not_pppbridge", err)
		return p, name, nil
	}
	return nil, "", errors.Join(err, against)
}

// executors returns how many bridges are made and removed at once; 0 is the usual
// number. To remove one in XDP is to wait for an RCU grace period, some 20 ms,
// which all share that wait at the same time.
func executors(p kernel.Dataplane) int {
	if _, ok := p.(*xdp.Dataplane); ok {
		return 256
	}
	return 0
}

// fragments returns an error where full-size packets do not fit the way to the
// LNSes: XDP leaves fragments to user space.
func fragments(f *file.File) error {
	const four, six, numbers = 38, 58, 4
	overhead := four
	for _, r := range f.Policy.Retailers {
		for i := range r.LNS {
			need := four
			if r.LNS[i].Peer.Addr().Is6() {
				need = six
			}
			if r.LNS[i].Sequencing {
				need += numbers
			}
			overhead = max(overhead, need)
		}
	}
	if need := int(f.PPP.MRU) + overhead; need > f.Core.MTU {
		return fmt.Errorf("full-size packets take %d octets and mtu in core is %d: fragments would go through user space", need, f.Core.MTU)
	}
	return nil
}

func xdpConfig(f *file.File, log *slog.Logger, lost func(kernel.BridgeID), mode xdp.Mode) xdp.Config {
	cfg := xdp.Config{Core: f.Core.Interfaces, Mode: mode, Lost: lost, Log: log}
	for i := range f.Access {
		a := &f.Access[i]
		p := xdp.Port{Name: a.Port}
		for _, v := range a.VLANs {
			p.Tags = max(p.Tags, 1)
			if v.Inner != (file.IDs{}) {
				p.Tags = 2
			}
		}
		cfg.Ports = append(cfg.Ports, p)
	}
	for _, r := range f.Policy.Retailers {
		for _, l := range r.LNS {
			if a := l.Peer.Addr(); a.IsValid() && !slices.Contains(cfg.Peers, a) {
				cfg.Peers = append(cfg.Peers, a)
			}
		}
	}
	return cfg
}

func openXDP(cfg xdp.Config) (kernel.Dataplane, string, error) {
	p, err := xdp.New(cfg)
	if err != nil {
		return nil, "", hint(fmt.Errorf("open data plane xdp: %w", err))
	}
	return p, "xdp " + p.Mode(), nil
}

func openBridge(f *file.File, lost func(kernel.BridgeID)) (kernel.Dataplane, string, error) {
	p, err := newBridge(f, lost)
	if err != nil {
		return nil, "", hint(fmt.Errorf("open data plane pppbridge: %w", err))
	}
	return p, "pppbridge", nil
}

// newBridge opens the data plane pppbridge, with VLAN devices where a port has
// VLANs.
func newBridge(f *file.File, lost func(kernel.BridgeID)) (kernel.Dataplane, error) {
	cfg := pppbridge.Config{Lost: lost}
	if slices.ContainsFunc(f.Access, func(a file.Access) bool { return len(a.VLANs) > 0 }) {
		if err := kernel.Missing(vlan.Probe()); err != nil {
			return nil, fmt.Errorf("%w\n  hint: the kernel module 8021q carries the vlan of an access port: modprobe 8021q", err)
		}
		var ports []string
		for _, a := range f.Access {
			ports = append(ports, a.Port)
		}
		devices, err := vlan.New(vlan.Config{Ports: ports})
		if err != nil {
			return nil, err
		}
		cfg.Devices = devices
	}
	p, err := pppbridge.New(cfg)
	if err == nil {
		return p, nil
	}
	if cfg.Devices != nil {
		_ = cfg.Devices.Close() // the first error is the one to tell
	}
	return nil, err
}
