package tunnel

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"lacd/lac/l2tp"
)

const (
	localID  = 100
	peerAddr = "192.0.2.1:1701"
)

// A connScene is a Conn against a peer that sends what the transcript says.
// Our session IDs are called c1, c2 ... in the order they appear.
type connScene struct {
	clock
	c      *Conn
	secret []byte
	out    strings.Builder

	names     map[l2tp.SessionID]string
	ids       map[string]l2tp.SessionID
	ns, nr    uint16 // of the peer: next to send, next expected
	challenge []byte // the last one that came from the Conn
	parser    l2tp.Parser
}

func newConnScene() scene {
	return &connScene{names: map[l2tp.SessionID]string{}, ids: map[string]l2tp.SessionID{}}
}

func (s *connScene) output() string {
	defer s.out.Reset()
	return s.out.String()
}

func (s *connScene) printf(format string, a ...any) {
	fmt.Fprintf(&s.out, "%-6s %s\n", s.since(), fmt.Sprintf(format, a...))
}

// name returns what the transcript calls one of our session IDs.
func (s *connScene) name(id l2tp.SessionID) string {
	if id == 0 {
		return "0"
	}
	if s.names[id] == "" {
		n := fmt.Sprintf("c%d", len(s.names)+1)
		s.names[id], s.ids[n] = n, id
	}
	return s.names[id]
}

func (s *connScene) session(t *testing.T, a args, key string) l2tp.SessionID {
	t.Helper()
	if id, ok := s.ids[a[key]]; ok {
		return id
	}
	return l2tp.SessionID(a.num(t, key, 0))
}

func (s *connScene) command(t *testing.T, name string, a args) {
	t.Helper()
	switch name {
	case "dial", "accept":
		s.begin(t, name, a)
	case "recv":
		s.recv(t, a)
	case "data":
		s.c.Data(s.now.Add(-a.duration(t, "ago")))
	case "wait":
		s.wait(t, a.duration(t, "0"), s.c.Deadline, func() {
			s.c.Advance(s.now)
			s.drain()
		})
	case "place":
		for range a.num(t, "n", 1) {
			id, err := s.c.PlaceCall(s.now, Call{
				Calling: a.text("calling"), Called: a.text("called"), Serial: uint32(a.num(t, "serial", 0)),
			})
			if err != nil {
				s.printf("place: %v", err)
				continue
			}
			s.name(id)
		}
	case "connect":
		cc := Connect{TxSpeed: 1000, RxSpeed: uint32(a.num(t, "rx", 0))}
		if a["password"] != "" {
			cc.ProxyAuth = &l2tp.ProxyAuth{Type: l2tp.ProxyPAP, Name: []byte("u"), ID: 1, Response: []byte(a["password"])}
		}
		s.c.ConnectCall(s.now, s.session(t, a, "0"), cc)
	case "answer":
		s.c.AnswerCall(s.now, s.session(t, a, "0"))
	case "hangup":
		s.c.HangUp(s.now, s.session(t, a, "0"), result(t, a))
	case "close":
		s.c.Close(s.now, result(t, a))
	case "collide":
		s.collide(t, a)
	case "stats":
		st := s.c.Stats()
		s.printf("state=%v calls=%d waiting=%d cwnd=%d inflight=%d queued=%d resends=%d odd=%v",
			st.State, st.Calls, st.Waiting, st.CWND, st.InFlight, st.Queued, st.Resends, st.Odd)
	default:
		t.Fatalf("unknown command %q", name)
	}
	s.drain()
}

func (s *connScene) begin(t *testing.T, role string, a args) {
	*s = *newConnScene().(*connScene)
	s.now = epoch
	s.secret = []byte(a["secret"])
	s.parser.Secret = s.secret
	cfg := Config{
		LocalID: localID, Peer: netip.MustParseAddrPort(peerAddr), HostName: "lac", PeerName: a["peer-name"],
		Secret: s.secret, Window: uint16(a.num(t, "window", 8)), Retries: a.num(t, "retries", 0),
		Hello: a.duration(t, "hello"), Serial: 1000, Seed: [32]byte{1},
	}
	if role == "accept" {
		s.c = Accept(s.now, cfg)
	} else {
		ns := uint16(a.num(t, "ns", 0))
		s.c = newConn(s.now, cfg)
		s.c.channel.una, s.c.channel.nr = ns, ns
		s.ns, s.nr = ns, ns
		s.c.dial(s.now)
		s.c.settle(s.now)
	}
}

