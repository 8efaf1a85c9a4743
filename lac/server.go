package lac

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"lacd/kernel"
	"lacd/lac/murmur"
	"lacd/lac/trunk"
	"lacd/policy"
	"lacd/radius/coa/listener"
	"lacd/radius/spool"
)

// Server is the daemon without its process: New, Run until the context ends,
// and in between the queries of admin.go.
type Server struct {
	cfg      Config
	boot     uint32
	since    time.Time
	hashSeed maphash.Seed
	now      atomic.Pointer[settings] // never nil
	live     atomic.Int64             // sessions
	closing  atomic.Bool              // silent to PADI and PADR
	gate     gate

	access      []*access
	shards      []*shard
	exec        *executors
	trunk       *trunk.Trunk
	authorities authorities
	coa         *listener.Listener // nil: none
	resolver    *resolver
	metrics     *metrics
	murmur      *murmur.Log // debug lines about single frames

	counting sync.Mutex // of counted, and for readings in order: the operator has them made too
	counted  time.Time  // when the counters were last read

	stopped chan struct{} // closed when the orderly end begins
	gone    chan struct{} // closed when the shards have ended
	wg      sync.WaitGroup
}

// New returns a Server. It opens nothing and starts nothing.
func New(cfg Config) (*Server, error) {
	cfg.setDefaults(runtime.GOMAXPROCS(0))
	switch {
	case len(cfg.Access) == 0:
		return nil, errors.New("no access port")
	case cfg.Policy == nil:
		return nil, errors.New("no policy")
	case cfg.Plane == nil:
		return nil, errors.New("no data plane")
	case cfg.Shards > maxShards:
		return nil, fmt.Errorf("%d shards, %d are the most", cfg.Shards, maxShards)
	}
	now := time.Now()
	s := &Server{
		cfg: cfg, boot: uint32(now.Unix()), since: now, counted: now, hashSeed: maphash.MakeSeed(), stopped: make(chan struct{}), gone: make(chan struct{}),
	}
	s.murmur = murmur.New(cfg.Log)
	s.authorities.srv = s
	var kept []spool.Record
	s.authorities.accounting, kept = newAccounting(s)
	st, err := s.newSettings(&cfg, nil)
	if err != nil {
		return nil, errors.Join(err, s.authorities.accounting.close())
	}
	s.enact(st, &cfg)
	s.authorities.accounting.restore(st.clients.accounts, kept)
	s.metrics = newMetrics(s)
	for i, a := range cfg.Access {
		s.access = append(s.access, newAccess(s, i, a))
	}
	for i := range cfg.Shards {
		s.shards = append(s.shards, newShard(s, i))
	}
	s.exec = newExecutors(s, cfg.Executors)
	t := cfg.Trunk
	t.Tunnels = s.authorities.accounting.tunnels.event
	t.Plane, t.Notify, t.Log, t.Random, t.Dropped = cfg.Plane, s.callEvent, cfg.Log, random, s.drop
	if t.HostName == "" {
		t.HostName = cfg.Node
	}
	s.trunk = trunk.New(t)
	s.resolver = newResolver(cfg.Resolver, cfg.Log)
	s.coa = newListener(s)
	return s, nil
}

func (s *Server) policy() *policy.Policy { return s.now.Load().policy }

func (s *Server) callEvent(ev trunk.Event) {
	s.shards[ref(ev.Ref.Session).shard()].box.Put(callIn{ev})
}

// BridgeLost is told by the data plane when a bridge's access side is gone.
func (s *Server) BridgeLost(id kernel.BridgeID) {
	if sh := ref(id).shard(); sh < len(s.shards) {
		s.shards[sh].box.Put(lostIn{ref(id)})
	}
}

