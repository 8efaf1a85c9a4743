package main

import (
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"lacd/lac/admin"
)

func sessions(t *tool, all []admin.Session) {
	tab := t.table("ID", "USER", "STATE", "AGE", "PORT", "VLANS", "MAC", "RETAILER", "LNS", "UP", "DOWN")
	for i := range all {
		s := &all[i]
		tab.row(s.ID, s.User, s.State, age(t.now.Sub(s.Since)), s.Port, s.VLANs, s.MAC, s.Retailer, s.LNS,
			octets(s.UpOctets), octets(s.DownOctets))
	}
	tab.end("no sessions")
}

func tunnels(t *tool, all []admin.Tunnel) {
	tab := t.table("ID", "PEER-ID", "LNS", "PEER", "PEER-NAME", "LOCAL", "STATE", "AGE", "CALLS",
		"WINDOW", "IN-FLIGHT", "QUEUED", "RESENDS", "DATAPLANE")
	for i := range all {
		u := &all[i]
		tab.row(id(u.ID), id(u.PeerID), u.LNS, u.Peer, u.PeerName, u.Local, u.State, age(t.now.Sub(u.Since)),
			strconv.Itoa(u.Calls), strconv.Itoa(u.Window), strconv.Itoa(u.InFlight), strconv.Itoa(u.Queued),
			strconv.FormatUint(u.Resends, 10), u.Plane)
	}
	tab.end("no tunnels")
}

func lnses(t *tool, all []admin.LNS) {
	tab := t.table("NAME", "RETAILER", "PEER", "STATE", "TUNNELS", "SESSIONS", "PLACED", "ANSWERED", "FAILED", "WHY", "LAST-ERROR")
	for i := range all {
		l := &all[i]
		sessions := strconv.Itoa(l.Sessions)
		if l.Limit > 0 {
			sessions += "/" + strconv.Itoa(l.Limit)
		}
		tab.row(l.Name, l.Retailer, l.Peer, l.State, strconv.Itoa(l.Tunnels), sessions,
			strconv.FormatUint(l.Placed, 10), strconv.FormatUint(l.Answered, 10), strconv.FormatUint(l.Failed, 10),
			l.Why, l.LastError)
	}
	tab.end("no lns")
}

func status(t *tool, s *admin.Status) {
	tab := t.pairs()
	tab.row("node", s.Node)
	tab.row("version", s.Version)
	tab.row("running for", age(t.now.Sub(s.Since)))
	tab.row("sessions", strconv.Itoa(s.Sessions))
	tab.row("tunnels", strconv.Itoa(s.Tunnels))
	tab.row("dataplane", s.Dataplane)
	tab.end("")
}

func session(t *tool, s *admin.Session) {
	fmt.Fprintf(t.out, "session %s\n", printable(s.ID))
	tab := t.pairs()
	tab.row("  user", s.User)
	tab.row("  state", s.State)
	tab.row("  age", age(t.now.Sub(s.Since))+", since "+s.Since.UTC().Format(time.RFC3339))
	tab.row("  port", s.Port)
	tab.some("  vlans", s.VLANs)
	tab.row("  mac", s.MAC)
	tab.row("  pppoe session", id(s.PPPoE))
	tab.some("  circuit id", s.CircuitID)
	tab.some("  remote id", s.RemoteID)
	tab.some("  service", s.Service)
	tab.some("  retailer", s.Retailer)
	tab.some("  lns", s.LNS)
	tab.some("  lns address", s.Peer)
	if s.Tunnel != 0 {
		tab.row("  tunnel", both(s.Tunnel, s.PeerTunnel))
		tab.row("  call", both(s.Call, s.PeerCall))
	}
	tab.row("  up", traffic(s.UpOctets, s.UpPackets))
	tab.row("  down", traffic(s.DownOctets, s.DownPkts))
	tab.end("")

	if len(s.Reasons) > 0 {
		fmt.Fprintln(t.out, "\nwhy this lns")
		for _, r := range s.Reasons {
			fmt.Fprintf(t.out, "  %s\n", printable(r))
		}
	}
	if len(s.Timeline) > 0 {
		fmt.Fprintln(t.out, "\ntimeline")
		t.timeline(s.Timeline)
	}
}

// timeline prints when each step was done, and how long it took.
func (t *tool) timeline(steps []admin.Step) {
	tab := t.pairs()
	tab.style = tabwriter.AlignRight
	var before time.Duration
	for _, s := range steps {
		// The last column is not aligned, and needs its own space.
		tab.row(precise(s.After), "+"+precise(s.After-before), "  "+s.Event)
		before = s.After
	}
	tab.end("")
}

// both names our ID and the peer's.
func both(own, peer uint16) string {
	if peer == 0 {
		return id(own) + ", not answered"
	}
	return id(own) + ", at the lns " + id(peer)
}

func traffic(n, packets uint64) string {
	return octets(n) + " in " + strconv.FormatUint(packets, 10) + " packets"
}

func id(n uint16) string { return strconv.Itoa(int(n)) }
