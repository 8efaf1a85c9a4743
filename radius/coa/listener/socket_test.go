package listener

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2866"

	"lacd/radius/coa"
	"lacd/radius/coa/coatest"
)

// serve runs a listener on the loopback whose orders all find one session, which
// is gone at once.
func serve(t *testing.T, at string) netip.AddrPort {
	t.Helper()
	s, err := Listen(netip.MustParseAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	local := s.(udp).c.LocalAddr().(*net.UDPAddr).AddrPort()
	var l *Listener
	l = New(Config{
		Config: coa.Config{
			NAS: coa.NAS{Identifier: "lac1"},
			Clients: []coa.Client{
				{Name: "four", Address: netip.MustParsePrefix("127.0.0.1/32"), Secret: secret},
				{Name: "six", Address: netip.MustParsePrefix("::1/128"), Secret: secret},
			},
		},
		Execute: func(tk coa.Ticket, _ *coa.Client, o *coa.Order) int {
			if o.Session.User == "nobody" {
				return 0
			}
			l.Found(tk, 1)
			if o.Kind == coa.Disconnect {
				l.Gone(tk)
			}
			return 1
		},
		Log: slog.New(slog.DiscardHandler), Debug: slog.New(slog.DiscardHandler).Debug,
	}, []Socket{s})
	ended := make(chan struct{})
	go func() { l.Run(); close(ended) }()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		<-ended
	})
	return local
}

func TestRealSockets(t *testing.T) {
	for _, at := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(at, func(t *testing.T) {
			if at == "[::1]:0" && !hasIPv6() {
				t.Skip("this host has no IPv6 loopback")
			}
			c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(serve(t, at)))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }() // all was read
			b := coatest.Request(layeh.CodeCoARequest, 9, secret, coatest.Text(rfc2866.AcctSessionID_Type, "x"))
			if _, err := c.Write(b); err != nil {
				t.Fatal(err)
			}
			if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 4096)
			n, err := c.Read(buf) // a connected socket hears the address it asked only
			if err != nil {
				t.Fatal(err)
			}
			if p, err := coatest.Answer(buf[:n], b, secret); err != nil || p.Code != layeh.CodeCoAACK {
				t.Errorf("got %v, %v", p, err)
			}
		})
	}
}

func hasIPv6() bool {
	c, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		return false
	}
	_ = c.Close() // it was a question only
	return true
}

func TestListenRefuses(t *testing.T) {
	at := serve(t, "127.0.0.1:0")
	if s, err := Listen(at); err == nil || !strings.Contains(err.Error(), at.String()) {
		t.Errorf("got %v, %v, want an error that names %v", s, err, at)
	}
}

// FreeRADIUS's client believes our answers.
func TestRadclient(t *testing.T) {
	path, err := exec.LookPath("radclient")
	if errors.Is(err, exec.ErrNotFound) {
		if os.Getenv("LACD_TEST_ROOT") == "1" {
			t.Fatal("radclient is not installed: deploy/lab/deps")
		}
		t.Skip("radclient is not installed")
	}
	at := serve(t, "127.0.0.1:0")
	for _, tt := range []struct {
		verb, attributes, want string
		fails                  bool
	}{
		{"disconnect", `User-Name = "joe"`, "Received Disconnect-ACK", false},
		{"disconnect", `User-Name = "joe", Message-Authenticator = 0x00`, "Message-Authenticator = 0x", false},
		{"disconnect", `User-Name = "nobody"`, "Error-Cause = Session-Context-Not-Found", true},
		{"disconnect", `User-Name = "joe", Session-Timeout = 60`, "Error-Cause = Unsupported-Attribute", true},
		{"coa", `User-Name = "joe", Session-Timeout = 60`, "Received CoA-ACK", false},
		{"coa", `User-Name = "joe", Acct-Interim-Interval = 5`, "Error-Cause = Invalid-Attribute-Value", true},
		{"coa", `User-Name = "joe", Service-Type = Authorize-Only, State = 0x01`, "Error-Cause = Unsupported-Service", true},
	} {
		cmd := exec.Command(path, "-x", "-r", "1", "-t", "10", "-S", secretFile(t), at.String(), tt.verb)
		cmd.Stdin = strings.NewReader(tt.attributes + "\n")
		out, err := cmd.CombinedOutput()
		if (err != nil) != tt.fails || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s %s: error %v, want %q in\n%s", tt.verb, tt.attributes, err, tt.want, out)
		}
	}
}

// secretFile keeps the secret out of the arguments.
func secretFile(t *testing.T) string {
	t.Helper()
	name := t.TempDir() + "/secret"
	if err := os.WriteFile(name, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
