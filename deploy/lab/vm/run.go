package vm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Config says what to run and in what machine.
type Config struct {
	Command  []string      // program and arguments, as on the host
	Dir      string        // working directory; "" is the caller's
	Env      []string      // the command's whole environment, NAME=value
	Kernel   Kernel        // from FetchKernel
	Memory   int           // MiB; 0 is 1024
	CPUs     int           // 0 is 1
	Count    bool          // one CPU whose clock is its instructions: a nanosecond each
	Timeout  time.Duration // for the command, boot not counted; 0 is none
	Writable []string      // host directories the guest may write to
	Stdout   io.Writer
	Stderr   io.Writer
}

// Result is how a run ended.
type Result struct {
	Exit     int      // the command's exit status; 128+n when signal n ended it
	TimedOut bool     // the command was still running at Timeout
	Failed   []error  // of machines before this one, which did not come as far as the command
	Console  string   // what the kernel printed
	Trouble  []string // lines of Console that mean a broken kernel
}

// Bounds on a machine outside its command. An emulated one hangs now and then;
// one that boots in 4 s may take 20 where the host is busy.
const (
	bootLimit = 90 * time.Second // from QEMU's start to the command's
	maxBoots  = 3                // machines tried before giving up
	endLimit  = 30 * time.Second // from the guest's report to QEMU's end
	stopGrace = 20 * time.Second // for a command to die and its end to be reported after Timeout
)

// Errors of Run about the machine.
var (
	ErrNoResult = errors.New("the guest died")          // without saying how the command did
	ErrNoStart  = errors.New("the guest does not boot") // after several tries
	errNoEnd    = errors.New("the guest did not end")   // but its report is there
)

// Run boots the guest, runs the command and waits for its end. A machine that
// hangs or fails before the command is ended and another one started. The error is
// about the machine, never about the command.
func Run(ctx context.Context, cfg Config) (Result, error) {
	j, err := cfg.job()
	if err != nil {
		return Result{}, err
	}
	dir, err := os.MkdirTemp("", "vmrun-")
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // at worst a file in /tmp
	initrd, err := os.Create(filepath.Join(dir, "initrd"))
	if err != nil {
		return Result{}, err
	}
	if err := errors.Join(writeInitrd(ctx, initrd, cfg.Kernel, j), initrd.Close()); err != nil {
		return Result{}, err
	}
	return untilStarted(func() (Result, error) { return boot(ctx, cfg, j, dir) })
}

// untilStarted boots machines until one comes as far as the command.
func untilStarted(boot func() (Result, error)) (Result, error) {
	var failed []error
	for {
		res, err := boot()
		res.Failed = failed
		if len(failed) == maxBoots-1 || !errors.Is(err, ErrNoStart) {
			return res, err
		}
		failed = append(failed, err)
	}
}

// job translates the caller's wishes for the guest.
func (c *Config) job() (job, error) {
	if len(c.Command) == 0 {
		return job{}, errors.New("no command")
	}
	j := job{
		Args:    c.Command,
		Dir:     c.Dir,
		Env:     c.Env,
		Modules: c.Kernel.Modules,
		Version: c.Kernel.Version,
		Timeout: int64(c.Timeout),
		CPUs:    max(c.CPUs, 1),
		Counts:  c.Count,
	}
	if c.Count {
		j.CPUs = 1
	}
	if j.Dir == "" {
		var err error
		if j.Dir, err = os.Getwd(); err != nil {
			return job{}, err
		}
	}
	for _, d := range c.Writable {
		d, err := filepath.Abs(d)
		if err != nil {
			return job{}, err
		}
		j.Writable = append(j.Writable, d)
	}
	return j, nil
}

// stream is one output of the guest: a pipe whose write end QEMU inherits.
type stream struct {
	id string // name of the QEMU character device
	to io.Writer
	w  *os.File
	r  *os.File
}

// boot runs QEMU and copies its outputs until it is gone.
func boot(ctx context.Context, cfg Config, j job, dir string) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var console syncBuffer
	status := newProgress(cfg.Timeout, cancel)
	defer status.stop()
	streams := []*stream{
		{id: "console", to: &console},
		{id: portStdout, to: cfg.Stdout},
		{id: portStderr, to: cfg.Stderr},
		{id: portStatus, to: status},
	}
	cmd := exec.CommandContext(ctx, "qemu-system-x86_64", qemuArgs(cfg, j, filepath.Join(dir, "initrd"))...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var noise syncBuffer
	cmd.Stderr = &noise
	cmd.WaitDelay = 5 * time.Second
	defer func() {
		for _, s := range streams {
			closeAll(s.r, s.w)
		}
	}()
	for i, s := range streams {
		var err error
		if s.r, s.w, err = os.Pipe(); err != nil {
			return Result{}, err
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, s.w)
		cmd.Args = append(cmd.Args,
			"-add-fd", fmt.Sprintf("fd=%d,set=%d", 3+i, i+1),
			"-chardev", fmt.Sprintf("file,id=%s,path=/dev/fdset/%d,append=on", s.id, i+1))
		if i == 0 {
			cmd.Args = append(cmd.Args, "-serial", "chardev:"+s.id)
			continue
		}
		cmd.Args = append(cmd.Args, "-device", fmt.Sprintf("virtserialport,chardev=%s,name=%s", s.id, s.id))
	}
	if err := cmd.Start(); err != nil {
		return Result{}, fmt.Errorf("start the VM: %w", err)
	}
	var copies sync.WaitGroup
	for _, s := range streams {
		closeAll(s.w)
		copies.Go(func() {
			_, _ = io.Copy(s.to, s.r) // a reader that is gone must not stop the guest's other outputs
		})
	}
	err := cmd.Wait()
	copies.Wait()
	res := Result{Console: console.String()}
	res.Trouble = consoleTrouble(res.Console)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errNoEnd) {
		return res, fmt.Errorf("run the VM: %w", cause)
	}
	return res, res.read(status.last(), noise.String(), err)
}

