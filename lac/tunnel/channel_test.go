package tunnel

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lacd/lac/l2tp"
)

// A channelScene is a Channel whose messages are words.
type channelScene struct {
	clock
	ch   *Channel
	sent int
	out  strings.Builder
}

func (s *channelScene) printf(format string, a ...any) {
	fmt.Fprintf(&s.out, "%-6s %s\n", s.since(), fmt.Sprintf(format, a...))
}

func (s *channelScene) output() string {
	defer s.out.Reset()
	return s.out.String()
}

func word(w string) []byte {
	return append(l2tp.AppendZLB(nil, l2tp.Header{}), w...)
}

func (s *channelScene) command(t *testing.T, name string, a args) {
	switch name {
	case "new":
		s.now = epoch
		s.ch = NewChannel(ChannelConfig{
			Window: a.num(t, "window", 0), Retries: a.num(t, "retries", 0),
			Resend: a.duration(t, "resend"), ResendMax: a.duration(t, "resend-max"),
		})
		s.ch.SetPeer(l2tp.TunnelID(a.num(t, "peer", 7)))
		s.ch.una, s.ch.nr = uint16(a.num(t, "ns", 0)), uint16(a.num(t, "nr", 0))
		s.ch.SetWindow(a.num(t, "rws", 4))
	case "send":
		for range a.num(t, "n", 1) {
			s.sent++
			s.ch.Send(s.now, word(fmt.Sprintf("m%d", s.sent)))
		}
	case "finish":
		s.ch.Finish(s.now, word("last"))
	case "recv":
		s.recv(t, a)
	case "wait":
		s.wait(t, a.duration(t, "0"), s.ch.Deadline, func() {
			s.ch.Advance(s.now)
			s.drain()
		})
	case "state":
		s.printf("cwnd=%d ssthresh=%d inflight=%d queued=%d resent=%d idle=%v dead=%v bogus=%d rtt=%v",
			s.ch.cwnd, s.ch.ssthresh, s.ch.sent, len(s.ch.queue)-s.ch.sent, s.ch.resent, s.ch.Idle(), s.ch.Dead(), s.ch.bogus, s.ch.rtt)
	default:
		t.Fatalf("unknown command %q", name)
	}
	s.drain()
}

// recv takes a word with its numbers, a ZLB if there is no word. The flush at
// the end is what Conn does after each message.
func (s *channelScene) recv(t *testing.T, a args) {
	h := l2tp.Header{
		Control: true, Sequenced: true,
		Ns: uint16(a.num(t, "ns", 0)), Nr: uint16(a.num(t, "nr", int(s.ch.una))),
	}
	switch arrival := s.ch.Receive(s.now, h, []byte(a["0"])); arrival {
	case Fresh:
		s.printf("deliver %s", a["0"])
		for {
			_, payload, ok := s.ch.Next(s.now)
			if !ok {
				break
			}
			s.printf("deliver %s", payload)
		}
	case Ack:
	case Duplicate:
		s.printf("duplicate %s", a["0"])
	case Early:
		s.printf("early %s", a["0"])
	case Discarded:
		s.printf("discarded %s", a["0"])
	}
	s.ch.Advance(s.now)
}

func (s *channelScene) drain() {
	for _, b := range s.ch.Take() {
		h, payload, err := l2tp.ParseHeader(append([]byte(nil), b...))
		// The words are appended without touching Length.
		payload = append(payload, b[l2tp.ControlHeaderLen:]...)
		if err != nil {
			s.printf("send %v", err)
			continue
		}
		what := string(payload)
		if what == "" {
			what = "zlb"
		}
		s.printf("send %s tid=%d ns=%d nr=%d", what, h.TunnelID, h.Ns, h.Nr)
	}
}

func TestChannelTranscripts(t *testing.T) {
	transcripts(t, "channel-*.txt", func() scene { return &channelScene{} })
}

// TestChannelKeepsBuffers checks that a datagram handed out is not written
// when the message is sent again.
func TestChannelKeepsBuffers(t *testing.T) {
	c := NewChannel(ChannelConfig{})
	c.SetPeer(7)
	c.Send(epoch, word("m"))
	first := c.Take()[0]
	before := string(first)
	c.Receive(epoch, l2tp.Header{Ns: 0}, []byte("p"))
	c.Advance(epoch.Add(time.Second))
	again := c.Take()[0]
	if string(first) != before {
		t.Error("the first transmission was rewritten")
	}
	if string(again) == before {
		t.Error("the second transmission has the old Nr")
	}
}

// TestChannelWindowIsBounded checks that a peer with the largest window can
// still acknowledge all that is in flight.
func TestChannelWindowIsBounded(t *testing.T) {
	c := NewChannel(ChannelConfig{})
	c.SetPeer(7)
	c.SetWindow(1<<16 - 1)
	c.cwnd = c.window
	msg := word("m")
	for range 1 << 16 {
		c.Send(epoch, msg)
	}
	c.Receive(epoch, l2tp.Header{Nr: c.una + uint16(c.sent)}, nil)
	if c.sent != 0 || c.bogus != 0 {
		t.Errorf("%d messages in flight after all were acknowledged", c.sent)
	}
}

// TestChannelBacklog checks that acknowledging one of many queued messages
// does not move the others.
func TestChannelBacklog(t *testing.T) {
	c := NewChannel(ChannelConfig{})
	c.SetPeer(7)
	c.SetWindow(512)
	const n = 1 << 17
	msg := word("m")
	for range n {
		c.Send(epoch, msg)
	}
	for i := 0; !c.Idle(); i++ {
		if i > n {
			t.Fatal("no progress")
		}
		c.Take()
		c.Receive(epoch, l2tp.Header{Nr: c.una + uint16(c.sent)}, nil)
		c.Advance(epoch)
	}
}
