package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Subscriber is one PPPoE client.
type Subscriber struct {
	ns       string // namespace, and name in the report
	access   string // bridge
	mac      string
	user     string
	password string // that it uses
	stored   string // that RADIUS knows; "" if it knows none
	pap      bool   // refuses CHAP
	lns      string // where it must land; "" if nowhere
	service  string // PPPoE service name; "" takes any

	proc *Proc
	addr string // that the LNS gave it
}

// newSubscribers returns the cast: five that must come up over both access ports,
// both realms and both authentication protocols, and two that must not.
func newSubscribers() []*Subscriber {
	all := []*Subscriber{
		{access: "acc1", user: "alice@alpha.example", password: "alice-pw", stored: "alice-pw", lns: "lns1"},
		{access: "acc1", user: "bob@alpha.example", password: "bob-pw", stored: "bob-pw", pap: true, lns: "lns1"},
		{access: "acc1", user: "carol@beta.example", password: "carol-pw", stored: "carol-pw", lns: "lns2"},
		{access: "acc2", user: "dave@beta.example", password: "dave-pw", stored: "dave-pw", pap: true, lns: "lns2"},
		{access: "acc2", user: "erin@alpha.example", password: "erin-pw", stored: "erin-pw", lns: "lns1", service: "internet"},
		{access: "acc1", user: "mallory@alpha.example", password: "guessed", stored: "mallory-pw"},
		{access: "acc2", user: "nobody@nowhere.example", password: "nobody-pw"},
	}
	for i, s := range all {
		s.ns = "s" + strconv.Itoa(i+1)
		s.mac = fmt.Sprintf("02:00:00:00:01:%02x", i+1)
	}
	return all
}

// good reports whether the subscriber must come up.
func (s *Subscriber) good() bool { return s.lns != "" }

func (s *Subscriber) protocol() string {
	if s.pap {
		return "PAP"
	}
	return "CHAP"
}

// dial starts the subscriber's pppd.
func (l *Lab) dial(s *Subscriber) error {
	ppp := filepath.Join("/etc/netns", s.ns, "ppp")
	if err := os.MkdirAll(ppp, 0o755); err != nil {
		return err
	}
	secret := fmt.Appendf(nil, "%q * %q\n", s.user, s.password)
	for name, text := range map[string][]byte{"options": nil, "pap-secrets": secret, "chap-secrets": secret} {
		if err := os.WriteFile(filepath.Join(ppp, name), text, 0o600); err != nil {
			return err
		}
	}
	args := []string{
		"pppd", "plugin", "rp-pppoe.so", "nic-eth0", "user", s.user, "noauth", "nodetach", "nopersist",
		"maxfail", "1", "mtu", "1492", "mru", "1492", "noccp", "novj", "noipv6", "noipdefault", "debug",
		"refuse-eap", "refuse-mschap", "refuse-mschap-v2", "lcp-restart", "3",
		"ip-up-script", "/bin/true", "ip-down-script", "/bin/true",
	}
	if s.pap {
		args = append(args, "refuse-chap")
	}
	if s.service != "" {
		args = append(args, "rp_pppoe_service", s.service)
	}
	var err error
	s.proc, err = l.start("pppd-"+s.ns, s.ns, args...)
	return err
}

// localAddr is how pppd says that IPCP is open.
var localAddr = regexp.MustCompile(`local  IP address (\S+)`)

// awaitUp waits until the subscriber has an address.
func (s *Subscriber) awaitUp(ctx context.Context) error {
	if err := s.proc.await(ctx, "remote IP address", upLimit); err != nil {
		return err
	}
	m := localAddr.FindStringSubmatch(s.proc.output())
	if m == nil {
		return fmt.Errorf("%s has no address", s.user)
	}
	s.addr = m[1]
	return nil
}

// awaitRefused waits until the subscriber has been told that it may not come in.
func (s *Subscriber) awaitRefused(ctx context.Context) error {
	if err := s.proc.await(ctx, "authentication failed", upLimit); err != nil {
		return err
	}
	return s.proc.awaitEnd(15 * time.Second)
}

// awaitGone waits until the subscriber's pppd has noticed the end.
func (s *Subscriber) awaitGone() error { return s.proc.awaitEnd(15 * time.Second) }

// lnsOf returns the LNS the subscriber must land on.
func (s *Subscriber) lnsOf() LNS {
	for _, n := range lnses {
		if n.name == s.lns {
			return n
		}
	}
	return LNS{}
}

// ping sends three echo requests through the tunnel.
func (l *Lab) ping(ctx context.Context, s *Subscriber) error {
	out, err := l.run(ctx, s.ns, "ping", "-n", "-c", "3", "-i", "0.2", "-W", "5", s.lnsOf().inside)
	if err != nil {
		return err
	}
	if !strings.Contains(out, " 0% packet loss") {
		return fmt.Errorf("%s: %s", s.user, lastLines(out, 3))
	}
	return nil
}
