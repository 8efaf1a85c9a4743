package coa_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"

	"lacd/radius/coa"
	"lacd/radius/coa/coatest"
)

const secret = "xyzzy5461-which-is-long-enough"

func octets(t *testing.T, lines ...string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(lines, ""), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of RFC 5176 section 7 has no secret with it: its fields are
// checked, and that without the secret it is not believed.
func TestExampleOfTheRFC(t *testing.T) {
	b := octets(t,
		"28",                               // Code: Disconnect-Request
		"01",                               // Identifier
		"001c",                             // Length
		"1b23624c3543ceba55f1be55a714ca5e", // Request Authenticator
		"01 08 6d63 6869 6261",             // User-Name "mchiba"
	)
	p, o := coa.Parse(b, []byte(secret))
	if o != coa.BadAuthenticator || p.Kind != coa.Disconnect || p.ID != 1 {
		t.Errorf("got %+v, %v", p, o)
	}
	b = coatest.Request(layeh.CodeDisconnectRequest, 1, secret, coatest.Text(rfc2865.UserName_Type, "mchiba"))
	if p, o = coa.Parse(b, []byte(secret)); o != 0 || p.Kind != coa.Disconnect || p.ID != 1 || p.Signed || !p.Dated.IsZero() {
		t.Errorf("got %+v, %v", p, o)
	}
}

func TestParseDiscards(t *testing.T) {
	good := func(attributes ...coatest.Attribute) []byte {
		return coatest.Request(layeh.CodeDisconnectRequest, 7, secret, attributes...)
	}
	user := coatest.Text(rfc2865.UserName_Type, "joe")
	flip := func(b []byte, at int) []byte { b[at] ^= 1; return b }
	set := func(b []byte, at int, v byte) []byte { b[at] = v; return b }
	for _, tt := range []struct {
		name string
		b    []byte
		want coa.Outcome
	}{
		{"as it is", good(user), 0},
		{"signed", good(user, coatest.Signature()), 0},
		{"padding is ignored", append(good(user), 1, 2, 3), 0},
		{"empty", nil, coa.Short},
		{"shorter than its length", good(user)[:24], coa.Short},
		{"Access-Request", coatest.Request(layeh.CodeAccessRequest, 7, secret, user), coa.UnknownCode},
		{"Disconnect-ACK", coatest.Request(layeh.CodeDisconnectACK, 7, secret, user), coa.UnknownCode},
		{"attribute of length 1", coatest.Seal(set(good(user), 21, 1), secret), coa.Malformed},
		{"attribute beyond the packet", coatest.Seal(set(good(user), 21, 6), secret), coa.Malformed},
		{"authenticator", flip(good(user), 4), coa.BadAuthenticator},
		{"attribute changed", flip(good(user), 22), coa.BadAuthenticator},
		{"other secret", coatest.Request(layeh.CodeDisconnectRequest, 7, "other", user), coa.BadAuthenticator},
		{"signature of another length", good(coatest.Attribute{Type: rfc2869.MessageAuthenticator_Type, Value: make([]byte, 15)}), coa.Malformed},
		{"two signatures", good(coatest.Signature(), coatest.Signature()), coa.Malformed},
		{"timestamp of another length", good(coatest.Attribute{Type: rfc2869.EventTimestamp_Type, Value: make([]byte, 3)}), coa.Malformed},
		{"two timestamps", good(coatest.Integer(rfc2869.EventTimestamp_Type, 1), coatest.Integer(rfc2869.EventTimestamp_Type, 1)), coa.Malformed},
	} {
		if _, got := coa.Parse(tt.b, []byte(secret)); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	if _, got := coa.Parse(good(user), nil); got != coa.BadAuthenticator {
		t.Errorf("without a secret: got %v", got)
	}
}

func TestBadSignature(t *testing.T) {
	// The Request Authenticator is genuine, the Message-Authenticator is not.
	b := coatest.Request(layeh.CodeCoARequest, 7, secret, coatest.Attribute{Type: 79, Value: make([]byte, 16)})
	b[20] = byte(rfc2869.MessageAuthenticator_Type)
	b = coatest.Seal(b, secret)
	if _, got := coa.Parse(b, []byte(secret)); got != coa.BadSignature {
		t.Errorf("got %v, want %v", got, coa.BadSignature)
	}
}

func TestEveryPrefixFails(t *testing.T) {
	b := coatest.Request(layeh.CodeCoARequest, 7, secret,
		coatest.Signature(), coatest.Text(rfc2865.UserName_Type, "joe"), coatest.Integer(rfc2869.EventTimestamp_Type, 1000))
	p, o := coa.Parse(b, []byte(secret))
	if o != 0 || !p.Signed || !p.Dated.Equal(time.Unix(1000, 0)) {
		t.Fatalf("whole: got %+v, %v", p, o)
	}
	for n := range b {
		if _, o := coa.Parse(b[:n], []byte(secret)); o != coa.Short {
			t.Errorf("%d octets: got %v, want %v", n, o, coa.Short)
		}
	}
	// With a length that fits and a genuine authenticator, the attributes must
	// still be whole.
	whole := map[int]bool{20: true, 38: true, 43: true}
	for n := 20; n < len(b); n++ {
		cut := append([]byte(nil), b[:n]...)
		cut[2], cut[3] = byte(n>>8), byte(n)
		want := coa.Malformed
		switch {
		case n == 20:
			want = 0
		case whole[n]:
			want = coa.BadSignature
		}
		if _, o := coa.Parse(coatest.Seal(cut, secret), []byte(secret)); o != want {
			t.Errorf("cut to %d octets: got %v, want %v", n, o, want)
		}
	}
}
