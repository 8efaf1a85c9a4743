package lac

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

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
		views := s.views(named(r.PathValue("who")))
		if len(views) == 0 {
			notFound(w, r.PathValue("who"))
			return
		}
		out := adminSession(&views[0])
		explain(&out, &views[0])
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
	mux.HandleFunc("GET /v1/lns", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.adminLNS()) })
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
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	_ = json.NewEncoder(w).Encode(admin.Error{ // the client went away
		Error: "no session " + strings.ToValidUTF8(who, "?"),
		Hint:  "name a session by its id or by its user, as in lacctl show sessions",
	})
}

// named matches a session by its Acct-Session-Id or its user name.
func named(who string) func(*session.View) bool {
	return func(v *session.View) bool { return v.ID == who || v.User == who }
}

// views asks every shard for the sessions that match, ordered by ID.
func (s *Server) views(match func(*session.View) bool) []session.View {
	replies := make(chan []session.View, len(s.shards))
	asked := 0
	for _, sh := range s.shards {
		if sh.box.Put(viewIn{match, replies}) {
			asked++
		}
	}
	var all []session.View
	for range asked {
		select {
		case vs := <-replies:
			all = append(all, vs...)
		case <-s.gone:
			return all
		}
	}
	slices.SortFunc(all, func(a, b session.View) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func (s *Server) disconnect(match func(*session.View) bool) []string {
	replies := make(chan []string, len(s.shards))
	asked := 0
	for _, sh := range s.shards {
		if sh.box.Put(disconnectIn{match, replies}) {
			asked++
		}
	}
	var all []string
	for range asked {
		select {
		case ids := <-replies:
			all = append(all, ids...)
		case <-s.gone:
			return all
		}
	}
	slices.Sort(all)
	return all
}

func adminSession(v *session.View) admin.Session {
	out := admin.Session{
		ID: v.ID, User: strings.ToValidUTF8(v.User, "?"), State: v.State.String(), Since: v.Started,
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

// explain adds what only the answer for one session has.
func explain(out *admin.Session, v *session.View) {
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

func tunnelState(v *trunk.View) string { return v.Stats.State.String() }

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

// adminLNS returns the configured LNSes and those that RADIUS named, with
// what happened to their calls.
func (s *Server) adminLNS() []admin.LNS {
	out := []admin.LNS{}
	at := map[netip.AddrPort]int{}
	for _, r := range s.policy().Retailers {
		for _, l := range r.LNS {
			at[l.Peer] = len(out)
			out = append(out, admin.LNS{Name: l.Name, Retailer: r.Name, Peer: l.Peer.String()})
		}
	}
	for _, p := range s.trunk.Peers() {
		i, ok := at[p.Peer]
		if !ok {
			i = len(out)
			at[p.Peer] = i
			out = append(out, admin.LNS{Name: p.Name, Peer: p.Peer.String()})
		}
		out[i].Placed += p.Placed
		out[i].Answered += p.Answered
		out[i].Failed += p.Failed
		if p.LastError != "" {
			out[i].LastError = p.LastError
		}
	}
	for _, v := range s.trunk.Views() {
		if i, ok := at[v.Stats.Peer]; ok && v.Stats.State != tunnel.Gone {
			out[i].Tunnels++
			out[i].Calls += v.Calls
		}
	}
	return out
}
