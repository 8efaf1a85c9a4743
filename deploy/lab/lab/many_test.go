package lab

import (
	"strings"
	"testing"
	"time"
)

func TestSetUps(t *testing.T) {
	l, _ := newLab(t)
	withLog(t, l, `time=2026-11-21T11:10:58.000Z level=INFO msg="session up" setup=400ms
time=2026-11-21T11:11:00.000Z level=INFO msg="session up" setup=1.2s
time=2026-11-21T11:10:59.000Z level=INFO msg="session up" setup=800ms
`)
	want := "lacd: 3 sessions came up within 2.0 s, 1 a second; set-up shortest / median / longest 0.4 s / 0.8 s / 1.2 s"
	if got := l.setUps(); got != want {
		t.Errorf("got %q", got)
	}
}

func TestHear(t *testing.T) {
	l, out := newLab(t)
	p, err := l.startProc("parrot", "", true, []string{"sh", "-c", "while read x; do echo got $x; done"})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"one", "two"} {
		if err := p.say(word); err != nil {
			t.Fatal(err)
		}
		if !l.hear(t.Context(), p, 10*time.Second, "got "+word, "it answers") {
			t.Errorf("%s: %s", word, out)
		}
	}
	if l.hear(t.Context(), p, tick, "got", "it answers what it was not asked") {
		t.Error("want a failure")
	}
	if err := p.stop(10 * time.Second); err != nil {
		t.Error(err)
	}
	if !strings.Contains(out.String(), "    got two\n") {
		t.Errorf("got %q", out)
	}
}
