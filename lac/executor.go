package lac

import (
	"context"
	"sync"
	"sync/atomic"

	"lacd/kernel"
	"lacd/lac/mailbox"
)

// executors make the kernel calls, which may sleep. Jobs of one bridge are
// done in order, those of different bridges at once.
type executors struct {
	srv    *Server
	boxes  []*mailbox.Mailbox[job]
	undone atomic.Int64 // jobs that were put and are not done
	wg     sync.WaitGroup
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
		for _, j := range jobs {
			e.do(j)
			e.undone.Add(-1)
		}
		spare = jobs
		if len(jobs) == 0 && box.Closed() {
			return
		}
		<-box.Wake()
	}
}

func (e *executors) do(j job) {
	ctx := context.Background()
	shard := e.srv.shards[j.ref.shard()]
	if !j.remove {
		shard.box.Put(bridgedIn{j.ref, j.attempt, e.srv.cfg.Plane.AddBridge(ctx, j.bridge)})
		return
	}
	c, err := e.srv.cfg.Plane.RemoveBridge(ctx, kernel.BridgeID(j.ref))
	if err != nil {
		e.srv.cfg.Log.Error("bridge not removed", "bridge", uint64(j.ref), "err", err)
	}
	shard.box.Put(removedIn{j.ref, j.attempt, c})
}
