package load

import (
	"sync"
	"time"

	"lacd/kernel"
	"lacd/lac/lactest/sim"
)

// crowdLoop runs a crowd on a port.
type crowdLoop struct {
	port kernel.Port
	wake chan struct{} // there may be an earlier deadline
	stop chan struct{} // closed: the deadlines' goroutine ends

	mu    sync.Mutex // guards what follows: reader, deadlines and onlookers
	crowd *sim.Crowd
	sleep time.Time // until when the deadlines' goroutine sleeps
}

// rest is how long deadlines are gathered, so that what they send goes out
// together.
const rest = time.Millisecond

func newCrowdLoop(port kernel.Port, cfg *sim.Config) *crowdLoop {
	return &crowdLoop{
		port: port, wake: make(chan struct{}, 1), stop: make(chan struct{}), crowd: sim.NewCrowd(time.Now(), cfg),
	}
}

// read feeds the crowd until the port is closed.
func (l *crowdLoop) read() error {
	for {
		if err := l.port.ReadBatch(l.receive); err != nil {
			return err
		}
		l.mu.Lock()
		err := l.flush()
		l.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

func (l *crowdLoop) receive(frame []byte) {
	l.mu.Lock()
	l.crowd.Receive(time.Now(), frame)
	l.mu.Unlock()
}

// keepTime does what is due until stop is closed.
func (l *crowdLoop) keepTime() error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		l.mu.Lock()
		now := time.Now()
		l.crowd.Advance(now)
		err := l.flush()
		wait := time.Hour
		if d := l.crowd.Deadline(); !d.IsZero() {
			wait = max(d.Sub(now), rest)
		}
		l.sleep = now.Add(wait)
		l.mu.Unlock()
		if err != nil {
			return err
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-l.wake:
		case <-l.stop:
			return nil
		}
	}
}

// flush sends what the crowd has to say. l.mu is held.
func (l *crowdLoop) flush() error {
	if d := l.crowd.Deadline(); !d.IsZero() && d.Before(l.sleep) {
		l.sleep = d
		select {
		case l.wake <- struct{}{}:
		default: // it is awake already
		}
	}
	out := l.crowd.Take()
	if len(out) == 0 {
		return nil
	}
	return l.port.WriteBatch(out)
}

// connected passes on what an LNS has seen.
func (l *crowdLoop) connected(now time.Time, all []sim.Token) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range all {
		l.crowd.Connected(now, t)
	}
	_ = l.flush() // whoever uses the port next says what is wrong with it
}

// do lets f use the crowd.
func (l *crowdLoop) do(f func(c *sim.Crowd)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l.crowd)
	return l.flush()
}
