package script

import (
	"encoding/hex"
	"strings"
	"testing"
)

func octets(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The examples of RFC 2865 sections 7.1 and 7.2, whose secret is xyzzy5461.
const (
	nemoPAP = `01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a 01 06 6e 65 6d 6f 02 12 0d be 70 8d
		93 d4 13 ce 31 96 e4 3f 78 2a 0a ee 04 06 c0 a8 01 10 05 06 00 00 00 03`
	nemoAccept = `02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf 9b 55 e0 b2 06 06 00 00 00 01 0f 06 00 00 00 00
		0e 06 c0 a8 01 03`
	nemoCHAP = `01 01 00 47 2a ee 86 f0 8d 0d 55 96 9c a5 97 8e 0d 33 67 a2 01 08 66 6c 6f 70 73 79 03 13 16 e9
		75 57 c3 16 18 58 95 f2 93 ff 63 44 07 72 75 04 06 c0 a8 01 10 05 06 00 00 00 14 06 06 00 00 00 02 07 06 00 00 00 01`
)

func TestRequest(t *testing.T) {
	srv := &RADIUS{Secret: "xyzzy5461"}
	q, err := ParseRequest(octets(t, nemoPAP), srv.Secret)
	if err == nil || !strings.Contains(err.Error(), "Message-Authenticator") {
		t.Errorf("a request of the year 2000: got %v, want a complaint", err)
	}
	q.srv = srv
	if got := q.Password(); got != "arctangent" || q.Text(UserName) != "nemo" || q.U32(NASPort) != 3 || q.Has(State) {
		t.Errorf("got password %q of %v", got, q)
	}
	if !q.Knows("arctangent") || q.Knows("arctangen") {
		t.Error("User-Password does not prove what it should")
	}
	b := q.Build(Answer{Code: AccessAccept, Unsigned: true, Attributes: []Attribute{
		AttU32(ServiceType, 1), AttU32(15, 0), Att(14, 192, 168, 1, 3),
	}})
	if got, want := hex.EncodeToString(b), hex.EncodeToString(octets(t, nemoAccept)); got != want {
		t.Errorf("got answer %s, want %s", got, want)
	}
	if q, _ = ParseRequest(octets(t, nemoCHAP), srv.Secret); q.ID != 1 || len(q.Attrs) != 6 {
		t.Fatalf("got %v", q)
	}
	// Its challenge is the Request Authenticator, which is not read here.
	q.Attrs = append(q.Attrs, Att(CHAPChallenge, q.Authenticator[:]...))
	if !q.Knows("arctangent") || q.Knows("other") {
		t.Error("CHAP-Password does not prove what it should")
	}
}

// The ways to be wrong differ in what they say they do.
func TestAnswer(t *testing.T) {
	q := &Request{ID: 255, srv: &RADIUS{Secret: "secret"}}
	class := []Attribute{AttText(Class, "c")}
	right := q.Build(Answer{Code: AccessAccept, Attributes: class})
	if len(right) != 20+18+3 || right[1] != 255 || be.Uint16(right[2:]) != uint16(len(right)) || right[20] != MessageAuthenticator {
		t.Fatalf("got % x", right)
	}
	last := q.Build(Answer{Code: AccessAccept, Attributes: class, Last: true})
	if len(last) != len(right) || last[20] != Class || last[23] != MessageAuthenticator {
		t.Errorf("signed last: got % x", last)
	}
	if b := q.Build(Answer{Code: AccountingResponse}); len(b) != 20 {
		t.Errorf("accounting: got % x", b)
	}
	if b := q.Build(Answer{Code: AccessAccept, Attributes: class, Unsigned: true}); len(b) != 23 {
		t.Errorf("unsigned: got % x", b)
	}
	b := q.Build(Answer{Code: AccessAccept, Attributes: class, ID: 1, Extra: 2, Trailer: []byte{9}})
	if b[1] != 0 || int(be.Uint16(b[2:])) != len(right)+2 || len(b) != len(right)+1 || b[len(b)-1] != 9 {
		t.Errorf("got % x", b)
	}
	b = q.Build(Answer{Code: AccessAccept, Attributes: class, Signer: "other"})
	if string(b[22:38]) == string(right[22:38]) {
		t.Error("another secret signs the same")
	}
	b = q.Build(Answer{Code: AccessAccept, Attributes: class, Secret: "other"})
	if string(b[22:38]) != string(right[22:38]) || string(b[4:20]) == string(right[4:20]) {
		t.Error("another secret for the Response Authenticator: want that to differ, and nothing else")
	}
}

func TestParse(t *testing.T) {
	b := octets(t, nemoPAP)
	for n := range b {
		if _, err := parse(b[:n]); err == nil {
			t.Errorf("the first %d octets are no packet, and no error", n)
		}
	}
	for _, tail := range []string{"19", "1900", "1901", "1902", "1904ff"} {
		bad := append(octets(t, nemoPAP), octets(t, tail)...)
		bad[3] = byte(len(bad))
		if _, err := parse(bad); err == nil {
			t.Errorf("an attribute %s, and no error", tail)
		}
	}
}
