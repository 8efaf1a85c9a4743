package lac

import (
	"net/netip"
	"os"
	"syscall"
	"testing"

	"lacd/lac/trunk"
	"lacd/policy"
	"lacd/radius/radiustest"
)

// homeNetwork is that of a host with one address.
type homeNetwork struct {
	trunk.Network
	home netip.Addr
}

func (n *homeNetwork) Dial(local, peer netip.AddrPort) (trunk.Socket, error) {
	if a := local.Addr(); a.IsValid() && a != n.home {
		return nil, os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)
	}
	return n.Network.Dial(local, peer)
}

// A Tunnel-Client-Endpoint is a wish, an address in the configuration an order.
func TestLocalAddressOfAnotherHost(t *testing.T) {
	home := func(c *Config) {
		c.Trunk.Network = &homeNetwork{c.Trunk.Network, netip.MustParseAddr("192.0.2.1")}
	}
	t.Run("RADIUS", func(t *testing.T) {
		inRig(t, rigOptions{change: home}, func(t *testing.T, r *rig) {
			tun := radiustest.L2TP(1, "192.0.2.11", "")
			tun.Client = "203.0.113.7"
			r.radius.SetUser(alice.User, radiustest.User{Password: alice.Password, Reply: []radiustest.Attribute{tun.Attribute()}})
			r.dial(3)
			r.wantLive("from another address", 3, 0)
			if n := r.lns1.Tunnels(); n != 1 {
				t.Errorf("%d tunnels, want 1", n)
			}
		})
	})
	t.Run("configuration", func(t *testing.T) {
		wrong := firstLNS(func(l *policy.LNS) { l.Local = netip.MustParseAddr("203.0.113.7") })
		inRig(t, rigOptions{change: home, policy: realmPolicy(t, wrong, secondLNS())}, func(t *testing.T, r *rig) {
			r.dial(3)
			r.wantLive("at the next LNS", 0, 3)
		})
	})
}