func (s *connScene) collide(t *testing.T, a args) {
	rq := &l2tp.SCCRQ{TieBreaker: s.c.tieBreaker}
	switch a["0"] {
	case "lower":
		rq.TieBreaker = make([]byte, 8)
	case "higher":
		rq.TieBreaker = bytes.Repeat([]byte{255}, 8)
	case "none":
		rq.TieBreaker = nil
	case "equal":
	default:
		t.Fatalf("collide %s", a["0"])
	}
	names := map[Collision]string{CollisionNone: "none", CollisionWon: "won", CollisionLost: "lost", CollisionTie: "tie"}
	s.printf("collision %s", names[s.c.Collide(s.now, rq)])
}

func result(t *testing.T, a args) l2tp.Result {
	r := l2tp.Result{Message: a.text("text")}
	t.Helper()
	code, errCode, both := strings.Cut(a["result"], "/")
	r.Code = uint16(args{"result": code}.num(t, "result", 0))
	if both {
		r.Error = uint16(args{"error": errCode}.num(t, "error", 0))
	}
	if a["disconnect"] != "" {
		r.Disconnect = &l2tp.DisconnectCause{Code: uint16(a.num(t, "disconnect", 0)), Direction: 1}
	}
	return r
}

// recv sends the Conn a message from its peer. Numbers that are not given are
// those a correct peer would use.
func (s *connScene) recv(t *testing.T, a args) {
	t.Helper()
	h := l2tp.Header{
		TunnelID: l2tp.TunnelID(a.num(t, "tid", localID)), SessionID: s.session(t, a, "sid"),
		Ns: uint16(a.num(t, "ns", int(s.ns))), Nr: uint16(a.num(t, "nr", int(s.nr))),
	}
	var b []byte
	switch a["0"] {
	case "ZLB":
		b = l2tp.AppendZLB(nil, h)
	case "raw":
		payload, err := hex.DecodeString(strings.ReplaceAll(a["hex"], ".", ""))
		if err != nil {
			t.Fatal(err)
		}
		h.Control = true
		b = append(h.AppendTo(nil, len(payload)), payload...)
	case "octets":
		b, _ = hex.DecodeString(strings.ReplaceAll(a["hex"], ".", ""))
	default:
		b = l2tp.AppendMessage(nil, h, s.message(t, a), nil)
	}
	if a["0"] != "ZLB" && h.Ns == s.ns {
		s.ns++
	}
	from := peerAddr
	if a["from"] != "" {
		from = a["from"]
	}
	s.c.Receive(s.now, netip.MustParseAddrPort(from), b)
}

// message builds the message a recv names.
func (s *connScene) message(t *testing.T, a args) l2tp.Message {
	t.Helper()
	setup := l2tp.Setup{
		Framing: uint32(a.num(t, "framing", 3)), HostName: []byte("lns"), TunnelID: l2tp.TunnelID(a.num(t, "id", 7)),
		Window: uint16(a.num(t, "window", 0)),
	}
	if a["host"] != "" {
		setup.HostName = []byte(a["host"])
	}
	if a["challenge"] != "" {
		setup.Challenge = []byte(a["challenge"])
	}
	switch id := s.session(t, a, "id"); a["0"] {
	case "SCCRQ":
		return &l2tp.SCCRQ{Setup: setup}
	case "SCCRP":
		return &l2tp.SCCRP{Setup: setup, Response: s.response(a, l2tp.TypeSCCRP)}
	case "SCCCN":
		return &l2tp.SCCCN{Response: s.response(a, l2tp.TypeSCCCN)}
	case "StopCCN":
		return &l2tp.StopCCN{Result: result(t, a).ResultCode(), TunnelID: setup.TunnelID}
	case "HELLO":
		return &l2tp.HELLO{}
	case "ICRQ":
		return &l2tp.ICRQ{SessionID: id, Serial: 5, Calling: []byte(a["calling"])}
	case "ICRP":
		return &l2tp.ICRP{SessionID: id}
	case "ICCN":
		return &l2tp.ICCN{TxSpeed: 2000, Framing: 1}
	case "CDN":
		r := result(t, a)
		return &l2tp.CDN{Result: r.ResultCode(), SessionID: id, Disconnect: r.Disconnects()}
	case "OCRQ":
		return &l2tp.OCRQ{SessionID: id, Called: []byte("1")}
	case "OCRP":
		return &l2tp.OCRP{SessionID: id}
	case "OCCN":
		return &l2tp.OCCN{}
	case "SLI":
		return &l2tp.SLI{}
	case "WEN":
		return &l2tp.WEN{}
	}
	t.Fatalf("unknown message %q", a["0"])
	return nil
}

// response answers the Conn's challenge, if the transcript wants it.
func (s *connScene) response(a args, typ l2tp.MessageType) []byte {
	r := l2tp.ChallengeResponse(typ, s.secret, s.challenge)
	switch a["response"] {
	case "ok":
		return r[:]
	case "wrong":
		r[0]++
		return r[:]
	}
	return nil
}

