// Lacctl is the operator's tool for lacd. It talks HTTP and JSON to the admin
// socket; package lac/admin has the format.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
)

const usage = `Usage:
    lacctl [-json] [-socket PATH] show sessions
    lacctl [-json] [-socket PATH] show session ID|USER
    lacctl [-json] [-socket PATH] show retailers
    lacctl [-json] [-socket PATH] show retailer NAME
    lacctl [-json] [-socket PATH] show tunnels
    lacctl [-json] [-socket PATH] show lns
    lacctl [-json] [-socket PATH] show status
    lacctl [-json] [-socket PATH] disconnect ID|USER
    lacctl [-json] [-socket PATH] drain LNS
    lacctl [-json] [-socket PATH] undrain LNS
    lacctl [-json] [-socket PATH] reload
    lacctl [-json] [-socket PATH] explain [USER] [LINE] [-reply FILE | -password-stdin]

Options:
    -json         print what lacd answers, as JSON
    -socket PATH  admin socket of lacd (default $LACD_SOCKET, else
                  /run/lacd/admin.sock)
    -reply FILE   what RADIUS would answer: attributes as in a users file of
                  FreeRADIUS, Tunnel-Server-Endpoint:1 = "192.0.2.1"
    -password-stdin
                  ask RADIUS, with the password in the first line of standard
                  input; it sees an Access-Request with PAP

"show session" also tells why the session went to its LNS, and when each step
of its set-up was done. A session is named by its ID (Acct-Session-Id) or by
the user name as the subscriber sent it.

"show retailer" also tells how set-ups failed and how long each stage takes.
"none" are the sessions of which no retailer is known.

"drain" keeps new calls from an LNS, those that are there stay; "undrain" takes
it back, as does a restart of lacd. An LNS is named as in "show lns", by its
retailer and name with a slash between them where several have the name, or by
its address.

"reload" has lacd read its configuration again, and tells what has changed and
what only a restart would change. A file with an error is refused as a whole.

"explain" tells on which LNSes a subscriber would be tried, and why, without
placing a call. Where RADIUS decides and is not asked, it tells what is known.
LINE is -port, -svlan, -cvlan, -mac, -circuit-id and -remote-id, as many of them
as matter: the line may tell whose subscriber it is before anybody is named.

The exit status is 1 for a failure and 2 for a wrong command line.
`

func main() {
	var out bytes.Buffer
	err := execute(os.Args[1:], os.Getenv, os.Stdin, &out)
	if err == nil {
		_, err = out.WriteTo(os.Stdout)
	}
	os.Exit(report(err))
}

// report says what went wrong and returns the exit status.
func report(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "lacctl: %s\n", err)
	if h, ok := errors.AsType[*hinted](err); ok && h.hint != "" {
		fmt.Fprintf(os.Stderr, "hint: %s\n", h.hint)
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return 2
	}
	return 1
}

// hinted is an error the operator can do something about.
type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// usageError is a command line that makes no sense.
type usageError struct{ text string }

func (u *usageError) Error() string { return u.text }

func misused(format string, args ...any) error {
	return &hinted{&usageError{fmt.Sprintf(format, args...)}, "lacctl -help lists the commands"}
}

// doubleDash lets flags be written with one dash, as the documentation does:
// "-json" would be four short flags to pflag.
func doubleDash(args []string) []string {
	out := make([]string, 0, len(args))
	for i, a := range args {
		if a == "--" {
			return append(out, args[i:]...)
		}
		if len(a) > 2 && a[0] == '-' && a[1] != '-' {
			a = "-" + a
		}
		out = append(out, a)
	}
	return out
}

// singleDash writes flags in messages as they are documented.
func singleDash(s string) string { return strings.ReplaceAll(s, "--", "-") }
