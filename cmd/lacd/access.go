package main

import (
	"fmt"
	"slices"

	"lacd/kernel"
	"lacd/kernel/ethernet"
	"lacd/kernel/pppbridge"
	"lacd/kernel/vlan"
	"lacd/lac"
	"lacd/policy/file"
	"lacd/pppoe"
)

// openAccess opens the port of an access block.
func openAccess(a *file.Access) (lac.Access, error) {
	open := func() (kernel.Port, error) {
		// A network card drops the frames of VLANs that it was not told of, and
		// so the PADI that a VLAN device would be made for.
		p, err := ethernet.Listen(ethernet.Config{Name: a.Port, Promiscuous: len(a.VLANs) > 0})
		if err != nil {
			return nil, err // not a nil *ethernet.Port, which is no nil Port
		}
		return p, nil
	}
	port, err := open()
	if err != nil {
		return lac.Access{}, hint(err)
	}
	return lac.Access{
		Port: port, Open: open, ACName: a.ACName, Services: a.ServiceNames, Tagging: tagging(a),
		Limits: pppoe.Limits{
			PADI: a.PADIRate, PADIPerHost: a.PADIRatePerMAC, PADR: a.PADRRate, PADRPerHost: a.PADRRatePerMAC,
		},
		MaxSessions: a.MaxSessions, MaxSessionsPerMAC: a.MaxSessionsPerMAC, MaxSessionsPerVLAN: a.MaxSessionsPerVLAN,
		MaxSessionsPerLine: a.MaxSessionsPerLine, Duplicate: duplicate(a.Duplicate), AnswerUnknown: a.AnswerUnknown,
	}, nil
}

func tagging(a *file.Access) (all []pppoe.Tagging) {
	if a.Untagged {
		all = append(all, pppoe.Tagging{})
	}
	for _, v := range a.VLANs {
		all = append(all, pppoe.Tagging{TPID: v.TPID, Outer: pppoe.Range(v.Outer), Inner: pppoe.Range(v.Inner)})
	}
	return all
}

func duplicate(word string) lac.Duplicate {
	switch word {
	case "refuse":
		return lac.RefuseDuplicates
	case "replace":
		return lac.ReplaceDuplicates
	}
	return lac.AllowDuplicates
}

// gate returns what closes the front door.
func gate(n *file.Node) lac.Gate {
	return lac.Gate{HalfOpen: n.MaxHalfOpen, Asking: n.MaxRADIUS, CallDelay: n.MaxCallDelay, Backlog: n.MaxBacklog}
}

// openBridge opens the data plane pppbridge, with VLAN devices where a port has
// VLANs.
func openBridge(f *file.File, lost func(kernel.BridgeID)) (kernel.Dataplane, error) {
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
