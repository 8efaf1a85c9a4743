package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"lacd/lac/admin"
)

// patience is how long lacd may take for a whole answer. Listing 64k sessions
// takes it well below a second.
const patience = 30 * time.Second

func sessionPath(name string) string { return "/v1/sessions/" + url.PathEscape(name) }

// ask sends a request, with a question as its body unless that is nil, reads
// the answer into v and returns its text as well.
func (t *tool) ask(method, path string, question, v any) ([]byte, error) {
	client := &http.Client{
		Timeout: patience,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", t.socket)
		}},
	}
	defer client.CloseIdleConnections()
	var body io.Reader
	if question != nil {
		text, err := json.Marshal(question)
		if err != nil {
			return nil, fmt.Errorf("ask lacd: %w", err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, "http://lacd"+path, body)
	if err != nil {
		return nil, fmt.Errorf("ask lacd: %w", err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, t.explain(err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, t.explain(err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refused(resp.Status, answer)
	}
	if err := json.Unmarshal(answer, v); err != nil {
		return nil, &hinted{fmt.Errorf("lacd's answer makes no sense: %w", err), "lacctl and lacd should be of the same version"}
	}
	return answer, nil
}

// refused is the error in an answer that is not a success.
func refused(status string, body []byte) error {
	var e admin.Error
	if err := json.Unmarshal(body, &e); err != nil || e.Error == "" {
		return &hinted{
			fmt.Errorf("lacd answered %s", printable(strings.ToLower(status))),
			"lacctl and lacd should be of the same version",
		}
	}
	var text strings.Builder
	text.WriteString(printable(e.Error))
	for _, l := range e.Lines {
		text.WriteString("\n  " + printable(l))
	}
	return &hinted{errors.New(text.String()), printable(e.Hint)}
}

// explain says in the operator's words why there was no answer.
func (t *tool) explain(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &hinted{fmt.Errorf("there is no admin socket at %s", t.socket), "is lacd running? if its socket is elsewhere, use -socket PATH"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &hinted{fmt.Errorf("nobody listens on %s", t.socket), "is lacd running?"}
	case errors.Is(err, fs.ErrPermission):
		return &hinted{fmt.Errorf("no permission to use %s", t.socket), "become root or a member of the socket's group"}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return &hinted{fmt.Errorf("lacd did not answer within %v", patience), "look at its log"}
	}
	// The URL is of no interest: its host is made up.
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
	}
	return fmt.Errorf("ask lacd: %w", err)
}

// printJSON prints an answer as lacd gave it, indented and safe for a terminal.
func (t *tool) printJSON(raw []byte) error {
	if err := json.Indent(t.out, escaped(bytes.TrimSpace(raw)), "", "  "); err != nil {
		return fmt.Errorf("print answer: %w", err)
	}
	return t.out.WriteByte('\n')
}
