package main

import (
	"encoding/json"
	"net"
	"net/http"
	"testing"
	"time"

	"lacd/lac/admin"
)

// fakeSessions are two sessions: one that is up, one in the middle of set-up
// whose user tries what a terminal might do with his name.
func fakeSessions(now time.Time) []admin.Session {
	return []admin.Session{
		{
			ID: "01a2b3", User: "bob@acme.example", State: "up", Since: now.Add(-2*time.Hour - 5*time.Minute - 10*time.Second),
			Port: "eth1", VLANs: "100.200", MAC: "02:00:00:00:00:01", PPPoE: 17, CircuitID: "dslam1 eth 1/1:200",
			RemoteID: "bob", Service: "internet", Retailer: "acme", LNS: "lns1", Peer: "192.0.2.1:1701",
			Tunnel: 7, PeerTunnel: 42, Call: 11, PeerCall: 99,
			UpPackets: 1234, UpOctets: 1_234_567, DownPkts: 5678, DownOctets: 3_000_000_000,
		},
		{
			ID: "01a2b4", User: "x\x1b[2J\n@acme.example", State: "call", Since: now.Add(-3*time.Hour - 10*time.Second),
			Port: "eth1", MAC: "02:00:00:00:00:02", PPPoE: 18, Retailer: "acme", LNS: "lns2", Peer: "192.0.2.2:1701",
			Tunnel: 8, Call: 12,
		},
	}
}

func fakeTunnels(now time.Time) []admin.Tunnel {
	return []admin.Tunnel{{
		ID: 7, PeerID: 42, LNS: "lns1", Peer: "192.0.2.1:1701", Local: "198.51.100.10:1701", PeerName: "lns1.acme.example",
		State: "up", Since: now.Add(-26*time.Hour - 30*time.Minute), Calls: 1, Window: 16, InFlight: 2, Queued: 3, Resends: 4,
		Plane: "pppbridge",
	}}
}

func fakeLNS() []admin.LNS {
	return []admin.LNS{
		{
			Name: "lns1", Retailer: "acme", Peer: "192.0.2.1:1701", State: "locked", Why: "locked out 12s ago for 48s more: no answer",
			Sessions: 1, Limit: 100, Tunnels: 1, Calls: 1, Placed: 3, Answered: 2, Failed: 1, LastError: "CDN 2: no resources",
		},
		{Name: "192.0.2.7", Peer: "192.0.2.7:1701", State: "ready"},
	}
}

// startFake runs an admin server on a unix socket. With empty it has nothing
// to show.
func startFake(tb testing.TB, path string, empty bool) (stop func()) {
	tb.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		tb.Fatal(err)
	}
	srv := &http.Server{Handler: fakeHandler(empty)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l) // always an error, after Close
	}()
	return func() {
		_ = srv.Close() // the test is over
		<-done
	}
}

func fakeHandler(empty bool) http.Handler {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, code int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(v) // the client sees what is missing
	}
	handle := func(path string, some, none any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			if empty {
				some = none
			}
			answer(w, http.StatusOK, some)
		})
	}
	now := time.Now()
	handle("/v1/sessions", fakeSessions(now), []admin.Session(nil))
	handle("/v1/tunnels", fakeTunnels(now), []admin.Tunnel{})
	handle("/v1/lns", fakeLNS(), []admin.LNS{})
	handle("/v1/status", admin.Status{
		Node: "lac1", Version: "v0.1.0", Since: now.Add(-50*time.Hour - 30*time.Minute), Sessions: 2, Tunnels: 1, Dataplane: "pppbridge",
	}, admin.Status{})
	missing := admin.Error{Error: "no such session", Hint: "lacctl show sessions lists them"}
	mux.HandleFunc("GET /v1/sessions/{name}", func(w http.ResponseWriter, r *http.Request) {
		all := fakeSessions(now)
		switch r.PathValue("name") {
		case "01a2b3", "bob@acme.example", "a/b c?d@acme.example":
			s := all[0]
			s.Reasons = []string{`realm "acme.example" belongs to retailer acme`, "1. lns1 at 192.0.2.1:1701 (configured: preference 0)"}
			s.Timeline = []admin.Step{
				{Event: "PADR"},
				{Event: "LCP-open", After: 12_300 * time.Microsecond},
				{Event: "auth", After: 12_900 * time.Microsecond},
				{Event: "grant", After: 1_512_900 * time.Microsecond},
				{Event: "up", After: 61 * time.Second},
			}
			answer(w, http.StatusOK, s)
		case "01a2b4":
			answer(w, http.StatusOK, all[1])
		case "garbage":
			_, _ = w.Write([]byte("<html>")) // the client sees what is missing
		case "old":
			http.Error(w, "not here", http.StatusTeapot)
		default:
			answer(w, http.StatusNotFound, missing)
		}
	})
	fakeSelection(mux, answer)
	mux.HandleFunc("DELETE /v1/sessions/{name}", func(w http.ResponseWriter, r *http.Request) {
		switch r.PathValue("name") {
		case "01a2b3":
			answer(w, http.StatusOK, admin.Disconnected{Sessions: []string{"01a2b3"}})
		case "bob@acme.example":
			answer(w, http.StatusOK, admin.Disconnected{Sessions: []string{"01a2b3", "01a2b5"}})
		default:
			answer(w, http.StatusNotFound, missing)
		}
	})
	return mux
}
