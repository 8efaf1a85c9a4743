package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// faultClients is how many clients each of two ports has.
const faultClients = 20

// faults lets things go wrong beneath lacd while traffic flows.
func (s *stage) faults(ctx context.Context) {
	s.step("%d clients on each of eth1 and eth2", faultClients)
	if !s.check(s.occupied(ctx), "they are up, and numbered packets flow") {
		return
	}
	all, err := s.ids(ctx)
	s.check(err, "lacd has %d sessions", len(all))
	s.check(s.flows(ctx, "acc1", "acc2", "core1"), "frames come out of every port")

	s.step("the neighbours towards the LNSes are forgotten")
	s.check(s.ip(ctx, s.lac, "neigh", "flush", "dev", "core0"), "ip neigh flush")
	s.check(s.flows(ctx, "acc1", "acc2", "core1"), "frames come out of every port")
	s.check(s.still(ctx, all), "all sessions are what they were")

	s.detour(ctx, all)

	s.step("somebody takes the program off eth2")
	if err = s.ip(ctx, s.lac, "link", "set", "dev", "eth2", "xdpdrv", "off"); err == nil {
		err = errors.New("it came off")
	} else {
		s.show(lastLines(err.Error(), 1))
		err = nil
	}
	s.check(err, "the kernel refuses, as lacd holds on to it")
	s.check(s.attached(ctx, "native"), "every device of lacd's has its program")
	s.check(s.flows(ctx, "acc1", "acc2", "core1"), "frames come out of every port")

	s.portDown(ctx)
	s.told(ctx)
	s.step("SIGTERM to lacd")
	s.stopped(ctx)
}

// occupied starts LNSes and clients, and waits until they are up.
func (s *stage) occupied(ctx context.Context) error {
	_, err := s.startSim(ctx, "lnses", s.net, map[string]string{"-secret-file": stageSecret},
		slices.Concat(lnsArgs(1), lnsArgs(2), []string{"-grace", "2s", "-down-rate", "500", "-size", fmt.Sprint(churnSize)})...)
	users := []string{"user%d@alpha.example", "user%d@beta.example"}
	for i, device := range []string{"acc1", "acc2"} {
		s.enrol(i*1000, faultClients)
		_, e := s.clients(ctx, device, device, i*1000, users, stagePassword, "-n", fmt.Sprint(faultClients), "-redial", "-retry", "1s",
			"-backoff", "300ms,1s", "-tries", "20", "-echo", "1s", "-stay", "10m", "-up-rate", "500", "-size", fmt.Sprint(churnSize))
		err = errors.Join(err, e)
	}
	return errors.Join(err, s.awaitUp(ctx, 2*faultClients))
}

// awaitUp waits until so many sessions are up.
func (s *stage) awaitUp(ctx context.Context, n int) error {
	return until(ctx, upLimit, func() error {
		ids, err := s.ids(ctx)
		if err != nil {
			return final(err)
		}
		if len(ids) != n {
			return fmt.Errorf("%d are", len(ids))
		}
		return nil
	})
}

// ids names the sessions that are up, with their ports.
func (s *stage) ids(ctx context.Context) ([]string, error) {
	all, err := s.sessions(ctx)
	var ids []string
	for _, v := range all {
		if v.State == "up" {
			ids = append(ids, v.Port+" "+v.ID)
		}
	}
	return ids, err
}

// still checks that these sessions are up.
func (s *stage) still(ctx context.Context, want []string) error {
	got, err := s.ids(ctx)
	if err != nil {
		return err
	}
	for _, id := range want {
		if !slices.Contains(got, id) {
			err = errors.Join(err, fmt.Errorf("%s is not", id))
		}
	}
	return err
}

// someFrames is how many frames show that it is not only the control plane that
// speaks.
const someFrames = 200

// flows waits until frames have come out of the far ends.
func (s *stage) flows(ctx context.Context, devices ...string) error {
	begin, err := s.received(ctx)
	if err != nil {
		return err
	}
	return until(ctx, settleLimit, func() error {
		now, err := s.received(ctx)
		if err != nil {
			return final(err)
		}
		for _, d := range devices {
			if n := now[d] - begin[d]; n < someFrames {
				err = errors.Join(err, fmt.Errorf("%d came out of %s", n, d))
			}
		}
		return err
	})
}

// received returns how many frames each far end has received.
func (s *stage) received(ctx context.Context) (map[string]uint64, error) {
	out, err := s.run(ctx, "", "ip", "-n", s.net, "-json", "-statistics", "link", "show", "type", "veth")
	if err != nil {
		return nil, err
	}
	var all []struct {
		Name  string `json:"ifname"`
		Stats struct {
			RX struct {
				Packets uint64 `json:"packets"`
			} `json:"rx"`
		} `json:"stats64"`
	}
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		return nil, fmt.Errorf("%w in %s", err, out)
	}
	n := make(map[string]uint64)
	for _, l := range all {
		n[l.Name] = l.Stats.RX.Packets
	}
	return n, nil
}

