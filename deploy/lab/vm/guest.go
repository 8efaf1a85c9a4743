package vm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// Names of the virtio-serial ports between guest and host.
const (
	portStdout = "stdout"
	portStderr = "stderr"
	portStatus = "status"
)

// report is what the guest writes to portStatus, a line of JSON each: that it
// starts the command, and its last word.
type report struct {
	Started  bool   // the command is about to run: nothing else is known
	Exit     int    // exit status, 128+n for signal n
	TimedOut bool   // the command was stopped at its timeout
	Error    string // what kept the command from being run
	Broken   bool   // Error is of this machine: another may be better
}

// marker is a directory that only a guest has.
const marker = "/run/lacd-vm"

// Inside reports whether the program runs in a guest.
func Inside() bool {
	_, err := os.Stat(marker)
	return err == nil
}

// Guest does the guest's half of the work and does not return if the program is
// the init of a guest. Elsewhere it does nothing.
func Guest() {
	if os.Getpid() != 1 {
		return
	}
	if _, err := os.Stat(jobPath); err != nil {
		return // init of a container on the host
	}
	res, err := guestRun()
	if err != nil {
		res.Error, res.Broken = err.Error(), errors.Is(err, errBroken)
		fmt.Fprintln(os.Stderr, "vmrun guest:", err) // to the console, should the port be missing
	}
	if err := tell(res); err != nil {
		fmt.Fprintln(os.Stderr, "vmrun guest:", err)
	}
	syscall.Sync()
	_ = syscall.Reboot(syscall.LINUX_REBOOT_CMD_RESTART) // the machine has -no-reboot: it ends
	for {
		time.Sleep(time.Hour) // an init that returns panics the kernel
	}
}

// tell reports to the host.
func tell(r report) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	w, err := openPort(portStatus)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return errors.Join(err, w.Close())
}

// guestRun makes the guest's world and runs the command in it.
func guestRun() (report, error) {
	text, err := os.ReadFile(jobPath)
	if err != nil {
		return report{}, err
	}
	var j job
	if err := json.Unmarshal(text, &j); err != nil {
		return report{}, err
	}
	if err := earlyMounts(); err != nil {
		return report{}, err
	}
	if err := loadModules(j.Load); err != nil {
		return report{}, err
	}
	if err := mountRoot(); err != nil {
		return report{}, err
	}
	if err := populate(&j); err != nil {
		return report{}, err
	}
	if err := startCPUs(j.CPUs); err != nil {
		return report{}, err
	}
	if err := checkClock(); err != nil && !j.Counts {
		return report{}, err
	}
	return runCommand(&j)
}

// mount is one file system to be mounted.
type mount struct {
	source, target, kind string
	flags                uintptr
	options              string
}

