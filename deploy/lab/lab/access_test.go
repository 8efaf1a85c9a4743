package lab

import (
	"testing"

	"lacd/deploy/lab/capture"
	"lacd/lac/cause"
)

func TestMishaps(t *testing.T) {
	l, _ := newLab(t)
	l.scene = accessScene()
	labels := make(map[string]bool)
	for _, c := range cause.All() {
		labels[c.String()] = true
	}
	all := l.mishaps(t.Context())
	if len(all) != accessPorts-1 || len(l.subscribers) != accessPorts {
		t.Errorf("%d things happen to %d subscribers on %d ports", len(all), len(l.subscribers), accessPorts)
	}
	for _, m := range all {
		if m.do == nil || m.repair == nil || m.limit == 0 || !labels[m.cause] {
			t.Errorf("%s is incomplete", m.what)
		}
	}
}

func TestHangUps(t *testing.T) {
	cdn := func(id, result byte) capture.Message {
		return message(msgCDN, capture.AVP{Type: avpResult, Value: []byte{0, result}}, capture.AVP{Type: avpSessionID, Value: []byte{0, id}})
	}
	c := conversation{messages: []capture.Message{cdn(1, 1), cdn(1, 1), cdn(2, 1), cdn(3, 3)}}
	if err := c.hangUps(1, 2); err != nil {
		t.Error(err)
	}
	if err := c.hangUps(1, 3); err == nil {
		t.Error("a repeated one counts once, another result not at all: want an error")
	}
}
