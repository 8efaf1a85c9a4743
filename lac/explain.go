package lac

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"lacd/lac/admin"
	"lacd/policy"
	"lacd/radius"
	"lacd/radius/client"
)

// The outcomes of an explanation.
const (
	outcomeAccepted = "accepted"
	outcomeRefused  = "refused"
	outcomeOpen     = "open"
)

// mostQuestion bounds what is read of a question.
const mostQuestion = 256 << 10

// askTimeout is how long RADIUS may take to answer for an explanation: less
// than lacctl waits.
const askTimeout = 20 * time.Second

// explainUser tells where a subscriber would go, and why, without placing a
// call.
func (s *Server) explainUser(w http.ResponseWriter, r *http.Request) {
	q := admin.Question{User: r.URL.Query().Get("user")}
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostQuestion)).Decode(&q); err != nil {
			fail(w, http.StatusBadRequest, "the question makes no sense: "+err.Error(), "lacctl and lacd should be of the same version")
			return
		}
	}
	e, err := s.explain(r.Context(), q)
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error(), "write one attribute in a line, such as Tunnel-Server-Endpoint:1 = 192.0.2.1")
		return
	}
	reply(w, e)
}

// explain makes the decision for a subscriber who does not exist. An error is
// one of the question.
func (s *Server) explain(ctx context.Context, q admin.Question) (*admin.Explanation, error) {
	pol := s.policy()
	sub := policy.Subscriber{User: q.User}
	route := pol.Route(sub)
	e := &admin.Explanation{
		User: strings.ToValidUTF8(q.User, "?"), Realm: strings.ToValidUTF8(route.Realm, "?"),
		Outcome: outcomeRefused, Reasons: route.Reasons, LNS: []admin.Choice{},
	}
	if route.Retailer == nil {
		return e, nil
	}
	e.Retailer, e.Authorize = route.Retailer.Name, route.Authorize.String()
	if s.gate.load(route.Retailer.Name).setups.Empty(time.Since(s.since), route.Retailer.MaxSetups) {
		e.Reasons = append(e.Reasons, setupsReached(route.Retailer))
		return e, nil
	}
	e.Outcome = outcomeAccepted
	var grant policy.Grant
	var told []string
	if route.Authorize == policy.ByRADIUS {
		var err error
		if grant, told, err = s.authorization(ctx, e, route.Retailer, q); err != nil {
			return nil, err
		}
	}
	route.Reasons = append(route.Reasons[:len(route.Reasons):len(route.Reasons)], told...)
	e.Reasons = route.Reasons
	if e.Outcome == outcomeRefused {
		return e, nil
	}
	now := time.Now()
	d := pol.Decide(now, sub, route, grant, 0, s.trunk.Condition)
	s.describe(now, e, &d)
	return e, nil
}

// authorization finds out what RADIUS says, and what there is to tell about it.
func (s *Server) authorization(ctx context.Context, e *admin.Explanation, r *policy.Retailer, q admin.Question) (policy.Grant, []string, error) {
	switch {
	case q.Reply != "":
		grant, ignored, err := radius.GrantText(q.Reply)
		var text *radius.TextError
		if errors.As(err, &text) {
			return grant, nil, text
		}
		e.RADIUS = "as in the reply given"
		var told []string
		if len(ignored) > 0 {
			told = append(told, "attributes without meaning here: "+strings.Join(ignored, ", "))
		}
		if err != nil {
			e.Outcome = outcomeRefused
			told = append(told, "Access-Accept cannot be honoured: "+err.Error())
		}
		return grant, told, nil
	case q.Password != "":
		a := s.ask(ctx, r, q)
		e.RADIUS = a.Verdict.String()
		if a.Server != "" {
			e.RADIUS += " by " + a.Server
		}
		if a.Verdict == client.Accepted {
			return a.Grant, []string{e.RADIUS}, nil
		}
		e.Outcome = outcomeRefused
		var told strings.Builder
		told.WriteString(e.RADIUS)
		for _, more := range []string{a.Detail, a.Message} {
			if more != "" {
				told.WriteString(": " + more)
			}
		}
		return policy.Grant{}, []string{told.String()}, nil
	}
	e.RADIUS, e.Outcome = "not asked", outcomeOpen
	return policy.Grant{}, []string{"RADIUS was not asked; what follows holds if it accepts"}, nil
}

// ask asks the RADIUS servers of a retailer, with PAP and sockets of its own.
func (s *Server) ask(ctx context.Context, r *policy.Retailer, q admin.Question) client.Answer {
	cfg, err := s.clientConfig(r)
	if err != nil {
		return client.Answer{Verdict: client.NoServer, Detail: err.Error()}
	}
	cfg.GiveUp = askTimeout
	answers := make(chan client.Answer, 1)
	c, err := client.New(cfg, s.cfg.Dial, func(a client.Answer) { answers <- a })
	if err != nil {
		return client.Answer{Verdict: client.NoServer, Detail: err.Error()}
	}
	defer func() { _ = c.Close() }() // it has no records to send
	c.Authenticate(0, radius.Access{User: q.User, Protocol: radius.PAP, Password: []byte(q.Password), NASPortID: "explain"})
	select {
	case a := <-answers:
		return a
	case <-ctx.Done():
		return client.Answer{Verdict: client.NoServer, Detail: ctx.Err().Error()}
	}
}

// describe puts a decision into an explanation.
func (s *Server) describe(now time.Time, e *admin.Explanation, d *policy.Decision) {
	e.Reasons = d.Reasons
	e.SessionTimeout, e.IdleTimeout, e.InterimInterval = d.SessionTimeout, d.IdleTimeout, d.InterimInterval
	drawn := map[uint32]int{}
	for _, c := range d.Candidates {
		l := &c.LNS
		ch := admin.Choice{
			Name: l.Name, Peer: l.Peer.String(), HostName: l.Host, PeerName: l.PeerHost, Assignment: l.Assignment,
			Secret: l.Secret != "", Reason: c.Reason,
		}
		if l.Local.IsValid() {
			ch.Local = l.Local.String()
		}
		cond := s.trunk.Condition(now, l)
		ch.State = cond.State.String()
		e.LNS = append(e.LNS, ch)
		if !c.Resort {
			drawn[l.Preference]++
		}
	}
	for _, preference := range slices.Sorted(maps.Keys(drawn)) {
		if drawn[preference] > 1 {
			e.Reasons = append(e.Reasons, fmt.Sprintf("the order at preference %d is an example: each session draws its own", preference))
		}
	}
	if len(d.Candidates) == 0 && e.Outcome == outcomeAccepted {
		e.Outcome = outcomeRefused
	}
}
