package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"lacd/radius/radiustest"
)

// radiusSecret is shared by the gateway and the servers, which know all
// subscribers by lacsim's password.
const (
	radiusSecret   = "a secret of the bench and its gateway"
	clientPassword = "lacsim"
)

// serveRADIUS is the command's other life: it answers at an address of the
// namespace that it was started in, until it is ended.
func serveRADIUS(ctx context.Context, address string) error {
	s := radiustest.New(radiusSecret)
	s.SetUser("", radiustest.User{Password: clientPassword})
	s.SetKnobs(radiustest.Knobs{Forgetful: true})
	var lc net.ListenConfig
	done := make(chan error, 2)
	for _, port := range []string{"1812", "1813"} {
		pc, err := lc.ListenPacket(ctx, "udp", net.JoinHostPort(address, port))
		if err != nil {
			return err
		}
		defer context.AfterFunc(ctx, func() { _ = pc.Close() })() // it ends the loop
		_ = pc.(*net.UDPConn).SetReadBuffer(8 << 20)              // what the system grants has to do
		go func() { done <- answer(s, pc) }()
	}
	fmt.Println("ready")
	if err := errors.Join(<-done, <-done); ctx.Err() == nil {
		return err
	}
	return nil
}

func answer(s *radiustest.Server, pc net.PacketConn) error {
	buf := make([]byte, 4096)
	for {
		n, from, err := pc.ReadFrom(buf)
		if err != nil {
			return err
		}
		replies, _ := s.Handle(from.String(), buf[:n])
		for _, r := range replies {
			_, _ = pc.WriteTo(r, from) // lost, as datagrams may be
		}
	}
}

// radiusd is FreeRADIUS's configuration: everybody is let in, accounting is taken
// and forgotten. One setting per line: the parser takes no more.
const radiusd = `
prefix = /usr
name = freeradius
libdir = /usr/lib/freeradius
run_dir = @DIR@
pidfile = @DIR@/pid
max_requests = 65536
log {
	destination = stdout
	auth = no
}
security {
	reject_delay = 0
}
thread pool {
	start_servers = 2
	max_servers = 4
	min_spare_servers = 1
	max_spare_servers = 4
}
client lac {
	ipaddr = @LAC@
	secret = "@SECRET@"
	require_message_authenticator = yes
}
modules {
	files {
		usersfile = @DIR@/users
	}
	pap {
	}
	chap {
	}
	always ok {
		rcode = ok
	}
}
server bench {
	listen {
		type = auth
		ipaddr = @ADDR@
		port = 1812
	}
	listen {
		type = acct
		ipaddr = @ADDR@
		port = 1813
	}
	authorize {
		update reply {
			Message-Authenticator := 0x00
		}
		chap
		files
		pap
	}
	authenticate {
		Auth-Type PAP {
			pap
		}
		Auth-Type CHAP {
			chap
		}
	}
	accounting {
		ok
	}
}
`

// startRADIUS starts a server on the other side, the real one or the one in
// memory, and waits until it serves.
func (w *world) startRADIUS(ctx context.Context, free bool) error {
	log := filepath.Join(w.dir, "radius.log")
	out, err := os.Create(log)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }() // the server has its own
	args, ready := []string{w.bench.self, "radius", radiusAddr}, "ready"
	if free {
		dir := filepath.Join(w.dir, "raddb")
		if err := writeRaddb(dir); err != nil {
			return err
		}
		args, ready = []string{"freeradius", "-f", "-l", "stdout", "-d", dir}, "Ready to process requests"
	}
	args = inside(w.other, args...)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	p, err := start(ctx, "RADIUS server", cmd)
	if err != nil {
		return err
	}
	w.others = append(w.others, p)
	return until(ctx, 30*time.Second, func() (bool, error) {
		text, err := os.ReadFile(log)
		if err == nil && p.ended() {
			err = fmt.Errorf("%s: %w: %s", p.name, p.err, lastLines(string(text), 5))
		}
		return strings.Contains(string(text), ready), err
	})
}

func writeRaddb(dir string) error {
	conf := strings.NewReplacer("@DIR@", dir, "@LAC@", gatewayAddr, "@ADDR@", radiusAddr, "@SECRET@", radiusSecret).Replace(radiusd)
	users := fmt.Sprintf("DEFAULT Cleartext-Password := %q\n", clientPassword)
	return errors.Join(
		os.MkdirAll(dir, 0o700),
		os.WriteFile(filepath.Join(dir, "radiusd.conf"), []byte(conf), 0o600),
		os.WriteFile(filepath.Join(dir, "users"), []byte(users), 0o600),
		os.WriteFile(filepath.Join(dir, "dictionary"), nil, 0o600),
	)
}
