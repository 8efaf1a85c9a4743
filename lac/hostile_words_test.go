package lac

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"lacd/lac/l2tp"
	"lacd/lac/lactest"
	"lacd/policy"
	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
	"lacd/radius/radiustest"
)

// logTo makes the daemon log everything, as text and as JSON.
type logTo struct {
	mu         sync.Mutex // guards both
	text, json bytes.Buffer
}

func (l *logTo) change(c *Config) {
	opts := &slog.HandlerOptions{Level: slog.LevelDebug}
	c.Log = slog.New(slog.NewMultiHandler(slog.NewTextHandler(l.writer(&l.text), opts), slog.NewJSONHandler(l.writer(&l.json), opts)))
}

func (l *logTo) writer(b *bytes.Buffer) io.Writer {
	return writerFunc(func(p []byte) (int, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		return b.Write(p)
	})
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func (l *logTo) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.text.String()+l.json.String()), "\n")
}

// answers returns what the admin API has to say about everything.
func (r *rig) answers(t *testing.T, who ...string) string {
	t.Helper()
	var all strings.Builder
	paths := []string{"/v1/sessions", "/v1/tunnels", "/v1/lns", "/v1/status"}
	for _, w := range who {
		paths = append(paths, "/v1/sessions/"+url.PathEscape(w), "/v1/explain?user="+url.QueryEscape(w))
	}
	for _, p := range paths {
		w := httptest.NewRecorder()
		r.srv.AdminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, p, nil))
		fmt.Fprintln(&all, p, w.Code, w.Body)
	}
	return all.String()
}

// TestSecretsStaySecret: no password or shared secret is in a log, an answer of
// the admin API or a metric, whether things go well or not.
func TestSecretsStaySecret(t *testing.T) {
	const password, tunnelSecret, wrong = "pa55-of-alice", "5ecret-of-the-tunnel", "wr0ng-pa55"
	var log logTo
	inRig(t, rigOptions{change: log.change, secret1: tunnelSecret}, func(t *testing.T, r *rig) {
		r.radius.SetUser("alice@acme.example", radiustest.User{Password: password, Reply: []radiustest.Attribute{
			tunnelTo(0, "192.0.2.11", tunnelSecret, 0),
		}})
		r.radius.SetUser("eve@acme.example", radiustest.User{Password: password, Reply: []radiustest.Attribute{
			tunnelTo(0, "192.0.2.11", wrong, 0),
		}})
		for _, user := range []string{"alice@acme.example", "eve@acme.example", "nobody@acme.example", "alice@nowhere.example"} {
			for _, a := range []lactest.Account{
				{User: user, Password: password}, {User: user, Password: password, PAP: true}, {User: user, Password: wrong, PAP: true},
			} {
				r.seg.Dial(a)
				settle()
			}
		}
		r.radius.SetKnobs(radiustest.Knobs{Silent: true})
		r.seg.Dial(lactest.Account{User: "alice@acme.example", Password: password, PAP: true})
		settle()
		var told strings.Builder
		told.WriteString(r.answers(t, "alice@acme.example", "eve@acme.example"))
		after(time.Minute)
		r.radius.SetKnobs(radiustest.Knobs{})
		for name := range gather(t, r.srv.Collector()) {
			told.WriteString(name + "\n")
		}
		told.WriteString(strings.Join(log.lines(), "\n") + fmt.Sprintf("%v %+v %#v", r.srv.cfg.RADIUS, r.srv.cfg.RADIUS, r.srv.cfg.RADIUS))
		if !strings.Contains(told.String(), "alice@acme.example") || !strings.Contains(told.String(), `"lns":"192.0.2.11"`) {
			t.Errorf("there is too little to look at:\n%s", told.String())
		}
		for _, s := range []string{password, tunnelSecret, wrong, "radius-secret"} {
			if i := strings.Index(told.String(), s); i >= 0 {
				t.Errorf("%q is told: %s", s, told.String()[max(0, i-200):min(len(told.String()), i+50)])
			}
		}
	})
}

