package lac

import (
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lacd/radius/acct"
	"lacd/radius/client"
	"lacd/radius/spool"
)

// accounting is where records go, and what is kept of them on disk.
type accounting struct {
	log     *slog.Logger
	spool   *spool.Spool // nil: records are in memory alone
	tunnels *tunnelBooks
	orphans int // records on disk of a retailer that is not configured, or without accounting
	spoiled int // records on disk that make no sense

	mu     sync.Mutex        // guards losses, of clients' loops
	losses map[string]uint64 // by account
	told   atomic.Int64      // when the loss of a record was last logged
}

// account is where the records of a retailer go.
type account struct {
	first *client.Client
	copy  *client.Client // nil: nobody gets one
}

// copySuffix marks the account of a copy. No retailer's name has a space.
const copySuffix = " copy"

// newAccounting opens the spool, and returns what is in it. Subscribers are
// served without one too. A node without RADIUS needs none.
func newAccounting(s *Server) (*accounting, []spool.Record) {
	a := &accounting{log: s.cfg.Log, losses: map[string]uint64{}, tunnels: &tunnelBooks{srv: s, open: map[uint16]*tunnelBook{}}}
	if s.cfg.StateDir == "" || len(s.cfg.RADIUS) == 0 {
		return a, nil
	}
	sp, kept, err := spool.Open(spool.Config{Dir: filepath.Join(s.cfg.StateDir, "accounting"), Log: s.cfg.Log})
	if err != nil {
		s.cfg.Log.Error("accounting records are in memory alone", "err", err)
		return a, nil
	}
	a.spool = sp
	return a, kept
}

// restore hands what was kept to the clients. What nobody is configured to take
// stays where it is, for a configuration that knows the retailer again.
func (a *accounting) restore(accounts map[string]account, kept []spool.Record) {
	for _, k := range kept {
		retailer, isCopy := strings.CutSuffix(k.Account, copySuffix)
		c := accounts[retailer].first
		if isCopy {
			c = accounts[retailer].copy
		}
		r, err := acct.ParseRecord(k.Data)
		switch {
		case err != nil:
			a.spoiled++
			a.spool.Done(k.ID)
		case c == nil:
			a.orphans++
		default:
			r.Account = k.Account
			c.Restore(r, k.ID)
		}
	}
	if len(kept) > 0 {
		a.log.Info("accounting records of an earlier run", "records", len(kept), "of_no_retailer", a.orphans, "spoiled", a.spoiled)
	}
}

// send gives a retailer's record to its servers.
func (to account) send(retailer string, r acct.Record) {
	if to.first != nil {
		r.Account = retailer
		to.first.Account(r)
	}
	if to.copy != nil {
		r.Account = retailer + copySuffix
		to.copy.Account(r)
	}
}

// lostEvery is how often the loss of records is logged at most.
const lostEvery = 10 * time.Second

// lost raises the alarm for a record that there was no room for.
func (a *accounting) lost(name string) {
	a.mu.Lock()
	a.losses[name]++
	n := a.losses[name]
	a.mu.Unlock()
	now, told := time.Now().UnixNano(), a.told.Load()
	if (told == 0 || now-told >= int64(lostEvery)) && a.told.CompareAndSwap(told, now) {
		a.log.Error("accounting records are lost: too many wait for their servers", "account", name, "lost", n)
	}
}

func (a *accounting) close() error {
	if a.spool == nil {
		return nil
	}
	return a.spool.Close()
}
