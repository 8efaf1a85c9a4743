package trunk

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
	"lacd/policy"
)

// View is a tunnel as an operator sees it.
type View struct {
	ID    l2tp.TunnelID
	LNS   string
	Local netip.AddrPort
	Since time.Time
	Calls int
	Stats tunnel.Stats
}

func (t *Tunnel) view() View {
	return View{
		ID: t.id, LNS: t.lns.Name, Local: t.sock.Local(), Since: t.since,
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

// peerKey is an LNS for statistics: tunnels to it may differ in their key.
type peerKey struct {
	name string
	peer netip.AddrPort
}

type peer struct {
	placed, answered, failed atomic.Uint64
	lastError                atomic.Pointer[string]
}

func (p *peer) fail(text string) {
	p.failed.Add(1)
	p.lastError.Store(&text)
}

func (t *Trunk) peer(lns *policy.LNS) *peer {
	key := peerKey{lns.Name, lns.Peer}
	if p, ok := t.peers.Load(key); ok {
		return p.(*peer)
	}
	p, _ := t.peers.LoadOrStore(key, &peer{})
	return p.(*peer)
}

// PeerView is what happened with one LNS since the start.
type PeerView struct {
	Name                     string
	Peer                     netip.AddrPort
	Placed, Answered, Failed uint64
	LastError                string
}

// Peers returns every LNS that was tried, ordered by name and address.
func (t *Trunk) Peers() []PeerView {
	var all []PeerView
	t.peers.Range(func(k, v any) bool {
		key, p := k.(peerKey), v.(*peer)
		pv := PeerView{
			Name: key.name, Peer: key.peer,
			Placed: p.placed.Load(), Answered: p.answered.Load(), Failed: p.failed.Load(),
		}
		if e := p.lastError.Load(); e != nil {
			pv.LastError = *e
		}
		all = append(all, pv)
		return true
	})
	slices.SortFunc(all, func(a, b PeerView) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), a.Peer.Compare(b.Peer))
	})
	return all
}

// describe puts a Result Code AVP into words.
func describe(message string, r l2tp.Result, local bool) string {
	by := "from the LNS"
	if local {
		by = "sent"
	}
	s := fmt.Sprintf("%s %d", message, r.Code)
	if r.Error != 0 {
		s += fmt.Sprintf("/%d", r.Error)
	}
	s += " " + by
	if r.Message != "" {
		s += fmt.Sprintf(": %q", r.Message)
	}
	if d := r.Disconnect; d != nil {
		s += fmt.Sprintf(", PPP cause %d", d.Code)
		if d.Message != "" {
			s += fmt.Sprintf(" %q", d.Message)
		}
	}
	return s
}