// TestNamesCannotForgeLogs: what subscribers, access nodes and LNSes call
// themselves does not begin lines of its own, nor command a terminal.
func TestNamesCannotForgeLogs(t *testing.T) {
	const evil = "x\n{\"level\":\"ERROR\"}\ntime=2000 level=ERROR\x1b[2J\u009b2J\u202e\u2028\x7f\xff"
	line := wire.Line{CircuitID: evil[:40], RemoteID: evil[20:]}
	var log logTo
	inRig(t, rigOptions{policy: twoRetailers(t), change: log.change}, func(t *testing.T, r *rig) {
		r.lns1.Set(lactest.Behaviour{CDN: l2tp.Result{Code: 2, Error: 6, Message: evil}})
		for _, a := range []lactest.Account{
			{User: evil + "@good.example", Service: evil, Line: &line},
			{User: evil + "@good.example", Service: evil, Line: &line, PAP: true},
			{User: evil + "@acme.example", Service: evil, Line: &line},
			{User: "x@" + evil, Service: evil, Line: &line},
		} {
			r.seg.Dial(a)
			settle()
		}
		r.lns1.Set(lactest.Behaviour{})
		r.seg.Dial(lactest.Account{User: "x@acme.example"})
		after(time.Minute)
		r.lns1.Stop(l2tp.Result{Code: 1, Message: evil})
		settle()
		if live(r.lns2) != 2 {
			t.Errorf("%d calls", live(r.lns2))
		}
		lines := log.lines()
		if len(lines) < 15 {
			t.Errorf("%d lines only", len(lines))
		}
		for _, l := range lines {
			if strings.ContainsFunc(l, func(c rune) bool { return !unicode.IsPrint(c) }) ||
				!strings.HasPrefix(l, "time=2000-") && !json.Valid([]byte(l)) {
				t.Errorf("log line %q", l)
			}
		}
		for name := range gather(t, r.srv.Collector()) {
			if strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }) {
				t.Errorf("metric %q", name)
			}
		}
		for l := range strings.Lines(r.answers(t, evil+"@good.example", evil)) {
			if i := strings.IndexAny(l, "[{"); l != "\n" && (i < 0 || !json.Valid([]byte(l[i:]))) {
				t.Errorf("answer %q", l)
			}
		}
	})
}

// TestNamedLikeAnID: a subscriber that calls itself like another's session is
// not taken for it.
func TestNamedLikeAnID(t *testing.T) {
	inRig(t, rigOptions{policy: mustPolicy(t, policy.Policy{
		Node: "lac1", Default: policy.Default{Retailer: "acme"},
		Retailers: []policy.Retailer{{Name: "acme", Authorize: policy.ByRealm, LNS: []policy.LNS{firstLNS()}}},
	})}, func(t *testing.T, r *rig) {
		victim := r.seg.Dial(alice)
		settle()
		id := r.srv.views(named(alice.User))[0].ID
		forger := r.seg.Dial(lactest.Account{User: id, Password: "x"})
		settle()
		if vs := r.srv.views(named(id)); len(vs) != 1 || vs[0].User != alice.User {
			t.Errorf("%s is %+v", id, vs)
		}
		if ids := r.srv.disconnect(named(id)); len(ids) != 1 || ids[0] != id {
			t.Errorf("disconnected %q, want %s", ids, id)
		}
		settle()
		if victim.State() != lactest.Ended || forger.State() == lactest.Ended {
			t.Errorf("the session is in state %d, the forger's in %d", victim.State(), forger.State())
		}
	})
}

// drop is something that is discarded, and the counter that tells of it.
type drop struct {
	counter string
	send    func()
}

func frameTo(ac, from wire.MAC, code wire.Code, id wire.SessionID, payload []byte) []byte {
	f := wire.Frame{Dst: ac, Src: from, EtherType: wire.Discovery, Code: code, SessionID: id, Payload: payload}
	if code == wire.Data {
		f.EtherType = wire.SessionData
	}
	return f.AppendTo(nil)
}

func control(tunnel l2tp.TunnelID, session l2tp.SessionID, ns uint16, m l2tp.Message) []byte {
	return l2tp.AppendMessage(nil, l2tp.Header{TunnelID: tunnel, SessionID: session, Ns: ns, Nr: 1}, m, nil)
}

