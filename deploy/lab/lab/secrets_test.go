package lab

import (
	"testing"

	"lacd/deploy/lab/capture"
)

// message is a control message of a type with AVPs.
func message(kind byte, avps ...capture.AVP) capture.Message {
	return capture.Message{Frame: 1, AVPs: append([]capture.AVP{{Value: []byte{0, kind}}}, avps...)}
}

func TestConversation(t *testing.T) {
	pap := capture.AVP{Type: avpProxyAuthType, Value: []byte{0, 3}}
	secret := capture.AVP{Type: avpProxyAuthResponse, Hidden: true, Value: []byte("x")}
	plain := capture.AVP{Type: avpProxyAuthResponse, Value: []byte(papPassword)}
	stop := capture.AVP{Type: avpResult, Value: []byte{0, 4}}
	for _, tt := range []struct {
		name     string
		messages []capture.Message
		check    func(conversation) error
		good     bool
	}{
		{"challenge", []capture.Message{message(msgSCCRQ, capture.AVP{Type: avpChallenge})}, has(msgSCCRQ, avpChallenge), true},
		{"challenge elsewhere", []capture.Message{message(msgSCCRP, capture.AVP{Type: avpChallenge})}, has(msgSCCRQ, avpChallenge), false},
		{"challenge of a vendor", []capture.Message{message(msgSCCRQ, capture.AVP{Type: avpChallenge, Vendor: 9})}, has(msgSCCRQ, avpChallenge), false},
		{"hidden", []capture.Message{message(msgICCN, pap, secret)}, conversation.hidden, true},
		{"not hidden", []capture.Message{message(msgICCN, pap, plain)}, conversation.hidden, false},
		{"nothing to hide", []capture.Message{message(msgICCN)}, conversation.hidden, false},
		{"password", []capture.Message{message(msgICCN, pap, plain)}, without, false},
		{"no password", []capture.Message{message(msgICCN, pap, secret)}, without, true},
		{"refused", []capture.Message{message(msgSCCRQ), message(msgStopCCN, stop)}, refuses, true},
		{"refused otherwise", []capture.Message{message(msgStopCCN, capture.AVP{Type: avpResult, Value: []byte{0, 2, 0, 6}})}, refuses, false},
		{"refused late", []capture.Message{message(msgICRQ), message(msgStopCCN, stop)}, refuses, false},
		{"not refused", nil, refuses, false},
	} {
		if err := tt.check(conversation{messages: tt.messages}); (err == nil) != tt.good {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

func has(kind, typ uint16) func(conversation) error {
	return func(c conversation) error { return c.has(kind, typ) }
}

func without(c conversation) error { return c.without([]byte(papPassword)) }

func refuses(c conversation) error { return c.refuses(4) }

func TestBE16(t *testing.T) {
	if be16(nil) != 0 || be16([]byte{1}) != 0 || be16([]byte{1, 2, 3}) != 0x0102 {
		t.Error("wrong octets")
	}
}
