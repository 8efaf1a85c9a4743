package hostile

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"lacd/lac/lactest/script"
)

// forger is what sits between the gateway and a RADIUS server that is good: for
// every request it has answers that are none.
type forger struct {
	mu    sync.Mutex // guards what follows
	asked []*script.Request
	good  [][]byte // genuine answers, each of its request
}

// learn notes a request with its genuine answer; the last hundred are remembered.
func (f *forger) learn(q *script.Request, answer []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked, f.good = append(f.asked, q), append(f.good, answer)
	if n := len(f.asked) - 100; n > 0 {
		f.asked, f.good = f.asked[n:], f.good[n:]
	}
}

// pick returns a request to answer, the latest most often, its genuine answer, and
// that of another.
func (f *forger) pick() (q *script.Request, good, other []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.asked)
	i := n - 1
	if rand.IntN(2) == 0 {
		i = rand.IntN(n)
	}
	return f.asked[i], f.good[i], f.good[rand.IntN(n)]
}

// forge makes an answer that must not be taken for one.
func (f *forger) forge(q *script.Request, good, other []byte) []byte {
	code := []byte{script.AccessAccept, script.AccessReject, script.AccessChallenge}[rand.IntN(3)]
	b := slices.Clone(good)
	switch rand.IntN(7) {
	case 0: // anything, under an identifier that may be used
		b = make([]byte, rand.IntN(200))
		for i := range b {
			b[i] = byte(rand.Uint32())
		}
		if len(b) > 1 {
			b[1] = q.ID
		}
	case 1: // one bit
		b[rand.IntN(len(b))] ^= 1 << rand.IntN(8)
	case 2: // an end
		b = b[:rand.IntN(len(b))]
	case 3: // replayed, or a duplicate
		b = slices.Clone(other)
	case 4: // replayed under another identifier
		b = slices.Clone(other)
		b[1] = byte(rand.Uint32())
	case 5: // by somebody who does not have the secret
		b = q.Build(script.Answer{Code: code, Signer: "guess", Secret: "guess", Attributes: script.L2TPTo(1, "192.0.2.66")})
	case 6: // attributes that cannot be cut, as many as fit
		b = append(b[:20], make([]byte, 4000)...)
		b[2], b[3] = byte(len(b)>>8), byte(len(b))
	}
	return b
}

// Forged answers come thousands of times a second, from the right address and port,
// before, with and after those of the server. Subscribers come up all the while,
// each by the word of the server alone.
func TestRADIUSForged(t *testing.T) {
	duration := 8 * time.Second
	if testing.Short() {
		duration = 2 * time.Second
	}
	w := &world{Rig: script.Start(t, script.Config{Servers: make([]script.ServerConfig, 1)}), t: t}
	w.serve = w.LNS(0).Serve(&script.Service{})
	f := &forger{}
	w.Server(0).Serve(func(q *script.Request) { f.answer(q, script.AccessAccept) })
	w.Server(0).Account(func(q *script.Request) { f.answer(q, script.AccountingResponse) })
	w.good = w.comesUp()
	w.empty = w.Memory()

	forged := flood{
		name: "forged RADIUS answers", counted: [][2]string{{"lacd_radius_replies_dropped_total", ""}, {"lacd_radius_overload_total", `what="reply"`}}, share: 0.5,
		others: duration / 2,
		send: func(_ *world, _ any, _ int) {
			for range 100 {
				q, good, other := f.pick()
				q.Write(f.forge(q, good, other))
			}
		},
	}
	w.run(forged, duration)
	for _, l := range w.Logged("session down") {
		if cause := l.Text("cause"); cause != "user-request" {
			t.Errorf("a session ended by %s: %v", cause, l.Attrs)
		}
	}
	if m := w.Stranger().Messages(); len(m) > 0 {
		t.Errorf("a forged Accept was believed: %v", m[0])
	}
}

// answer answers a request in the middle of forgeries.
func (f *forger) answer(q *script.Request, code byte) {
	good := q.Build(script.Answer{Code: code})
	f.learn(q, good)
	for range 20 {
		q.Write(f.wrong(q, good))
	}
	q.Write(good)
}

// wrong is a forgery that is not by chance the genuine answer.
func (f *forger) wrong(q *script.Request, good []byte) []byte {
	for {
		if b := f.forge(q, good, good); !bytes.HasPrefix(b, good) { // what follows is padding
			return b
		}
	}
}
