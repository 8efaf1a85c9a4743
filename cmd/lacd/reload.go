package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/coreos/go-systemd/v22/daemon"

	"lacd/lac"
	"lacd/lac/admin"
	"lacd/policy/file"
)

// configs are the configuration that the daemon started with and the one in
// force, which differ in what can change while it runs.
type configs struct {
	path  string
	level *slog.LevelVar
	log   *slog.Logger

	mu           sync.Mutex // held while a file is read and put into force: one after the other
	first, inUse *file.File
}

func (c *configs) from(path string, f *file.File, level *slog.LevelVar, log *slog.Logger) {
	c.path, c.level, c.log, c.first, c.inUse = path, level, log, f, f
}

// changeable returns what of a configuration can change while the daemon runs.
func changeable(f *file.File) lac.Config {
	return lac.Config{
		Policy: f.Policy, PPP: pppConfig(&f.PPP), Trunk: trunkConfig(f), CallTimeout: f.L2TP.AnswerTimeout,
		RADIUS: radiusServers(f), Gate: gate(&f.Node),
	}
}

func setLevel(level *slog.LevelVar, n *file.Node) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(n.LogLevel)); err != nil {
		l = slog.LevelInfo
	}
	level.Set(l)
}

// reload reads the configuration again and puts it into force. After an error
// everything is as before.
func (d *process) reload() (admin.Reloaded, error) {
	c := &d.configs
	c.mu.Lock()
	defer c.mu.Unlock()
	out := admin.Reloaded{Changes: []string{}, Restart: []string{}}
	f, err := file.Load(c.path)
	if err != nil {
		return out, err
	}
	for _, ch := range file.Diff(c.inUse, f) {
		if ch.Live {
			out.Changes = append(out.Changes, ch.Text)
		}
	}
	for _, ch := range file.Diff(c.first, f) {
		if !ch.Live {
			out.Restart = append(out.Restart, ch.Text)
		}
	}
	out.Warnings = f.Warnings
	limits := map[string]int{}
	for i := range f.Access {
		limits[f.Access[i].Port] = f.Access[i].MaxSessions
	}
	f.Policy.Name = c.first.Policy.Name // goes with the node's, which stays
	if err := d.server.Reload(changeable(f), limits); err != nil {
		return out, err
	}
	setLevel(c.level, &f.Node)
	c.inUse = f
	return out, nil
}

// reloadAndTell reloads, and writes what came of it to the log and to the
// service manager.
func (d *process) reloadAndTell() (admin.Reloaded, error) {
	// Errors mean that no service manager listens. READY=1 ends a reload, one
	// that failed as well (sd_notify(3)).
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReloading+"\n"+daemon.SdNotifyMonotonicUsec())
	defer func() { _, _ = daemon.SdNotify(false, daemon.SdNotifyReady) }()
	log := d.configs.log
	out, err := d.reload()
	if err != nil {
		log.Error("configuration refused, the old one stays in force", "err", err)
		return out, err
	}
	for _, w := range out.Warnings {
		log.Warn("configuration", "what", w)
	}
	for _, c := range out.Changes {
		log.Info("configuration changed", "what", c)
	}
	for _, c := range out.Restart {
		log.Warn("configuration needs a restart", "what", c)
	}
	log.Info("configuration reloaded", "changes", len(out.Changes), "need_restart", len(out.Restart))
	return out, nil
}

// watch reloads on every SIGHUP until ctx is done.
func (d *process) watch(ctx context.Context, hup <-chan os.Signal) {
	for {
		select {
		case <-hup:
			_, _ = d.reloadAndTell() // it has written what there is to say
		case <-ctx.Done():
			return
		}
	}
}

// adminHandler is the server's, and the reload that only the process can do.
func (d *process) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", d.server.AdminHandler())
	mux.HandleFunc("POST /v1/reload", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var answer any
		out, err := d.reloadAndTell()
		if answer = out; err != nil {
			w.WriteHeader(http.StatusConflict)
			answer = admin.Error{
				Error: "the configuration is refused, the old one stays in force", Lines: strings.Split(err.Error(), "\n"),
			}
		}
		_ = json.NewEncoder(w).Encode(answer) // the client went away
	})
	return mux
}