// TestEveryDropIsCounted sends one of each kind of what is dropped, and looks
// for the counter that tells of it.
func TestEveryDropIsCounted(t *testing.T) {
	inRig(t, rigOptions{policy: twoRetailers(t)}, func(t *testing.T, r *rig) {
		sub := r.seg.Dial(bob)
		mute := alice
		mute.Mute = true
		open := r.seg.Dial(mute)
		settle()
		ac := wire.MAC(r.srv.access[0].port.MAC())
		lac := netip.MustParseAddrPort("192.0.2.1:1701")
		lns, stranger := netip.MustParseAddrPort(lns2Addr), netip.MustParseAddrPort("203.0.113.9:1701")
		tun := r.srv.trunk.Views()[0]
		frame := func(code wire.Code, id wire.SessionID, payload ...byte) []byte {
			return frameTo(ac, open.MAC(), code, id, payload)
		}
		hello := &l2tp.HELLO{}
		rq := &l2tp.SCCRQ{Setup: l2tp.Setup{Framing: 3, HostName: []byte("x"), TunnelID: 7}}
		for i, tt := range []drop{
			{"lacd_pppoe_malformed_total eth1", func() { r.seg.Inject(make([]byte, 60)) }},
			{"lacd_pppoe_malformed_total eth1", func() { r.seg.Inject(frame(wire.PADI, 0)[:17]) }},
			{"lacd_pppoe_discovery_total eth1 not-broadcast", func() { r.seg.Inject(frame(wire.PADI, 0)) }},
			{"lacd_pppoe_discovery_total eth1 service-name-count", func() { r.seg.Inject(frame(wire.PADR, 0)) }},
			{"lacd_pppoe_discovery_total eth1 no-cookie", func() { r.seg.Inject(frame(wire.PADR, 0, 1, 1, 0, 0)) }},
			{"lacd_pppoe_discovery_total eth1 bad-cookie", func() { r.seg.Inject(frame(wire.PADR, 0, 1, 1, 0, 0, 1, 4, 0, 1, 9)) }},
			{"lacd_pppoe_stray_total eth1", func() { r.seg.Inject(frame(wire.PADT, 999)) }},
			{"lacd_pppoe_stray_total eth1", func() { r.seg.Inject(frame(wire.PADT, sub.ID())) }}, // of another host
			{"lacd_pppoe_stray_total eth1", func() { r.seg.Inject(frame(wire.Data, sub.ID(), 0xc0, 0x21)) }},
			{"lacd_dropped_total malformed packet", func() { r.seg.Inject(frame(wire.Data, open.ID(), 0xc0, 0x21, 1)) }},
			{"lacd_dropped_total protocol not allowed yet", func() { r.seg.Inject(frame(wire.Data, open.ID(), 0x80, 0x21, 1, 1, 0, 4)) }},
			{"lacd_dropped_total l2tp: not L2TPv2", func() { r.net.Inject(stranger, lac, []byte{0, 1}) }},
			{"lacd_dropped_total l2tp: data of no tunnel", func() { r.net.Inject(stranger, lac, []byte{0, 2, 0, 7, 0, 9, 0xff, 3}) }},
			{"lacd_dropped_total l2tp: SCCRQ of a stranger", func() { r.net.Inject(stranger, lac, control(0, 0, 0, rq)) }},
			{"lacd_dropped_total l2tp: message to no tunnel", func() { r.net.Inject(stranger, lac, control(tun.ID+1, 0, 0, hello)) }},
			{"lacd_dropped_total l2tp: message from a third party", func() { r.net.Inject(stranger, lac, control(tun.ID, 0, 0, hello)) }},
			{"lacd_dropped_total l2tp: data of no session", func() { r.net.Inject(lns, lac, []byte{0, 2, byte(tun.ID >> 8), byte(tun.ID), 0, 9}) }},
			{"lacd_dropped_total bad header", func() { r.net.Inject(lns, lac, []byte{0xc8, 3, 0, 12}) }},
			{"lacd_dropped_total foreign tunnel id", func() { r.net.Inject(lns, lac, control(tun.ID+1, 0, 9, hello)) }},
			{"lacd_dropped_total message beyond the window", func() { r.net.Inject(lns, lac, control(tun.ID, 0, 5000, hello)) }},
			{"lacd_dropped_total unknown session", func() {
				r.net.Inject(lns, lac, control(tun.ID, 77, 2, &l2tp.CDN{Result: l2tp.ResultCode{Code: 1}, SessionID: 9}))
			}},
		} {
			before := gather(t, r.srv.Collector())[tt.counter]
			tt.send()
			settle()
			if n := gather(t, r.srv.Collector())[tt.counter] - before; n != 1 {
				t.Errorf("%d: %s: %v more, want 1", i, tt.counter, n)
			}
		}
		if sub.State() != lactest.Proven || live(r.lns2) != 1 {
			t.Error("the subscriber was disturbed")
		}
	})
}

