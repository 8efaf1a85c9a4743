package pppbridge

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"lacd/kernel"
)

// sequence is an LNS that numbers its messages, and a LAC that follows.
type sequence struct {
	*rig
	b  kernel.Bridge
	ns uint16
}

func (s *sequence) message(ns uint16, i int) []byte {
	return data{
		flags: 0x0802, tunnel: uint16(s.b.Tunnel), session: s.b.Session, ns: ns, frame: append([]byte{0xff, 0x03}, numbered(i)...),
	}.bytes()
}

// next sends a numbered frame, which must arrive.
func (s *sequence) next(i int) {
	s.t.Helper()
	s.deliver(s.b, s.message(s.ns, i))
	if got := s.receiveDown(s.b); !bytes.Equal(got, numbered(i)) {
		s.t.Errorf("Ns %d: got % x, want % x", s.ns, got, numbered(i))
	}
	s.ns++
}

// plain sends a frame without a number, which must arrive.
func (s *sequence) plain(i int) {
	s.t.Helper()
	s.sendDown(s.b, numbered(i))
	if got := s.receiveDown(s.b); !bytes.Equal(got, numbered(i)) {
		s.t.Errorf("without Ns: got % x, want % x", got, numbered(i))
	}
}

// poll returns the next message, if one comes in time.
func (s *sequence) poll(limit time.Duration) (msg []byte, ok bool) {
	s.t.Helper()
	msg = make([]byte, 2048)
	if err := s.lns.SetReadDeadline(time.Now().Add(limit)); err != nil {
		s.t.Fatal(err)
	}
	n, err := s.lns.Read(msg)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		s.t.Fatal(err)
	}
	return msg[:n], err == nil && n >= 8
}

// up wants the subscriber's frames to carry the numbers, -1 for none.
func (s *sequence) up(what string, want ...int) {
	s.t.Helper()
	for i, ns := range want {
		s.sendUp(s.b, numbered(i))
		msg, _ := s.datagram()
		got := -1
		if be.Uint16(msg)&0x0800 != 0 {
			got = int(be.Uint16(msg[6:]))
		}
		if got != ns || !bytes.HasSuffix(msg, numbered(i)) {
			s.t.Errorf("%s: got Ns %d, want %d: % x", what, got, ns, msg)
		}
	}
}

// T37: the LAC numbers its messages as long as the LNS does, and goes on where
// it stopped: "the Ns value ... where it left off" (RFC 2661 section 5.4).
func TestConformanceT37LNSDecides(t *testing.T) {
	r, b := bridged(t, nil)
	s := &sequence{rig: r, b: b}
	s.up("at first", -1, -1)
	s.next(1)
	s.up("the LNS numbers", 0, 1, 2)
	s.next(2)
	s.up("it still does", 3)
	s.plain(3)
	s.up("it has stopped", -1, -1)
	s.next(4)
	s.up("it numbers again", 4, 5)
	s.next(5)
}

// outcome sends numbered messages and tells which of them arrive, and how many
// of those that follow in order are lost until the flow is there again.
func (s *sequence) outcome(numbers ...uint16) (arrived []uint16, lost int) {
	s.t.Helper()
	for _, ns := range numbers {
		s.deliver(s.b, s.message(ns, int(ns)))
	}
	s.ns = slices.Max(numbers) + 1
	// Messages follow until one gets through.
	const most = 40
	for i := range most {
		s.deliver(s.b, s.message(s.ns+uint16(i), int(s.ns)+i))
	}
	last := numbered(int(s.ns) + most - 1)
	first := most - 1
	for _, f := range s.downUntil(last) {
		i := int(be.Uint16(f[23:]))
		if i < int(s.ns) {
			arrived = append(arrived, uint16(i))
		} else {
			first = min(first, i-int(s.ns))
		}
	}
	s.ns += most
	return arrived, first
}

// T37: loss, duplicates and disorder never stall the flow. The kernel (Debian
// 12's) takes messages in order only, which section 5.4 allows. After a gap it
// drops what follows until five in a row were in order.
func TestConformanceT37Loss(t *testing.T) {
	for _, tt := range []struct {
		name    string
		numbers []uint16
		arrive  []uint16
		lost    int // of the messages in order that follow
	}{
		{"in order", []uint16{10, 11, 12}, []uint16{10, 11, 12}, 0},
		{"twice", []uint16{10, 11, 11, 12}, []uint16{10, 11, 12}, 0},
		{"1, 3, 2", []uint16{10, 12, 11}, []uint16{10, 11}, 4},
		{"one lost", []uint16{10, 12}, []uint16{10}, 4},
		{"many lost", []uint16{10, 500}, []uint16{10}, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, b := bridged(t, nil)
			s := &sequence{rig: r, b: b}
			arrived, lost := s.outcome(tt.numbers...)
			if !slices.Equal(arrived, tt.arrive) || lost != tt.lost {
				t.Errorf("got %v and %d lost until the flow was back, want %v and %d", arrived, lost, tt.arrive, tt.lost)
			}
		})
	}
}

// T37: Ns passes 65535 in both directions. The kernel takes no step of more than
// half the numbers, not even at the beginning.
func TestConformanceT37Wrap(t *testing.T) {
	r, b := bridged(t, nil)
	s := &sequence{rig: r, b: b}
	for _, ns := range []uint16{0, 30000, 60000, 65450} {
		s.outcome(ns)
	}
	for i := range 100 {
		s.next(i)
	}
	if s.ns >= 100 {
		t.Fatalf("Ns %d has not passed 65535", s.ns)
	}
	batch := slices.Repeat([][]byte{r.frame(b, numbered(0))}, 32) // no more than a socket holds
	next, lost := 0, 0
	for next < 65536 {
		if err := r.subs.WriteBatch(batch); err != nil {
			t.Fatal(err)
		}
		for end := next + len(batch); next < end; {
			msg, ok := s.poll(time.Second)
			if !ok {
				lost += end - next // the last ones: the kernel, too, may drop what it has numbered
				next = end
				break
			}
			skipped := int(be.Uint16(msg[6:]) - uint16(next))
			if skipped >= end-next {
				t.Fatalf("message %d has Ns %d", next, be.Uint16(msg[6:]))
			}
			lost += skipped
			next += skipped + 1
		}
	}
	if lost > len(batch) {
		t.Errorf("%d of 65536 messages were lost", lost)
	}
	s.up("after 65535", 0, 1)
}

// T37: where Sequencing Required was sent, messages are numbered from the first,
// whatever the LNS does. Its messages without a number are dropped.
func TestConformanceT37Required(t *testing.T) {
	r, b := bridged(t, func(b *kernel.Bridge) { b.Sequencing = true })
	s := &sequence{rig: r, b: b}
	s.up("at first", 0, 1)
	s.next(1)
	s.up("the LNS numbers", 2, 3)
	s.sendDown(b, numbered(2)) // it breaks its word
	s.up("the LNS sent one without", 4, 5)
	s.next(3)
	s.up("the LNS numbers again", 6, 7)
}
