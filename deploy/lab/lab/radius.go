package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lacd/radius/radiustest/freeradius"
)

// radiusSecret is shared by the LAC and FreeRADIUS.
const radiusSecret = "lab-radius-secret-0123456789"

// users is FreeRADIUS's users file: passwords, then what a realm gets. A reject
// repeats these items, which must not open a tunnel.
func users(sc *scene) string {
	var b strings.Builder
	for _, s := range sc.subscribers {
		if s.stored != "" {
			fmt.Fprintf(&b, "%s Cleartext-Password := %q\n\tFall-Through = Yes\n\n", s.user, s.stored)
		}
	}
	for _, r := range sc.realms {
		fmt.Fprintf(&b, "DEFAULT User-Name =~ \"@%s$\"", strings.ReplaceAll(r.name, ".", "[.]"))
		if r.password != "" {
			fmt.Fprintf(&b, ", Cleartext-Password := %q", r.password)
		}
		var items []string
		for i, t := range r.tunnels {
			for _, item := range t.attributes() {
				name, value, _ := strings.Cut(item, " ")
				items = append(items, fmt.Sprintf("%s:%d += %s", name, i+1, value))
			}
		}
		if r.class != "" {
			items = append(items, fmt.Sprintf("Class += %q", r.class))
		}
		b.WriteString("\n\t" + strings.Join(items, ",\n\t") + "\n\n")
	}
	return b.String()
}

// attributes are a tunnel's, each a name and a value.
func (t tunnel) attributes() []string {
	all := []string{
		"Tunnel-Type " + cmp.Or(t.kind, "L2TP"), "Tunnel-Medium-Type IPv4", fmt.Sprintf("Tunnel-Server-Endpoint %q", t.lns.addr),
		fmt.Sprintf("Tunnel-Preference %d", t.preference),
	}
	if t.secret != "" {
		all = append(all, fmt.Sprintf("Tunnel-Password %q", t.secret))
	}
	if t.assignment != "" {
		all = append(all, fmt.Sprintf("Tunnel-Assignment-Id %q", t.assignment))
	}
	return all
}

// detailOf is the file of the i-th server's accounting records, from 0.
func (l *Lab) detailOf(i int) string {
	if i == 0 {
		return filepath.Join(l.dir, "raddb", "detail")
	}
	return filepath.Join(l.dir, fmt.Sprintf("raddb%d", i+1), fmt.Sprintf("detail%d", i+1))
}

// startRADIUS writes the private raddb of the i-th server, from 0, and starts
// FreeRADIUS on it. What it was told earlier stays.
func (l *Lab) startRADIUS(ctx context.Context, i int) error {
	dir := filepath.Dir(l.detailOf(i))
	c := freeradius.Config{
		Dir: dir, Addr: radiusAddrOf(i), Auth: 1812, Acct: 1813, Client: lacAddr, Secret: radiusSecret,
		Users: users(&l.scene), Detail: l.detailOf(i), Log: true,
	}
	if err := c.Write(); err != nil {
		return fmt.Errorf("write raddb: %w", err)
	}
	p, err := l.start(strings.Replace(filepath.Base(dir), "raddb", "freeradius", 1), nsRADIUS, c.Command()...)
	if err != nil {
		return err
	}
	for len(l.radius) <= i {
		l.radius = append(l.radius, nil)
	}
	l.radius[i] = p
	return p.await(ctx, freeradius.Ready, startLimit)
}

// probeRADIUS asks FreeRADIUS for a subscriber from the LAC's address, without
// lacd: a lab that is broken must not be taken for a gateway that is.
func (l *Lab) probeRADIUS(ctx context.Context, s *Subscriber) error {
	request := filepath.Join(l.dir, "probe")
	text := fmt.Sprintf("User-Name = %q\nUser-Password = %q\nMessage-Authenticator = 0x00\n", s.user, s.stored)
	if err := os.WriteFile(request, []byte(text), 0o600); err != nil {
		return err
	}
	out, err := l.run(ctx, nsLAC, "radclient", "-x", "-r", "2", "-t", "5", "-f", request, radiusAddr+":1812", "auth", radiusSecret)
	if err != nil {
		return err
	}
	for _, want := range []string{"Access-Accept", "Message-Authenticator", "Tunnel-Server-Endpoint", l.lnses[0].addr} {
		if !strings.Contains(out, want) {
			return fmt.Errorf("the answer has no %s:\n%s", want, out)
		}
	}
	return nil
}

// record is one accounting request as FreeRADIUS wrote it down.
type record map[string]string

// accounting reads what all servers have been told, one server after the other.
func (l *Lab) accounting() ([]record, error) {
	var all []record
	for i := range max(1, l.radii) {
		told, err := l.toldTo(i)
		if err != nil {
			return nil, err
		}
		all = append(all, told...)
	}
	return all, nil
}

// toldTo reads what the i-th server has been told, from 0.
func (l *Lab) toldTo(i int) ([]record, error) {
	text, err := os.ReadFile(l.detailOf(i))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return parseDetail(string(text)), nil
}

// parseDetail reads FreeRADIUS's detail format: records end with an empty line,
// attributes are indented.
func parseDetail(text string) []record {
	var all []record
	for block := range strings.SplitSeq(text, "\n\n") {
		r := make(record)
		for line := range strings.Lines(block) {
			name, value, ok := strings.Cut(strings.TrimSpace(line), " = ")
			if ok && strings.HasPrefix(line, "\t") {
				r[name] = strings.Trim(value, `"`)
			}
		}
		if len(r) > 0 {
			all = append(all, r)
		}
	}
	return all
}
