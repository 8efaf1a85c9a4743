package lac

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc3576"

	"lacd/lac/session"
	"lacd/radius/coa"
	"lacd/radius/coa/coatest"
	"lacd/radius/coa/listener"
)

const coaSecret = "coa-secret-of-32-octets-in-length"

var dac = netip.MustParseAddrPort("192.0.2.31:40000")

// coaRig is a daemon with a dynamic authorization client.
type coaRig struct {
	*rig
	sock *coatest.Socket
	id   uint8
}

func inCoARig(t *testing.T, f func(t *testing.T, r *coaRig)) {
	t.Helper()
	sock := coatest.NewSocket()
	change := func(c *Config) {
		c.CoA.Sockets = []listener.Socket{sock}
		c.CoA.Clients = []coa.Client{
			{Name: "billing", Address: netip.MustParsePrefix("192.0.2.31/32"), Secret: coaSecret},
			{Name: "other", Address: netip.MustParsePrefix("192.0.2.32/32"), Secret: coaSecret, Retailers: []string{"other"}},
			{Name: "acme", Address: netip.MustParsePrefix("192.0.2.33/32"), Secret: coaSecret, Retailers: []string{"acme"}},
		}
	}
	inRig(t, rigOptions{change: change}, func(t *testing.T, r *rig) { f(t, &coaRig{rig: r, sock: sock}) })
}

// ask sends a request and returns the code and Error-Cause of the answer.
func (r *coaRig) ask(from netip.AddrPort, code layeh.Code, attributes ...coatest.Attribute) string {
	r.t.Helper()
	r.id++
	b := coatest.Request(code, r.id, coaSecret, attributes...)
	r.sock.Inject(from, b)
	settle()
	return r.answer(b)
}

// answer returns what was answered to a request.
func (r *coaRig) answer(request []byte) string {
	r.t.Helper()
	sent := r.sock.Sent()
	if len(sent) == 0 {
		return "silence"
	}
	p, err := coatest.Answer(sent[0].Data, request, coaSecret)
	if err != nil || len(sent) > 1 {
		r.t.Fatalf("%d answers, error %v", len(sent), err)
	}
	if c := rfc3576.ErrorCause_Get(p); c != 0 {
		return fmt.Sprintf("%d %d", p.Code, c)
	}
	return fmt.Sprint(int(p.Code))
}

func (r *coaRig) sessions() []session.View {
	return r.srv.views(func(*session.View) bool { return true })
}

func acctSession(id string) coatest.Attribute { return coatest.Text(rfc2866.AcctSessionID_Type, id) }

func TestDisconnectRequestEndsASession(t *testing.T) {
	inCoARig(t, func(t *testing.T, r *coaRig) {
		oneLNS(r.rig)
		sub := r.seg.Dial(alice)
		settle()
		id := r.sessions()[0].ID
		if got := r.ask(dac, layeh.CodeDisconnectRequest, acctSession(id), coatest.Text(rfc2865.Class_Type, "dm")); got != "41" {
			t.Fatalf("got answer %s, want Disconnect-ACK", got)
		}
		select {
		case <-sub.Done():
		default:
			t.Error("the subscriber was not told")
		}
		calls := r.lns1.Calls()
		if len(calls) != 1 || calls[0].Result.Code != 3 {
			t.Errorf("the LNS sees calls %+v, want CDN 3", calls)
		}
		after(time.Second)
		if got := r.records(r.radius); !cmp.Equal(got, []string{"start", "stop Admin-Reset"}) {
			t.Errorf("accounting %v", got)
		}
		var class []string
		for _, a := range lastOf(r.radius, rfc2866.AcctStatusType_Value_Stop).Attributes {
			if a.Type == rfc2865.Class_Type {
				class = append(class, string(a.Attribute))
			}
		}
		if want := []string{"c1", "dm"}; !cmp.Equal(class, want) {
			t.Errorf("class of the Stop %q, want %q", class, want)
		}
		if got := r.ask(dac, layeh.CodeDisconnectRequest, acctSession(id)); got != "42 503" {
			t.Errorf("the session again: got %s, want 503", got)
		}
	})
}