func (m mount) do() error {
	if err := os.MkdirAll(m.target, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount(m.source, m.target, m.kind, m.flags, m.options); err != nil {
		return fmt.Errorf("mount %s on %s: %w", m.source, m.target, err)
	}
	return nil
}

func mountAll(all []mount) error {
	for _, m := range all {
		if err := m.do(); err != nil {
			return err
		}
	}
	return nil
}

func earlyMounts() error {
	return mountAll([]mount{
		{"dev", "/dev", "devtmpfs", 0, ""},
		{"proc", "/proc", "proc", 0, ""},
		{"sys", "/sys", "sysfs", 0, ""},
	})
}

// finitModule is the number of finit_module(2) on amd64; package syscall has none.
const finitModule = 313

func loadModules(names []string) error {
	for _, name := range names {
		f, err := os.Open(filepath.Join(moduleDir, name))
		if err != nil {
			return err
		}
		_, _, errno := syscall.Syscall(finitModule, f.Fd(), uintptr(unsafe.Pointer(&[]byte{0}[0])), 0)
		closeAll(f)
		if errno != 0 && errno != syscall.EEXIST {
			return fmt.Errorf("load module %s: %w", name, errno)
		}
	}
	return nil
}

// mountRoot makes a tmpfs overlay over the host's file system the root, with
// /dev, /proc and /sys in it.
func mountRoot() error {
	const newRoot = "/root"
	err := mountAll([]mount{
		{"root", "/lower", "9p", syscall.MS_RDONLY, "trans=virtio,version=9p2000.L,msize=512000,cache=loose"},
		{"over", "/over", "tmpfs", 0, "mode=755"},
	})
	if err != nil {
		return err
	}
	if err := errors.Join(os.Mkdir("/over/up", 0o755), os.Mkdir("/over/work", 0o755)); err != nil {
		return err
	}
	err = mountAll([]mount{
		{"overlay", newRoot, "overlay", 0, "lowerdir=/lower,upperdir=/over/up,workdir=/over/work"},
		{"/dev", newRoot + "/dev", "", syscall.MS_MOVE, ""},
		{"/proc", newRoot + "/proc", "", syscall.MS_MOVE, ""},
		{"/sys", newRoot + "/sys", "", syscall.MS_MOVE, ""},
	})
	if err != nil {
		return err
	}
	if err := os.Chdir(newRoot); err != nil {
		return err
	}
	if err := syscall.Mount(".", "/", "", syscall.MS_MOVE, ""); err != nil {
		return fmt.Errorf("move the root: %w", err)
	}
	return errors.Join(syscall.Chroot("."), os.Chdir("/"))
}

// populate adds what a booted system has: run-time directories, kernel file
// systems, the module tree, device nodes that load their module when opened, the
// loopback interface, a host name, and the writable shares.
func populate(j *job) error {
	modules := "/lib/modules/" + j.Version
	all := []mount{
		{"run", "/run", "tmpfs", 0, "mode=755"},
		{"pts", "/dev/pts", "devpts", 0, "mode=620,ptmxmode=666"},
		{"shm", "/dev/shm", "tmpfs", 0, "mode=1777"},
		{"debug", "/sys/kernel/debug", "debugfs", 0, ""},
		{"tracing", "/sys/kernel/tracing", "tracefs", 0, ""},
		{"bpf", "/sys/fs/bpf", "bpf", 0, ""},
		{j.Modules, modules, "", syscall.MS_BIND, ""},
	}
	for i, d := range j.Writable {
		all = append(all, mount{"w" + strconv.Itoa(i), d, "9p", 0, "trans=virtio,version=9p2000.L,msize=512000,cache=mmap,access=any"})
	}
	if err := mountAll(all); err != nil {
		return err
	}
	for _, d := range []string{marker, "/run/lock", "/run/netns", "/dev/net"} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	nodes := []struct {
		path         string
		major, minor int
	}{
		{"/dev/ppp", 108, 0}, // char-major-108 is an alias of ppp_generic
		{"/dev/net/tun", 10, 200},
	}
	for _, n := range nodes {
		err := syscall.Mknod(n.path, syscall.S_IFCHR|0o600, n.major<<8|n.minor)
		if err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("make %s: %w", n.path, err)
		}
	}
	if err := syscall.Sethostname([]byte("lab")); err != nil {
		return fmt.Errorf("set the host name: %w", err)
	}
	return loopbackUp()
}

// loopbackUp sets IFF_UP on lo with the ioctls of netdevice(7).
func loopbackUp() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return fmt.Errorf("bring lo up: %w", err)
	}
	defer func() { _ = syscall.Close(fd) }() // it was only a handle for the ioctl
	var ifreq struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	copy(ifreq.name[:], "lo")
	ifreq.flags = syscall.IFF_UP | syscall.IFF_RUNNING
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&ifreq)))
	if errno != 0 {
		return fmt.Errorf("bring lo up: %w", errno)
	}
	return nil
}

// errBroken means that the machine is not what it should be, by bad luck: the
// kernel measures how fast its clock ticks, which goes wrong where the host is
// busy, and a second then takes a moment or a minute.
var errBroken = errors.New("the machine is broken")

// startCPUs starts all processors but the first, which has booted.
func startCPUs(n int) error {
	for i := 1; i < n; i++ {
		if err := os.WriteFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/online", i), []byte("1"), 0); err != nil {
			return fmt.Errorf("%w: start a processor: %w", errBroken, err)
		}
	}
	return nil
}

