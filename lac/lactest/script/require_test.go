package script

import (
	"crypto/md5"
	"strings"
	"testing"

	"lacd/radius"
	"lacd/radius/radiustest"
)

// signed encodes an Access-Request as it should be.
func signed(secret string, attributes ...Attribute) []byte {
	return signedAs(AccessRequest, secret, attributes...)
}

// status encodes a Status-Server as it should be.
func status(secret string, attributes ...Attribute) []byte {
	return signedAs(StatusServer, secret, attributes...)
}

func signedAs(code byte, secret string, attributes ...Attribute) []byte {
	b := append([]byte{code, 7, 0, 0}, "0123456789abcdef"...)
	b = append(append(b, MessageAuthenticator, 18), make([]byte, 16)...)
	for _, a := range attributes {
		b = a.append(b, secret, nil)
	}
	be.PutUint16(b[2:], uint16(len(b)))
	copy(b[22:], hmacMD5(secret, b))
	return b
}

func accounting(secret string, attributes ...Attribute) []byte {
	b := append([]byte{AccountingRequest, 7, 0, 0}, make([]byte, 16)...)
	for _, a := range attributes {
		b = a.append(b, secret, nil)
	}
	be.PutUint16(b[2:], uint16(len(b)))
	sum := md5.Sum(append(b[:len(b):len(b)], secret...))
	copy(b[4:], sum[:])
	return b
}

func TestCheck(t *testing.T) {
	nas, pap := AttText(NASIdentifier, "lac"), Att(UserPassword, make([]byte, 16)...)
	start := []Attribute{AttU32(AcctStatusType, AcctStart), AttText(AcctSessionID, "1"), nas}
	with := func(more ...Attribute) []Attribute { return append(start[:3:3], more...) }
	for _, tc := range []struct {
		name string
		b    []byte
		want string // in the error; "": none
	}{
		{"good", signed("s", nas, pap), ""},
		{"CHAP", signed("s", nas, Att(CHAPPassword, make([]byte, 17)...)), ""},
		{"wrong secret", signed("x", nas, pap), "wrong Message-Authenticator"},
		{"no NAS", signed("s", pap), "NAS"},
		{"no credentials", signed("s", nas), "want one of them"},
		{"both credentials", signed("s", nas, pap, Att(CHAPPassword, make([]byte, 17)...)), "want one of them"},
		{"half a block", signed("s", nas, Att(UserPassword, make([]byte, 17)...)), "17 octets"},
		{"a long password", signed("s", nas, Att(UserPassword, make([]byte, 144)...)), "144 octets"},
		{"twice", signed("s", nas, nas, pap), "twice"},
		{"short", signed("s", nas, pap, Att(NASPort, 1)), "want 4"},
		{"out of place", signed("s", nas, pap, AttText(Class, "c")), "does not belong"},
		{"Start", accounting("s", start...), ""},
		{"two Classes", accounting("s", with(AttText(Class, "a"), AttText(Class, "b"))...), ""},
		{"wrong authenticator", accounting("x", start...), "wrong Request Authenticator"},
		{"no session", accounting("s", start[0], nas), "Acct-Session-Id"},
		{"Terminate-Cause in Start", accounting("s", with(AttU32(AcctTerminateCause, 1))...), "Terminate-Cause"},
		{"password", accounting("s", with(pap)...), "does not belong"},
		{"preference", accounting("s", with(TaggedU24(TunnelPreference, 0, 1))...), "does not belong"},
		{"Status-Server", status("s", nas), ""},
		{"Status-Server of a user", status("s", nas, AttText(UserName, "joe")), "does not belong"},
		{"Status-Server with a wrong secret", status("x", nas), "wrong Message-Authenticator"},
		{"another code", append([]byte{AccessAccept}, signed("s", nas)[1:]...), "no business"},
	} {
		_, err := ParseRequest(tc.b, "s")
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: got %v, want %q", tc.name, err, tc.want)
		}
	}
}

// What the gateway's own package encodes is as it should be, and another server
// accepts what is said to be right here.
func TestCheckAgreement(t *testing.T) {
	a := radius.Access{User: "joe", Protocol: radius.PAP, Password: []byte("a password of more than sixteen"), NASIdentifier: "lac"}
	b, err := a.Encode(radius.Try{ID: 3, Authenticator: [16]byte{1, 2, 3}, Secret: []byte("secret")})
	if err != nil {
		t.Fatal(err)
	}
	q, err := ParseRequest(b, "secret")
	if err != nil {
		t.Fatal(err)
	}
	if q.srv = (&RADIUS{Secret: "secret"}); q.Password() != string(a.Password) {
		t.Errorf("got %q, want %q", q.Password(), a.Password)
	}
	other := radiustest.New("s")
	if replies, _ := other.Handle("x", signed("s", AttText(UserName, "joe"), AttText(NASIdentifier, "lac"), Att(UserPassword, make([]byte, 16)...))); len(replies) != 1 {
		t.Error("another server does not take the request as signed")
	}
	r, err := radius.ParseReply(q.Build(Answer{Code: AccessAccept, Attributes: L2TPTo(1, "192.0.2.1", Hidden(1, 0x8001, "tunnel secret"))}), &radius.Question{
		Kind: radius.Authentication, Authenticator: q.Authenticator, Secret: []byte("secret"), RequireSignature: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	o := r.Outcome()
	if !o.Accepted || len(o.Grant.Tunnels) != 1 || string(o.Grant.Tunnels[0].Secret) != "tunnel secret" {
		t.Errorf("got %+v", o)
	}
}