// Run serves until ctx is done, then ends every session in order: CDN or
// StopCCN to the LNSes, PADT to the subscribers, accounting Stop.
func (s *Server) Run(ctx context.Context) error {
	if err := s.cfg.Plane.Reset(ctx); err != nil {
		return fmt.Errorf("remove what an earlier run left: %w", err)
	}
	s.exec.start()
	for _, sh := range s.shards {
		s.wg.Go(sh.run)
	}
	for _, a := range s.access {
		s.wg.Go(a.read)
	}
	for range hostWorkers {
		s.wg.Go(s.resolver.work)
	}
	s.wg.Go(s.count)
	s.wg.Go(s.watchGate)
	s.wg.Go(s.authorities.watchRetired)
	s.authorities.on()
	if s.coa != nil {
		s.wg.Go(s.coa.Run)
	}
	<-ctx.Done()
	return s.stop()
}

// stop is the orderly end, bounded by StopTimeout.
func (s *Server) stop() error {
	s.cfg.Log.Info("stopping", "sessions", s.live.Load())
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.StopTimeout)
	defer cancel()
	s.closing.Store(true)
	close(s.stopped)
	// StopCCN 6: "Requester is being shut down". It clears the calls.
	s.trunk.Stop(6)
	for _, sh := range s.shards {
		sh.box.Put(stopIn{})
	}
	var errs []error
	if n := s.await(ctx, s.cfg.StopTimeout*2/3); n > 0 {
		s.cfg.Log.Warn("the data plane is slow to let go: not waiting for it", "sessions", n)
		s.exec.abandon()
		s.await(ctx, s.cfg.StopTimeout)
	}
	if n := s.live.Load(); n > 0 {
		errs = append(errs, fmt.Errorf("%d sessions did not end in time", n))
	}
	if s.coa != nil {
		errs = append(errs, s.coa.Close())
	}
	s.authorities.off()
	errs = append(errs, s.farewell(ctx))

	for _, a := range s.access {
		errs = append(errs, a.port.Close())
	}
	s.exec.stop()
	s.resolver.stop()
	s.trunk.Close()
	for _, sh := range s.shards {
		sh.box.Close()
	}
	errs = append(errs, s.authorities.close())
	s.wg.Wait()
	close(s.gone)
	errs = append(errs, s.cfg.Plane.Close())
	return errors.Join(errs...)
}

// await waits until no session is left, but not longer than limit, and returns
// how many there are.
func (s *Server) await(ctx context.Context, limit time.Duration) int64 {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for s.live.Load() > 0 && s.pauseIn(ctx, 10*time.Millisecond) {
	}
	return s.live.Load()
}

// farewell waits until the last messages are answered: an LNS has a third of
// the time, the rest is for the accounting records.
func (s *Server) farewell(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, s.cfg.StopTimeout/3)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.trunk.Wait(short); err != nil {
			s.cfg.Log.Warn("an LNS did not acknowledge the end of its tunnel", "err", err)
		}
	})
	err := s.authorities.flush(ctx)
	wg.Wait()
	return err
}

// pause waits, and reports false when the orderly end has begun.
func (s *Server) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.stopped:
		return false
	}
}

func (s *Server) pauseIn(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// count reads the data plane's counters, for all sessions in one pass.
func (s *Server) count() {
	var all []kernel.Counters
	for s.pause(s.cfg.CountInterval) {
		if err := s.readCounters(&all); err != nil {
			s.cfg.Log.Warn("counters cannot be read", "err", err)
		}
	}
}

// readCounters hands the counters to the shards. The slice is kept for reuse.
//
// Nobody knows when what they count came, but it was not before the reading
// before this one. A sign of life of an LNS is taken to be as old as that: one
// that is silent now would be found out late otherwise.
func (s *Server) readCounters(all *[]kernel.Counters) error {
	s.counting.Lock()
	defer s.counting.Unlock()
	since, now := s.counted, time.Now()
	var err error
	*all, err = s.cfg.Plane.AppendCounters((*all)[:0])
	if err != nil {
		return err
	}
	per := make([][]kernel.Counters, len(s.shards))
	for _, c := range *all {
		if i := ref(c.ID).shard(); i < len(per) {
			per[i] = append(per[i], c)
		}
	}
	for i, cs := range per {
		if len(cs) > 0 {
			s.shards[i].box.Put(countIn{cs, since})
		}
	}
	s.counted = now
	return nil
}

// drop counts discarded input.
func (s *Server) drop(what string) { s.metrics.drop(what) }