// checkClock compares the kernel's clock, which was set when it booted, with
// QEMU's, which is right.
func checkClock() error {
	const most = 2 // seconds; both are read as whole ones
	text, err := os.ReadFile("/sys/class/rtc/rtc0/since_epoch")
	if err != nil {
		return err
	}
	right, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return err
	}
	if ahead := time.Now().Unix() - right; ahead > most || ahead < -most {
		return fmt.Errorf("%w: its clock is %d s ahead", errBroken, ahead)
	}
	return nil
}

// openPort opens a virtio-serial port for writing.
func openPort(name string) (*os.File, error) {
	names, err := filepath.Glob("/sys/class/virtio-ports/*/name")
	if err != nil {
		return nil, err
	}
	for _, path := range names {
		text, err := os.ReadFile(path)
		if err == nil && strings.TrimSpace(string(text)) == name {
			return os.OpenFile("/dev/"+filepath.Base(filepath.Dir(path)), os.O_WRONLY, 0)
		}
	}
	return nil, fmt.Errorf("no virtio-serial port %s", name)
}

// runCommand runs the job's command, reaping orphans as init must, and waits
// until its output has been passed on.
func runCommand(j *job) (report, error) {
	outputs := make([]*os.File, 0, 2)
	copied := make(chan struct{}, 2)
	for _, name := range []string{portStdout, portStderr} {
		port, err := openPort(name)
		if err != nil {
			return report{}, err
		}
		r, w, err := os.Pipe() // a port can be opened only once: /dev/stdout must be something else
		if err != nil {
			return report{}, err
		}
		outputs = append(outputs, w)
		go func() {
			_, _ = io.Copy(port, r) // the host sees the missing output
			copied <- struct{}{}
		}()
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return report{}, err
	}
	path, err := lookPath(j)
	if err != nil {
		return report{}, err
	}
	if err := tell(report{Started: true}); err != nil {
		return report{}, err
	}
	p, err := os.StartProcess(path, j.Args, &os.ProcAttr{
		Dir:   j.Dir,
		Env:   j.Env,
		Files: []*os.File{null, outputs[0], outputs[1]},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return report{}, err
	}
	closeAll(outputs...)
	var timedOut bool
	status := make(chan syscall.WaitStatus, 1)
	go func() { status <- reap(p.Pid) }()
	res := wait(status, time.Duration(j.Timeout), p.Pid, &timedOut)
	rep := report{Exit: res, TimedOut: timedOut}
	// Daemons left behind hold the pipes open; what they say later is not waited for.
	late := time.After(time.Second)
	for range 2 {
		select {
		case <-copied:
		case <-late:
			return rep, nil
		}
	}
	return rep, nil
}

// wait returns the exit status of the command. A command that is late gets
// SIGQUIT, for a Go program's stacks, and five seconds later SIGKILL.
func wait(status <-chan syscall.WaitStatus, timeout time.Duration, pid int, timedOut *bool) int {
	var late <-chan time.Time
	if timeout > 0 {
		late = time.After(timeout)
	}
	signal := syscall.SIGQUIT
	for {
		select {
		case s := <-status:
			if s.Signaled() {
				return 128 + int(s.Signal())
			}
			return s.ExitStatus()
		case <-late:
			*timedOut = true
			_ = syscall.Kill(-pid, signal) // gone already: status says so
			signal, late = syscall.SIGKILL, time.After(5*time.Second)
		}
	}
}

// reap waits for every child of init and returns the status of one.
func reap(pid int) syscall.WaitStatus {
	for {
		var s syscall.WaitStatus
		got, err := syscall.Wait4(-1, &s, 0, nil)
		if got == pid && err == nil {
			return s
		}
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return 0xff00 // ECHILD: the status was lost; report 255
		}
	}
}

// lookPath finds the command as a shell would, with the job's PATH.
func lookPath(j *job) (string, error) {
	name := j.Args[0]
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(j.Dir, name)
		}
		return name, nil
	}
	for _, v := range j.Env {
		list, ok := strings.CutPrefix(v, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(list) {
			path := filepath.Join(dir, name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%s: not found in PATH", name)
}
