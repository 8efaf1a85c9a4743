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

// fakeRetailers are one with all there is to tell, one that is no more, and
// the sessions without any.
func fakeRetailers() []admin.Retailer {
	return []admin.Retailer{
		{
			Name: "acme", Realms: []string{"acme.example", "acme.net.example"}, Authorize: "radius", DSCP: 34,
			Sessions: 12, Up: 10, MaxSessions: 100, MaxSetups: 50, Started: 30, Succeeded: 24,
			Failed: map[string]uint64{"auth-rejected": 1, "no-lns": 3}, Ended: map[string]uint64{"user-request": 14},
			Limited: map[string]uint64{"lns-sessions": 7},
			Stages: []admin.Stage{
				{Name: "lcp-open", Count: 28, P50: 12_300 * time.Microsecond, P95: 40 * time.Millisecond, Max: 3 * time.Second},
				{Name: "total", Count: 24, P50: 80 * time.Millisecond, P95: 310 * time.Millisecond, Max: 4 * time.Second},
			},
			LNS: fakeLNS()[:1],
			RADIUS: []admin.RADIUS{
				{Name: "r1", Kind: "auth", State: "dead", InFlight: 2, Sent: 40, Answered: 20, Timeouts: 18},
				{Name: "r1", Kind: "acct", State: "alive", Sent: 60, Answered: 60},
			},
		},
		{Name: "globex", Removed: true, Sessions: 1, Up: 1, Started: 1, Succeeded: 1},
		{Name: "none", Stages: []admin.Stage{{Name: "total"}}},
	}
}

// fakeReload answers a reload; a daemon with nothing to show has nothing to
// change either.
func fakeReload(empty bool) admin.Reloaded {
	if empty {
		return admin.Reloaded{Changes: []string{}, Restart: []string{}}
	}
	return admin.Reloaded{
		Changes: []string{`retailer "beta": lns "lns3" added`, `radius "r1": timeout 2s → 3s`}, Restart: []string{`access "eth2" added`},
		Warnings: []string{"lacd.hcl:3: secret has only 5 octets and can be guessed\n  hint: make it longer"},
	}
}

// refuseReload is a daemon that does not like its configuration.
func refuseReload(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusConflict)
	_ = json.NewEncoder(w).Encode(admin.Error{
		Error: "the configuration is refused, the old one stays in force",
		Lines: []string{`lacd.hcl:7: unknown key "relams" in retailer`, `  hint: did you mean "realms"?`},
	}) // the client sees what is missing
}

// startFake runs an admin server on a unix socket. With empty it has nothing
// to show.
func startFake(tb testing.TB, path string, empty bool) (stop func()) {
	tb.Helper()
	return serveFake(tb, path, fakeHandler(empty))
}

func serveFake(tb testing.TB, path string, h http.Handler) (stop func()) {
	tb.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		tb.Fatal(err)
	}
	srv := &http.Server{Handler: h}
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
	handle("/v1/retailers", fakeRetailers(), []admin.Retailer{})
	handle("/v1/retailers/acme", fakeRetailers()[0], admin.Retailer{})
	handle("/v1/retailers/globex", fakeRetailers()[1], admin.Retailer{})
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
	mux.HandleFunc("POST /v1/reload", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, fakeReload(empty)) })
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
