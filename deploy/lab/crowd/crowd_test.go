package crowd

import (
	"strings"
	"testing"
	"time"

	"lacd/kernel/kerneltest"
	"lacd/lac/lactest"
)

func TestEchoPort(t *testing.T) {
	far, near := kerneltest.NewPipe(kerneltest.PipeEnd{Name: "ac"}, kerneltest.PipeEnd{Name: "eth0"})
	p := &echoPort{Port: near, got: make([]int, 4)}
	reply := echo([4]byte{10, 200, 0, 3}, [4]byte{10, 99, 0, 1}, 3, 1, 84)
	makeReply(reply)
	header := []byte{12: 0x88, 13: 0x64, 14: 0x11, 15: 0, 19: 0}
	answer := append(append([]byte(nil), header...), reply...)
	other := append(append([]byte(nil), header...), 0xc0, 0x21, 9, 1, 0, 8, 0, 0, 0, 0)
	if err := far.WriteBatch([][]byte{answer, other, answer}); err != nil {
		t.Fatal(err)
	}
	passed := 0
	if err := p.ReadBatch(func([]byte) { passed++ }); err != nil {
		t.Fatal(err)
	}
	if passed != 1 || p.count(3) != 2 || p.count(0) != 0 {
		t.Errorf("%d frames passed, %d and %d were counted", passed, p.count(3), p.count(0))
	}
}

func TestObey(t *testing.T) {
	_, near := kerneltest.NewPipe(kerneltest.PipeEnd{Name: "ac"}, kerneltest.PipeEnd{Name: "eth0"})
	c := &crowd{port: &echoPort{Port: near, got: make([]int, 2)}, cfg: Config{User: "user%d"}}
	c.seg = lactest.NewSegment(c.port)
	c.members = []*member{{n: 0}, {n: 1}}
	for _, m := range c.members {
		c.dial(m, time.Now())
	}
	for _, words := range []string{"sing", "traffic 1", "traffic x y", "hangup"} {
		if got, err := c.obey(t.Context(), strings.Fields(words)); err == nil {
			t.Errorf("%s: got %q, want an error", words, got)
		}
	}
	if got, err := c.obey(t.Context(), []string{"hangup", "1"}); err != nil || got != "hung up 1" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRunNowhere(t *testing.T) {
	if err := Run(t.Context(), Config{Device: "no-such-device"}); err == nil {
		t.Error("want an error")
	}
}
