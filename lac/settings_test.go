package lac

import (
	"maps"
	"net/netip"
	"strings"
	"testing"
	"time"

	"lacd/lac/lactest"
	"lacd/lac/trunk"
	"lacd/policy"
	"lacd/pppoe/ppp"
	"lacd/radius/client"
	"lacd/radius/radiustest"
)

// again returns a configuration like the rig's, changed.
func (r *rig) again(change func(*Config)) Config {
	cfg := r.srv.cfg
	cfg.RADIUS = map[string]client.Server{}
	maps.Copy(cfg.RADIUS, r.srv.cfg.RADIUS)
	change(&cfg)
	return cfg
}

// reload puts a changed configuration into force.
func (r *rig) reload(change func(*Config)) {
	r.t.Helper()
	if err := r.srv.Reload(r.again(change), nil); err != nil {
		r.t.Fatal(err)
	}
	settle()
}

// A session keeps the LNS it was given; the next one goes where the new
// configuration says, and one that no retailer serves any more is refused.
func TestReloadKeepsSessions(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS())}, func(t *testing.T, r *rig) {
		r.dial(2)
		r.wantLive("before", 2, 0)
		r.reload(func(c *Config) { c.Policy = realmPolicy(t, secondLNS()) })
		r.dial(1)
		r.wantLive("lns1 removed", 2, 1)
		after(time.Hour)
		r.wantLive("an hour later", 2, 1)
		if n := r.srv.live.Load(); n != 3 {
			t.Errorf("%d sessions, want 3", n)
		}
		r.reload(func(c *Config) {
			c.Policy = mustPolicy(t, policy.Policy{Retailers: []policy.Retailer{{
				Name: "globex", Realms: []string{"globex.example"}, Authorize: policy.ByRealm, LNS: []policy.LNS{secondLNS()},
			}}})
		})
		r.dial(1)
		after(time.Minute)
		r.wantLive("acme removed", 2, 1)
		acme := r.retailers()["acme"]
		if !acme.Removed || acme.Sessions != 3 {
			t.Errorf("acme is %+v, want it removed, with 3 sessions", acme)
		}
	})
}

// Lockouts and drains belong to the LNS, which is still the same.
func TestReloadKeepsTheStateOfLNSes(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS(), secondLNS())}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{Silent: true})
		r.srv.trunk.Drain(netip.MustParseAddrPort(lns2Addr))
		r.dial(1)
		after(10 * time.Second)
		r.reload(func(c *Config) {
			c.Policy = realmPolicy(t, firstLNS(func(l *policy.LNS) { l.Weight = 7 }), secondLNS())
		})
		got := r.states()
		if !strings.HasPrefix(got["acme/lns1"], "locked") || !strings.HasPrefix(got["acme/lns2"], "draining") {
			t.Errorf("states %v, want lns1 locked and lns2 draining", got)
		}
	})
}

// A list of servers that changed is asked at once, and what the old ones were
// asked they answer; a record that waits for them is not lost.
func TestReloadReplacesServers(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		r.backup.SetUser("alice@acme.example", radiustest.User{
			Password: "secret", Reply: []radiustest.Attribute{tunnelTo(0, "192.0.2.12", "", 0)},
		})
		r.dial(1)
		r.wantLive("before", 1, 0)

		// One subscriber waits for the old server, and its accounting record will.
		r.radius.SetKnobs(radiustest.Knobs{Delay: time.Second})
		r.dial(1)
		r.reload(func(c *Config) {
			c.Policy = mustPolicy(t, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{{
				Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRADIUS, RADIUS: []string{"r2"}, Accounting: true,
			}}})
		})
		r.dial(1)
		r.wantLive("the new server is asked", 1, 1)
		after(2 * time.Second)
		r.wantLive("the old server has answered", 2, 1)

		if n := len(r.srv.authorities.all()); n != 2 {
			t.Errorf("%d clients, want the old one for the sessions that began with it, and the new one", n)
		}
		r.srv.disconnect(named("alice@acme.example"))
		after(5 * time.Second)
		starts, stops := 0, 0
		for _, rec := range append(r.records(r.radius), r.records(r.backup)...) {
			switch rec {
			case "start":
				starts++
			case "interim":
			default:
				stops++
			}
		}
		if starts != 3 || stops != 3 {
			t.Errorf("%d starts and %d stops, want 3 of each", starts, stops)
		}
		after(2 * retireEvery)
		if n := len(r.srv.authorities.all()); n != 1 {
			t.Errorf("%d clients when nobody needs the old one, want 1", n)
		}
	})
}

