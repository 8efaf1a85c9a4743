package lac

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"lacd/lac/cause"
	"lacd/lac/trunk"
	"lacd/radius/acct"
)

// tunnelBooks are the open tunnels whose retailers want to hear of them (RFC
// 2867). A tunnel belongs to the retailer whose call opened it, whoever else has
// calls in it; its figures are those of all of them. Tunnel-Stop waits for the
// last figures of its calls.
type tunnelBooks struct {
	srv *Server

	books atomic.Int64 // open ones: where there are none, no lock is taken

	mu   sync.Mutex // guards open; tunnel loops and shards have news for it
	open map[uint16]*tunnelBook
}

type tunnelBook struct {
	retailer string
	record   acct.Record // of Tunnel-Start
	links    int
	sum      acct.Counters
	down     time.Time // zero: it is up
	cause    uint32
}

// wants reports whether a retailer wants to hear of its tunnels.
func (b *tunnelBooks) wants(retailer string) bool {
	pol := b.srv.policy()
	for i := range pol.Retailers {
		if r := &pol.Retailers[i]; r.Name == retailer {
			return r.Accounting && r.AcctTunnels
		}
	}
	return false
}

// event takes news of a tunnel.
func (b *tunnelBooks) event(ev trunk.TunnelEvent) {
	id := uint16(ev.ID)
	wanted := b.wants(ev.LNS.Retailer)
	switch {
	case ev.State == trunk.TunnelUp && wanted:
		rec := b.record(&ev)
		rec.Status = acct.TunnelStart
		b.mu.Lock()
		b.books.Add(1)
		b.open[id] = &tunnelBook{retailer: ev.LNS.Retailer, record: rec}
		b.mu.Unlock()
		b.send(ev.LNS.Retailer, rec)
	case ev.State == trunk.TunnelRefused && wanted:
		rec := b.record(&ev)
		rec.Status, rec.TerminateCause = acct.TunnelReject, ev.Cause.Codes().AcctTerminate
		b.send(ev.LNS.Retailer, rec)
	case ev.State == trunk.TunnelDown:
		b.mu.Lock()
		defer b.mu.Unlock()
		if k := b.open[id]; k != nil && k.down.IsZero() {
			k.down, k.cause = ev.At, ev.Cause.Codes().AcctTerminate
			b.settle(id, k)
		}
	}
}

// record returns what the records of a tunnel say. It has no user of its own:
// User-Name is the name by which the LNS knows us.
func (b *tunnelBooks) record(ev *trunk.TunnelEvent) acct.Record {
	rec := acct.Record{
		Session:   fmt.Sprintf("%08xt%04x%08x", b.srv.boot, uint16(ev.ID), uint32(ev.At.Unix())),
		EventTime: ev.At, Tunnel: b.srv.acctTunnel(&ev.LNS),
	}
	if ev.Local.IsValid() {
		rec.Tunnel.Client = ev.Local.String()
	}
	rec.Tunnel.Connection = fmt.Sprint(uint16(ev.ID))
	rec.User = rec.Tunnel.ClientAuthID
	return rec
}

func (b *tunnelBooks) send(retailer string, rec acct.Record) {
	b.srv.now.Load().clients.accounts[retailer].send(retailer, rec)
}

// linked notes a call in a tunnel.
func (b *tunnelBooks) linked(id uint16) {
	if b.books.Load() == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if k := b.open[id]; k != nil {
		k.links++
	}
}

// unlinked takes the figures of a call that is over.
func (b *tunnelBooks) unlinked(id uint16, c *acct.Counters) {
	if b.books.Load() == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.open[id]
	if k == nil {
		return
	}
	k.links--
	k.sum.InOctets += c.InOctets
	k.sum.OutOctets += c.OutOctets
	k.sum.InPackets += c.InPackets
	k.sum.OutPackets += c.OutPackets
	b.settle(id, k)
}

// settle closes the book of a tunnel that is over. It is called under mu.
func (b *tunnelBooks) settle(id uint16, k *tunnelBook) {
	if k.down.IsZero() || k.links > 0 {
		return
	}
	delete(b.open, id)
	b.books.Add(-1)
	rec := k.record
	rec.Status, rec.EventTime, rec.TerminateCause = acct.TunnelStop, k.down, k.cause
	rec.SessionTime, rec.Counters = k.down.Sub(k.record.EventTime), k.sum
	b.send(k.retailer, rec)
}

// closeAll closes all books: the NAS is about to stop.
func (b *tunnelBooks) closeAll(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, k := range b.open {
		if k.down.IsZero() {
			k.down, k.cause = now, cause.Shutdown.Codes().AcctTerminate
		}
		k.links = 0
		b.settle(id, k)
	}
}

// rejected reports a call that an LNS refused in an open tunnel
// (Tunnel-Link-Reject).
func (sh *shard) rejected(now time.Time, sl *slot, ev *trunk.Event) {
	v := sl.session.View()
	if v.Owner == nil || !v.Owner.Accounting || !v.Owner.AcctTunnels || v.LNS == nil {
		return
	}
	rec := sh.record(now, sl, &v)
	rec.Status, rec.TerminateCause = acct.LinkReject, cause.CallFailed.Codes().AcctTerminate
	if ev.Cause != cause.LNSHangUp { // the LNS said more
		rec.TerminateCause = ev.Cause.Codes().AcctTerminate
	}
	rec.Tunnel.Connection = fmt.Sprintf("%d-%d", ev.Tunnel, ev.ID)
	if ev.Local.IsValid() {
		rec.Tunnel.Client = ev.Local.String()
	}
	sh.accountOf(sl, v.Retailer).send(v.Retailer, rec)
}
