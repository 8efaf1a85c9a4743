package main

import (
	"lacd/kernel"
	"lacd/kernel/ethernet"
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
