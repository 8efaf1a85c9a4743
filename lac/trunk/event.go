package trunk

import (
	"net/netip"
	"time"

	"lacd/lac/cause"
	"lacd/lac/l2tp"
	"lacd/lac/tunnel"
	"lacd/policy"
)

// TunnelState is what has become of a tunnel.
type TunnelState uint8

// The states that others are told of.
const (
	TunnelUp      TunnelState = 1 + iota
	TunnelDown                // it was up
	TunnelRefused             // it never was: the LNS refused it, or did not answer
)

// TunnelEvent is what happened to a tunnel.
type TunnelEvent struct {
	State TunnelState
	At    time.Time
	ID    l2tp.TunnelID
	LNS   policy.LNS // for whose call it was opened
	Local netip.Addr
	Cause cause.Cause // not TunnelUp
}

// tell tells of the tunnel, once of each state.
func (t *Tunnel) tell(now time.Time, s TunnelState, why cause.Cause) {
	if t.told == s || s == TunnelDown && t.told != TunnelUp {
		return
	}
	t.told = s
	t.trunk.cfg.Tunnels(TunnelEvent{
		State: s, At: now, ID: t.id, LNS: t.lns, Local: t.sock.Local().Addr(), Cause: why,
	})
}

// tellDown tells of a tunnel that has ended. One that another takes the place of
// was never there.
func (t *Tunnel) tellDown(now time.Time, d *tunnel.Down, why cause.Cause) {
	switch {
	case d.Reason == tunnel.Yielded:
	case t.told == 0 && d.Reason == tunnel.Closed && !t.rejected:
		// We have given it up ourselves.
	case t.told == 0:
		if why == cause.TunnelShutdown {
			why = cause.CallFailed // service unavailable, not lost
		}
		t.tell(now, TunnelRefused, why)
	case d.Reason == tunnel.Closed && d.Result.Code == l2tp.StopGeneral:
		t.tell(now, TunnelDown, cause.IdleTimeout)
	case d.Reason == tunnel.Closed:
		t.tell(now, TunnelDown, cause.Shutdown)
	default:
		t.tell(now, TunnelDown, why)
	}
}