// TestBacklogIsBounded: a shard that does not get to its work remembers a
// bounded part of what comes, and counts the rest.
func TestBacklogIsBounded(t *testing.T) {
	change := func(c *Config) { c.Shards = 1 }
	inRig(t, rigOptions{policy: realmPolicy(t, firstLNS()), change: change}, func(t *testing.T, r *rig) {
		sub := r.seg.Dial(alice)
		settle()
		stuck, free := make(chan struct{}), make(chan struct{})
		r.srv.shards[0].box.Put(doIn(func(*shard) { close(stuck); <-free }))
		<-stuck
		f := wire.Frame{
			Dst: wire.MAC(r.srv.access[0].port.MAC()), Src: sub.MAC(), EtherType: wire.SessionData, SessionID: sub.ID(),
			Payload: ppp.AppendTerminateRequest(nil, 1, ""),
		}
		const n = maxBacklog + 1000
		for range n {
			r.seg.Inject(f.AppendTo(nil))
		}
		settle()
		if got := r.srv.shards[0].box.Len(); got != maxBacklog {
			t.Errorf("%d inputs wait, want %d", got, maxBacklog)
		}
		if got := gather(t, r.srv.Collector())["lacd_dropped_total pppoe: frame, backlog full"]; got != 1000 {
			t.Errorf("%v frames counted, want 1000", got)
		}
		close(free)
		settle()
		r.seg.Dial(alice)
		settle()
		if live(r.lns1) != 2 {
			t.Errorf("%d calls, want 2", live(r.lns1))
		}
	})
}

// FuzzAdmin sends requests to the admin API.
func FuzzAdmin(f *testing.F) {
	for _, s := range [][3]string{
		{"GET", "/v1/sessions", ""},
		{"GET", "/v1/sessions/alice@acme.example", ""},
		{"DELETE", "/v1/sessions/386d43800000000100000000", ""},
		{"GET", "/v1/sessions/%ff%00..%2f", ""},
		{"GET", "/v1/tunnels", ""},
		{"GET", "/v1/lns", ""},
		{"POST", "/v1/lns/acme%2Flns1/drain", ""},
		{"DELETE", "/v1/lns/[2001:db8::1]:1701/drain", ""},
		{"GET", "/v1/explain?user=alice@acme.example", ""},
		{"POST", "/v1/explain", `{"user":"x@acme.example","reply":"Tunnel-Type = L2TP\nTunnel-Server-Endpoint = 192.0.2.1"}`},
		{"GET", "/v1/status", ""},
	} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, method, target, body string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || strings.ContainsAny(target, " \r\n\t") || !validMethod(method) {
			return // net/http refuses these
		}
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, rigOptions{policy: realmPolicy(t, firstLNS()), change: quiet})
			defer r.stop()
			r.seg.Dial(alice)
			settle()
			w := httptest.NewRecorder()
			q := httptest.NewRequest(method, "/", strings.NewReader(body))
			q.URL, q.RequestURI = u, target
			r.srv.AdminHandler().ServeHTTP(w, q)
			if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s %s: %d %q", method, target, w.Code, w.Body)
			}
			if n := len(r.srv.trunk.Drained()); n > 2 {
				t.Errorf("%s %s: %d LNSes drain", method, target, n)
			}
			settle()
		})
	})
}

func validMethod(m string) bool {
	return m != "" && !strings.ContainsFunc(m, func(c rune) bool { return c < 'A' || c > 'Z' })
}
