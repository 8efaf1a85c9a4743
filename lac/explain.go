package lac

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
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
	sub := subscriber(&q)
	route, byLine := pol.Line(sub)
	if !byLine {
		route = pol.Route(sub)
		if line := sub; line != (policy.Subscriber{User: q.User}) {
			route.Reasons = append([]string{"no retailer has the line: its user name decides"}, route.Reasons...)
		}
	}
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
	if route.AsksRADIUS() {
		var err error
		if grant, told, err = s.authorization(ctx, e, &route, &sub, &q); err != nil {
			return nil, err
		}
	}
	if names := pol.Unresolved(route.Retailer, &grant); len(names) > 0 {
		grant.Hosts = s.resolver.wait(ctx, names)
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

// subscriber returns whom a question is about.
func subscriber(q *admin.Question) policy.Subscriber {
	sub := policy.Subscriber{
		User: q.User, Port: q.Port, Access: q.Port, SVLAN: q.SVLAN, CVLAN: q.CVLAN, MAC: strings.ToLower(q.MAC),
		CircuitID: q.CircuitID, RemoteID: q.RemoteID,
	}
	if q.SVLAN != 0 {
		sub.Access += ":" + strconv.Itoa(int(q.SVLAN))
	}
	if q.CVLAN != 0 {
		sub.Access += "." + strconv.Itoa(int(q.CVLAN))
	}
	return sub
}

// authorization finds out what RADIUS says, and what there is to tell about it.
func (s *Server) authorization(ctx context.Context, e *admin.Explanation, r *policy.Route, sub *policy.Subscriber, q *admin.Question) (policy.Grant, []string, error) {
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
		a := s.ask(ctx, r, sub, q.Password)
		e.RADIUS = a.Verdict.String()
		if a.Server != "" {
			e.RADIUS += " by " + a.Server
		}
		switch {
		case a.Verdict == client.Accepted:
			return a.Grant, []string{e.RADIUS}, nil
		case a.Verdict == client.NoServer && r.Retailer.RADIUSDown == policy.DownRealm:
			*r = r.WithoutRADIUS(a.Detail)
			return policy.Grant{}, nil, nil
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
func (s *Server) ask(ctx context.Context, r *policy.Route, sub *policy.Subscriber, password string) client.Answer {
	cfg, err := s.clientConfig(s.now.Load(), r.Retailer, r.Retailer.RADIUS)
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
	n := s.policy().Numbers(r, sub)
	c.Authenticate(0, radius.Access{
		User: r.User, Protocol: radius.PAP, Password: []byte(password), NASPortID: cmp.Or(n.NASPortID, "explain"),
		NASPortType: n.NASPortType, CallingStation: n.CallingStation, CalledStation: n.CalledStation,
	})
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
	drawn := map[rank]int{}
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
			drawn[rank{l.Preference, l.Level}]++
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(drawn), rank.compare) {
		if drawn[at] > 1 {
			e.Reasons = append(e.Reasons, fmt.Sprintf("the order at %v is an example: each session draws its own", at))
		}
	}
	if len(d.Candidates) == 0 && e.Outcome == outcomeAccepted {
		e.Outcome = outcomeRefused
	}
}

// rank is where the order among LNSes is drawn.
type rank struct {
	preference uint32
	level      uint8
}

func (r rank) compare(o rank) int {
	return cmp.Or(cmp.Compare(r.preference, o.preference), cmp.Compare(r.level, o.level))
}

func (r rank) String() string {
	if r.level == 0 {
		return fmt.Sprintf("preference %d", r.preference)
	}
	return fmt.Sprintf("preference %d, level %d", r.preference, int(r.level)+1)
}
