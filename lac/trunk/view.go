package trunk

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
)

// View is a tunnel as an operator sees it.
type View struct {
	ID       l2tp.TunnelID
	LNS      string
	Retailer string // who opened it
	Dialled  netip.AddrPort
	Local    netip.AddrPort
	Since    time.Time
	Calls    int
	Stats    tunnel.Stats
}

func (t *Tunnel) view() View {
	return View{
		ID: t.id, LNS: t.lns.Name, Retailer: t.lns.Retailer, Dialled: t.lns.Peer, Local: t.sock.Local(), Since: t.since,
		Calls: len(t.calls), Stats: t.conn.Stats(),
	}
}

// Views returns all tunnels, ordered by ID.
func (t *Trunk) Views() []View {
	tuns := t.all()
	var views []View
	for _, tun := range tuns {
		one := make(chan View, 1)
		if !tun.box.Put(viewTunnel{one}) {
			continue
		}
		if v, ok := <-one; ok {
			views = append(views, v)
		}
	}
	slices.SortFunc(views, func(a, b View) int { return cmp.Compare(a.ID, b.ID) })
	return views
}

// describe puts a Result Code AVP into words.
func describe(message string, r l2tp.Result, local bool) string {
	by := "from the LNS"
	if local {
		by = "sent"
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%s %d", message, r.Code)
	if r.Error != 0 {
		fmt.Fprintf(&s, "/%d", r.Error)
	}
	s.WriteString(" " + by)
	if r.Message != "" {
		fmt.Fprintf(&s, ": %q", r.Message)
	}
	for d := r.Disconnect; d != nil; d = d.Next {
		fmt.Fprintf(&s, ", PPP cause %d", d.Code)
		if d.Message != "" {
			fmt.Fprintf(&s, " %q", d.Message)
		}
	}
	return s.String()
}