// detour gives lacd a second way to the LNSes, and takes it away.
func (s *stage) detour(ctx context.Context, all []string) {
	s.step("the way to lns2 leads through another device")
	path := filepath.Join(s.dir, "detour")
	text := fmt.Sprintf("link add core2 netns %s type veth peer name core3 netns %s\n", s.lac, s.net)
	err := errors.Join(os.WriteFile(path, []byte(text), 0o600), s.ip(ctx, "", "-batch", path),
		s.ip(ctx, s.lac, "link", "set", "core2", "up"), s.ip(ctx, s.net, "link", "set", "core3", "up"))
	if err == nil {
		err = errors.Join(receiveDirectly(s.net, "core3"), checksums(s.lac, "core2"), s.loose())
	}
	if !s.check(err, "there is one, core2") {
		return
	}
	s.spare = 1
	s.check(s.ip(ctx, s.lac, "route", "add", lnsN(2).addr, "dev", "core2", "src", lacAddr), "ip route add")
	s.check(s.flows(ctx, "acc1", "acc2", "core1", "core3"), "frames come out of it, and out of every port")
	s.check(s.attached(ctx, "native"), "the program is on it too")
	s.check(s.still(ctx, all), "all sessions are what they were")
	s.step("it does not any more")
	s.check(s.ip(ctx, s.lac, "link", "delete", "core2"), "core2 is deleted")
	s.spare = 0
	s.check(s.flows(ctx, "acc1", "acc2", "core1"), "frames come out of every port")
	s.check(s.still(ctx, all), "all sessions are what they were")
}

// loose lets packets come in by other ways than they would go out.
func (s *stage) loose() error {
	return within(s.net, func() error {
		return errors.Join(os.WriteFile("/proc/sys/net/ipv4/conf/all/rp_filter", []byte("0"), 0o644),
			os.WriteFile("/proc/sys/net/ipv4/conf/core3/rp_filter", []byte("0"), 0o644))
	})
}

// portDown sets an access port down and up, which sessions outlive, and takes its
// device away, which they do not.
func (s *stage) portDown(ctx context.Context) {
	all, err := s.ids(ctx)
	s.step("eth1 goes down, and up")
	s.check(errors.Join(err, s.ip(ctx, s.lac, "link", "set", "eth1", "down")), "ip link set down")
	s.check(s.flows(ctx, "acc2", "core1"), "frames of eth2 flow")
	s.check(s.ip(ctx, s.lac, "link", "set", "eth1", "up"), "ip link set up")
	s.check(s.flows(ctx, "acc1", "acc2", "core1"), "frames come out of every port")
	s.check(s.still(ctx, all), "all sessions are what they were")

	s.step("eth2 is taken away")
	others := slices.DeleteFunc(slices.Clone(all), func(id string) bool { return !strings.HasPrefix(id, "eth1 ") })
	s.check(s.ip(ctx, s.lac, "link", "set", "eth2", "netns", s.net), "ip link set netns")
	s.check(s.awaitUp(ctx, faultClients), "%d sessions are left", faultClients)
	s.check(until(ctx, settleLimit, func() error {
		var causes []string
		for _, e := range s.events("session down", "") {
			causes = append(causes, e["cause"])
		}
		return sameSet(causes, slices.Repeat([]string{"lost-carrier"}, faultClients))
	}), "%d sessions have ended, all by lost-carrier", faultClients)
	if err = nil; len(s.events("access port is gone", "")) != 1 {
		err = errors.New("it has not")
	}
	s.check(err, "lacd has logged that the port is gone")
	s.check(s.flows(ctx, "acc1", "core1"), "frames of eth1 flow")
	s.step("eth2 returns")
	s.check(errors.Join(s.ip(ctx, s.net, "link", "set", "eth2", "netns", s.lac), s.ip(ctx, s.lac, "link", "set", "eth2", "up")), "ip link set netns")
	s.check(s.awaitUp(ctx, 2*faultClients), "its clients have noticed, and redialled")
	s.check(s.still(ctx, others), "the sessions of eth1 are what they were")
	s.check(s.flows(ctx, "acc1", "acc2", "core1"), "frames come out of every port")
	s.check(s.attached(ctx, "native"), "every device of lacd's has its program")
}

// told ends the peers and looks at what came where.
func (s *stage) told(ctx context.Context) {
	s.step("what the others say")
	for _, name := range []string{"acc1", "acc2", "lnses"} {
		rep, err := s.proc(name).simulated(true, quitLimit)
		if !s.check(err, "%s ends", name) {
			continue
		}
		t := rep.Traffic.Down
		if name == "lnses" {
			t = rep.Traffic.Up
		}
		s.check(whole(t, false), "%s: of %d packets received none is another's, twice or out of order; %d are missing between them", name, t.Received, t.Lost)
	}
	s.check(s.awaitUp(ctx, 0), "lacd has no session left")
}
