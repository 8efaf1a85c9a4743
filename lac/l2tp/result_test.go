package l2tp

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestOutcome(t *testing.T) {
	m := &CDN{
		Result: ResultCode{Code: 2, Error: 6, Text: []byte("a\x00b\xffc\n")},
		Disconnect: []Disconnect{
			{Code: 18, Protocol: 0x8021, Text: []byte("no IPCP")},
			{Code: 18, Protocol: 0x8057, Direction: 2},
		},
	}
	want := Result{
		Code: 2, Error: 6, Message: "a?b?c?",
		Disconnect: &DisconnectCause{
			Code: 18, Protocol: 0x8021, Message: "no IPCP",
			Next: &DisconnectCause{Code: 18, Protocol: 0x8057, Direction: 2},
		},
	}
	got := m.Outcome()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const text = "2/6 a?b?c? (PPP disconnect cause 18 protocol 0x8021 direction 0: no IPCP)" +
		" (PPP disconnect cause 18 protocol 0x8057 direction 2)"
	if got.String() != text {
		t.Errorf("String: got %q", got)
	}
	back := &CDN{Result: got.ResultCode(), Disconnect: got.Disconnects()}
	if diff := cmp.Diff(got, back.Outcome()); diff != "" {
		t.Errorf("back (-want +got):\n%s", diff)
	}
}

// TestOutcomeIsBounded: what a peer can make us write to logs is not as long as
// its message.
func TestOutcomeIsBounded(t *testing.T) {
	long := []byte(strings.Repeat("é", 500))
	m := &CDN{Result: ResultCode{Code: 1, Text: long}, Disconnect: []Disconnect{{Text: long}}}
	for i, text := range []string{
		m.Outcome().Message, m.Outcome().Disconnect.Message, (&StopCCN{Result: m.Result}).Outcome().Message,
	} {
		if len(text) > maxText || len(text) < maxText-1 || !utf8.ValidString(text) || strings.Contains(text, "?") {
			t.Errorf("text %d has %d octets: %q", i, len(text), text)
		}
	}
}

func TestRedirect(t *testing.T) {
	tests := []struct {
		result Result
		want   string
	}{
		{Result{Code: 2, Error: 7, Message: "192.0.2.9"}, "192.0.2.9"},
		{Result{Code: 2, Error: 7, Message: " 2001:db8::9\n"}, "2001:db8::9"},
		{Result{Code: 2, Error: 7, Message: "try lns2"}, ""},
		{Result{Code: 2, Error: 7}, ""},
		{Result{Code: 2, Error: 7, Message: "0.0.0.0"}, ""},
		{Result{Code: 2, Error: 7, Message: "127.0.0.1"}, ""},
		{Result{Code: 2, Error: 7, Message: "::ffff:127.0.0.1"}, ""},
		{Result{Code: 2, Error: 4, Message: "192.0.2.9"}, ""},
		{Result{Code: 7, Error: 7, Message: "192.0.2.9"}, ""},
	}
	for _, tt := range tests {
		a, ok := tt.result.Redirect()
		if ok != (tt.want != "") || ok && a.String() != tt.want {
			t.Errorf("%v: got %v, %v", tt.result, a, ok)
		}
	}
}

func TestResultCodeShapes(t *testing.T) {
	tests := []struct {
		octets string
		want   ResultCode
		fault  fault
	}{
		{"0001", ResultCode{Code: 1}, faultNone},
		{"0002 0004", ResultCode{Code: 2, Error: 4, Text: []byte{}}, faultNone},
		{"0002 0004 41", ResultCode{Code: 2, Error: 4, Text: []byte("A")}, faultNone},
		{"0002 00", ResultCode{}, faultLength},
	}
	for _, tt := range tests {
		var r ResultCode
		f := r.set(octets(t, tt.octets))
		if diff := cmp.Diff(tt.want, r); diff != "" || f != tt.fault {
			t.Errorf("%s: fault %d (-want +got):\n%s", tt.octets, f, diff)
		}
	}
}

func TestResultTextIsCutAtACharacter(t *testing.T) {
	r := Result{Code: 2, Message: strings.Repeat("é", 600)}
	m := &StopCCN{Result: r.ResultCode(), TunnelID: 1}
	b := AppendMessage(nil, Header{}, m, nil)
	var p Parser
	got, err := p.Parse(b[ControlHeaderLen:])
	if err != nil {
		t.Fatal(err)
	}
	text := got.(*StopCCN).Result.Text
	if len(text) != 1012 || !utf8.Valid(text) {
		t.Errorf("%d octets, valid: %v", len(text), utf8.Valid(text))
	}
}
