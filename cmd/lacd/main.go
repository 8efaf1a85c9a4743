// Command lacd is a LAC: it takes PPPoE subscribers from access networks and
// hands their PPP sessions to the LNSes of their retailers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/coreos/go-systemd/v22/daemon"

	"lacd/policy/file"
)

const usage = `usage: lacd -config FILE     run
       lacd check FILE       check a configuration and say what is wrong
       lacd -version
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "check" {
		return check(args[1:], stdout, stderr)
	}
	fs := flag.NewFlagSet("lacd", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() { fmt.Fprint(stderr, usage) }
	config := fs.String("config", "", "")
	version := fs.Bool("version", false, "")
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case *version:
		fmt.Fprintln(stdout, "lacd", buildVersion())
		return 0
	case *config == "" || fs.NArg() > 0:
		fmt.Fprint(stderr, usage)
		return 2
	}
	if err := serve(*config, stderr); err != nil {
		fmt.Fprintf(stderr, "lacd: %v\n", err)
		return 1
	}
	return 0
}

// check loads a configuration as the daemon would.
func check(args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	f, err := file.Load(args[0])
	if err != nil {
		fmt.Fprintf(stderr, "lacd: %v\n", err)
		return 1
	}
	for _, w := range f.Warnings {
		fmt.Fprintf(stderr, "warning: %s\n", w)
	}
	fmt.Fprintf(stdout, "%s: ok, %d access ports, %d retailers\n", args[0], len(f.Access), len(f.Policy.Retailers))
	return 0
}

// serve runs the daemon until SIGTERM or SIGINT.
func serve(path string, stderr io.Writer) error {
	f, err := file.Load(path)
	if err != nil {
		return err
	}
	var level slog.LevelVar
	log := newLogger(&f.Node, &level, stderr)
	slog.SetDefault(log)
	for _, w := range f.Warnings {
		log.Warn("configuration", "what", w)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // before anybody is told that we are ready
	defer signal.Stop(hup)
	d, err := newDaemon(f, log)
	if err != nil {
		return err
	}
	d.configs.from(path, f, &level, log)
	log.Info("started", "node", f.Node.Name, "version", buildVersion(), "dataplane", d.plane, "access", len(f.Access))
	// Errors mean that no service manager listens.
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReady)
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.watch(ctx, hup)
	}()
	err = d.run(ctx)
	<-done
	log.Info("stopped")
	return err
}

func newLogger(n *file.Node, level *slog.LevelVar, w io.Writer) *slog.Logger {
	setLevel(level, n)
	opts := &slog.HandlerOptions{Level: level}
	if n.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

func buildVersion() string {
	if bi, ok := debug.ReadBuildInfo(); ok && bi.Main.Version != "" {
		return bi.Main.Version
	}
	return "(devel)"
}
