package script

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"lacd/lac/admin"
)

// Get asks the gateway's admin socket and decodes the answer into v.
func (r *Rig) Get(path string, v any) {
	r.t.Helper()
	r.ask(http.MethodGet, path, v)
}

// Disconnect ends sessions as an operator does: by ID or user name. It returns
// how many there were.
func (r *Rig) Disconnect(who string) int {
	r.t.Helper()
	var d admin.Disconnected
	r.ask(http.MethodDelete, "/v1/sessions/"+who, &d)
	return len(d.Sessions)
}

func (r *Rig) ask(method, path string, v any) {
	r.t.Helper()
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", r.socket)
	}}
	defer tr.CloseIdleConnections()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://lacd"+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: tr, Timeout: Patience}).Do(req)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	if resp.StatusCode != http.StatusOK {
		r.t.Fatalf("%s %s: %s", method, path, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
}

// Sessions returns how many sessions the gateway has.
func (r *Rig) Sessions() int {
	r.t.Helper()
	var s admin.Status
	r.Get("/v1/status", &s)
	return s.Sessions
}

// Metric returns the sum of the gateway's metrics with the name, of all labels
// whose text contains label.
func (r *Rig) Metric(name, label string) (sum float64) {
	r.t.Helper()
	r.gateway.Do(r.t, func() error {
		c, err := net.DialTimeout("tcp", metricsAddr, Patience)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }() // it was only read
		_ = c.SetDeadline(time.Now().Add(Patience))
		if _, err := fmt.Fprintf(c, "GET /metrics HTTP/1.0\r\n\r\n"); err != nil {
			return err
		}
		sc := bufio.NewScanner(c)
		for sc.Scan() {
			series, value, _ := strings.Cut(sc.Text(), "} ")
			have, labels, ok := strings.Cut(series, "{")
			if !ok {
				have, value, _ = strings.Cut(sc.Text(), " ")
			}
			if v, err := strconv.ParseFloat(value, 64); err == nil && have == name && strings.Contains(labels, label) {
				sum += v
			}
		}
		return sc.Err()
	})
	return sum
}
