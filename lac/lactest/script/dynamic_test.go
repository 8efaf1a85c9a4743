package script

import (
	"crypto/md5"
	"strings"
	"testing"

	"lacd/policy"
	"lacd/radius/coa"
)

// The gateway's own package takes what Build makes, and what it answers is taken.
func TestDynamicAgreement(t *testing.T) {
	d := &Dynamic{Secret: "secret"}
	nas := coa.NAS{Identifier: "lac"}
	for _, o := range []Order{
		{Code: DisconnectRequest},
		{Code: CoARequest, Signed: true},
		{Code: DisconnectRequest, Signed: true, Last: true, Trailer: []byte{1}},
	} {
		o.Attributes = []Attribute{AttText(NASIdentifier, "lac"), AttText(UserName, "joe"), AttText(ProxyState, "p")}
		b := d.Build(o)
		p, outcome := coa.Parse(b, []byte("secret"))
		if outcome != 0 {
			t.Fatalf("%+v: %v", o, outcome)
		}
		if order, cause := p.Judge(&nas); cause != 0 || order.Session.User != "joe" {
			t.Errorf("%+v: got %+v, cause %d", o, order, cause)
		}
		q, err := parse(b[:len(b)-len(o.Trailer)])
		if err != nil {
			t.Fatal(err)
		}
		for _, cause := range []coa.ErrorCause{0, coa.SessionNotFound} {
			a, err := parse(p.AppendAnswer(nil, []byte("secret"), cause))
			if err == nil {
				err = a.answers(q, "secret")
			}
			if err != nil || a.U32(ErrorCause) != uint32(cause) || a.Text(ProxyState) != "p" {
				t.Errorf("%+v: cause %d: got %v, %v", o, cause, a, err)
			}
			if a.answers(q, "other") == nil {
				t.Error("another secret, and no error")
			}
		}
	}
	for name, o := range map[string]Order{
		"secret": {Code: DisconnectRequest, Secret: "other"}, "signer": {Code: DisconnectRequest, Signed: true, Signer: "other"}, "length": {Code: DisconnectRequest, Extra: 1},
	} {
		if _, outcome := coa.Parse(d.Build(o), []byte(policy.Secret("secret"))); outcome == 0 {
			t.Errorf("wrong %s, and the request is taken", name)
		}
	}
	if a, b := d.Build(Order{Code: CoARequest}), d.Build(Order{Code: CoARequest, Same: true}); a[1] != b[1] || d.Build(Order{Code: CoARequest})[1] != a[1]+1 {
		t.Error("identifiers are not counted as they should be")
	}
}

func TestDynamicAnswers(t *testing.T) {
	d := &Dynamic{Secret: "secret"}
	plain, _ := parse(d.Build(Order{Code: DisconnectRequest, Attributes: []Attribute{AttText(UserName, "joe")}}))
	signed, _ := parse(d.Build(Order{Code: DisconnectRequest, Signed: true, Attributes: []Attribute{AttText(UserName, "joe")}}))
	answer := func(q *Request, code byte, attributes ...Attribute) *Request {
		b := append([]byte{code, q.ID, 0, 0}, q.Authenticator[:]...)
		for _, a := range attributes {
			b = a.append(b, "secret", nil)
		}
		be.PutUint16(b[2:], uint16(len(b)))
		sum := md5.Sum(append(b[:len(b):len(b)], "secret"...))
		copy(b[4:], sum[:])
		a, err := parse(b)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	cause := AttU32(ErrorCause, 503)
	for _, tc := range []struct {
		q, a *Request
		want string
	}{
		{plain, answer(plain, DisconnectACK), ""},
		{plain, answer(plain, DisconnectNAK, cause), ""},
		{plain, answer(plain, DisconnectNAK), "tell why"},
		{plain, answer(plain, DisconnectACK, cause), "tell why"},
		{plain, answer(plain, CoAACK), "code 44"},
		{plain, answer(signed, DisconnectACK), "Response Authenticator"},
		{signed, answer(signed, DisconnectACK), "in one of"},
		{plain, answer(plain, DisconnectACK, Att(MessageAuthenticator, make([]byte, 16)...)), "in one of"},
		{signed, answer(signed, DisconnectACK, Att(MessageAuthenticator, make([]byte, 16)...)), "wrong Message-Authenticator"},
		{signed, answer(signed, DisconnectACK, AttText(ProxyState, "p"), Att(MessageAuthenticator, make([]byte, 16)...)), "not the first"},
	} {
		if err := tc.a.answers(tc.q, "secret"); tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%v: got %v, want %q", tc.a, err, tc.want)
		}
	}
}
