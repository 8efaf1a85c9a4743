package ppp

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var (
	goldenPAP = []byte{
		0x03, 'j', 'o', 'e', // Peer-ID Length, Peer-ID
		0x02, 'p', 'w', // Passwd-Length, Password
	}
	goldenCHAP = []byte{
		0x04, 1, 2, 3, 4, // Value-Size, Value
		'j', 'o', 'e', // Name
	}
)

func TestPAPRequestGolden(t *testing.T) {
	want := PAPRequest{[]byte("joe"), []byte("pw")}
	got, err := ParsePAPRequest(goldenPAP)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(goldenPAP, got.AppendTo(nil)); diff != "" {
		t.Errorf("AppendTo (-want +got):\n%s", diff)
	}
	for n := range goldenPAP {
		if _, err := ParsePAPRequest(goldenPAP[:n]); err == nil {
			t.Errorf("prefix of %d octets: no error", n)
		}
	}
}

func TestCHAPValueGolden(t *testing.T) {
	want := CHAPValue{[]byte{1, 2, 3, 4}, []byte("joe")}
	got, err := ParseCHAPValue(goldenCHAP)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(goldenCHAP, got.AppendTo(nil)); diff != "" {
		t.Errorf("AppendTo (-want +got):\n%s", diff)
	}
	// The name takes what is left, so only prefixes up to the value can fail.
	for n := range 5 {
		if _, err := ParseCHAPValue(goldenCHAP[:n]); err == nil {
			t.Errorf("prefix of %d octets: no error", n)
		}
	}
	if _, err := ParseCHAPValue([]byte{0, 'j'}); err == nil {
		t.Error("empty value: no error")
	}
}

func TestAuthRoundTrip(t *testing.T) {
	long := []byte(strings.Repeat("x", 255))
	for _, name := range [][]byte{{}, {0, 0xff}, long} {
		for _, secret := range [][]byte{{1}, long} {
			r := PAPRequest{name, secret}
			if got, err := ParsePAPRequest(r.AppendTo(nil)); err != nil || !cmp.Equal(r, got) {
				t.Errorf("PAP: got %v, %v, want %v", got, err, r)
			}
			v := CHAPValue{secret, name}
			if got, err := ParseCHAPValue(v.AppendTo(nil)); err != nil || !cmp.Equal(v, got) {
				t.Errorf("CHAP: got %v, %v, want %v", got, err, v)
			}
		}
	}
}

func TestAppendRefusal(t *testing.T) {
	want := []byte{
		0xc0, 0x23, // Protocol
		0x03,       // Code: Authenticate-Nak
		0x09,       // Identifier
		0x00, 0x07, // Length
		0x02, 'n', 'o', // Msg-Length, Message
	}
	if diff := cmp.Diff(want, appendRefusal(nil, PAP, 9, "no")); diff != "" {
		t.Errorf("PAP (-want +got):\n%s", diff)
	}
	want = []byte{
		0xc2, 0x23, // Protocol
		0x04,       // Code: Failure
		0x09,       // Identifier
		0x00, 0x06, // Length
		'n', 'o', // Message
	}
	if diff := cmp.Diff(want, appendRefusal(nil, CHAP, 9, "no")); diff != "" {
		t.Errorf("CHAP (-want +got):\n%s", diff)
	}
}

func TestClip(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("x", 255), strings.Repeat("x", 300), strings.Repeat("é", 200), "x" + strings.Repeat("€", 100), strings.Repeat("\x80", 300)} {
		got := clip(text)
		if len(got) > maxText || !strings.HasPrefix(text, got) {
			t.Errorf("clip(%q) = %q", text, got)
		}
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("clip(%q) cuts a character", text)
		}
	}
}

func FuzzPAPRequest(f *testing.F) {
	f.Add(goldenPAP)
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := ParsePAPRequest(b)
		if err != nil {
			return
		}
		second, err := ParsePAPRequest(first.AppendTo(nil))
		if diff := cmp.Diff(first, second); diff != "" || err != nil {
			t.Errorf("not stable: %v (-first +second):\n%s", err, diff)
		}
	})
}

func FuzzCHAPValue(f *testing.F) {
	f.Add(goldenCHAP)
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := ParseCHAPValue(b)
		if err != nil {
			return
		}
		second, err := ParseCHAPValue(first.AppendTo(nil))
		if diff := cmp.Diff(first, second); diff != "" || err != nil {
			t.Errorf("not stable: %v (-first +second):\n%s", err, diff)
		}
	})
}
