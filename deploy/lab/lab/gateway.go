package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lacd/lac/admin"
)

// demoConfig is lacd's in the demonstration: both retailers ask RADIUS, which names their LNS. alpha's
// tunnel secret comes from RADIUS as well, beta's from here.
const demoConfig = `node {
  name         = "lac.lab"
  admin_socket = "@SOCKET@"
  state_dir    = "@DIR@/state"
  log_level    = "debug"
}

access "eth1" {}

access "eth2" {
  service_names = ["internet"]
}

core {
  local     = ["@LAC@"]
  dataplane = "@DATAPLANE@"
}

radius "freeradius" {
  auth   = "@RADIUS@"
  acct   = "@RADIUS@"
  secret = "@SECRET@"
}

retailer "alpha" {
  realms           = ["alpha.example"]
  radius           = ["freeradius"]
  interim_interval = "60s"
}

retailer "beta" {
  realms = ["beta.example"]
  radius = ["freeradius"]

  lns "lns2" {
    address = "@LNS2@"
    secret  = "@LNS2SECRET@"
  }
}

default {
  refuse = true
}
`

// plainConfig is lacd's where every realm asks RADIUS and RADIUS names the LNSes,
// for a scene that has its ports and realms already. With quickHello an LNS that
// falls silent is given up within 13 s: 5 s until HELLO, then 0.5, 1, 2 and 4 s for
// its answers. Everything else is given the time it takes on a busy machine.
func plainConfig(sc *scene) string {
	var b strings.Builder
	b.WriteString(`node {
  name         = "lac.lab"
  admin_socket = "@SOCKET@"
  state_dir    = "@DIR@/state"
  log_level    = "debug"

  max_call_delay = "29s"
}

`)
	for _, port := range sc.ports {
		fmt.Fprintf(&b, "access %q {}\n", port)
	}
	hello := ""
	if sc.quickHello {
		hello = "  hello          = \"5s\"\n  resend         = \"500ms\"\n  retries        = 3\n"
	}
	b.WriteString(`
core {
  local     = ["@LAC@"]
  dataplane = "@DATAPLANE@"
}

l2tp {
` + hello + `  answer_timeout = "30s"
  lockout        = { timeout = "30s" }
}

radius "freeradius" {
  auth    = "@RADIUS@"
  acct    = "@RADIUS@"
  secret  = "@SECRET@"
  timeout = "10s"
}
`)
	for _, r := range sc.realms {
		name, _, _ := strings.Cut(r.name, ".")
		fmt.Fprintf(&b, "\nretailer %q {\n  realms = [%q]\n  radius = [\"freeradius\"]\n}\n", name, r.name)
	}
	return b.String()
}

// configText is lacd's configuration with its files below dir.
func (l *Lab) configText(dir string) string {
	l.socket = filepath.Join(dir, "admin.sock")
	return strings.NewReplacer("@DIR@", dir, "@SOCKET@", l.socket, "@LAC@", lacAddr, "@RADIUS@", radiusAddr, "@RADIUS2@", radiusAddrOf(1),
		"@COASECRET@", coaSecret,
		"@SECRET@", radiusSecret, "@LNS2@", lnsN(2).addr, "@LNS2SECRET@", lnsN(2).secret,
		"@DATAPLANE@", l.dataplane).Replace(l.config)
}

// startGateway starts lacd and waits until it answers lacctl.
func (l *Lab) startGateway(ctx context.Context) error {
	dir := filepath.Join(l.dir, "lacd")
	path, text := filepath.Join(dir, "lacd.hcl"), []byte(l.configText(dir))
	err := errors.Join(
		os.MkdirAll(filepath.Join(dir, "state"), 0o755),
		os.WriteFile(path, text, 0o600),
		os.WriteFile(filepath.Join(l.artifacts, "lacd.hcl"), text, 0o644),
	)
	if err != nil {
		return fmt.Errorf("configure lacd: %w", err)
	}
	l.lacd, err = l.start("lacd", l.lac, filepath.Join(l.bin, "lacd"), "-config", path)
	if err != nil {
		return err
	}
	return until(ctx, startLimit, func() error {
		if l.lacd.ended() {
			return final(l.lacd.lastWords())
		}
		_, err := l.status(ctx)
		return err
	})
}

// lacctl runs the operator's tool. A socket in the file system belongs to no
// network namespace.
func (l *Lab) lacctl(ctx context.Context, args ...string) (string, error) {
	return l.run(ctx, "", append([]string{filepath.Join(l.bin, "lacctl"), "-socket", l.socket}, args...)...)
}

// lacctlJSON runs lacctl -json and decodes what it prints.
func lacctlJSON[T any](ctx context.Context, l *Lab, args ...string) (T, error) {
	var v T
	out, err := l.lacctl(ctx, append([]string{"-json"}, args...)...)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		return v, fmt.Errorf("lacctl -json %s: %w in %s", strings.Join(args, " "), err, out)
	}
	return v, nil
}

func (l *Lab) status(ctx context.Context) (admin.Status, error) {
	return lacctlJSON[admin.Status](ctx, l, "show", "status")
}

func (l *Lab) sessions(ctx context.Context) ([]admin.Session, error) {
	return lacctlJSON[[]admin.Session](ctx, l, "show", "sessions")
}

func (l *Lab) session(ctx context.Context, user string) (admin.Session, error) {
	return lacctlJSON[admin.Session](ctx, l, "show", "session", user)
}

// awaitSessions waits until lacd has exactly these users up and nobody else.
func (l *Lab) awaitSessions(ctx context.Context, users ...string) error {
	return until(ctx, settleLimit, func() error {
		all, err := l.sessions(ctx)
		if err != nil {
			return final(err)
		}
		var got []string
		for _, s := range all {
			if s.State == "up" {
				got = append(got, s.User)
			} else {
				got = append(got, s.User+" ("+s.State+")")
			}
		}
		return sameSet(got, users)
	})
}

// stopGateway ends lacd as systemd would.
func (l *Lab) stopGateway() error {
	if err := l.lacd.stop(settleLimit); err != nil {
		return err
	}
	if l.lacd.err != nil {
		return fmt.Errorf("lacd: %w", l.lacd.err)
	}
	return nil
}
