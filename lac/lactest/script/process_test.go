package script

import "testing"

func TestLine(t *testing.T) {
	l, err := parseLine([]byte(`{"time":"2026-01-02T03:04:05.6Z","level":"INFO","msg":"session up","pppoe":7,"user":"joe"}`))
	if err != nil || l.Msg != "session up" || l.Time.Second() != 5 {
		t.Fatalf("got %+v, %v", l, err)
	}
	if !l.Is("session up", "pppoe", "7", "user", "joe") || l.Is("session up", "user", "jim") || l.Is("session down") {
		t.Errorf("%+v does not match as it should", l)
	}
	if _, err := parseLine([]byte("panic: oh")); err == nil {
		t.Error("no JSON and no error")
	}
}
