package lab

import (
	"testing"
	"time"
)

const someReplies = `PING 10.99.0.1 (10.99.0.1) 400(428) bytes of data.
[1795259458.000000] 408 bytes from 10.99.0.1: icmp_seq=1 ttl=64 time=1.21 ms
[1795259458.050000] 408 bytes from 10.99.0.1: icmp_seq=2 ttl=64 time=1.21 ms
ping: sendmsg: Network is unreachable
[1795259463.250000] 408 bytes from 10.99.0.1: icmp_seq=99 ttl=64 time=1.21 ms
`

func TestRestored(t *testing.T) {
	all := replies(someReplies)
	if len(all) != 3 {
		t.Fatalf("%d replies, want 3", len(all))
	}
	begin := all[0].Add(20 * time.Millisecond)
	if at, ok := restored(all, begin); !ok || !at.Equal(all[2]) {
		t.Errorf("got %v, %v, want the last reply", at, ok)
	}
	if at, ok := restored(all[:2], begin); ok {
		t.Errorf("still out: got %v", at)
	}
	if at, ok := restored(all, all[2]); ok {
		t.Errorf("no outage since: got %v", at)
	}
}

func TestSpread(t *testing.T) {
	if got := spread(nil); got != "none" {
		t.Errorf("got %q", got)
	}
	if got := spread([]time.Duration{time.Second, 1500 * time.Millisecond, 3 * time.Second}); got != "1.0 s / 1.5 s / 3.0 s" {
		t.Errorf("got %q", got)
	}
}

func TestSteady(t *testing.T) {
	l, _ := newLab(t)
	s := l.subscribers[0]
	withLog(t, l, someLog)
	p, err := l.start("load-s1", "", "sh", "-c", `while :; do echo "[$(date +%s.%6N)] 408 bytes from"; sleep 0.05; done`)
	if err != nil {
		t.Fatal(err)
	}
	down := parseLog(someLog)[1].at()
	if err := l.steady(t.Context(), []load{{s, p}}, down.Add(-time.Second)); err == nil {
		t.Error("its session ended: want an error")
	}
	if err := l.steady(t.Context(), []load{{s, p}}, down.Add(time.Second)); err != nil {
		t.Error(err)
	}
	if err := p.stop(10 * time.Second); err != nil {
		t.Error(err)
	}
}

func TestAwaitService(t *testing.T) {
	l, _ := newLab(t)
	p, err := l.start("load-s1", "", "printf", "%s", someReplies)
	if err != nil {
		t.Fatal(err)
	}
	<-p.done
	out, err := awaitService(t.Context(), []load{{l.subscribers[0], p}}, time.Unix(1795259459, 0), tick)
	if err != nil || len(out) != 1 || out[0] != 4250*time.Millisecond {
		t.Errorf("got %v, %v, want 4.25 s", out, err)
	}
}
