package load

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"lacd/kernel"
	"lacd/lac/lactest/sim"
)

// Config is a run. Clients or LNS may be left out.
type Config struct {
	Port    kernel.Port // of the clients; closed at the end of the run
	Clients *sim.Config
	LNS     []sim.LNSConfig
	Listen  func(l *sim.LNSConfig) (Socket, error) // nil: UDP

	Timeout time.Duration // the run is over then; 2 m
	Stay    time.Duration // from when every client is up, or has failed for good, until they hang up
	Grace   time.Duration // for hanging up, and for tunnels to end; 5 s
	Settle  time.Duration // for payloads that are on their way; 300 ms

	Ready    func()        // is called when all sockets are open; nil: it is not
	Progress func(*Report) // is told once a second; nil: nobody is
}

// run is a run under way.
type run struct {
	cfg   Config
	begin time.Time
	crowd *crowdLoop
	lns   []*lnsLoop
	peak  peak
	fail  chan error
	wg    sync.WaitGroup

	interrupted, timedOut bool
}

// look is how often it is looked what has become of the clients.
const look = 10 * time.Millisecond

// Run runs until the clients have done what they were to do, the time is over or
// ctx is done. Without clients the LNSes serve until then.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	cfg.Timeout = cmp.Or(cfg.Timeout, 2*time.Minute)
	cfg.Grace = cmp.Or(cfg.Grace, 5*time.Second)
	cfg.Settle = cmp.Or(cfg.Settle, 300*time.Millisecond)
	var slowest time.Duration
	for i := range cfg.LNS {
		slowest = max(slowest, cfg.LNS[i].Delay)
	}
	cfg.Settle += slowest
	r := &run{cfg: cfg, begin: time.Now(), fail: make(chan error, 2+len(cfg.LNS))}
	if err := r.start(); err != nil {
		return nil, errors.Join(err, r.stop())
	}
	if cfg.Ready != nil {
		cfg.Ready()
	}
	err := r.watch(ctx)
	rep := r.report()
	if err == nil {
		err = r.finish()
		r.amend(rep)
	}
	return rep, errors.Join(err, r.stop())
}

// start opens the sockets before anybody dials.
func (r *run) start() error {
	open := r.cfg.Listen
	if open == nil {
		open = func(l *sim.LNSConfig) (Socket, error) { return listen(l.Addr) }
	}
	for i := range r.cfg.LNS {
		sock, err := open(&r.cfg.LNS[i])
		if err != nil {
			return err
		}
		r.lns = append(r.lns, &lnsLoop{sock: sock, lns: sim.NewLNS(time.Now(), &r.cfg.LNS[i])})
	}
	if r.cfg.Clients != nil {
		r.crowd = newCrowdLoop(r.cfg.Port, r.cfg.Clients)
	}
	for _, l := range r.lns {
		l.crowd = r.crowd
		r.goRun(l.serve)
	}
	if r.crowd != nil {
		r.goRun(r.crowd.read)
		r.goRun(r.crowd.keepTime)
	}
	return nil
}

func (r *run) goRun(f func() error) {
	r.wg.Go(func() {
		if err := f(); err != nil {
			r.fail <- err
		}
	})
}

// watch returns when the clients are to hang up.
func (r *run) watch(ctx context.Context) error {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	var settled, told time.Time
	for {
		select {
		case <-ctx.Done():
			r.interrupted = true
			return nil
		case err := <-r.fail:
			return err
		case <-ticker.C:
		}
		now := time.Now()
		if now.Sub(told) >= time.Second && r.cfg.Progress != nil {
			told = now
			r.cfg.Progress(r.report())
		}
		if r.crowd != nil {
			all, done := r.lookAt(now)
			if settled.IsZero() && all {
				settled = now
			}
			if done || r.cfg.Clients.Hold == 0 && !settled.IsZero() && now.Sub(settled) >= r.cfg.Stay {
				return nil
			}
		}
		if now.Sub(r.begin) >= r.cfg.Timeout {
			r.timedOut = true
			return nil
		}
	}
}

// lookAt tells how far the clients are.
func (r *run) lookAt(now time.Time) (settled, done bool) {
	r.crowd.mu.Lock()
	defer r.crowd.mu.Unlock()
	r.peak.add(now, r.crowd.crowd.Stats().Up)
	return r.crowd.crowd.Settled(), r.crowd.crowd.Done()
}

// finish ends traffic, sessions and tunnels, in that order.
func (r *run) finish() error {
	if r.traffic() {
		r.quiet()
		time.Sleep(r.cfg.Settle)
	}
	limit := time.Now().Add(r.cfg.Grace)
	if r.crowd != nil {
		mode := r.cfg.Clients.HangUp
		if r.interrupted {
			mode = sim.ByPADT
		}
		if err := r.crowd.do(func(c *sim.Crowd) { c.End(time.Now(), mode) }); err != nil {
			return err
		}
		if err := r.await(limit, r.hungUp); err != nil {
			return err
		}
		if mode != sim.Silently {
			if err := r.await(limit, func() bool { return r.calls() == 0 }); err != nil {
				return err
			}
		}
	}
	for _, l := range r.lns {
		if err := l.do(func(l *sim.LNS) { l.End(time.Now()) }); err != nil {
			return err
		}
	}
	return r.await(limit, r.gone)
}

// await waits until f is true, or the limit.
func (r *run) await(limit time.Time, f func() bool) error {
	for !f() && time.Now().Before(limit) {
		select {
		case err := <-r.fail:
			return err
		case <-time.After(look):
		}
	}
	return nil
}

func (r *run) traffic() bool {
	rate := 0.0
	if r.cfg.Clients != nil {
		rate = r.cfg.Clients.Traffic.Rate
	}
	for i := range r.cfg.LNS {
		rate += r.cfg.LNS[i].Traffic.Rate
	}
	return rate > 0
}

func (r *run) quiet() {
	if r.crowd != nil {
		_ = r.crowd.do(func(c *sim.Crowd) { c.Quiet() }) // End says what is wrong with the port
	}
	for _, l := range r.lns {
		_ = l.do(func(l *sim.LNS) { l.Quiet() })
	}
}

func (r *run) hungUp() (done bool) {
	_ = r.crowd.do(func(c *sim.Crowd) { done = c.Done() }) // a port that fails tells its reader
	return done
}

func (r *run) calls() (n int) {
	for _, l := range r.lns {
		l.mu.Lock()
		n += l.lns.Stats().Calls
		l.mu.Unlock()
	}
	return n
}

func (r *run) gone() bool {
	for _, l := range r.lns {
		l.mu.Lock()
		gone := l.lns.Gone()
		l.mu.Unlock()
		if !gone {
			return false
		}
	}
	return true
}

// stop ends the loops.
func (r *run) stop() error {
	var err error
	for _, l := range r.lns {
		l.mu.Lock()
		l.close()
		l.mu.Unlock()
	}
	if r.crowd != nil {
		close(r.crowd.stop)
	}
	if r.cfg.Port != nil {
		err = r.cfg.Port.Close()
	}
	r.wg.Wait()
	return err
}
