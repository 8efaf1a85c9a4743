package l2tp

import "testing"

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		TypeSCCRQ.String():             "SCCRQ",
		TypeSLI.String():               "SLI",
		MessageType(5).String():        "message type 5",
		MessageType(99).String():       "message type 99",
		AttrAssignedSessionID.String(): "AVP 14 (Assigned Session ID)",
		AVPType(20).String():           "AVP 20",
		AVPType(999).String():          "AVP 999",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSessionMessages(t *testing.T) {
	for typ := range MessageType(40) {
		want := typ >= TypeOCRQ && typ <= TypeSLI && typ != 13
		if got := typ.Session(); got != want {
			t.Errorf("%v: got %v, want %v", typ, got, want)
		}
	}
}
