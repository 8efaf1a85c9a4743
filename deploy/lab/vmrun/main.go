// Command vmrun runs a command as root in a throw-away virtual machine with a
// kernel that has PPP, PPPoE and L2TP. See package vm for what the guest is.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"lacd/deploy/lab/vm"
)

const usage = `usage: vmrun [flags] [--] COMMAND [ARGUMENT]...
       vmrun -fetch
       go test -exec 'vmrun [flags]' PACKAGES

Run COMMAND as root in a virtual machine (QEMU) with Debian's kernel. It sees this
machine's files; what it writes is lost, except below -artifacts and -writable
directories. The working directory is kept. LACD_* and GO* variables and those
named by -env are passed on. The exit status is the command's; 124 after a
timeout, 125 when the machine failed or the kernel complained (the complaint and
the console's end are printed).

`

// Exit statuses of vmrun's own, as timeout(1) uses them.
const (
	exitTimeout = 124
	exitMachine = 125
)

func main() {
	vm.Guest() // does not return inside the machine
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// options are the parsed flags.
type options struct {
	fetch     bool
	artifacts string
	console   string
	cfg       vm.Config
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// parse reads the command line. The environment is the host's.
func parse(args []string, stderr io.Writer) (*options, error) {
	var o options
	var env, writable list
	fs := flag.NewFlagSet("vmrun", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() { fmt.Fprint(stderr, usage); fs.PrintDefaults() }
	fs.BoolVar(&o.fetch, "fetch", false, "only put the kernel into the cache, "+vm.CacheDir())
	fs.StringVar(&o.artifacts, "artifacts", "", "`directory` made and shared writable; the command finds it in LACD_ARTIFACTS")
	fs.StringVar(&o.console, "console", "", "`file` to keep the kernel's console in")
	fs.IntVar(&o.cfg.Memory, "mem", 1024, "memory in `MiB`")
	fs.IntVar(&o.cfg.CPUs, "smp", 2, "number of CPUs")
	fs.BoolVar(&o.cfg.Count, "count", false, "one CPU whose clock counts its instructions, a nanosecond each: for comparing costs")
	fs.DurationVar(&o.cfg.Timeout, "timeout", 15*time.Minute, "`time` the command may take; 0 is no limit")
	fs.Var(&env, "env", "`NAME` or NAME=value to pass on; repeatable")
	fs.Var(&writable, "writable", "host `directory` the command may write to; repeatable")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	o.cfg.Command = fs.Args()
	if !o.fetch && len(o.cfg.Command) == 0 {
		fs.Usage()
		return nil, errors.New("no command")
	}
	o.cfg.Env = environment(os.Environ(), env)
	o.cfg.Writable = writable
	if len(o.cfg.Command) > 0 {
		o.cfg.Writable = append(o.cfg.Writable, testOutputs(o.cfg.Command[1:])...)
	}
	return &o, nil
}

// environment picks what the command gets of the host's variables.
func environment(host []string, named []string) []string {
	env := []string{"HOME=/root", "USER=root", "TERM=dumb", "LC_ALL=C.UTF-8"}
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, v := range host {
		name, value, _ := strings.Cut(v, "=")
		switch {
		case name == "PATH":
			path = value + ":" + path
		case strings.HasPrefix(name, "LACD_"), strings.HasPrefix(name, "GO"), name == "CI", name == "TZ",
			slices.Contains(named, name):
			env = append(env, v)
		}
	}
	for _, v := range named {
		if strings.Contains(v, "=") {
			env = append(env, v)
		}
	}
	return append(env, "PATH="+path)
}

// testOutputs names the directories that a test binary is told to write to.
func testOutputs(args []string) []string {
	var dirs []string
	for _, arg := range args {
		name, path, ok := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		name, isTest := strings.CutPrefix(name, "test.")
		if !ok || !isTest || path == "" {
			continue
		}
		switch name {
		case "coverprofile", "cpuprofile", "memprofile", "blockprofile", "mutexprofile", "trace":
			path = filepath.Dir(path)
		case "gocoverdir", "outputdir", "fuzzcachedir":
		default:
			continue
		}
		if path, err := filepath.Abs(path); err == nil && !slices.Contains(dirs, path) {
			dirs = append(dirs, path)
		}
	}
	return dirs
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fail := func(err error) int {
		fmt.Fprintln(stderr, "vmrun:", err)
		return exitMachine
	}
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return fail(err)
	}
	if o.cfg.Kernel, err = vm.FetchKernel(ctx, vm.CacheDir(), stderr); err != nil {
		return fail(err)
	}
	if o.fetch {
		fmt.Fprintln(stdout, o.cfg.Kernel.Image)
		return 0
	}
	if o.artifacts != "" {
		if o.artifacts, err = filepath.Abs(o.artifacts); err != nil {
			return fail(err)
		}
		if err := os.MkdirAll(o.artifacts, 0o755); err != nil {
			return fail(err)
		}
		o.cfg.Writable = append(o.cfg.Writable, o.artifacts)
		o.cfg.Env = append(o.cfg.Env, "LACD_ARTIFACTS="+o.artifacts)
	}
	o.cfg.Stdout, o.cfg.Stderr = stdout, stderr
	res, err := vm.Run(ctx, o.cfg)
	for _, err := range res.Failed {
		fmt.Fprintln(stderr, "vmrun: another machine had to be taken:", err)
	}
	if o.console != "" {
		err = errors.Join(err, os.WriteFile(o.console, []byte(res.Console), 0o644))
	}
	if err != nil {
		fmt.Fprint(stderr, tail(res.Console, 40))
		return fail(err)
	}
	return verdict(o, res, stderr)
}

// verdict turns a finished run into an exit status.
func verdict(o *options, res vm.Result, stderr io.Writer) int {
	switch {
	case len(res.Trouble) > 0:
		fmt.Fprint(stderr, tail(res.Console, 100))
		fmt.Fprintf(stderr, "vmrun: the kernel complained (the command's status was %d):\n\t%s\n",
			res.Exit, strings.Join(res.Trouble, "\n\t"))
		return exitMachine
	case res.TimedOut:
		fmt.Fprintf(stderr, "vmrun: %s: stopped after %v\n", o.cfg.Command[0], o.cfg.Timeout)
		return exitTimeout
	}
	return res.Exit
}

// tail returns the last n lines of text, the last one ended.
func tail(text string, n int) string {
	lines := slices.Collect(strings.Lines(text))
	lines = lines[max(0, len(lines)-n):]
	if text = strings.Join(lines, ""); text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}
