package lac

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"lacd/radius"
)

// The operator reads which server it is, in which part, and why.
func TestRADIUSServersInTheLog(t *testing.T) {
	var log strings.Builder
	s := &Server{cfg: Config{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	why := errors.New("tls: failed to verify certificate: x509: certificate signed by unknown authority")
	s.disconnected("radsec1", radius.Accounting, why)
	s.serverChanged("radsec1", radius.Accounting, true)
	s.serverChanged("radsec1", radius.Authentication, false)
	lines := strings.Split(log.String(), "\n")
	for i, want := range []string{
		`level=WARN msg="RADIUS connection lost" server=radsec1 kind=acct error="tls: failed to verify certificate: x509: ` +
			`certificate signed by unknown authority"`,
		`level=WARN msg="RADIUS server does not answer" server=radsec1 kind=acct`,
		`level=INFO msg="RADIUS server answers again" server=radsec1 kind=auth`,
	} {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("got %q, want %q", lines[i], want)
		}
	}
}
