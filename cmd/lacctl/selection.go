package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lacd/lac/admin"
)

func drainPath(lns string) string { return "/v1/lns/" + url.PathEscape(lns) + "/drain" }

func (t *tool) drain(lns string) error { return t.changeDrain("POST", lns, "draining") }

func (t *tool) undrain(lns string) error { return t.changeDrain("DELETE", lns, "no longer draining") }

func (t *tool) changeDrain(method, lns, what string) error {
	var answer admin.Drained
	raw, err := t.ask(method, drainPath(lns), nil, &answer)
	if err != nil {
		return err
	}
	if t.json {
		return t.printJSON(raw)
	}
	for _, l := range answer.LNS {
		of := ""
		if l.Retailer != "" {
			of = " of " + printable(l.Retailer)
		}
		left := strconv.Itoa(l.Sessions) + " sessions"
		if l.Sessions == 1 {
			left = "1 session"
		}
		fmt.Fprintf(t.out, "%s %s%s at %s, which has %s\n", what, printable(l.Name), of, printable(l.Peer), left)
	}
	return nil
}

// mostPassword is more than RADIUS takes.
const mostPassword = 253

func (t *tool) explainCommand() *cobra.Command {
	var file string
	var password bool
	var q admin.Question
	c := &cobra.Command{Use: "explain", RunE: func(_ *cobra.Command, args []string) error {
		if len(args) == 1 {
			q.User = args[0]
		}
		if len(args) > 1 || q == (admin.Question{}) {
			return misused("explain takes one argument, USER, or flags that tell the line")
		}
		var err error
		switch {
		case file != "" && password:
			return misused("-reply and -password-stdin exclude each other")
		case file != "":
			q.Reply, err = readReply(file)
		case password:
			q.Password, err = t.password()
		}
		if err != nil {
			return err
		}
		return t.explainUser(q)
	}}
	f := c.Flags()
	f.StringVar(&file, "reply", "", "")
	f.BoolVar(&password, "password-stdin", false, "")
	f.StringVar(&q.Port, "port", "", "")
	f.Uint16Var(&q.SVLAN, "svlan", 0, "")
	f.Uint16Var(&q.CVLAN, "cvlan", 0, "")
	f.StringVar(&q.MAC, "mac", "", "")
	f.StringVar(&q.CircuitID, "circuit-id", "", "")
	f.StringVar(&q.RemoteID, "remote-id", "", "")
	return c
}

func readReply(file string) (string, error) {
	text, err := os.ReadFile(file)
	switch {
	case err != nil:
		return "", fmt.Errorf("read the reply: %w", err)
	case strings.TrimSpace(string(text)) == "":
		return "", fmt.Errorf("%s is empty", file)
	}
	return string(text), nil
}

// password reads the first line of standard input.
func (t *tool) password() (string, error) {
	line, err := bufio.NewReader(io.LimitReader(t.in, mostPassword+2)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	switch line = strings.TrimRight(line, "\r\n"); {
	case line == "":
		return "", &hinted{errors.New("there is no password on standard input"), "lacctl explain USER -password-stdin < FILE"}
	case len(line) > mostPassword:
		return "", errors.New("the password is too long")
	}
	return line, nil
}

func (t *tool) explainUser(q admin.Question) error {
	var e admin.Explanation
	var raw []byte
	var err error
	if q == (admin.Question{User: q.User}) {
		raw, err = t.ask("GET", "/v1/explain?user="+url.QueryEscape(q.User), nil, &e)
	} else {
		raw, err = t.ask("POST", "/v1/explain", q, &e)
	}
	if err != nil {
		return err
	}
	if t.json {
		return t.printJSON(raw)
	}
	explanation(t, &e)
	return nil
}

func explanation(t *tool, e *admin.Explanation) {
	outcome := e.Outcome
	switch {
	case e.Outcome == "accepted" && len(e.LNS) > 0:
		outcome = "accepted, " + e.LNS[0].Name + " is tried first"
	case e.Outcome == "open":
		outcome = "open, RADIUS decides"
	}
	tab := t.pairs()
	tab.row("user", e.User)
	tab.some("realm", e.Realm)
	tab.some("retailer", e.Retailer)
	tab.some("authorize", e.Authorize)
	tab.some("radius", e.RADIUS)
	tab.row("outcome", outcome)
	for _, d := range []struct {
		name string
		d    time.Duration
	}{{"session timeout", e.SessionTimeout}, {"idle timeout", e.IdleTimeout}, {"interim", e.InterimInterval}} {
		if d.d > 0 {
			tab.row(d.name, d.d.String())
		}
	}
	tab.end("")
	fmt.Fprintln(t.out, "\nwhy")
	for _, r := range e.Reasons {
		fmt.Fprintf(t.out, "  %s\n", printable(r))
	}
	if len(e.LNS) == 0 {
		return
	}
	fmt.Fprintln(t.out)
	tab = t.table("PLACE", "LNS", "PEER", "STATE", "LOCAL", "HOST-NAME", "PEER-NAME", "ASSIGNMENT", "SECRET")
	for i := range e.LNS {
		l := &e.LNS[i]
		secret := "no"
		if l.Secret {
			secret = "yes"
		}
		tab.row(strconv.Itoa(i+1), l.Name, l.Peer, l.State, l.Local, l.HostName, l.PeerName, l.Assignment, secret)
	}
	tab.end("")
}
