package lac

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"lacd/kernel"
	"lacd/lac/admin"
	"lacd/lac/session"
	"lacd/lac/trunk"
	"lacd/lac/tunnel"
)

// AdminHandler serves the admin API described in package admin.
func (s *Server) AdminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/sessions", func(w http.ResponseWriter, _ *http.Request) {
		views := s.views(func(*session.View) bool { return true })
		out := make([]admin.Session, 0, len(views))
		for i := range views {
			out = append(out, adminSession(&views[i]))
		}
		reply(w, out)
	})
	mux.HandleFunc("GET /v1/sessions/{who}", func(w http.ResponseWriter, r *http.Request) {
		// Whoever looks at one session wants to see it move.
		if err := s.readCounters(new([]kernel.Counters)); err != nil {
			s.cfg.Log.Warn("counters cannot be read", "err", err)
		}
		views := s.views(named(r.PathValue("who")))
		if len(views) == 0 {
			notFound(w, r.PathValue("who"))
			return
		}
		out := adminSession(&views[0])
		addReasons(&out, &views[0])
		reply(w, out)
	})
	mux.HandleFunc("DELETE /v1/sessions/{who}", func(w http.ResponseWriter, r *http.Request) {
		ids := s.disconnect(named(r.PathValue("who")))
		if len(ids) == 0 {
			notFound(w, r.PathValue("who"))
			return
		}
		reply(w, admin.Disconnected{Sessions: ids})
	})
	mux.HandleFunc("GET /v1/tunnels", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.adminTunnels()) })
	mux.HandleFunc("GET /v1/retailers", s.listRetailers)
	mux.HandleFunc("GET /v1/retailers/{retailer}", s.showRetailer)
	mux.HandleFunc("GET /v1/lns", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.lnsTable().all) })
	mux.HandleFunc("POST /v1/lns/{lns}/drain", s.drain)
	mux.HandleFunc("DELETE /v1/lns/{lns}/drain", s.drain)
	mux.HandleFunc("GET /v1/explain", s.explainUser)
	mux.HandleFunc("POST /v1/explain", s.explainUser)
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, admin.Status{
			Node: s.cfg.Node, Version: s.cfg.Version, Since: s.since, Sessions: int(s.live.Load()),
			Tunnels: len(s.trunk.Views()), Dataplane: s.cfg.PlaneName,
		})
	})
	return mux
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client went away
}

func notFound(w http.ResponseWriter, who string) {
	fail(w, http.StatusNotFound, "no session "+strings.ToValidUTF8(who, "?"),
		"name a session by its id or by its user, as in lacctl show sessions")
}

func fail(w http.ResponseWriter, status int, what, hint string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(admin.Error{Error: what, Hint: hint}) // the client went away
}

// named matches a session by its Acct-Session-Id or its user name. What looks
// like an ID is one: a subscriber may call itself as it likes.
func named(who string) func(*session.View) bool {
	if _, err := hex.DecodeString(who); err == nil && len(who) == acctIDLen {
		return func(v *session.View) bool { return v.ID == who }
	}
	return func(v *session.View) bool { return v.Known == who }
}

// ask puts a question to every shard and returns the answers that came.
func ask[T any](s *Server, question func(reply chan<- T) input) []T {
	replies := make(chan T, len(s.shards))
	asked := 0
	for _, sh := range s.shards {
		if sh.box.Put(question(replies)) {
			asked++
		}
	}
	var all []T
	for range asked {
		select {
		case a := <-replies:
			all = append(all, a)
		case <-s.gone:
			return all
		}
	}
	return all
}

// views asks every shard for the sessions that match, ordered by ID.
func (s *Server) views(match func(*session.View) bool) []session.View {
	all := slices.Concat(ask(s, func(reply chan<- []session.View) input { return viewIn{match, reply} })...)
	slices.SortFunc(all, func(a, b session.View) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func (s *Server) disconnect(match func(*session.View) bool) []string {
	all := slices.Concat(ask(s, func(reply chan<- []string) input { return disconnectIn{match, reply} })...)
	slices.Sort(all)
	return all
}

func adminSession(v *session.View) admin.Session {
	out := admin.Session{
		ID: v.ID, User: strings.ToValidUTF8(v.Known, "?"), State: v.State.String(), Since: v.Started,
		Port: v.Origin.Port, VLANs: v.Origin.VLANs.String(), MAC: v.Origin.Peer.String(), PPPoE: uint16(v.Origin.ID),
		Service: v.Origin.Service, Retailer: v.Retailer,
		Tunnel: v.Call.Tunnel, PeerTunnel: v.Call.PeerTunnel, Call: v.Call.ID, PeerCall: v.Call.Peer,
		UpPackets: v.Counters.UpPackets, UpOctets: v.Counters.UpOctets,
		DownPkts: v.Counters.DownPackets, DownOctets: v.Counters.DownOctets,
	}
	if l := v.Origin.Line; l != nil {
		out.CircuitID, out.RemoteID = strings.ToValidUTF8(l.CircuitID, "?"), strings.ToValidUTF8(l.RemoteID, "?")
	}
	if v.LNS != nil {
		out.LNS, out.Peer = v.LNS.Name, v.LNS.Peer.String()
	}
	return out
}

// addReasons adds what only the answer for one session has.
func addReasons(out *admin.Session, v *session.View) {
	out.Reasons = v.RouteReason
	if v.Decision != nil {
		out.Reasons = v.Decision.Reasons // those of the route included
	}
	out.Timeline = append(out.Timeline, admin.Step{Event: "padr"})
	v.EachStep(func(st session.Step, after time.Duration) bool {
		out.Timeline = append(out.Timeline, admin.Step{Event: st.String(), After: after})
		return true
	})
}

// tunnelState returns the operator's word for the state of a control
// connection.
func tunnelState(v *trunk.View) string {
	switch v.Stats.State {
	case tunnel.Established:
		return "up"
	case tunnel.Idle, tunnel.WaitReply, tunnel.WaitConnect:
		return "opening"
	case tunnel.Stopping, tunnel.Holding, tunnel.Gone:
	}
	return "closing"
}

func (s *Server) adminTunnels() []admin.Tunnel {
	out := []admin.Tunnel{}
	for _, v := range s.trunk.Views() {
		out = append(out, admin.Tunnel{
			ID: uint16(v.ID), PeerID: uint16(v.Stats.PeerID), LNS: v.LNS, Peer: v.Stats.Peer.String(), Local: v.Local.String(),
			PeerName: strings.ToValidUTF8(v.Stats.PeerName, "?"), State: tunnelState(&v), Since: v.Since, Calls: v.Calls,
			Window: v.Stats.Window, InFlight: v.Stats.InFlight, Queued: v.Stats.Queued, Resends: v.Stats.Resends,
			Plane: s.cfg.PlaneName,
		})
	}
	return out
}
