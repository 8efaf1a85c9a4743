package coa_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"

	"lacd/radius/coa"
	"lacd/radius/coa/coatest"
)

// request parses a request, and returns its octets too.
func request(t *testing.T, code layeh.Code, a ...attr) ([]byte, coa.Packet) {
	t.Helper()
	b := coatest.Request(code, 0x42, secret, a...)
	p, o := coa.Parse(b, []byte(secret))
	if o != 0 {
		t.Fatalf("parse: %v", o)
	}
	return b, p
}

// The answer to a signed CoA-Request, but for its sums.
func TestAnswerGolden(t *testing.T) {
	b, p := request(t, layeh.CodeCoARequest, joe, coatest.Text(rfc2865.ProxyState_Type, "p1"), state,
		coatest.Text(rfc2865.ProxyState_Type, "p2"), coatest.Signature())
	got := p.AppendAnswer([]byte("before"), []byte(secret), coa.UnsupportedAttribute)
	if !bytes.HasPrefix(got, []byte("before")) {
		t.Fatalf("got % x, want it appended", got)
	}
	got = got[len("before"):]
	if _, err := coatest.Answer(got, b, secret); err != nil {
		t.Fatal(err)
	}
	clear(got[4:20])  // Response Authenticator
	clear(got[22:38]) // Message-Authenticator
	want := octets(t,
		"2d",                                     // Code: CoA-NAK
		"42",                                     // Identifier
		"003b",                                   // Length
		"00000000000000000000000000000000",       // Response Authenticator
		"50 12 00000000000000000000000000000000", // Message-Authenticator
		"21 04 7031",                             // Proxy-State "p1"
		"18 07 7374617465",                       // State
		"21 04 7032",                             // Proxy-State "p2"
		"65 06 00000191",                         // Error-Cause 401
	)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAnswerCodes(t *testing.T) {
	for _, tt := range []struct {
		request layeh.Code
		cause   coa.ErrorCause
		want    layeh.Code
	}{
		{layeh.CodeDisconnectRequest, 0, layeh.CodeDisconnectACK},
		{layeh.CodeDisconnectRequest, coa.SessionNotFound, layeh.CodeDisconnectNAK},
		{layeh.CodeCoARequest, 0, layeh.CodeCoAACK},
		{layeh.CodeCoARequest, coa.SessionNotFound, layeh.CodeCoANAK},
	} {
		b, p := request(t, tt.request, joe)
		got, err := coatest.Answer(p.AppendAnswer(nil, []byte(secret), tt.cause), b, secret)
		if err != nil || got.Code != tt.want {
			t.Errorf("%v, cause %d: got %v, %v, want %v", tt.request, tt.cause, got.Code, err, tt.want)
		}
		admin := rfc2866.AcctTerminateCause_Get(got) == rfc2866.AcctTerminateCause_Value_AdminReset
		if want := tt.want == layeh.CodeDisconnectACK; admin != want {
			t.Errorf("%v: Admin-Reset %v, want %v", tt.want, admin, want)
		}
	}
}

// State belongs to a CoA-Request. In a Disconnect-Request it is refused, and
// does not return.
func TestStateOfADisconnect(t *testing.T) {
	b, p := request(t, layeh.CodeDisconnectRequest, joe, state)
	got, err := coatest.Answer(p.AppendAnswer(nil, []byte(secret), coa.UnsupportedAttribute), b, secret)
	if err != nil || rfc2865.State_Get(got) != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

// A request full of Proxy-State has all of it back, but no room for a cause.
func TestLongestAnswer(t *testing.T) {
	var a []attr
	for range 15 {
		a = append(a, attr{Type: rfc2865.ProxyState_Type, Value: make([]byte, 253)})
	}
	a = append(a, attr{Type: rfc2865.ProxyState_Type, Value: make([]byte, 249)})
	b, p := request(t, layeh.CodeDisconnectRequest, a...)
	if len(b) != 4096 {
		t.Fatalf("the request has %d octets, want 4096", len(b))
	}
	answer := p.AppendAnswer(nil, []byte(secret), coa.MissingAttribute)
	got, err := coatest.Answer(answer, b, secret)
	if err != nil || len(answer) != 4096 || len(got.Attributes) != 16 {
		t.Errorf("got %d octets, %d attributes, error %v", len(answer), len(got.Attributes), err)
	}
}
