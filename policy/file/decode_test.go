package file

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lacd/policy"
)

// compare treats addresses as values and leaves out the policy's index.
var compare = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
	cmpopts.IgnoreUnexported(policy.Policy{}),
}

const smallest = `
access "eth1" {}
retailer "acme" {
  realms = ["ACME.example"]
  lns "lns1" { address = "192.0.2.1" }
}
`

func TestDefaults(t *testing.T) {
	got, err := parseFake("lacd.hcl", smallest)
	if err != nil {
		t.Fatal(err)
	}
	want := &File{
		Node: Node{
			Name: "host1", AdminSocket: "/run/lacd/admin.sock", StateDir: "/var/lib/lacd", MaxRecords: 100_000,
			LogFormat: "text", LogLevel: "info",
			MaxHalfOpen: 8192, MaxRADIUS: 4096, MaxCallDelay: 2 * time.Second, MaxBacklog: 4096,
		},
		Access: []Access{{
			Port: "eth1", ACName: "host1", Untagged: true, MaxSessions: 65534, Duplicate: "allow", AnswerUnknown: true,
			PADIRate: 160000, PADIRatePerMAC: 20, PADRRate: 20000, PADRRatePerMAC: 20,
		}},
		Core: Core{MTU: 1500, Dataplane: "auto"},
		PPP: PPP{
			MRU: 1492, Auth: []string{"chap", "pap"}, RestartTimer: 3 * time.Second,
			AuthTimeout: 30 * time.Second, EchoInterval: 10 * time.Second, EchoFailures: 3,
		},
		L2TP: L2TP{
			HostName: "host1", Window: 512, Hello: time.Minute, Retries: 5, Resend: time.Second,
			ResendMax: 8 * time.Second, AnswerTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxTunnels: 4,
		},
		Policy: &policy.Policy{
			Name: "host1", Node: "host1", Handling: &policy.Handling{Lockouts: policy.DefaultLockouts()},
			Retailers: []policy.Retailer{{
				Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRealm,
				LNS: []policy.LNS{{Name: "lns1", Peer: netip.MustParseAddrPort("192.0.2.1:1701"), Weight: 1}},
			}},
		},
		Warnings: []string{
			"lacd.hcl:5: MRU 1492 + 38 = 1530 > core mtu 1500: full-size packets to lns1 of acme are fragmented\n" +
				`  hint: raise mtu in core to 1530 if the network carries that, or lower mru in ppp to 1462 or "auto"`,
		},
	}
	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEveryValueArrives(t *testing.T) {
	got, err := parseFake("lacd.hcl", `
node {
  name = "lac1"
  admin_socket = "/run/lac.sock"
  state_dir = "/var/lib/lac"
  max_accounting_records = 1000
  metrics = "[::1]:9101"
  log_format = "json"
  log_level = "debug"
  max_half_open = 100
  max_radius_waiting = 50
  max_call_delay = "1s"
  max_backlog = 200
}
access "eth1" {
  ac_name = "ac1"
  service_names = ["internet", "voice"]
  max_sessions = 100
  max_sessions_per_mac = 2
  max_sessions_per_vlan = 3
  duplicate = "replace"
  padi_rate = 1000
  padi_rate_per_mac = 0
  padr_rate = 500
  padr_rate_per_mac = 5
  answer_unknown = false
  untagged = true
  vlan "100-199" {
    tpid = "88a8"
    inner = "2-4094"
  }
  vlan "100" {}
}
access "eth2" {
  max_sessions_per_line = 4
  vlan "7" {}
}
core {
  local = ["198.51.100.10", "2001:db8::10"]
  mtu = 1600
  dataplane = "none"
}
ppp {
  mru = 1500
  auth = ["pap"]
  multilink = true
  restart_timer = "1s"
  auth_timeout = "20s"
  echo_interval = "5s"
  echo_failures = 4
}
l2tp {
  host_name = "lac"
  window = 64
  hello = "30s"
  retries = 3
  resend = "500ms"
  resend_max = "2s"
  answer_timeout = "4s"
  idle_timeout = "2m"
  max_tunnels = 2
  lockout = { timeout = "30s", cdn_2_7 = "5s" }
  give_up_after = ["cdn_6"]
  moved_peer = "reject"
}
radius "rad1" {
  auth = "203.0.113.1"
  acct = "[2001:db8::1]:11813"
  secret = "0123456789abcdef"
  timeout = "1s"
  tries = 2
  require_message_authenticator = false
  priority = 5
  weight = 7
  probe = "status-server"
  dead_after = 2
  dead_time = "30s"
}
radius "rad2" {
  acct = "203.0.113.2"
  secret_env = "LACD_RADSEC_SECRET"
  priority = 5
  source = "198.51.100.10"
}
retailer "acme" {
  realms = ["acme.example"]
  authorize = "radius"
  radius = ["rad1", "rad2"]
  interim_interval = "5m"
  max_sessions = 1000
  lns "lns1" {
    address = "192.0.2.1:11701"
    local = "198.51.100.10"
    secret_file = "acme.secret"
    host_name = "wholesale"
    peer_name = "peer"
    assignment = "a"
    preference = 7
    weight = 3
    max_sessions = 300
    max_sessions_per_tunnel = 100
    max_setups_per_second = 10
    lockout = { timeout = "5m" }
    proxy_lcp = false
    proxy_auth = false
    replay_auth = false
  }
}
default { retailer = "acme" }
`)
	if err != nil {
		t.Fatal(err)
	}
	local := []netip.Addr{netip.MustParseAddr("198.51.100.10"), netip.MustParseAddr("2001:db8::10")}
	common := policy.Handling{Lockouts: policy.DefaultLockouts(), Moved: policy.MovedReject}
	common.GiveUp = common.GiveUp.With(policy.CallInvalid)
	common.Lockouts[policy.NoAnswer], common.Lockouts[policy.CallTryAnother] = 30*time.Second, 5*time.Second
	own := common
	own.Lockouts[policy.NoAnswer] = 5 * time.Minute
	want := &File{
		Node: Node{
			"lac1", "/run/lac.sock", "/var/lib/lac", netip.MustParseAddrPort("[::1]:9101"), "json", "debug",
			100, 50, time.Second, 200, 1000,
		},
		Access: []Access{{
			Port: "eth1", ACName: "ac1", ServiceNames: []string{"internet", "voice"},
			Untagged: true, VLANs: []VLANs{{0x88a8, IDs{100, 199}, IDs{2, 4094}}, {0x8100, IDs{100, 100}, IDs{}}},
			MaxSessions: 100, MaxSessionsPerMAC: 2, MaxSessionsPerVLAN: 3, Duplicate: "replace",
			PADIRate: 1000, PADRRate: 500, PADRRatePerMAC: 5,
		}, {
			Port: "eth2", ACName: "lac1", VLANs: []VLANs{{0x8100, IDs{7, 7}, IDs{}}},
			MaxSessions: 65534, MaxSessionsPerLine: 4, Duplicate: "allow", AnswerUnknown: true,
			PADIRate: 160000, PADIRatePerMAC: 20, PADRRate: 20000, PADRRatePerMAC: 20,
		}},
		Core: Core{Local: local, MTU: 1600, Dataplane: "none"},
		PPP:  PPP{1500, []string{"pap"}, true, time.Second, 20 * time.Second, 5 * time.Second, 4},
		L2TP: L2TP{"lac", 64, 30 * time.Second, 3, 500 * time.Millisecond, 2 * time.Second, 4 * time.Second, 2 * time.Minute, 2},
		RADIUS: []RADIUS{{
			Name: "rad1", Auth: netip.MustParseAddrPort("203.0.113.1:1812"),
			Acct:   netip.MustParseAddrPort("[2001:db8::1]:11813"),
			Secret: "0123456789abcdef", Timeout: time.Second, Tries: 2,
			Priority: 5, Weight: 7, Probe: "status-server", DeadAfter: 2, DeadTime: 30 * time.Second,
		}, {
			Name: "rad2", Acct: netip.MustParseAddrPort("203.0.113.2:1813"), Secret: "0123456789abcdef0123456789abcdef",
			Timeout: 2 * time.Second, Tries: 3, RequireMessageAuthenticator: true, Priority: 5, Weight: 1,
			Probe: "request", DeadAfter: 3, DeadTime: time.Minute, Source: local[0],
		}},
		Policy: &policy.Policy{
			Name: "lac1", Node: "lac", Local: local, Default: policy.Default{Retailer: "acme"}, Handling: &common,
			Retailers: []policy.Retailer{{
				Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRADIUS,
				RADIUS: []string{"rad1", "rad2"}, Accounting: true, InterimInterval: 5 * time.Minute,
				MaxSessions: 1000,
				LNS: []policy.LNS{{
					Name: "lns1", Peer: netip.MustParseAddrPort("192.0.2.1:11701"), Local: local[0],
					Host: "wholesale", PeerHost: "peer", Secret: "0123456789abcdef0123456789abcdef",
					Assignment: "a", Preference: 7, Weight: 3, Handling: &own,
					Limits:     policy.Limits{Sessions: 300, TunnelSessions: 100, Setups: 10},
					NoProxyLCP: true, NoProxyAuth: true, NoReplayAuth: true,
				}},
			}},
		},
		Warnings: []string{},
	}
	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The loaded policy routes: its index is built.
func TestPolicyRoutes(t *testing.T) {
	f, err := parseFake("lacd.hcl", smallest)
	if err != nil {
		t.Fatal(err)
	}
	r := f.Policy.Route(policy.Subscriber{User: "bob@Acme.Example"})
	if r.Retailer == nil || r.Retailer.Name != "acme" {
		t.Errorf("got route %+v, want retailer acme", r)
	}
}

func TestErrorsAreEach(t *testing.T) {
	_, err := parseFake("x.hcl", "node {\n  a = 1\n  b = 2\n}\n"+smallest)
	var one *Error
	if !errors.As(err, &one) || one.File != "x.hcl" || one.Line != 2 || one.Message != `unknown key "a" in node` {
		t.Errorf("got first error %+v", one)
	}
	var all Errors
	if !errors.As(err, &all) || len(all) != 2 {
		t.Errorf("got errors %v, want 2", all)
	}
}

func TestHostWithoutName(t *testing.T) {
	sys := fakeSystem()
	sys.hostname = func() (string, error) { return "", errors.New("no name") }
	f, d := decode("lacd.hcl", []byte(smallest), sys)
	_, err := d.result(f)
	want := "lacd.hcl:1: the node has no name, and neither has the host\n  hint: write node { name = \"...\" }"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func BenchmarkParse(b *testing.B) {
	src := []byte(smallest)
	for b.Loop() {
		if f, d := decode("lacd.hcl", src, fakeSystem()); f == nil {
			b.Fatal(d.errs)
		}
	}
}