// read takes over what the guest reported.
func (r *Result) read(status, noise string, exit error) error {
	var got report
	if err := json.Unmarshal([]byte(status), &got); err != nil || got.Started {
		return errors.Join(fmt.Errorf("%w without a result %s", ErrNoResult, noise), exit)
	}
	if got.Broken {
		return fmt.Errorf("%w: %s", ErrNoStart, got.Error)
	}
	if got.Error != "" {
		return errors.New("guest: " + got.Error)
	}
	r.Exit, r.TimedOut = got.Exit, got.TimedOut
	return nil
}

// qemuArgs is the machine without its character devices.
func qemuArgs(cfg Config, j job, initrd string) []string {
	memory, cpus, accel := cfg.Memory, j.CPUs, []string{"-accel", "tcg,thread=multi", "-cpu", "max"}
	if cfg.Count {
		// The plainest processor, so that what is counted is the kernel's own.
		accel = []string{"-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-cpu", "qemu64"}
	}
	if memory == 0 {
		memory = 1024
	}
	args := append(accel,
		"-machine", "q35", "-smp", strconv.Itoa(cpus), "-m", strconv.Itoa(memory),
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-kernel", cfg.Kernel.Image, "-initrd", initrd,
		// The kernel patches its code when it has booted, and a processor that then runs
		// what was emulated before may trap for ever: the others are started by the guest.
		"-append", "console=ttyS0 loglevel=5 oops=panic panic=-1 mitigations=off nokaslr tsc=reliable maxcpus=1 noreplace-smp "+
			"no_timer_check nowatchdog rcupdate.rcu_cpu_stall_suppress=1 random.trust_cpu=on",
		"-device", "virtio-serial-pci,max_ports=8",
	)
	args = append(args, share("root", "/", true)...)
	for i, d := range j.Writable {
		args = append(args, share("w"+strconv.Itoa(i), d, false)...)
	}
	return args
}

// share exports a host directory over virtio-9p.
func share(tag, path string, readonly bool) []string {
	fs := "local,id=" + tag + ",path=" + path + ",security_model=none,multidevs=remap"
	if readonly {
		fs += ",readonly=on"
	}
	return []string{"-fsdev", fs, "-device", "virtio-9p-pci,fsdev=" + tag + ",mount_tag=" + tag}
}

// closeAll closes files whose errors mean nothing: pipes and devices that were
// only read, or whose writer is another process.
func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close() // see above
		}
	}
}

// progress receives what the guest reports, a line when the command starts and a
// line when it has ended, and ends the machine where the next line is late.
type progress struct {
	mu      sync.Mutex // guards the rest: the timer runs on a goroutine of its own
	text    string
	timeout time.Duration // of the command; 0 is none
	end     context.CancelCauseFunc
	timer   *time.Timer
}

func newProgress(timeout time.Duration, end context.CancelCauseFunc) *progress {
	return &progress{timeout: timeout, end: end, timer: time.AfterFunc(bootLimit, func() { end(ErrNoStart) })}
}

// Write implements io.Writer.
func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := strings.Count(p.text, "\n")
	p.text += string(b)
	lines := strings.Count(p.text, "\n")
	if lines == before {
		return len(b), nil
	}
	p.timer.Stop()
	switch {
	case lines > 1:
		p.timer = time.AfterFunc(endLimit, func() { p.end(errNoEnd) })
	case p.timeout > 0:
		p.timer = time.AfterFunc(p.timeout+stopGrace, func() { p.end(context.DeadlineExceeded) })
	}
	return len(b), nil
}

// last is the last line.
func (p *progress) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := strings.TrimSuffix(p.text, "\n")
	return text[strings.LastIndexByte(text, '\n')+1:]
}

func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer.Stop()
}

// syncBuffer is a buffer that one goroutine fills and another reads later.
type syncBuffer struct {
	mu  sync.Mutex // guards buf: exec and io.Copy write from their own goroutines
	buf []byte
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf = append(b.buf, p...)
	return len(p), nil
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.buf)
}
