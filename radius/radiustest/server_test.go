package radiustest

import (
	"bytes"
	"errors"
	"testing"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"lacd/radius"
	"lacd/radius/acct"
)

const secret = "xyzzy5461"

var authenticator = [16]byte{1, 2, 3}

func question() *radius.Question {
	return &radius.Question{
		Kind: radius.Authentication, Authenticator: authenticator, Secret: []byte(secret), RequireSignature: true,
	}
}

func accessRequest(t *testing.T, user, password string) []byte {
	t.Helper()
	a := radius.Access{User: user, Protocol: radius.PAP, Password: []byte(password), NASIdentifier: "lac1"}
	b, err := a.Encode(radius.Try{ID: 9, Authenticator: authenticator, Secret: []byte(secret)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHandle(t *testing.T) {
	s := New(secret)
	s.SetUser("nemo", User{Password: "arctangent", Message: "hello"})
	s.SetUser("", User{Reject: true, Message: "who?"})
	for _, tt := range []struct {
		user, password, message string
		code                    layeh.Code
	}{
		{"nemo", "arctangent", "hello", layeh.CodeAccessAccept},
		{"nemo", "wrong", "hello", layeh.CodeAccessReject},
		{"dory", "arctangent", "who?", layeh.CodeAccessReject},
	} {
		replies, _ := s.Handle("here", accessRequest(t, tt.user, tt.password))
		if len(replies) != 1 {
			t.Fatalf("%s: got %d answers, want 1", tt.user, len(replies))
		}
		r, err := radius.ParseReply(replies[0], question())
		if err != nil {
			t.Fatal(err)
		}
		if got := rfc2865.ReplyMessage_GetString(r.Packet); r.Code != tt.code || got != tt.message {
			t.Errorf("%s: got %v %q, want %v %q", tt.user, r.Code, got, tt.code, tt.message)
		}
	}
	if n := len(s.Requests()); n != 3 {
		t.Errorf("got %d requests, want 3", n)
	}
	s.Forget()
	if n := len(s.Requests()); n != 0 {
		t.Errorf("got %d requests after Forget, want none", n)
	}
}

// What is not genuine is recorded and not answered.
func TestHandleForged(t *testing.T) {
	s := New(secret)
	s.SetUser("nemo", User{Password: "arctangent"})
	for i, b := range [][]byte{accessRequest(t, "nemo", "arctangent"), accessRequest(t, "nemo", "arctangent")} {
		b[22+i] ^= 1
		if replies, _ := s.Handle("here", b); len(replies) != 0 {
			t.Errorf("forged request %d was answered", i)
		}
	}
	for _, q := range s.Requests() {
		if q.Verified {
			t.Error("a forged request counts as verified")
		}
	}
	if replies, _ := s.Handle("here", []byte{1, 2, 3}); replies != nil {
		t.Error("three octets were answered")
	}
}

func TestHandleKnobs(t *testing.T) {
	s := New(secret)
	s.SetUser("nemo", User{Password: "arctangent"})
	b := accessRequest(t, "nemo", "arctangent")
	s.SetKnobs(Knobs{Ignore: 2, Twice: true})
	for i, want := range []int{0, 0, 2} {
		if replies, _ := s.Handle("here", b); len(replies) != want {
			t.Errorf("request %d: got %d answers, want %d", i, len(replies), want)
		}
	}
	for _, tt := range []struct {
		knobs Knobs
		want  error
	}{
		{Knobs{}, nil},
		{Knobs{SignatureLast: true}, nil},
		{Knobs{Unsigned: true}, radius.DropUnsigned},
		{Knobs{WrongSignature: true}, radius.DropSignature},
		{Knobs{WrongAuthenticator: true}, radius.DropAuthenticator},
		{Knobs{Mangle: func(b []byte) []byte { return b[:10] }}, radius.DropShort},
	} {
		s.SetKnobs(tt.knobs)
		replies, _ := s.Handle("here", b)
		if _, err := radius.ParseReply(replies[0], question()); !errors.Is(err, tt.want) {
			t.Errorf("%+v: got %v, want %v", tt.knobs, err, tt.want)
		}
	}
	s.SetKnobs(Knobs{WrongID: true})
	if replies, _ := s.Handle("here", b); replies[0][1] != 10 {
		t.Errorf("got identifier %d, want 10", replies[0][1])
	}
}

func TestAccounting(t *testing.T) {
	s := New(secret)
	r := acct.Record{Status: acct.Stop, Session: "a", NASIdentifier: "lac1"}
	b, err := r.Encode(radius.Try{ID: 3, Secret: []byte(secret)})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		replies, _ := s.Handle("here", bytes.Clone(b))
		q := &radius.Question{Kind: radius.Accounting, Authenticator: [16]byte(b[4:20]), Secret: []byte(secret)}
		if _, err := radius.ParseReply(replies[0], q); err != nil {
			t.Fatal(err)
		}
	}
	if all := s.Accounting(); len(all) != 1 || Status(all[0]) != 2 {
		t.Errorf("got %d records, want one Stop", len(all))
	}
}
