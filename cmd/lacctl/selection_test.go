package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"lacd/lac/admin"
)

// fakeSelection answers about draining and explanations.
func fakeSelection(mux *http.ServeMux, answer func(http.ResponseWriter, int, any)) {
	drain := func(w http.ResponseWriter, r *http.Request) {
		switch who := r.PathValue("lns"); {
		case who == "acme/lns1" || who == "192.0.2.1":
			answer(w, http.StatusOK, admin.Drained{LNS: []admin.LNS{{Name: "lns1", Retailer: "acme", Peer: "192.0.2.1:1701", Sessions: 12}}})
		case who == "lns2":
			answer(w, http.StatusOK, admin.Drained{LNS: []admin.LNS{
				{Name: "lns2", Retailer: "acme", Peer: "192.0.2.2:1701", Sessions: 1},
				{Name: "lns2", Peer: "[2001:db8::2]:1701"},
			}})
		case who == "idle" && r.Method == http.MethodDelete:
			answer(w, http.StatusConflict, admin.Error{Error: "lns idle is not draining"})
		default:
			answer(w, http.StatusNotFound, admin.Error{Error: "no lns " + who, Hint: "name it as in lacctl show lns, or by its address"})
		}
	}
	mux.HandleFunc("POST /v1/lns/{lns}/drain", drain)
	mux.HandleFunc("DELETE /v1/lns/{lns}/drain", drain)
	mux.HandleFunc("GET /v1/explain", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, fakeExplanation(admin.Question{User: r.URL.Query().Get("user")}))
	})
	mux.HandleFunc("POST /v1/explain", func(w http.ResponseWriter, r *http.Request) {
		var q admin.Question
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.Reply == "bad\n" {
			answer(w, http.StatusBadRequest, admin.Error{Error: `line 1: "bad" is not Attribute-Name = value`, Hint: "write one"})
			return
		}
		answer(w, http.StatusOK, fakeExplanation(q))
	})
}

func fakeExplanation(q admin.Question) admin.Explanation {
	e := admin.Explanation{User: q.User, Realm: "acme.example", Retailer: "acme", Authorize: "radius", RADIUS: "not asked", Outcome: "open"}
	e.Reasons = []string{`realm "acme.example" belongs to retailer acme`, "1. lns1 at 192.0.2.1:1701 (configured: preference 0)"}
	e.LNS = []admin.Choice{
		{Name: "lns1", Peer: "192.0.2.1:1701", State: "ready", Local: "198.51.100.10", HostName: "lac1", Secret: true},
		{Name: "lns2", Peer: "192.0.2.2:1701", State: "locked", HostName: "lac1", PeerName: "lns2", Assignment: "a"},
	}
	if q.CircuitID != "" {
		e.Reasons[0] = fmt.Sprintf("the line is %s %d.%d %s %q %q", q.Port, q.SVLAN, q.CVLAN, q.MAC, q.CircuitID, q.RemoteID)
	}
	switch {
	case q.User == "bob@nowhere":
		return admin.Explanation{User: q.User, Realm: "nowhere", Outcome: "refused", Reasons: []string{"nobody claims it"}}
	case q.Password == "secret":
		e.RADIUS, e.Outcome = "accepted by r1", "accepted"
		e.SessionTimeout, e.IdleTimeout, e.InterimInterval = time.Hour, time.Minute, 5*time.Minute
	case q.Password != "":
		e.RADIUS, e.Outcome, e.LNS = "rejected by r1", "refused", nil
	case q.Reply != "":
		e.RADIUS, e.Outcome = "as in the reply given", "accepted"
		e.Reasons = append(e.Reasons, "reply "+q.Reply)
	}
	return e
}

func TestDrainPath(t *testing.T) {
	if got, want := drainPath("acme/lns 1"), "/v1/lns/acme%2Flns%201/drain"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
