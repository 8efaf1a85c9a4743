package xdp

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Groups of netlink messages after which the next hops may be others.
var (
	routeGroups = []uint{
		unix.RTNLGRP_LINK, unix.RTNLGRP_NEIGH, unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV6_ROUTE,
		unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR, unix.RTNLGRP_IPV4_RULE, unix.RTNLGRP_IPV6_RULE,
		unix.RTNLGRP_NEXTHOP,
	}
	policyGroups = []uint{4} // XFRMNLGRP_POLICY of linux/xfrm.h
)

const (
	// look is how often is looked for what the kernel does not tell: a program
	// that was detached.
	look = time.Second
	// pause between two looks, for events come in bursts, and how many times as
	// long as a look the pause is: what subscribers and neighbours make happen
	// must not occupy a processor.
	pause = 2 * time.Millisecond
	idle  = 4
)

// watch calls pass, from one goroutine, when something has changed.
type watch struct {
	sockets []*nl.NetlinkSocket
	kick    chan struct{}
	stop    chan struct{}
	wg      sync.WaitGroup
}

func newWatch(pass func()) (*watch, error) {
	w := &watch{kick: make(chan struct{}, 1), stop: make(chan struct{})}
	routes, err := nl.Subscribe(unix.NETLINK_ROUTE, routeGroups...)
	if err != nil {
		return nil, fmt.Errorf("subscribe to routes: %w", err)
	}
	w.sockets = append(w.sockets, routes)
	policies, err := nl.Subscribe(unix.NETLINK_XFRM, policyGroups...)
	switch {
	case errors.Is(err, unix.EPROTONOSUPPORT): // a kernel without IPsec
	case err != nil:
		routes.Close()
		return nil, fmt.Errorf("subscribe to IPsec policies: %w", err)
	default:
		w.sockets = append(w.sockets, policies)
	}
	for _, s := range w.sockets {
		w.wg.Go(func() { w.read(s) })
	}
	w.wg.Go(func() { w.run(pass) })
	return w, nil
}

// read says that there was a message. What it says is asked for afterwards: then
// nothing is missed when the kernel drops some.
func (w *watch) read(s *nl.NetlinkSocket) {
	for {
		_, _, err := s.Receive()
		select {
		case <-w.stop:
			return
		default:
		}
		if err != nil && !errors.Is(err, unix.ENOBUFS) {
			time.Sleep(pause) // nothing that is known to happen
		}
		select {
		case w.kick <- struct{}{}:
		default: // there will be a look already
		}
	}
}

func (w *watch) run(pass func()) {
	timer := time.NewTicker(look)
	defer timer.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-w.kick:
		case <-timer.C:
		}
		began := time.Now()
		pass()
		select {
		case <-w.stop:
			return
		case <-time.After(max(pause, idle*time.Since(began))):
		}
	}
}

// close ends the goroutines. pass is not called after it.
func (w *watch) close() {
	close(w.stop)
	for _, s := range w.sockets {
		s.Close()
	}
	w.wg.Wait()
}