// A record that no server of the old list takes stays with it until one does.
func TestReloadWithRecordsOutstanding(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		subs := r.dial(1)
		r.radius.SetKnobs(radiustest.Knobs{Silent: true})
		r.backup.SetKnobs(radiustest.Knobs{Silent: true})
		subs[0].HangUp()
		settle()
		r.reload(func(c *Config) {
			s := c.RADIUS["r1"]
			s.Timeout = time.Second
			c.RADIUS["r1"] = s
		})
		after(time.Minute)
		r.radius.SetKnobs(radiustest.Knobs{})
		r.radius.Forget()
		after(10 * time.Minute)
		stops := 0
		for _, rec := range r.records(r.radius) {
			if rec != "start" && rec != "interim" {
				stops++
			}
		}
		if stops == 0 {
			t.Error("the Stop record of before the reload is lost")
		}
		after(time.Minute)
		if n := len(r.srv.authorities.all()); n != 1 {
			t.Errorf("%d clients after the record was taken, want 1", n)
		}
	})
}

// What is refused changes nothing, and leaves nothing open.
func TestReloadRefused(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		before := r.srv.now.Load()
		cfg := r.again(func(c *Config) {
			p := func(name string, radius ...string) policy.Retailer {
				return policy.Retailer{Name: name, Realms: []string{name + ".example"}, Authorize: policy.ByRADIUS, RADIUS: radius}
			}
			c.Policy = mustPolicy(t, policy.Policy{Retailers: []policy.Retailer{p("acme", "r2"), p("globex", "r9")}})
		})
		if err := r.srv.Reload(cfg, nil); err == nil {
			t.Error("a server that is not configured is accepted")
		}
		if err := r.srv.Reload(r.again(func(c *Config) { c.Policy = nil }), nil); err == nil {
			t.Error("no policy is accepted")
		}
		if r.srv.now.Load() != before {
			t.Error("something changed")
		}
		r.dial(1)
		r.wantLive("after", 1, 0)
	})
}

// Limits, times of PPP and of tunnels, and the gate are those of the new
// configuration, for what begins from now on.
func TestReloadChangesSettings(t *testing.T) {
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS())}, func(t *testing.T, r *rig) {
		r.dial(1)
		cfg := r.again(func(c *Config) {
			c.PPP.Auth = []ppp.Protocol{ppp.PAP}
			c.CallTimeout = 17 * time.Second
			c.Gate.HalfOpen = 77
			c.Trunk = trunk.Config{MaxTunnels: 9, IdleTimeout: time.Minute}
		})
		if err := r.srv.Reload(cfg, map[string]int{"eth1": 2, "eth9": 1}); err != nil {
			t.Fatal(err)
		}
		r.dial(2)
		r.wantLive("of three two fit the port", 2, 0)
		if n := r.srv.gate.cfg.Load().HalfOpen; n != 77 {
			t.Errorf("gate opens for %d half-open sessions, want 77", n)
		}
		r.onShards(func(sh *shard) {
			for _, c := range sh.configs {
				if sh.made == r.srv.now.Load() && (c.CallTimeout != 17*time.Second || len(c.PPP.Auth) != 1) {
					t.Errorf("session settings %+v, want the new ones", c)
				}
			}
		})
		// The tunnel ends a minute after its last call, which it did not before.
		r.srv.disconnect(named("alice@acme.example"))
		after(30 * time.Second)
		if r.lns1.Tunnels() != 1 {
			t.Fatal("the tunnel is closed too early")
		}
		after(time.Minute)
		if n := r.lns1.Tunnels(); n != 0 {
			t.Errorf("%d tunnels, want the idle one closed", n)
		}
	})
}