func (s *connScene) drain() {
	for _, action := range s.c.Take() {
		switch a := action.(type) {
		case Send:
			s.sent(a)
		case Opened:
			s.printf("opened peer=%d at %v name=%q", a.PeerID, a.Peer, a.PeerName)
		case CallAnswered:
			s.printf("answered %s peer=%d serial=%d", s.name(a.ID), a.PeerID, a.Serial)
		case Connected:
			s.printf("connected %s", s.name(a.ID))
		case CallDown:
			s.printf("call %s down local=%v: %v", s.name(a.ID), a.Local, a.Result)
		case Down:
			s.printf("down %v local=%v: %v", a.Reason, a.Local, a.Result)
		case Released:
			s.printf("released, id free at %v", a.ReuseAfter.Sub(epoch))
		case CallRequested:
			s.printf("requested %s peer=%d serial=%d calling=%q", s.name(a.ID), a.PeerID, a.Serial, a.Call.Calling)
		case CallConnected:
			s.printf("up %s tx=%d", s.name(a.ID), a.Connect.TxSpeed)
		case Log:
			s.printf("log %s: %s", a.What, a.Detail)
		}
	}
}

// sent prints a datagram and keeps what the peer needs of it.
func (s *connScene) sent(a Send) {
	h, payload, err := l2tp.ParseHeader(bytes.Clone(a.Datagram))
	if err != nil || !h.Control {
		s.printf("send: %v", err)
		return
	}
	what := "ZLB"
	if len(payload) > 0 {
		if h.Ns == s.nr {
			s.nr++
		}
		m, err := s.parser.Parse(payload)
		if err != nil {
			s.printf("send: %v", err)
			return
		}
		what = s.describe(m)
	}
	to := ""
	if a.To.String() != peerAddr {
		to = " to " + a.To.String()
	}
	typ, detail, _ := strings.Cut(what, " ")
	s.printf("send %s tid=%d sid=%d ns=%d nr=%d%s", typ, h.TunnelID, h.SessionID, h.Ns, h.Nr, strings.TrimRight(" "+detail, " ")+to)
}

func (s *connScene) describe(m l2tp.Message) string {
	switch m := m.(type) {
	case *l2tp.SCCRQ:
		s.challenge = bytes.Clone(m.Challenge)
		return fmt.Sprintf("SCCRQ id=%d host=%s window=%d challenge=%d tie=%d", m.TunnelID, m.HostName, m.Window, len(m.Challenge), len(m.TieBreaker))
	case *l2tp.SCCRP:
		s.challenge = bytes.Clone(m.Challenge)
		return fmt.Sprintf("SCCRP id=%d host=%s window=%d challenge=%d response=%x", m.TunnelID, m.HostName, m.Window, len(m.Challenge), m.Response)
	case *l2tp.SCCCN:
		return fmt.Sprintf("SCCCN response=%x", m.Response)
	case *l2tp.StopCCN:
		return fmt.Sprintf("StopCCN id=%d result=%v", m.TunnelID, m.Outcome())
	case *l2tp.ICRQ:
		return fmt.Sprintf("ICRQ id=%s serial=%d calling=%q called=%q", s.name(m.SessionID), m.Serial, m.Calling, m.Called)
	case *l2tp.ICRP:
		return "ICRP id=" + s.name(m.SessionID)
	case *l2tp.ICCN:
		return fmt.Sprintf("ICCN tx=%d rx=%d auth=%d password=%q", m.TxSpeed, m.RxSpeed, m.Auth.Type, m.Auth.Response)
	case *l2tp.CDN:
		return fmt.Sprintf("CDN id=%s result=%v", s.name(m.SessionID), m.Outcome())
	}
	return m.Type().String()
}

func TestConnTranscripts(t *testing.T) {
	transcripts(t, "conn-*.txt", newConnScene)
}

func TestStateNames(t *testing.T) {
	for s := range State(9) {
		if got := s.String(); (got == "unknown") != (s < Idle || s > Gone) {
			t.Errorf("%d: got %q", s, got)
		}
	}
}

func TestConnDeadlineOfGone(t *testing.T) {
	c := Accept(epoch, Config{LocalID: 1})
	c.Close(epoch, l2tp.Result{})
	if d := c.Deadline(); !d.IsZero() {
		t.Errorf("got %v", d)
	}
	c.Advance(epoch.Add(time.Hour))
	c.Receive(epoch, netip.AddrPort{}, nil)
	for _, a := range c.Take() {
		if _, ok := a.(Send); ok {
			t.Errorf("sent %v", a)
		}
	}
}
