package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"lacd/lac/lactest/load"
)

// Addresses in the core. The gateway is at the first.
const (
	gatewayAddr = "192.0.2.1"
	lns1Addr    = "192.0.2.11"
	lns2Addr    = "192.0.2.12"
	radiusAddr  = "192.0.2.21"
)

// world is a gateway in a network namespace of its own, with its access port acc0
// and its core core0 leading to another namespace: acc1, core1.
type world struct {
	bench          *bench
	dir            string
	gateway, other *process // hold the namespaces
	lacd           *process
	log            *tail
	others         []*process
}

// newWorld makes the namespaces and the cables between them.
func (b *bench) newWorld(ctx context.Context) (w *world, err error) {
	w = &world{bench: b}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.dir, err = os.MkdirTemp(b.dir, "world-"); err != nil {
		return w, err
	}
	if w.gateway, err = hold(ctx); err != nil {
		return w, err
	}
	if w.other, err = hold(ctx); err != nil {
		return w, err
	}
	text := ""
	for _, c := range []string{"acc", "core"} {
		text += fmt.Sprintf("link add %s0 netns %d type veth peer name %s1 netns %d\n", c, w.gateway.cmd.Process.Pid, c, w.other.cmd.Process.Pid)
	}
	if _, err = run(ctx, text, "ip", "-batch", "-"); err != nil {
		return w, err
	}
	up := "link set lo up\nlink set acc%[1]d up\nlink set core%[1]d up\n"
	if err = w.ip(ctx, w.gateway, fmt.Sprintf(up, 0)+"addr add "+gatewayAddr+"/24 dev core0\n"); err != nil {
		return w, err
	}
	text = fmt.Sprintf(up, 1)
	for _, a := range []string{lns1Addr, lns2Addr, radiusAddr} {
		text += "addr add " + a + "/24 dev core1\n"
	}
	if err = w.ip(ctx, w.other, text); err != nil {
		return w, err
	}
	// Until both ends are ready the kernel drops what is sent.
	return w, until(ctx, 5*time.Second, func() (bool, error) {
		out, err := run(ctx, "", inside(w.gateway, "ip", "-br", "link", "show", "up")...)
		return strings.Count(out, "LOWER_UP") == 3, err
	})
}

// hold starts a process that is a network namespace's only reason to exist.
func hold(ctx context.Context) (*process, error) {
	cmd := exec.Command("sleep", "infinity")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	return start(ctx, "holder of a network namespace", cmd)
}

// inside is the command line that runs a program in a namespace: nsenter becomes
// the program.
func inside(ns *process, args ...string) []string {
	return append([]string{"nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", ns.cmd.Process.Pid)}, args...)
}

func (w *world) ip(ctx context.Context, ns *process, batch string) error {
	_, err := run(ctx, batch, inside(ns, "ip", "-batch", "-")...)
	return err
}

// close ends everything, the gateway first.
func (w *world) close() error {
	var errs []error
	if w.lacd != nil {
		errs = append(errs, w.lacd.stop())
		if err := w.lacd.err; err != nil && w.bench.ctx.Err() == nil {
			errs = append(errs, fmt.Errorf("lacd: %w", err))
		}
		if w.log != nil {
			errs = append(errs, w.log.read())
			for _, c := range w.log.crashes() {
				errs = append(errs, fmt.Errorf("lacd said: %s", c))
			}
			_ = w.log.f.Close() // it was only read
		}
	}
	for _, p := range append(w.others, w.gateway, w.other) {
		if p != nil {
			errs = append(errs, p.stop())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}

// startLacd starts the gateway with what the configuration says beside node and
// core, and waits until it serves.
func (w *world) startLacd(ctx context.Context, text string) error {
	config, socket, log := filepath.Join(w.dir, "lacd.hcl"), filepath.Join(w.dir, "admin.sock"), filepath.Join(w.dir, "lacd.log")
	text = fmt.Sprintf(`
node {
  name         = "bench.test"
  admin_socket = %q
  state_dir    = %q
  log_format   = "json"
}
core { dataplane = "none" }
%s`, socket, filepath.Join(w.dir, "state"), text)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }() // lacd has its own
	args := inside(w.gateway, w.bench.lacd, "-config", config)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	if w.log, err = follow(log); err != nil {
		return err
	}
	if w.lacd, err = start(ctx, "lacd", cmd); err != nil {
		return err
	}
	return until(ctx, 20*time.Second, func() (bool, error) {
		if w.lacd.ended() {
			return false, fmt.Errorf("lacd: %w: %s", w.lacd.err, lastWords(log))
		}
		c, err := net.Dial("unix", socket)
		if err != nil {
			return false, nil
		}
		return true, c.Close()
	})
}

func lastWords(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return lastLines(string(text), 5)
}

// sim is lacsim running.
type sim struct {
	*process
	out, errs bytes.Buffer
	begun     time.Time
}

// startSim starts lacsim on the other side, with subscribers at acc1.
func (w *world) startSim(ctx context.Context, args ...string) (*sim, error) {
	s := &sim{begun: time.Now()}
	args = inside(w.other, append([]string{w.bench.lacsim, "-json", "-access", "acc1"}, args...)...)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = &s.out, &s.errs
	var err error
	s.process, err = start(ctx, "lacsim", cmd)
	return s, err
}

// report waits for the end and returns what lacsim found.
func (s *sim) report() (*load.Report, error) {
	<-s.gone
	rep := &load.Report{}
	if err := json.Unmarshal(s.out.Bytes(), rep); err != nil {
		return nil, fmt.Errorf("lacsim: %w: %s", errors.Join(s.err, err), lastLines(s.errs.String(), 5))
	}
	if rep.Clients == nil {
		return nil, errors.New("lacsim says nothing of its clients")
	}
	return rep, nil
}
