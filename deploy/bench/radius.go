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
	"lacd/radius/radiustest/freeradius"
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
		c := freeRADIUS(filepath.Join(w.dir, "raddb"))
		if err := c.Write(); err != nil {
			return err
		}
		args, ready = c.Command(), freeradius.Ready
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

// freeRADIUS lets everybody in, and takes accounting and forgets it.
func freeRADIUS(dir string) *freeradius.Config {
	return &freeradius.Config{
		Dir: dir, Addr: radiusAddr, Auth: 1812, Acct: 1813, Client: gatewayAddr, Secret: radiusSecret,
		Users: fmt.Sprintf("DEFAULT Cleartext-Password := %q\n", clientPassword),
	}
}
