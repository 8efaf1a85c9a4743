package lab

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	simulation "lacd/lac/lactest/load"
	"lacd/radius/radiustest"
)

// A crowd of the churn is on a port of its own and hangs up in its own way.
type crowd struct {
	device, hangup string
	first          int
	proc           *Proc
	rep            *simulation.Report
}

const (
	churnClients = 80 // of a crowd
	churnCycles  = 8  // of a client: it is up for a second, then away for 0.2 s
	churnSize    = 200

	// churnMemory is what lacd may take for it all, and churnGrowth by how much it
	// may take more at the end than when everybody was up for the first time.
	churnMemory = 256 << 20
	churnGrowth = 32 << 20
)

// churn has clients come and go for ten seconds while traffic flows.
func (s *stage) churn(ctx context.Context) {
	crowds := []*crowd{
		{device: "acc1", hangup: "padt"}, {device: "acc2", hangup: "terminate", first: 1000}, {device: "acc3", hangup: "silent", first: 2000},
	}
	for _, c := range crowds {
		s.enrol(c.first, churnClients)
	}
	s.step("%d clients dial, hang up and redial, %d times each", len(crowds)*churnClients, churnCycles)
	lnses, err := s.startSim(ctx, "lnses", s.net, map[string]string{"-secret-file": stageSecret},
		slices.Concat(lnsArgs(1), lnsArgs(2), []string{"-grace", "2s", "-down-rate", "2000", "-size", fmt.Sprint(churnSize)})...)
	if !s.check(err, "two LNSes send numbered packets") {
		return
	}
	users := []string{"user%d@alpha.example", "user%d@beta.example"}
	for _, c := range crowds {
		c.proc, err = s.clients(ctx, c.hangup, c.device, c.first, users, stagePassword, "-n", fmt.Sprint(churnClients), "-hangup", c.hangup,
			"-hold", "1s", "-think", "200ms", "-cycles", fmt.Sprint(churnCycles), "-redial", "-up-rate", "1000", "-size", fmt.Sprint(churnSize))
		if !s.check(err, "%d clients on %s, who hang up by %s", churnClients, c.device, c.hangup) {
			return
		}
	}
	s.check(s.awaitNumber(ctx, len(crowds)*churnClients/2, len(crowds)*churnClients), "most of them are up")
	before, _, err := s.memory()
	s.check(err, "lacd has %d MiB", before>>20)
	s.settle(ctx, crowds, lnses)
	after, most, err := s.memory()
	if err == nil && (most > churnMemory || after > before+churnGrowth) {
		err = fmt.Errorf("it has %d octets, had %d before and %d at most", after, before, most)
	}
	s.check(err, "lacd has %d MiB, and had %d at most", after>>20, most>>20)
	s.step("SIGTERM to lacd")
	s.stopped(ctx)
}

// settle waits for the end of the crowds and compares what all have counted.
func (s *stage) settle(ctx context.Context, crowds []*crowd, lnses *Proc) {
	var all, up, down uint64
	var err error
	for _, c := range crowds {
		if c.rep, err = c.proc.simulated(false, 2*time.Minute); !s.check(err, "those who hang up by %s have done so", c.hangup) {
			return
		}
		n := c.rep.Clients
		if n.Up != churnClients*churnCycles || n.HungUp != n.Up || n.Lost != 0 {
			err = fmt.Errorf("%d up, %d hung up, %d failed by %v, %d lost by %v", n.Up, n.HungUp, n.Failed, n.FailedBy, n.Lost, n.LostBy)
		}
		s.check(err, "%s: %d sessions came up, and none was lost", c.hangup, churnClients*churnCycles)
		s.check(whole(c.rep.Traffic.Down, true), "%s: of %d packets received none is another's, twice or out of order, none is missing between them",
			c.hangup, c.rep.Traffic.Down.Received)
		all, up, down = all+n.Up, up+c.rep.Traffic.Up.Sent, down+c.rep.Traffic.Down.Received
	}
	s.check(s.awaitNumber(ctx, churnClients, churnClients), "lacd has the last %d sessions of those who said no word, and no other", churnClients)
	s.step("the LNSes close their tunnels")
	rep, err := lnses.simulated(true, quitLimit)
	if !s.check(err, "they do") {
		return
	}
	got := rep.Traffic
	s.check(whole(got.Up, true), "the LNSes: of %d packets received none is another's, twice or out of order, none is missing between them", got.Up.Received)
	s.check(atMost(all, up, got.Up.Received), "up: %d packets of %d are lost, in the %d hang-ups", up-got.Up.Received, up, all)
	s.check(atMost(down, got.Down.Sent, down), "down: %d packets of %d are lost, behind the last that their sessions got", got.Down.Sent-down, got.Down.Sent)
	s.check(s.awaitNumber(ctx, 0, 0), "lacd has no session left")
	stops, err := s.stops(ctx, int(all))
	starts := 0
	for _, r := range s.server.Records() {
		if r.Status == "Start" {
			starts++
		}
	}
	if err == nil && starts != len(stops) {
		err = fmt.Errorf("%d Start records", starts)
	}
	s.check(err, "RADIUS has a Start and a Stop record of each of %d sessions", all)
}

// enrol tells RADIUS of clients, by turns of alpha and beta.
func (s *stage) enrol(first, n int) {
	for i := first; i < first+n; i += 2 {
		s.server.SetUser(fmt.Sprintf("user%d@alpha.example", i), radiustest.User{Password: stagePassword, Reply: alphaReply})
		s.server.SetUser(fmt.Sprintf("user%d@beta.example", i+1), radiustest.User{Password: stagePassword})
	}
}

// atMost checks that no more than so many are lost.
func atMost(most, sent, received uint64) error {
	if received > sent || sent-received > most {
		return fmt.Errorf("%d are sent, %d received, and %d may be lost", sent, received, most)
	}
	return nil
}

// awaitNumber waits until lacd has so many sessions.
func (s *stage) awaitNumber(ctx context.Context, least, most int) error {
	return until(ctx, upLimit, func() error {
		st, err := s.status(ctx)
		if err != nil {
			return final(err)
		}
		if st.Sessions < least || st.Sessions > most {
			return fmt.Errorf("it has %d", st.Sessions)
		}
		return nil
	})
}

// memory returns what lacd has in memory, now and at most.
func (s *stage) memory() (now, most int, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.lacd.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	return kilobytes(string(text), "VmRSS:"), kilobytes(string(text), "VmHWM:"), nil
}

// kilobytes reads a size from what the kernel says of a process.
func kilobytes(text, key string) int {
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == key && f[2] == "kB" {
			n, _ := strconv.Atoi(f[1]) // the kernel writes numbers
			return n << 10
		}
	}
	return 0
}
