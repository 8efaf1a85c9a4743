// Package nodata is a data plane without data: the control plane runs in
// full, and no frame is carried. It serves to try a configuration, and to
// test the control plane where the kernel has no PPP.
package nodata

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"

	"lacd/kernel"
)

// Plane logs what it is asked for, and does nothing.
type Plane struct{ log *slog.Logger }

var _ kernel.Dataplane = (*Plane)(nil)

// New returns a Plane that logs to log.
func New(log *slog.Logger) *Plane { return &Plane{log} }

// AddTunnel implements kernel.Dataplane.
func (p *Plane) AddTunnel(_ context.Context, t kernel.Tunnel) error {
	p.log.Debug("no data plane: add tunnel", "tunnel", t.ID, "peer_tunnel", t.PeerID, "local", t.Local, "peer", t.Peer)
	return nil
}

// RemoveTunnel implements kernel.Dataplane.
func (p *Plane) RemoveTunnel(_ context.Context, id kernel.TunnelID) error {
	p.log.Debug("no data plane: remove tunnel", "tunnel", id)
	return nil
}

// AddBridge implements kernel.Dataplane.
func (p *Plane) AddBridge(_ context.Context, b kernel.Bridge) error {
	p.log.Debug("no data plane: add bridge", "bridge", uint64(b.ID), "port", b.Port, "vlans", vlans(b.VLANs),
		"mac", net.HardwareAddr(b.MAC[:]).String(), "pppoe", b.PPPoE, "tunnel", b.Tunnel, "call", b.Session,
		"peer_call", b.PeerSession, "mtu", b.MTU, "sequencing", b.Sequencing)
	return nil
}

// vlans writes tags as "8100:100 8100:200", outermost first.
func vlans(tags [2]kernel.VLAN) string {
	var words []string
	for _, v := range tags {
		if v != (kernel.VLAN{}) {
			words = append(words, fmt.Sprintf("%04x:%d", v.TPID, v.ID))
		}
	}
	return strings.Join(words, " ")
}

// RemoveBridge implements kernel.Dataplane.
func (p *Plane) RemoveBridge(_ context.Context, id kernel.BridgeID) (kernel.Counters, error) {
	p.log.Debug("no data plane: remove bridge", "bridge", uint64(id))
	return kernel.Counters{}, nil
}

// AppendCounters implements kernel.Dataplane.
func (p *Plane) AppendCounters(dst []kernel.Counters) ([]kernel.Counters, error) { return dst, nil }

// Reset implements kernel.Dataplane.
func (p *Plane) Reset(context.Context) error { return nil }

// Close implements kernel.Dataplane.
func (p *Plane) Close() error { return nil }
