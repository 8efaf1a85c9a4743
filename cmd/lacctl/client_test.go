package main

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"syscall"
	"testing"
)

// leaveStale leaves a socket behind, as a daemon does that is killed.
func leaveStale(path string) error {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return err
	}
	l.SetUnlinkOnClose(false)
	return l.Close()
}

func TestExplain(t *testing.T) {
	dial := func(errno syscall.Errno) error {
		return &url.Error{Op: "Get", URL: "http://lacd/", Err: &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", errno)}}
	}
	tests := []struct {
		err        error
		text, hint string
	}{
		{dial(syscall.ENOENT), "there is no admin socket at /s", "is lacd running? if its socket is elsewhere, use -socket PATH"},
		{dial(syscall.ECONNREFUSED), "nobody listens on /s", "is lacd running?"},
		{dial(syscall.EACCES), "no permission to use /s", "become root or a member of the socket's group"},
		{dial(syscall.EPERM), "no permission to use /s", "become root or a member of the socket's group"},
		{&url.Error{Op: "Get", URL: "http://lacd/", Err: context.DeadlineExceeded}, "lacd did not answer within 30s", "look at its log"},
		{dial(syscall.ENOTSOCK), "ask lacd: dial unix: connect: socket operation on non-socket", ""},
		{errors.New("unexpected EOF"), "ask lacd: unexpected EOF", ""},
	}
	tool := &tool{socket: "/s"}
	for _, tt := range tests {
		got := tool.explain(tt.err)
		hint := ""
		if h, ok := errors.AsType[*hinted](got); ok {
			hint = h.hint
		}
		if got.Error() != tt.text || hint != tt.hint {
			t.Errorf("%v: got %q, hint %q", tt.err, got, hint)
		}
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ body, text, hint string }{
		{`{"error":"no such session","hint":"look"}`, "no such session", "look"},
		{`{"error":"bad \u001b[2J"}`, `"bad \x1b[2J"`, ""},
		{`{}`, "lacd answered 404 not found", "lacctl and lacd should be of the same version"},
		{`not found`, "lacd answered 404 not found", "lacctl and lacd should be of the same version"},
	}
	for _, tt := range tests {
		var h *hinted
		if err := refused("404 Not Found", []byte(tt.body)); !errors.As(err, &h) || h.Error() != tt.text || h.hint != tt.hint {
			t.Errorf("%s: got %+v", tt.body, h)
		}
	}
}

func TestSessionPath(t *testing.T) {
	if got, want := sessionPath("a/b?c d@x"), "/v1/sessions/a%2Fb%3Fc%20d@x"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
