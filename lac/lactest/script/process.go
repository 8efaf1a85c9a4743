package script

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lacd/kernel/kerneltest"
)

// built is the gateway, built at most once in a test process.
var built struct {
	once sync.Once
	dir  string
	path string
	err  error
}

// Build builds lacd, unless LACD_BINARY names one, and returns its path.
func Build() (string, error) {
	b := &built
	b.once.Do(func() {
		if b.path = os.Getenv("LACD_BINARY"); b.path != "" {
			return
		}
		if b.dir, b.err = os.MkdirTemp("", "lacd-"); b.err != nil {
			return
		}
		b.path = filepath.Join(b.dir, "lacd")
		out, err := exec.Command("go", "build", "-o", b.path, "lacd/cmd/lacd").CombinedOutput()
		if err != nil {
			b.err = fmt.Errorf("build lacd: %w\n%s", err, out)
		}
	})
	return b.path, b.err
}

// Clean removes what Build made. TestMain calls it at the end.
func Clean() {
	if built.dir != "" {
		_ = os.RemoveAll(built.dir) // only litter is at stake
	}
}

// StopWithin is the longest the gateway may take to stop: what it gives itself,
// and a little for a busy machine.
const StopWithin = 12 * time.Second

// process is the gateway running.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	log  *inbox[Line]
	gone chan struct{} // closed when it has ended
	err  error         // valid then

	mu  sync.Mutex // guards raw
	raw []byte

	stopOnce sync.Once
}

// startProcess starts the gateway in a namespace. The thread that does it stays
// until the end: should the test process die, the gateway dies with it. A hosts
// file, if one is given, is what it knows host names from.
func startProcess(t testing.TB, ns *kerneltest.Netns, config, hosts string) *process {
	t.Helper()
	path, err := Build()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, log: newInbox[Line](), gone: make(chan struct{})}
	p.cmd = exec.Command(path, "-config", config)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if hosts != "" {
		// In a mount namespace of its own the gateway sees another hosts(5).
		const mounted = `mount --bind "$1" /etc/hosts && exec "$2" -config "$3"`
		p.cmd = exec.Command("/bin/sh", "-c", mounted, "sh", hosts, path, config)
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Unshareflags: syscall.CLONE_NEWNS}
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan error)
	go func() {
		defer close(p.gone)
		ns.Do(t, func() error {
			err := p.cmd.Start()
			started <- err
			if err == nil {
				p.read(stderr)
				p.err = p.cmd.Wait()
			}
			return nil
		})
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	return p
}

// read takes the log until the gateway closes it.
func (p *process) read(r io.Reader) {
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		p.mu.Lock()
		p.raw = append(append(p.raw, sc.Bytes()...), '\n')
		p.mu.Unlock()
		l, err := parseLine(sc.Bytes())
		if err != nil {
			p.t.Errorf("the gateway wrote to stderr: %s", sc.Text())
			continue
		}
		p.log.put(l)
	}
}

func (p *process) output() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.raw)
}

// awaitSocket waits until the admin socket answers: then all ports are open.
func (p *process) awaitSocket(path string) {
	p.t.Helper()
	for deadline := time.Now().Add(2 * Patience); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("unix", path)
		if err == nil {
			_ = c.Close() // it was a question only
			break
		}
		select {
		case <-p.gone:
			p.t.Fatalf("the gateway did not start: %v\n%s", p.err, p.output())
		default:
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the gateway does not serve: %v", err)
		}
	}
}

func (p *process) signal() {
	p.stopOnce.Do(func() {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			p.t.Errorf("stop the gateway: %v", err)
		}
	})
}

func (p *process) stop() {
	p.t.Helper()
	select {
	case <-p.gone:
		if p.err != nil {
			p.t.Errorf("the gateway ended: %v\n%s", p.err, p.tail())
		}
		return
	default:
	}
	p.signal()
	select {
	case <-p.gone:
	case <-time.After(StopWithin):
		p.t.Errorf("the gateway did not stop within %v", StopWithin)
		_ = p.cmd.Process.Kill() // it is ours, and hangs
		<-p.gone
	}
	if p.err != nil {
		p.t.Errorf("the gateway ended: %v\n%s", p.err, p.tail())
	}
}

// tail returns the end of what the gateway wrote.
func (p *process) tail() []byte {
	b := p.output()
	return b[max(0, len(b)-2000):]
}

// Line is one line of the gateway's log.
type Line struct {
	Time  time.Time
	Msg   string
	Level string
	Attrs map[string]any // as JSON has them
}

func parseLine(b []byte) (Line, error) {
	l := Line{}
	if err := json.Unmarshal(b, &l.Attrs); err != nil {
		return l, err
	}
	l.Msg, l.Level = l.Text("msg"), l.Text("level")
	l.Time, _ = time.Parse(time.RFC3339Nano, l.Text("time")) // slog writes no other
	return l, nil
}

// Text returns an attribute as text, "" if it is not there.
func (l Line) Text(name string) string {
	v, ok := l.Attrs[name]
	if !ok {
		return ""
	}
	if f, ok := v.(float64); ok {
		return strings.TrimSuffix(fmt.Sprintf("%.0f", f), ".")
	}
	return fmt.Sprint(v)
}

// Is reports whether the line has the message and the attributes, name and
// value in turn.
func (l Line) Is(msg string, attrs ...string) bool {
	if l.Msg != msg {
		return false
	}
	for i := 0; i+1 < len(attrs); i += 2 {
		if l.Text(attrs[i]) != attrs[i+1] {
			return false
		}
	}
	return true
}
