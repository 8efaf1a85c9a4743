package listener

import (
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"

	"lacd/radius/coa"
	"lacd/radius/coa/coatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "xyzzy5461-which-is-long-enough"

var dac = netip.MustParseAddrPort("192.0.2.31:40000")

// rig is a listener whose orders are noted.
type rig struct {
	l    *Listener
	sock *coatest.Socket
	log  strings.Builder

	mu     sync.Mutex // guards what follows
	orders []*coa.Order
	debug  []string
	parts  int
	block  chan struct{} // not nil: the loop waits for it
}

func (r *rig) execute(_ coa.Ticket, _ *coa.Client, o *coa.Order) int {
	if r.block != nil {
		<-r.block
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.orders = append(r.orders, o)
	return r.parts
}

func (r *rig) murmur(msg string, _ ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.debug = append(r.debug, msg)
}

// inRig runs f in a bubble with a listener that is running.
func inRig(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{sock: coatest.NewSocket(), parts: 1}
		cfg := Config{
			Config: coa.Config{
				NAS:     coa.NAS{Identifier: "lac1"},
				Clients: []coa.Client{{Name: "dac", Address: netip.MustParsePrefix("192.0.2.31/32"), Secret: secret}},
			},
			Execute: r.execute, Debug: r.murmur,
			Log: slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}})),
		}
		r.l = New(cfg, []Socket{r.sock})
		ended := make(chan struct{})
		go func() { r.l.Run(); close(ended) }()
		f(t, r)
		if err := r.l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		<-ended
	})
}

func (r *rig) inject(from netip.AddrPort, b []byte) {
	r.sock.Inject(from, b)
	synctest.Wait()
}

func joe(id uint8) []byte {
	return coatest.Request(layeh.CodeDisconnectRequest, id, secret, coatest.Text(rfc2865.UserName_Type, "jo\xffe"))
}

// stats returns the counters in words.
func (r *rig) stats() map[string]uint64 {
	all := map[string]uint64{}
	for _, s := range r.l.Stats() {
		all[s.Client+" "+s.Kind.String()+" "+s.Outcome.String()] = s.N
	}
	return all
}

func TestRequestAndAnswer(t *testing.T) {
	inRig(t, func(t *testing.T, r *rig) {
		b := joe(1)
		r.inject(dac, b)
		if len(r.orders) != 1 || r.orders[0].Session.User != "jo\xffe" {
			t.Fatalf("got orders %+v", r.orders)
		}
		r.l.Found(1, 1)
		time.Sleep(50 * time.Millisecond)
		if sent := r.sock.Sent(); len(sent) != 0 {
			t.Fatalf("answered before the session was gone: %v", sent)
		}
		r.l.Gone(1)
		synctest.Wait()
		sent := r.sock.Sent()
		if len(sent) != 1 || sent[0].To != dac {
			t.Fatalf("sent %v, want one answer to %v", sent, dac)
		}
		if p, err := coatest.Answer(sent[0].Data, b, secret); err != nil || p.Code != layeh.CodeDisconnectACK {
			t.Errorf("got %v, %v", p, err)
		}
		want := "level=INFO msg=\"CoA request\" client=dac from=192.0.2.31:40000 kind=disconnect outcome=ack user=jo?e sessions=1 after=50ms\n"
		if diff := cmp.Diff(want, r.log.String()); diff != "" {
			t.Errorf("log, -want +got:\n%s", diff)
		}
	})
}

// The loop gives up on sessions without being told anything.
func TestPatience(t *testing.T) {
	inRig(t, func(t *testing.T, r *rig) {
		r.inject(dac, joe(1))
		r.l.Found(1, 1)
		time.Sleep(10*time.Second - time.Nanosecond)
		synctest.Wait()
		if sent := r.sock.Sent(); len(sent) != 0 {
			t.Fatalf("answered too early: %v", sent)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if sent := r.sock.Sent(); len(sent) != 1 || layeh.Code(sent[0].Data[0]) != layeh.CodeDisconnectNAK {
			t.Errorf("sent %v, want Disconnect-NAK", sent)
		}
	})
}

func TestHostileInputIsCountedOnly(t *testing.T) {
	inRig(t, func(t *testing.T, r *rig) {
		r.inject(netip.MustParseAddrPort("198.51.100.1:1"), joe(1))
		r.inject(dac, []byte{40, 1})
		r.inject(dac, coatest.Request(layeh.CodeDisconnectRequest, 1, "wrong", coatest.Text(rfc2866.AcctSessionID_Type, "x")))
		r.inject(dac, coatest.Request(layeh.CodeAccessRequest, 1, secret))
		want := map[string]uint64{
			" none unknown-client": 1, "dac none short": 1, "dac disconnect bad-authenticator": 1, "dac none unknown-code": 1,
		}
		if diff := cmp.Diff(want, r.stats()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if sent := r.sock.Sent(); len(sent) != 0 || len(r.orders) != 0 {
			t.Errorf("sent %v, carried out %v", sent, r.orders)
		}
		if r.log.Len() > 0 || len(r.debug) != 4 {
			t.Errorf("log %q, %d debug lines, want 4", r.log.String(), len(r.debug))
		}
	})
}

// Requests that are refused at sight are no news either.
func TestRefusalsAreMurmured(t *testing.T) {
	inRig(t, func(t *testing.T, r *rig) {
		r.inject(dac, coatest.Request(layeh.CodeDisconnectRequest, 1, secret))
		r.inject(dac, coatest.Request(layeh.CodeDisconnectRequest, 1, secret))
		want := map[string]uint64{"dac disconnect nak-402": 1, "dac disconnect repeated": 1}
		if diff := cmp.Diff(want, r.stats()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if sent := r.sock.Sent(); len(sent) != 2 {
			t.Errorf("%d answers, want 2", len(sent))
		}
		if r.log.Len() > 0 {
			t.Errorf("log %q", r.log.String())
		}
	})
}

// What comes while the loop is behind is bounded, and discarded with a counter.
func TestOverrun(t *testing.T) {
	inRig(t, func(t *testing.T, r *rig) {
		r.block = make(chan struct{})
		r.inject(dac, joe(0))
		const flood = maxInput + 100
		for i := range flood {
			r.sock.Inject(netip.AddrPortFrom(dac.Addr(), uint16(1000+i)), joe(1))
		}
		synctest.Wait()
		if got := r.stats()["dac disconnect overrun"]; got != flood-maxInput {
			t.Errorf("%d overruns, want %d", got, flood-maxInput)
		}
		close(r.block)
	})
}
