package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lacd/kernel/kerneltest"
	"lacd/lac/admin"
)

// output collects what a daemon writes, and lets a test wait for a text.
type output struct {
	mu   sync.Mutex // guards what follows
	text bytes.Buffer
	more chan struct{} // closed and replaced when something was written
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.more)
	o.more = make(chan struct{})
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until the text was written.
func (o *output) await(t *testing.T, text string) {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for {
		o.mu.Lock()
		there, more := strings.Contains(o.text.String(), text), o.more
		o.mu.Unlock()
		if there {
			return
		}
		select {
		case <-more:
		case <-limit.C:
			t.Fatalf("%q was not written:\n%s", text, o)
		}
	}
}

// running is a daemon in a network namespace of its own, without a data plane.
type running struct {
	t      *testing.T
	ns     *kerneltest.Netns
	dir    string
	out    *output
	notify *net.UnixConn
	cmd    *exec.Cmd
}

const metricsAt = "127.0.0.1:9101"

const secretMark = "marked-and-never-to-be-seen"

// config is a configuration with a secret in every place that takes one. The
// words of change are replaced in it, in pairs.
func (r *running) config(change ...string) {
	r.t.Helper()
	text := fmt.Sprintf(`node {
  name         = "lac1"
  admin_socket = %q
  state_dir    = %[4]q
  metrics      = %[2]q
  log_level    = "debug"
}
access "eth1" {}
core { dataplane = "none" }
radius "r1" {
  auth   = "127.0.0.9:1"
  secret = "%[3]s-1"
}
retailer "acme" {
  realms = ["acme.example"]
  radius = ["r1"]
  lns "lns1" {
    address = "192.0.2.1"
    secret  = "%[3]s-2"
  }
}
`, filepath.Join(r.dir, "admin.sock"), metricsAt, secretMark, filepath.Join(r.dir, "state"))
	text = strings.NewReplacer(change...).Replace(text)
	if err := os.WriteFile(filepath.Join(r.dir, "lacd.hcl"), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func start(t *testing.T) *running {
	t.Helper()
	kerneltest.NeedRoot(t)
	r := &running{t: t, ns: kerneltest.NewNetns(t), dir: t.TempDir(), out: &output{more: make(chan struct{})}}
	kerneltest.Veth(t, kerneltest.Device{Netns: r.ns, Name: "eth1"}, kerneltest.Device{Netns: r.ns, Name: "far"})
	at := filepath.Join(r.dir, "notify.sock")
	var err error
	if r.notify, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.notify.Close() })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r.config()
	r.cmd = exec.Command(self, "-config", filepath.Join(r.dir, "lacd.hcl"))
	r.cmd.Args[0] = "lacd" // TestMain then runs it
	r.cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+at)
	r.cmd.Stderr = r.out
	r.ns.Do(t, r.cmd.Start)
	r.out.await(t, "msg=started")
	r.notified("READY=1")
	return r
}

func (r *running) signal(s syscall.Signal) {
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) stop() {
	r.signal(syscall.SIGTERM)
	if err := r.cmd.Wait(); err != nil {
		r.t.Errorf("ended with %v:\n%s", err, r.out)
	}
}

// notified takes what the service manager is told next.
func (r *running) notified(prefix string) {
	r.t.Helper()
	var b [256]byte
	_ = r.notify.SetReadDeadline(time.Now().Add(time.Minute)) // an open socket takes it
	n, err := r.notify.Read(b[:])
	if err != nil || !strings.HasPrefix(string(b[:n]), prefix) {
		r.t.Errorf("the service manager is told %q, error %v, want %s", b[:n], err, prefix)
	}
}

// ask sends a request to the admin socket.
func (r *running) ask(method, path string) (status int, body []byte) {
	r.t.Helper()
	return r.do("unix", filepath.Join(r.dir, "admin.sock"), method, path)
}

func (r *running) do(network, at, method, path string) (status int, body []byte) {
	r.t.Helper()
	c := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (conn net.Conn, err error) {
		r.ns.Do(r.t, func() error {
			conn, err = net.Dial(network, at)
			return nil
		})
		return conn, err
	}}}
	defer c.CloseIdleConnections()
	req, err := http.NewRequest(method, "http://lacd"+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	if body, err = io.ReadAll(resp.Body); err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, body
}

