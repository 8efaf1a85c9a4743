package lab

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// crashScene has subscribers that dial again whenever they are thrown out or
// hear nothing, one of them tagged.
func crashScene() scene {
	sc := outageScene(1)
	sc.quickEcho = true
	for _, s := range sc.subscribers {
		s.echo = true
	}
	sc.subscribers[3].vlans = []int{7}
	sc.config = withVLANs(plainConfig(&sc), "  vlan \"7\" {}\n")
	return sc
}

// playCrash kills lacd and starts it again.
func playCrash(l *Lab, ctx context.Context) {
	loads, ok := l.underLoad(ctx)
	if !ok {
		return
	}
	n := len(l.subscribers)
	l.check(l.awaitKernel(ctx, kernelCount{n, 1, n}, tick), "the kernel has %d bridges", n)
	l.step("SIGKILL to lacd with %d sessions up", n)
	begin := time.Now()
	l.check(l.lacd.cmd.Process.Signal(syscall.SIGKILL), "it is done")
	<-l.lacd.done
	l.check(l.awaitKernel(ctx, kernelCount{}, settleLimit), "the kernel has nothing of it")
	_, err := os.Stat(l.socket)
	l.check(err, "the admin socket was left")
	l.show("devices left: " + strings.Join(ownDevices(), " "))
	l.step("lacd is started again")
	if !l.check(l.startGateway(ctx), "lacd answers lacctl") {
		return
	}
	for _, s := range l.subscribers {
		l.check(s.awaitUp(ctx), "%s has dialled again and is up", s.user)
	}
	outages, err := awaitService(ctx, loads, begin, outageLimit)
	l.check(err, "the traffic of all of them flows again")
	l.show("from the kill to service again, shortest / median / longest: " + spread(outages))
	l.check(l.awaitSessions(ctx, usersOf(l.subscribers)...), "lacctl lists them once each")
	l.check(l.awaitKernel(ctx, kernelCount{n, 1, n}, settleLimit), "the kernel has their %d bridges and one tunnel", n)
	l.check(l.awaitGhostCount(ctx, "lns1", n), "the LNS has got rid of what it had with the old one")
	l.check(l.awaitRecords(ctx, "Accounting-On", 2), "FreeRADIUS has heard Accounting-On twice")
	// The LNS may miss the old tunnel only when a HELLO of its own stays unanswered.
	l.closeDown(ctx, "lns1")
	l.check(l.awaitGhostCount(ctx, "lns1", 0), "the LNS has no interface left")
	l.check(noDevices(), "lacd has left no network device")
}

// ownDevices names the network devices that lacd has made: see package vlan.
func ownDevices() []string {
	var all []string
	err := within(nsLAC, func() error {
		links, err := net.Interfaces()
		for _, i := range links {
			if strings.HasPrefix(i.Name, "lv") || strings.HasPrefix(i.Name, "ls") {
				all = append(all, i.Name)
			}
		}
		return err
	})
	if err != nil {
		return []string{err.Error()}
	}
	return all
}

func noDevices() error {
	if left := ownDevices(); len(left) > 0 {
		return fmt.Errorf("%q", left)
	}
	return nil
}
