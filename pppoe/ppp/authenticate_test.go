package ppp

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCredentialsCHAP(t *testing.T) {
	l := NewLink(&Config{Name: "lac", Auth: []Protocol{CHAP}}, [32]byte{})
	response := append(append([]byte(nil), peerResponse...), 0xee, 0xee) // padded
	a := credentials(l, peerRequest, response)
	if a == nil {
		t.Fatal("no credentials")
	}
	clear(response)
	want := Credentials{
		Protocol:  CHAP,
		ID:        1,
		Name:      []byte("joe@acme.example"),
		Challenge: bytes.Clone(l.auth.challenge[:]),
		Response:  make([]byte, 16),
		Packet:    peerResponse,
	}
	if diff := cmp.Diff(want, a.Credentials); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The slices share one array: appending to one must not touch another.
	_ = append(a.Packet, 0xff)
	_ = append(a.Name, 0xff)
	_ = append(a.Response, 0xff)
	if diff := cmp.Diff(want, a.Credentials); diff != "" {
		t.Errorf("after appends (-want +got):\n%s", diff)
	}
}

// openPAP returns a link in the Authentication phase with PAP.
func openPAP() *Link {
	l := NewLink(&Config{Auth: []Protocol{PAP}}, [32]byte{})
	l.Start(testTime)
	l.state, l.restartAt, l.openBy = stateOpened, time.Time{}, time.Time{}
	l.layerUp(testTime)
	l.Take()
	return l
}

func papRequest(id uint8) []byte {
	data := PAPRequest{[]byte("joe"), []byte("secret")}.AppendTo(nil)
	return Packet{PAP, AuthenticateRequest, id, data}.AppendTo(nil)
}

func TestCredentialsPAP(t *testing.T) {
	l := openPAP()
	frame := papRequest(7)
	l.Receive(testTime, frame)
	want := []Action{Authenticate{Credentials{
		Protocol: PAP, ID: 7, Name: []byte("joe"), Response: []byte("secret"), Packet: bytes.Clone(frame),
	}}}
	clear(frame)
	if diff := cmp.Diff(want, l.Take()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if at := l.Deadline(); !at.IsZero() {
		t.Errorf("Deadline = %v, want none: the verdict is not the subscriber's", at)
	}
	l.Receive(testTime, papRequest(8))
	if got := l.Take(); got != nil {
		t.Errorf("repetition: got %v, want nothing", got)
	}
	if got := l.AuthID(); got != 8 {
		t.Errorf("AuthID = %d, want 8", got)
	}
}

func TestRejectText(t *testing.T) {
	for _, text := range []string{"", "no", strings.Repeat("é", 200)} {
		l := openPAP()
		l.Receive(testTime, papRequest(7))
		l.Take()
		l.Reject(testTime, text)
		got := sent(l)
		if len(got) != 2 || got[0].Protocol != PAP || got[1].Code != TerminateRequest {
			t.Fatalf("got %v, want Authenticate-Nak and Terminate-Request", got)
		}
		if msg, rest, ok := cutCounted(got[0].Data); !ok || len(rest) != 0 || string(msg) != clip(text) {
			t.Errorf("got message %q", got[0].Data)
		}
	}
}

// TestRejectWithoutAnswer: a Nak to nothing would confuse the subscriber.
func TestRejectWithoutAnswer(t *testing.T) {
	l := openPAP()
	l.Reject(testTime, "no")
	got := sent(l)
	if len(got) != 1 || got[0].Protocol != LCP || got[0].Code != TerminateRequest {
		t.Errorf("got %v, want a Terminate-Request", got)
	}
	l.Receive(testTime, papRequest(7))
	if got := sent(l); got != nil {
		t.Errorf("got %v, want nothing", got)
	}
}
