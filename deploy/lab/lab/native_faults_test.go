package lab

import (
	"testing"
	"time"
)

// What a device that is not there receives is nothing, and no command is
// believed to have been run in a namespace that does not exist.
func TestReceivedNowhere(t *testing.T) {
	s := &stage{Lab: &Lab{report: &report{out: t.Output(), begin: time.Now()}}, net: "no-such-namespace"}
	if n, err := s.received(t.Context()); err == nil {
		t.Errorf("got %v", n)
	}
	if err := s.flows(t.Context(), "acc1"); err == nil {
		t.Error("want an error")
	}
}
