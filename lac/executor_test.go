package lac

import (
	"context"
	"testing"
	"time"

	"layeh.com/radius/rfc2866"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
)

// bulkPlane takes as long to remove many bridges as to remove one.
type bulkPlane struct{ *kerneltest.Fake }

func (p *bulkPlane) RemoveBridge(ctx context.Context, id kernel.BridgeID) (kernel.Counters, error) {
	time.Sleep(time.Second)
	return p.Fake.RemoveBridge(ctx, id)
}

func (p *bulkPlane) RemoveBridges(ctx context.Context, ids []kernel.BridgeID) ([]kernel.Counters, error) {
	time.Sleep(time.Second)
	var last []kernel.Counters
	for _, id := range ids {
		c, err := p.Fake.RemoveBridge(ctx, id)
		if err != nil {
			return nil, err
		}
		last = append(last, c)
	}
	return last, nil
}

// What takes a data plane no longer for many bridges than for one is asked for
// many: 500 bridges, at a second a time, are gone before two executors would
// have removed five.
func TestBridgesAreRemovedTogether(t *testing.T) {
	bulk := func(c *Config) {
		c.Executors = 2
		c.Plane = &bulkPlane{c.Plane.(*kerneltest.Fake)}
	}
	inRig(t, rigOptions{change: bulk, policy: realmPolicy(t, firstLNS())}, func(t *testing.T, r *rig) {
		r.dial(500)
		r.wantLive("up", 500, 0)
		for _, b := range r.plane.Bridges() {
			r.plane.SetCounters(kernel.Counters{ID: b.ID, UpPackets: 1, UpOctets: uint64(b.ID)})
		}
		r.srv.disconnect(named(alice.User))
		time.Sleep(2500 * time.Millisecond)
		if n := len(r.plane.Bridges()); n != 0 {
			t.Errorf("%d bridges are left", n)
		}
		if n := r.srv.exec.backlog(); n != 0 {
			t.Errorf("a backlog of %d", n)
		}
		if n := r.srv.live.Load(); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

// A data plane that does not let go holds up neither the end of the daemon nor
// the accounting of the sessions.
func TestEndWithoutTheDataPlane(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		r.dial(100)
		r.plane.Delay(kerneltest.RemoveBridge, time.Hour)
		begun := time.Now()
		r.cancel()
		err := <-r.ended
		r.ended <- nil
		if took := time.Since(begun); err != nil || took > 10*time.Second {
			t.Errorf("the end took %v, error %v, want 10s at most and none", took, err)
		}
		stops := 0
		for _, p := range r.radius.Accounting() {
			if rfc2866.AcctStatusType_Get(p) == rfc2866.AcctStatusType_Value_Stop {
				stops++
			}
		}
		if stops != 100 {
			t.Errorf("%d accounting Stops, want 100", stops)
		}
	})
}
