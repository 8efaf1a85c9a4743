package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// xl2tpd is the configuration of an LNS. With a challenge it checks the tunnel
// secret and can decrypt hidden AVPs; without a secret it can do neither.
const xl2tpd = `[global]
port = 1701
listen-addr = @ADDR@
access control = no
auth file = @DIR@/secrets

[lns default]
name = @NAME@
hostname = @NAME@
ip range = @POOL@
local ip = @INSIDE@
challenge = @CHALLENGE@
require authentication = yes
length bit = yes
pppoptfile = @DIR@/options
`

// lnsOptions is pppd's side of it. The LNS authenticates anew whatever the LAC
// says, by CHAP or, where the subscriber refuses that, by PAP.
const lnsOptions = `name @NAME@
auth
require-chap
require-pap
noccp
novj
nobsdcomp
nodeflate
noipv6
mtu 1492
mru 1492
lcp-restart 1
lcp-echo-interval @ECHO@
lcp-echo-failure @ECHOES@
debug
logfile @LOG@
ip-up-script /bin/true
ip-down-script /bin/true
`

// startLNS starts one LNS. Its /etc/ppp is private to its namespace: ip netns
// mounts /etc/netns/NAME/ppp over it.
func (l *Lab) startLNS(ctx context.Context, n LNS) error {
	if n.light {
		return l.startSimLNS(ctx, n)
	}
	dir := filepath.Join(l.dir, n.name)
	ppp := filepath.Join("/etc/netns", n.name, "ppp")
	challenge, tunnels := "yes", "* * "+n.secret+"\n"
	if n.secret == "" {
		challenge, tunnels = "no", ""
	}
	echo, echoes := "10", "6"
	if l.quickEcho {
		echo, echoes = "2", "5"
	}
	fill := strings.NewReplacer("@ADDR@", n.addr, "@NAME@", n.name, "@POOL@", n.pool, "@INSIDE@", n.inside, "@DIR@", dir,
		"@LOG@", filepath.Join(l.dir, n.name+"-pppd.log"), "@CHALLENGE@", challenge, "@ECHO@", echo, "@ECHOES@", echoes)
	var secrets strings.Builder
	for _, s := range l.subscribers {
		if s.good() { // it may land on any LNS
			fmt.Fprintf(&secrets, "%q * %q *\n", s.user, s.password)
		}
	}
	err := errors.Join(
		os.MkdirAll(dir, 0o755), os.MkdirAll(ppp, 0o755), os.MkdirAll("/run/xl2tpd", 0o755),
		os.WriteFile(filepath.Join(dir, "conf"), []byte(fill.Replace(xl2tpd)), 0o600),
		os.WriteFile(filepath.Join(dir, "secrets"), []byte(tunnels), 0o600),
		os.WriteFile(filepath.Join(dir, "options"), []byte(fill.Replace(lnsOptions)), 0o600),
		os.WriteFile(filepath.Join(ppp, "options"), nil, 0o600),
		os.WriteFile(filepath.Join(ppp, "pap-secrets"), []byte(secrets.String()), 0o600),
		os.WriteFile(filepath.Join(ppp, "chap-secrets"), []byte(secrets.String()), 0o600),
	)
	if err != nil {
		return fmt.Errorf("configure %s: %w", n.name, err)
	}
	p, err := l.start(n.name, n.name, "xl2tpd", "-D", "-c", filepath.Join(dir, "conf"), "-s", filepath.Join(dir, "secrets"),
		"-p", filepath.Join(dir, "pid"), "-C", filepath.Join(dir, "control"))
	if err != nil {
		return err
	}
	return p.await(ctx, "Listening on IP address "+n.addr, startLimit)
}

// ghosts names the PPP interfaces of an LNS: one per subscriber it believes to
// have.
func ghosts(ns string) ([]string, error) {
	text, err := kernelText(ns)
	return pppEntry.FindAllString(text, -1), err
}

var pppEntry = regexp.MustCompile(`(?m)^\d+: ppp\d+`)

// lnsPPPD finds the pppd that an LNS runs for the subscriber with this address.
func lnsPPPD(addr string) (pid int, err error) {
	want := ":" + addr
	for p, args := range processes() {
		if filepath.Base(args[0]) != "pppd" {
			continue
		}
		for _, arg := range args {
			if strings.HasSuffix(arg, want) {
				return p, nil
			}
		}
	}
	return 0, fmt.Errorf("no LNS runs a pppd for %s", addr)
}
