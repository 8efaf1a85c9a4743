package file

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"lacd/policy"
)

const configs = "../../configs"

// Every example is accepted as it stands, with its secret files in place.
func TestConfigs(t *testing.T) {
	paths, err := filepath.Glob(configs + "/*.hcl")
	if err != nil || len(paths) < 6 {
		t.Fatalf("got configurations %v, error %v", paths, err)
	}
	secretFile := regexp.MustCompile(`(?m)^\s*secret_file\s*=\s*"([^"]*)"`)
	pemFile := regexp.MustCompile(`(?m)^\s*(?:ca|cert|key)_file\s*=\s*"([^"]*)"`)
	for _, name := range []string{"LACD_RADSEC_SECRET", "LACD_COA_SECRET", "LACD_ACME_SECRET"} {
		t.Setenv(name, strings.Repeat("s", 32))
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			for _, m := range secretFile.FindAllSubmatch(src, -1) {
				write(t, filepath.Join(dir, string(m[1])), strings.Repeat("s", 32), 0o600)
			}
			for _, m := range pemFile.FindAllSubmatch(src, -1) {
				write(t, filepath.Join(dir, string(m[1])), pemOf(string(m[1])), 0o600)
			}
			copied := filepath.Join(dir, "lacd.hcl")
			write(t, copied, string(src), 0o600)
			f, err := Load(copied)
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Warnings) > 0 {
				t.Errorf("got warnings %q, want none", f.Warnings)
			}
		})
	}
}

// The example of three retailers does what its comments say.
func TestWholesaleRoutes(t *testing.T) {
	src, err := os.ReadFile(configs + "/wholesale.hcl")
	if err != nil {
		t.Fatal(err)
	}
	f, err := parseFake("wholesale.hcl", string(src))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		s              policy.Subscriber
		retailer, user string
		by             policy.Authorize
		asks           bool
	}{
		{policy.Subscriber{User: "Bob@ACME.example", Port: "eth2"}, "acme", "bob@acme.example", policy.ByRADIUS, true},
		{policy.Subscriber{User: "bob@home.acme.example", Port: "eth1", SVLAN: 100, CVLAN: 2}, "acme", "bob@acme.example", policy.ByRADIUS, true},
		{policy.Subscriber{User: "globex/Bob"}, "globex", "globex/Bob", policy.ByRealm, false},
		{policy.Subscriber{User: "bob@globex.example"}, "globex", "bob@globex.example", policy.ByRealm, false},
		{policy.Subscriber{User: "bob@acme.example", Port: "eth1", Access: "eth1:300.2", SVLAN: 300, CVLAN: 2}, "initech", "eth1:300.2", policy.ByLine, true},
		{policy.Subscriber{Port: "eth2", CircuitID: "dslam7 eth 0/1"}, "initech", "dslam7 eth 0/1", policy.ByLine, true},
		{policy.Subscriber{User: "bob@elsewhere.example", Port: "eth1", SVLAN: 310, CVLAN: 2}, "", "", 0, false},
	} {
		r, ok := f.Policy.Line(tt.s)
		if !ok {
			r = f.Policy.Route(tt.s)
		}
		name := ""
		if r.Retailer != nil {
			name = r.Retailer.Name
		}
		if name != tt.retailer || r.User != tt.user || r.Authorize != tt.by || r.AsksRADIUS() != tt.asks {
			t.Errorf("%+v: got retailer %q, user %q, by %v, asks RADIUS %v", tt.s, name, r.User, r.Authorize, r.AsksRADIUS())
		}
	}
}

// The reference names every key the loader reads, and no other.
func TestReferenceIsComplete(t *testing.T) {
	src, err := os.ReadFile(configs + "/lacd.hcl")
	if err != nil {
		t.Fatal(err)
	}
	f, d := decode("lacd.hcl", src, fakeSystem())
	if f == nil {
		t.Fatal(d.errs)
	}
	h, diags := hclsyntax.ParseConfig(src, "lacd.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	written := map[string]bool{
		"default.refuse": strings.Contains(string(src), "\n  # refuse = true\n"), // it excludes retailer
	}
	collect(h.Body.(*hclsyntax.Body), "", written)
	got := slices.Sorted(maps.Keys(written))
	want := slices.Sorted(maps.Keys(d.known))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys of the loader (-) and of the reference (+):\n%s", diff)
	}
}

func collect(body *hclsyntax.Body, path string, written map[string]bool) {
	for name := range body.Attributes {
		written[path+name] = true
	}
	for _, b := range body.Blocks {
		collect(b.Body, path+b.Type+".", written)
	}
}

// Every key of the reference is preceded by a comment that tells its default,
// or that it is required.
func TestReferenceTellsDefaults(t *testing.T) {
	src, err := os.ReadFile(configs + "/lacd.hcl")
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`^\s*([a-z0-9_]+)\s+=`)
	told := make(map[string]bool)
	var comment string
	for line := range strings.Lines(string(src)) {
		line = strings.TrimSpace(line)
		switch m := key.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "#"):
			comment += " " + line
		case m != nil:
			told[m[1]] = told[m[1]] || strings.Contains(comment, "efault") || strings.Contains(comment, "equired") ||
				strings.Contains(comment, "instead of secret")
			comment = ""
		default:
			comment = ""
		}
	}
	for name, ok := range told {
		if !ok {
			t.Errorf("the comment of %s says neither its default nor that it is required", name)
		}
	}
}

// The defaults that lacd.hcl names are those of the loader.
func TestReferenceDefaults(t *testing.T) {
	src, err := os.ReadFile(configs + "/lacd.hcl")
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := parseFake("lacd.hcl", smallest)
	if err != nil {
		t.Fatal(err)
	}
	said := defaultsOf(string(src))
	got := map[string]string{
		"admin_socket": said["admin_socket"], "state_dir": said["state_dir"], "log_format": said["log_format"],
		"log_level": said["log_level"], "dataplane": said["dataplane"], "hello": said["hello"],
		"restart_timer": said["restart_timer"], "auth_timeout": said["auth_timeout"],
		"echo_interval": said["echo_interval"], "resend": said["resend"], "resend_max": said["resend_max"],
		"answer_timeout": said["answer_timeout"],
	}
	want := map[string]string{
		"admin_socket": defaults.Node.AdminSocket, "state_dir": defaults.Node.StateDir,
		"log_format": defaults.Node.LogFormat, "log_level": defaults.Node.LogLevel,
		"dataplane": defaults.Core.Dataplane, "hello": "60s",
		"restart_timer": defaults.PPP.RestartTimer.String(), "auth_timeout": defaults.PPP.AuthTimeout.String(),
		"echo_interval": defaults.PPP.EchoInterval.String(), "resend": defaults.L2TP.Resend.String(),
		"resend_max": defaults.L2TP.ResendMax.String(), "answer_timeout": defaults.L2TP.AnswerTimeout.String(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults of the loader (-) and of the reference (+):\n%s", diff)
	}
}

// defaultsOf returns the quoted default in the comment above each key.
func defaultsOf(src string) map[string]string {
	quoted := regexp.MustCompile(`Default "([^"]+)"`)
	key := regexp.MustCompile(`^\s*([a-z0-9_]+)\s+=`)
	said := make(map[string]string)
	var comment string
	for line := range strings.Lines(src) {
		text, isComment := strings.CutPrefix(strings.TrimSpace(line), "#")
		if isComment {
			comment += text
			continue
		}
		if m := key.FindStringSubmatch(line); m != nil {
			if d := quoted.FindStringSubmatch(comment); d != nil {
				said[m[1]] = d[1]
			}
		}
		comment = ""
	}
	return said
}
