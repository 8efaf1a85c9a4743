package lab

import "testing"

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
