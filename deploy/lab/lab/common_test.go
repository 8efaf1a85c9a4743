package lab

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const someLog = `time=2026-11-21T11:10:58.061Z level=INFO msg="session up" id=6b01 user=alice@alpha.example setup=485.4ms
time=2026-11-21T11:11:08.165Z level=INFO msg="session down" user=alice@alpha.example cause=lns-hangup detail="said \"bye\""
`

func TestParseLog(t *testing.T) {
	all := parseLog(someLog)
	want := []logged{
		{"time": "2026-11-21T11:10:58.061Z", "level": "INFO", "msg": "session up", "id": "6b01", "user": "alice@alpha.example", "setup": "485.4ms"},
		{
			"time": "2026-11-21T11:11:08.165Z", "level": "INFO", "msg": "session down", "user": "alice@alpha.example",
			"cause": "lns-hangup", "detail": `said "bye"`,
		},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error(diff)
	}
	if got := all[1].at().Sub(all[0].at()); got != 10104*time.Millisecond {
		t.Errorf("got %v between the lines", got)
	}
	if got := (logged{}).at(); !got.IsZero() {
		t.Errorf("no time: got %v", got)
	}
}

// withLog gives l a lacd that has said text.
func withLog(t *testing.T, l *Lab, text string) {
	t.Helper()
	p, err := l.start("lacd", "", "printf", "%s", text)
	if err != nil {
		t.Fatal(err)
	}
	<-p.done
	l.lacd = p
}

func TestEvents(t *testing.T) {
	l, _ := newLab(t)
	withLog(t, l, someLog)
	alice := l.subscribers[0]
	if got := l.events("session up", ""); len(got) != 1 || got[0]["setup"] != "485.4ms" {
		t.Errorf("got %v", got)
	}
	if got := l.events("session up", "bob"); got != nil {
		t.Errorf("nobody's: got %v", got)
	}
	if _, err := l.awaitDown(t.Context(), alice, 1, tick, "tunnel-lost", "lns-hangup"); err != nil {
		t.Error(err)
	}
	if _, err := l.awaitDown(t.Context(), alice, 1, tick, "tunnel-lost"); err == nil {
		t.Error("another cause: want an error")
	}
	if _, err := l.awaitDown(t.Context(), alice, 2, tick, "lns-hangup"); err == nil {
		t.Error("a second end: want an error")
	}
}

func TestNoPanic(t *testing.T) {
	for text, good := range map[string]bool{
		someLog: true,
		"time=2026-11-21T11:10:58.061Z level=ERROR msg=oh\n": false,
		"panic: oh\n\ngoroutine 1 [running]:\n":              false,
	} {
		l, _ := newLab(t)
		withLog(t, l, text)
		if err := l.noPanic(); (err == nil) != good {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestParseCount(t *testing.T) {
	const text = "Id       Address              Device\n01000000 02:00:00:00:01:01     eth1\n02000000 02:00:00:00:01:02     eth1\n" +
		"PPPoL2TP driver info, V2.0\nTUNNEL name, user-data-ok session-count\n" +
		"\nTUNNEL 'tunl 12633', N 3\n  SESSION 'unknown' 0A0A000B/1701 3159/CBE4\n7: ppp0\n"
	if got, want := parseCount(text), (kernelCount{pppoe: 2, tunnels: 1, calls: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := parseCount(""); got != (kernelCount{}) {
		t.Errorf("nothing: got %+v", got)
	}
}
