package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
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
	vlans    []int  // tags, outermost first; two are of IEEE 802.1ad and 802.1Q
	echo     bool   // notices by LCP echo when the other side is gone
	persist  bool   // dials again whenever a session ends, and makes it the default route

	proc *Proc
	ups  int    // how often proc has come up
	addr string // that the LNS gave it last
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
		"pppd", "plugin", "rp-pppoe.so", "nic-" + s.device(), "user", s.user, "noauth", "nodetach", "mtu", "1492", "mru", "1492", "noccp", "novj", "noipv6", "noipdefault", "debug",
		"refuse-eap", "refuse-mschap", "refuse-mschap-v2", "lcp-restart", "3",
		"ip-up-script", "/bin/true", "ip-down-script", "/bin/true",
	}
	if s.persist {
		args = append(args, "persist", "maxfail", "0", "holdoff", "1", "defaultroute")
	} else {
		args = append(args, "nopersist", "maxfail", "1")
	}
	if s.echo {
		args = append(args, "lcp-echo-interval", "3", "lcp-echo-failure", "3")
	}
	if s.pap {
		args = append(args, "refuse-chap")
	}
	if s.service != "" {
		args = append(args, "rp_pppoe_service", s.service)
	}
	var err error
	s.ups = 0
	s.proc, err = l.start("pppd-"+s.ns, s.ns, args...)
	return err
}

// localAddr is how pppd says that IPCP is open.
var localAddr = regexp.MustCompile(`local  IP address (\S+)`)

// awaitUp waits until the subscriber has an address, once more if it had one. A
// gateway that refuses for a while is asked again by those who persist.
func (s *Subscriber) awaitUp(ctx context.Context) error {
	if err := s.proc.awaitCount(ctx, "remote IP address", s.ups+1, upLimit); err != nil {
		return err
	}
	all := localAddr.FindAllStringSubmatch(s.proc.output(), -1)
	if len(all) == 0 {
		return fmt.Errorf("%s has no address", s.user)
	}
	s.ups, s.addr = len(all), all[len(all)-1][1]
	return nil
}

// awaitRefused waits until the subscriber has been told that it may not come in.
func (s *Subscriber) awaitRefused(ctx context.Context) error {
	if err := s.proc.await(ctx, "authentication failed", upLimit); err != nil {
		return err
	}
	return s.proc.awaitEnd(quitLimit)
}

// awaitGone waits until the subscriber's pppd has noticed the end.
func (s *Subscriber) awaitGone() error { return s.proc.awaitEnd(quitLimit) }

// device is where the subscriber's PPPoE frames leave.
func (s *Subscriber) device() string {
	var name strings.Builder
	name.WriteString("eth0")
	for _, id := range s.vlans {
		name.WriteString("." + strconv.Itoa(id))
	}
	return name.String()
}

// tagging are commands of ip(8) that make the device of a tagged subscriber.
func (s *Subscriber) tagging() []string {
	var all []string
	below := "eth0"
	for i, id := range s.vlans {
		name, proto := below+"."+strconv.Itoa(id), "802.1Q"
		if i == 0 && len(s.vlans) == 2 {
			proto = "802.1ad"
		}
		all = append(all, fmt.Sprintf("link add link %s name %s type vlan proto %s id %d", below, name, proto, id),
			"link set "+name+" up")
		below = name
	}
	return all
}

// ping sends three echo requests through the tunnel.
func (l *Lab) ping(ctx context.Context, s *Subscriber) error {
	out, err := l.run(ctx, s.ns, "ping", "-n", "-c", "3", "-i", "0.2", "-W", "5", l.lns(s.lns).inside)
	if err != nil {
		return err
	}
	if !strings.Contains(out, " 0% packet loss") {
		return fmt.Errorf("%s: %s", s.user, lastLines(out, 3))
	}
	return nil
}
