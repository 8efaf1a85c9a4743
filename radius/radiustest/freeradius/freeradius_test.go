package freeradius

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	base := Config{Addr: "192.0.2.21", Auth: 1812, Acct: 1813, Client: "192.0.2.1", Secret: "a secret", Users: "some users\n"}
	with := func(change func(c *Config)) Config {
		c := base
		change(&c)
		return c
	}
	for _, tt := range []struct {
		name        string
		config      Config
		want, never []string
	}{
		{
			"plain", base,
			[]string{
				"type = auth\n", "port = 1812\n", "type = acct\n", "port = 1813\n", "ipaddr = 192.0.2.21\n", "ipaddr = 192.0.2.1\n",
				"secret = \"a secret\"\n", "always ok {\n", "accounting {\n\t\tok\n", "auth = no\n",
			},
			[]string{"detail", "type = auth+acct"},
		},
		{"log", with(func(c *Config) { c.Log = true }), []string{"auth = yes\n"}, []string{"auth = no\n"}},
		{"no accounting", with(func(c *Config) { c.Acct = 0 }), []string{"type = auth\n"}, []string{"type = acct\n"}},
		{"detail", with(func(c *Config) { c.Detail = "/x/y" }), []string{"filename = /x/y\n", "accounting {\n\t\tdetail\n"}, []string{"always ok"}},
		{
			"TLS", with(func(c *Config) { c.TLS, c.Auth = true, 2083 }),
			[]string{"type = auth+acct\n", "port = 2083\n", "/key.pem\n", "/cert.pem\n", "/ca.pem\n"},
			[]string{"type = auth\n", "type = acct\n"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.config
			c.Dir = filepath.Join(t.TempDir(), "raddb")
			if err := c.Write(); err != nil {
				t.Fatal(err)
			}
			text := read(t, c.Dir, "radiusd.conf")
			for _, want := range append(tt.want, "usersfile = "+c.Dir+"/users\n") {
				if !strings.Contains(text, want) {
					t.Errorf("there is no %q:\n%s", want, text)
				}
			}
			for _, never := range append(tt.never, "@") {
				if strings.Contains(text, never) {
					t.Errorf("there is %q:\n%s", never, text)
				}
			}
			checkBraces(t, text)
			if got := read(t, c.Dir, "users"); got != c.Users {
				t.Errorf("users: got %q", got)
			}
			if read(t, c.Dir, "dictionary") != "" {
				t.Error("the dictionary is not empty")
			}
		})
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkBraces checks that blocks are closed, and that each line has one setting.
func checkBraces(t *testing.T, text string) {
	t.Helper()
	depth := 0
	for line := range strings.Lines(text) {
		opens, closes := strings.Count(line, "{"), strings.Count(line, "}")
		if depth += opens - closes; depth < 0 || opens+closes > 1 || strings.Count(line, " = ") > 1 || strings.Contains(line, ";") {
			t.Errorf("line %q", line)
		}
	}
	if depth != 0 {
		t.Errorf("%d blocks are left open", depth)
	}
}
