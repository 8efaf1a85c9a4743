package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lacd/kernel"
	"lacd/lac"
	"lacd/lac/trunk"
	"lacd/policy/file"
	"lacd/pppoe/ppp"
	"lacd/radius"
	"lacd/radius/client"
)

// process is a server and the listeners beside it.
type process struct {
	server    *lac.Server
	configs   configs
	plane     string
	data      kernel.Dataplane
	listeners []*http.Server
	sockets   []net.Listener
}

// newDaemon opens everything the configuration names. On an error nothing
// stays open.
func newDaemon(f *file.File, log *slog.Logger) (_ *process, err error) {
	d := &process{}
	var open []io.Closer
	defer func() {
		if err != nil {
			for _, c := range open {
				_ = c.Close() // the first error is the one to tell
			}
		}
	}()
	cfg := changeable(f)
	cfg.StateDir, cfg.MaxRecords = f.Node.StateDir, f.Node.MaxRecords
	cfg.Node, cfg.Version, cfg.Log, cfg.NAS = f.Node.Name, buildVersion(), log, client.NAS{Identifier: f.Node.Name}
	for _, a := range f.Core.Local {
		if a.Is4() {
			cfg.NAS.IP = a
			break
		}
	}
	var server *lac.Server
	cfg.Plane, d.plane, err = openPlane(f, log, func(id kernel.BridgeID) { server.BridgeLost(id) })
	if err != nil {
		return nil, err
	}
	open = append(open, cfg.Plane)
	cfg.PlaneName, d.data, cfg.Executors = d.plane, cfg.Plane, executors(cfg.Plane)
	for i := range f.Access {
		a, err := openAccess(&f.Access[i])
		if err != nil {
			return nil, err
		}
		open = append(open, a.Port)
		cfg.Access = append(cfg.Access, a)
	}
	cfg.CoA, err = openCoA(f)
	for _, s := range cfg.CoA.Sockets {
		open = append(open, s)
	}
	if err != nil {
		return nil, err
	}
	if server, err = lac.New(cfg); err != nil {
		return nil, err
	}
	d.server = server
	if err := d.listen(f); err != nil {
		return nil, err
	}
	return d, nil
}

func hint(err error) error {
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%w\n  hint: lacd needs CAP_NET_RAW and CAP_NET_ADMIN, and CAP_BPF and CAP_PERFMON for xdp: run it as root or with deploy/lacd.service", err)
	}
	return err
}

func pppConfig(p *file.PPP) ppp.Config {
	c := ppp.Config{
		MRU: p.MRU, Multilink: p.Multilink, Restart: p.RestartTimer, AuthTimeout: p.AuthTimeout,
		EchoInterval: p.EchoInterval, EchoFailures: p.EchoFailures,
	}
	for _, a := range p.Auth { // "none" is none of them
		switch a {
		case "chap":
			c.Auth = append(c.Auth, ppp.CHAP)
		case "pap":
			c.Auth = append(c.Auth, ppp.PAP)
		}
	}
	return c
}

func trunkConfig(f *file.File) trunk.Config {
	l := f.L2TP
	return trunk.Config{
		HostName: l.HostName, VendorName: "lacd", Window: l.Window, Resend: l.Resend, ResendMax: l.ResendMax,
		Retries: l.Retries, Hello: l.Hello, AnswerTimeout: l.AnswerTimeout, IdleTimeout: l.IdleTimeout,
		MaxTunnels: l.MaxTunnels,
	}
}

func radiusServers(f *file.File) map[string]client.Server {
	servers := map[string]client.Server{}
	for _, r := range f.RADIUS {
		servers[r.Name] = client.Server{
			Name: r.Name, Auth: r.Auth, Acct: r.Acct, Secret: r.Secret, Timeout: r.Timeout, Tries: r.Tries,
			RequireMessageAuthenticator: r.RequireMessageAuthenticator,
			Priority:                    r.Priority, Weight: r.Weight, Probe: probe(r.Probe), DeadAfter: r.DeadAfter, DeadTime: r.DeadTime,
			Source: r.Source, TLS: r.TLS,
		}
	}
	return servers
}

func probe(word string) radius.Probe {
	if word == "status-server" {
		return radius.ByStatus
	}
	return radius.ByRequest
}

// listen opens the admin socket and, if asked for, the metrics listener.
func (d *process) listen(f *file.File) error {
	admin, err := listenAdmin(f.Node.AdminSocket)
	if err != nil {
		return err
	}
	d.add(admin, d.adminHandler())
	if !f.Node.Metrics.IsValid() {
		return nil
	}
	metrics, err := net.Listen("tcp", f.Node.Metrics.String())
	if err != nil {
		_ = admin.Close() // the first error is the one to tell
		return fmt.Errorf("open metrics listener: %w", err)
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(d.server.Collector(), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if p, ok := d.data.(planeStats); ok {
		reg.MustRegister(planeCollector{p})
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	d.add(metrics, mux)
	return nil
}

func (d *process) add(l net.Listener, h http.Handler) {
	d.sockets = append(d.sockets, l)
	d.listeners = append(d.listeners, &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	})
}

// listenAdmin opens the admin socket for root and the socket's group. A
// socket that nobody answers on is what a crashed run left.
func listenAdmin(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("open admin socket: %w", err)
	}
	if c, err := net.Dial("unix", path); err == nil {
		_ = c.Close() // it was a question only
		return nil, fmt.Errorf("open admin socket: another lacd serves %s", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("open admin socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open admin socket: %w", err)
	}
	if err := os.Chmod(path, 0o660); err != nil {
		_ = l.Close() // the first error is the one to tell
		return nil, fmt.Errorf("open admin socket: %w", err)
	}
	return l, nil
}

// run serves until ctx is done, and closes the listeners last.
func (d *process) run(ctx context.Context) error {
	var wg sync.WaitGroup
	for i, s := range d.listeners {
		wg.Go(func() { _ = s.Serve(d.sockets[i]) }) // http.ErrServerClosed
	}
	err := d.server.Run(ctx)
	for _, s := range d.listeners {
		_ = s.Close() // nothing is written after that
	}
	wg.Wait()
	return err
}
