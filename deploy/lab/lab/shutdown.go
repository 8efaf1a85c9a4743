package lab

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shutdown ends lacd with sessions up and looks for what it may have left.
func (l *Lab) shutdown(ctx context.Context) {
	left := l.good()[3:]
	l.step("SIGTERM to lacd with %d sessions up", len(left))
	begin := time.Now()
	l.check(l.stopGateway(), "lacd ends by itself, with status 0")
	fmt.Fprintf(l.out, "    after %.1f s\n", time.Since(begin).Seconds())
	for _, s := range left {
		l.check(s.awaitGone(), "%s's pppd has ended", s.user)
		l.check(l.awaitStop(ctx, s, "Admin-Reboot"), "%s has its Stop record", s.user)
	}
	l.check(l.awaitGhosts(ctx, nil), "no LNS has a ghost")
	l.check(l.noKernelState(ctx), "the kernel has no PPPoE session, no L2TP tunnel and no PPP interface of the LAC")
	l.check(l.noProcess("lacd", "pppd", "pppoe"), "no lacd and no pppd runs")
	_, err := os.Stat(l.socket)
	if err == nil {
		err = errors.New("it is still there")
	} else if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	l.check(err, "the admin socket is gone")
}

// noKernelState looks for PPP, PPPoE and L2TP in every namespace of the LAC and
// its peers, some excepted.
func (l *Lab) noKernelState(ctx context.Context, except ...string) error {
	return until(ctx, settleLimit, func() error {
		for _, ns := range l.namespaces() {
			if slices.Contains(except, ns) {
				continue
			}
			found, err := kernelState(ns)
			if err != nil {
				return final(err)
			}
			if len(found) > 0 {
				return fmt.Errorf("%s has %q", ns, found)
			}
		}
		return nil
	})
}

// kernelEntry matches a line of /proc/net/pppoe, of /proc/net/pppol2tp or of a PPP
// interface that is not a heading.
var kernelEntry = regexp.MustCompile(`(?m)^[0-9A-F]{8} .*|^\s*(?:TUNNEL|SESSION) '.*|^\d+: ppp.*`)

// kernelState lists a namespace's PPPoE sessions, L2TP tunnels and sessions, and
// PPP interfaces.
func kernelState(ns string) ([]string, error) {
	text, err := kernelText(ns)
	return kernelEntry.FindAllString(text, -1), err
}

// noProcess waits until no process of these names runs.
func (l *Lab) noProcess(names ...string) error {
	return until(context.Background(), quitLimit, func() error {
		for pid, args := range processes() {
			for _, name := range names {
				if filepath.Base(args[0]) == name {
					return fmt.Errorf("process %d: %s", pid, strings.Join(args, " "))
				}
			}
		}
		return nil
	})
}

// processes yields every process that has a command line.
func processes() iter.Seq2[int, []string] {
	return func(yield func(int, []string) bool) {
		files, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is well-formed
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil || len(text) == 0 {
				continue // it has ended, or is a kernel thread
			}
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if err == nil && !yield(pid, strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")) {
				return
			}
		}
	}
}

// stopPeers ends everything else that was started.
func (l *Lab) stopPeers() {
	l.step("the peers stop")
	for i := len(l.procs) - 1; i >= 0; i-- {
		p := l.procs[i]
		if err := p.stop(quitLimit); err != nil {
			l.check(err, "%s stops", p.name)
		}
	}
	l.check(l.noProcess("lacd", "pppd", "xl2tpd", "freeradius", "tcpdump"), "nothing of the lab runs")
}

// killAll makes sure of it.
func (l *Lab) killAll() {
	for _, p := range l.procs {
		if !p.ended() {
			_ = p.cmd.Process.Kill() // it may have ended this moment
			<-p.done
		}
	}
}
