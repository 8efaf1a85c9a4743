package spool

import (
	"testing"
	"testing/synctest"
	"time"
)

// What is done before it was written costs no I/O.
func TestSpoolHealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := open(t, Config{Dir: t.TempDir(), Gather: time.Second})
		for range 1000 {
			s.Done(s.Put("acme", []byte("record")))
		}
		if st := s.Stats(); st.Waiting != 0 {
			t.Errorf("got %+v, want none waiting", st)
		}
		time.Sleep(2 * time.Second)
		if st := s.Stats(); st.Written != 0 || st.Syncs != 0 {
			t.Errorf("got %+v, want nothing written", st)
		}
		closed(t, s)
	})
}

// One sync serves all that came together.
func TestSpoolGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := open(t, Config{Dir: t.TempDir(), Gather: time.Second})
		for range 1000 {
			s.Put("acme", []byte("record"))
		}
		if st := s.Stats(); st.Waiting != 1000 {
			t.Errorf("got %+v, want them waiting", st)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if st := s.Stats(); st.Written != 1000 || st.Syncs != 1 || st.Records != 1000 || st.Waiting != 0 {
			t.Errorf("got %+v, want 1000 entries in one sync", st)
		}
		closed(t, s)
	})
}