func TestReload(t *testing.T) {
	r := start(t)
	defer r.stop()

	// A bad file changes nothing: the daemon goes on, and says where it is bad.
	r.config("realms =", "relams =")
	r.signal(syscall.SIGHUP)
	r.out.await(t, "configuration refused, the old one stays in force")
	r.out.await(t, "lacd.hcl:15: unknown key")
	r.notified("RELOADING=1\nMONOTONIC_USEC=")
	r.notified("READY=1")
	status, body := r.ask("POST", "/v1/reload")
	r.notified("RELOADING=1")
	r.notified("READY=1")
	var refused admin.Error
	if err := json.Unmarshal(body, &refused); err != nil || status != http.StatusConflict ||
		!strings.Contains(strings.Join(refused.Lines, "\n"), "lacd.hcl:15: unknown key") {
		t.Errorf("got status %d and %s, want 409 and the line", status, body)
	}
	if status, _ := r.ask("GET", "/v1/retailers/acme"); status != http.StatusOK {
		t.Errorf("got status %d after a file that was refused, want 200", status)
	}

	// A good one is in force at once; what needs a restart is said again each time.
	r.config(`retailer "acme"`, `retailer "beta" {
  realms = ["beta.example"]
  lns "lns9" { address = "192.0.2.9" }
}
retailer "acme"`, `-1"`, `-other"`, `access "eth1" {}`, `access "eth1" { padi_rate = 7 }`)
	r.signal(syscall.SIGHUP)
	r.out.await(t, `msg="configuration reloaded" changes=2 need_restart=1`)
	r.notified("RELOADING=1")
	r.notified("READY=1")
	if status, _ := r.ask("GET", "/v1/retailers/beta"); status != http.StatusOK {
		t.Errorf("got status %d for the new retailer, want 200", status)
	}
	_, body = r.ask("POST", "/v1/reload")
	var again admin.Reloaded
	if err := json.Unmarshal(body, &again); err != nil {
		t.Fatal(err)
	}
	again.Warnings = nil // as "lacd check" has them
	want := admin.Reloaded{Changes: []string{}, Restart: []string{`access "eth1": padi_rate 160000 → 7`}}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("the same file once more, -want +got:\n%s", diff)
	}
}

// No secret is in anything that the daemon says, whatever it is asked.
func TestSecretsStaySecret(t *testing.T) {
	r := start(t)
	var said bytes.Buffer
	look := func() {
		for _, path := range []string{
			"/v1/sessions", "/v1/tunnels", "/v1/lns", "/v1/retailers", "/v1/retailers/acme", "/v1/status",
			"/v1/explain?user=joe@acme.example",
		} {
			status, body := r.ask("GET", path)
			if status != http.StatusOK {
				t.Errorf("GET %s: status %d", path, status)
			}
			said.Write(body)
		}
		_, body := r.do("tcp", metricsAt, "GET", "/metrics")
		if !bytes.Contains(body, []byte("lacd_retailer_sessions")) {
			t.Error("the metrics have no retailers")
		}
		said.Write(body)
	}
	look()
	r.config("-1\"", "-3\"", "-2\"", "-4\"") // other secrets
	_, body := r.ask("POST", "/v1/reload")
	said.Write(body)
	if got := strings.Count(string(body), "secret changed"); got != 2 {
		t.Errorf("%d secrets are told to be changed, want 2: %s", got, body)
	}
	look()
	r.config("realms =", "relams =", `secret  = "`, `secret_file = "`)
	_, body = r.ask("POST", "/v1/reload")
	said.Write(bytes.ReplaceAll(body, []byte(filepath.Join(r.dir, secretMark+"-2")), nil)) // a name of a file is told
	r.stop()
	log := strings.ReplaceAll(r.out.String(), filepath.Join(r.dir, secretMark+"-2"), "")
	if strings.Contains(said.String()+log, secretMark) {
		t.Errorf("a secret is in\n%s\n%s", said.String(), log)
	}
}
