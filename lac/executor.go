package lac

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"lacd/kernel"
	"lacd/lac/mailbox"
)

// executors make the kernel calls, which may sleep. Jobs of one bridge are
// done in order, those of different bridges in any.
type executors struct {
	srv    *Server
	boxes  []*mailbox.Mailbox[job]
	undone atomic.Int64 // jobs that were put and are not done
	wg     sync.WaitGroup

	// ctx ends when the orderly end took too long: what is left to do is not done
	// any more, as closing the data plane removes everything.
	ctx     context.Context
	abandon context.CancelFunc
}

// job adds a bridge, or removes the one of ref.
type job struct {
	ref     ref
	attempt uint8
	remove  bool
	bridge  kernel.Bridge
}

func newExecutors(srv *Server, n int) *executors {
	e := &executors{srv: srv}
	e.ctx, e.abandon = context.WithCancel(context.Background())
	for range n {
		e.boxes = append(e.boxes, mailbox.New[job]())
	}
	return e
}

func (e *executors) start() {
	for _, box := range e.boxes {
		e.wg.Go(func() { e.run(box) })
	}
}

func (e *executors) stop() {
	for _, box := range e.boxes {
		box.Close()
	}
	e.wg.Wait()
	e.abandon()
}

// put hands a job to the executor of its bridge. Slots are dense, so their
// number spreads well.
func (e *executors) put(j job) {
	e.undone.Add(1)
	e.boxes[(int(j.ref.slot())*e.srv.cfg.Shards+j.ref.shard())%len(e.boxes)].Put(j)
}

// backlog returns how many jobs wait or are being done.
func (e *executors) backlog() int { return int(e.undone.Load()) }

func (e *executors) run(box *mailbox.Mailbox[job]) {
	var spare []job
	for {
		jobs := box.Take(spare)
		e.doAll(jobs)
		spare = jobs
		if len(jobs) == 0 && box.Closed() {
			return
		}
		<-box.Wake()
	}
}

// mostAtOnce bounds the bridges that are removed at once: no session waits for
// more of them than that.
const mostAtOnce = 1024

// doAll does jobs. Bridges are removed together; one that is to be added waits
// for what was there before of the same session, and for nothing else.
func (e *executors) doAll(jobs []job) {
	var removals []job
	for _, j := range jobs {
		same := func(r job) bool { return r.ref == j.ref }
		if len(removals) == mostAtOnce || slices.ContainsFunc(removals, same) {
			e.remove(removals)
			removals = removals[:0]
		}
		if j.remove {
			removals = append(removals, j)
		} else {
			e.add(j)
		}
	}
	e.remove(removals)
}

func (e *executors) add(j job) {
	err := e.ctx.Err()
	if err == nil {
		err = e.srv.cfg.Plane.AddBridge(e.ctx, j.bridge)
	}
	e.srv.shards[j.ref.shard()].box.Put(bridgedIn{j.ref, j.attempt, err})
	e.undone.Add(-1)
}

func (e *executors) remove(jobs []job) {
	if bulk, ok := e.srv.cfg.Plane.(kernel.BulkRemover); ok && len(jobs) > 1 && e.ctx.Err() == nil {
		ids := make([]kernel.BridgeID, len(jobs))
		for i, j := range jobs {
			ids[i] = kernel.BridgeID(j.ref)
		}
		last, err := bulk.RemoveBridges(e.ctx, ids)
		if err != nil && e.ctx.Err() == nil {
			e.srv.cfg.Log.Error("bridges not removed", "err", err)
		}
		for i, j := range jobs {
			e.removed(j, last[i])
		}
		return
	}
	for _, j := range jobs {
		var last kernel.Counters
		if e.ctx.Err() == nil {
			var err error
			last, err = e.srv.cfg.Plane.RemoveBridge(e.ctx, kernel.BridgeID(j.ref))
			if err != nil && e.ctx.Err() == nil {
				e.srv.cfg.Log.Error("bridge not removed", "bridge", uint64(j.ref), "err", err)
			}
		}
		e.removed(j, last)
	}
}

func (e *executors) removed(j job, last kernel.Counters) {
	e.srv.shards[j.ref.shard()].box.Put(removedIn{j.ref, j.attempt, last})
	e.undone.Add(-1)
}
