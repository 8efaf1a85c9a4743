package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestStep(t *testing.T) {
	for _, tt := range []struct {
		apart, took time.Duration
		starts      []time.Duration
	}{
		{0, 30 * time.Second, []time.Duration{0, 10 * time.Second, 20 * time.Second}},
		{time.Second, 12 * time.Second, []time.Duration{0, time.Second, 2 * time.Second}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, begun := step{runs: 3, apart: tt.apart}, time.Now()
			all, err := s.run(t.Context(), func(ctx context.Context) (failover, error) {
				f := failover{detection: time.Since(begun).Seconds()}
				return f, pause(ctx, 10*time.Second)
			})
			if took := time.Since(begun); err != nil || took != tt.took {
				t.Errorf("%v apart: took %v, %v, want %v", tt.apart, took, err, tt.took)
			}
			for i, want := range tt.starts {
				if all[i].detection != want.Seconds() {
					t.Errorf("%v apart: run %d began after %v s, want %v", tt.apart, i, all[i].detection, want)
				}
			}
		})
	}
}

// What could not be measured ends the others.
func TestStepFails(t *testing.T) {
	wrong := errors.New("wrong")
	for _, apart := range []time.Duration{0, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s, runs := step{runs: 3, apart: apart}, 0
			_, err := s.run(t.Context(), func(context.Context) (failover, error) { runs++; return failover{}, wrong })
			if !errors.Is(err, wrong) || runs != 1 {
				t.Errorf("%v apart: got %v after %d runs", apart, err, runs)
			}
		})
	}
}

func TestReadFailover(t *testing.T) {
	at := func(s float64) time.Time { return time.Unix(0, 0).Add(time.Duration(s * float64(time.Second))) }
	log := []line{
		{Time: at(1), Msg: "session up", LNS: "lns1"},
		{Time: at(1.5), Msg: "session up", LNS: "lns1"},
		{Time: at(10), Msg: "tunnel down", LNS: "lns1"},
		{Time: at(10.5), Msg: "session up", LNS: "lns2"},
		{Time: at(12), Msg: "session up", LNS: "lns2"},
		{Time: at(13), Msg: "tunnel down", LNS: "lns1"},
		{Time: at(14), Msg: "session up", LNS: "lns2"},
	}
	f, err := readFailover(log, at(4), 2)
	if err != nil || f.detection != 6 || f.recovery != 2 {
		t.Errorf("got %+v, %v", f, err)
	}
	if _, err := readFailover(log[:4], at(4), 2); err == nil {
		t.Error("half of them are enough")
	}
	if _, err := readFailover(log[:2], at(4), 2); err == nil {
		t.Error("a tunnel that stays up is enough")
	}
}
