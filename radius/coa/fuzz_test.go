package coa_test

import (
	"testing"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"lacd/radius/coa"
	"lacd/radius/coa/coatest"
)

// FuzzAdmit gives requests to the gate that are genuine whatever they hold, as
// those of a client that is out of its mind. None may panic, and each that is
// admitted has an answer that its client can believe, with its Proxy-State.
func FuzzAdmit(f *testing.F) {
	for _, b := range [][]byte{
		disconnect(1, joe), change(1, joe, timeout, state, proxy, coatest.Signature()), disconnect(1), change(1, joe, only),
		disconnect(1, joe, dated(start), coatest.Text(rfc2865.NASIdentifier_Type, "lac1")), disconnect(1, joe)[:21],
		{},
	} {
		f.Add(b)
	}
	g := coa.NewGate(config())
	f.Fuzz(func(t *testing.T, b []byte) {
		b = append([]byte(nil), b...)
		_, _ = g.Admit(start, dac, b)
		if len(b) < 20 || len(b) > 4096 {
			return
		}
		b[2], b[3] = byte(len(b)>>8), byte(len(b))
		b = coatest.Resign(b, secret)
		q, o := g.Admit(start, dac, b)
		if o != 0 {
			return
		}
		for _, cause := range []coa.ErrorCause{q.Cause, 0, coa.SessionNotFound} {
			p, err := coatest.Answer(q.Packet.AppendAnswer(nil, []byte(secret), cause), b, secret)
			if err != nil {
				t.Fatal(err)
			}
			asked, err := layeh.Parse(b, []byte(secret))
			if err != nil {
				t.Fatalf("admitted, and cannot be parsed: %v", err)
			}
			want, got := proxyStates(asked), proxyStates(p)
			if len(want) != len(got) {
				t.Fatalf("%d Proxy-States of %d return", len(got), len(want))
			}
			for i := range want {
				if want[i] != got[i] {
					t.Fatalf("Proxy-State %d: got %q, want %q", i, got[i], want[i])
				}
			}
		}
	})
}

func proxyStates(p *layeh.Packet) (all []string) {
	for _, a := range p.Attributes {
		if a.Type == rfc2865.ProxyState_Type {
			all = append(all, string(a.Attribute))
		}
	}
	return all
}
