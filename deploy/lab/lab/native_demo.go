package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"lacd/lac/admin"
	simulation "lacd/lac/lactest/load"
	"lacd/radius/radiustest"
)

// stageConfig is lacd's. For alpha RADIUS names both LNSes, for beta this file
// does, the other way round.
const stageConfig = `node {
  name         = "lac.lab"
  admin_socket = "@SOCKET@"
  state_dir    = "@DIR@/state"
  log_level    = "debug"
}

access "eth1" {}
access "eth2" {}

access "eth3" {
  duplicate = "replace"
}

core {
  local     = ["@LAC@"]
  dataplane = "@DATAPLANE@"
}

# An LNS that falls silent is given up within 7 s: 5 s until HELLO, then 0.2, 0.4
# and 0.8 s for its answers.
l2tp {
  hello   = "5s"
  resend  = "200ms"
  retries = 2
  lockout = { timeout = "30s", stopccn_6 = "0s" }
}

radius "radius" {
  auth   = "@RADIUS@"
  acct   = "@RADIUS@:1812"
  secret = "@SECRET@"
}

retailer "alpha" {
  realms = ["alpha.example"]
  radius = ["radius"]
}

retailer "beta" {
  realms = ["beta.example"]
  radius = ["radius"]

  lns "lns2" {
    address    = "@LNS2@"
    secret     = "@LNS2SECRET@"
    preference = 10
  }

  lns "lns1" {
    address    = "10.10.0.11"
    secret     = "@LNS2SECRET@"
    preference = 20
  }
}

default {
  refuse = true
}
`

// stagePassword is that of all subscribers but mallory, who has another in his
// router.
const stagePassword = "the password of the subscribers"

var (
	stageSecret = lnsN(2).secret // of all tunnels
	alphaReply  = []radiustest.Attribute{bothLNS(1, 10), bothLNS(2, 20)}
	stageUsers  = map[string][]radiustest.Attribute{
		"alice@alpha.example": alphaReply, "bob@alpha.example": alphaReply, "erin@alpha.example": alphaReply,
		"mallory@alpha.example": alphaReply, "carol@beta.example": nil, "dave@beta.example": nil, "frank@beta.example": nil,
	}
)

// bothLNS is one of RADIUS's tunnels for alpha.
func bothLNS(n int, preference uint32) radiustest.Attribute {
	t := radiustest.L2TP(uint8(n), lnsN(n).addr, stageSecret)
	t.Preference = preference
	return t.Attribute()
}

// The subscribers: those of eth1 speak CHAP, those of eth2 PAP, those of eth3 are
// refused.
var (
	chapUsers = []string{"alice@alpha.example", "carol@beta.example", "bob@alpha.example", "dave@beta.example"}
	papUsers  = []string{"erin@alpha.example", "frank@beta.example"}
	badUsers  = []string{"mallory@alpha.example", "nobody@nowhere.example"}
)

// numberedSize is the size of the numbered IPv4 packets.
const numberedSize = 1000

// demonstrate is the demonstration.
func (s *stage) demonstrate(ctx context.Context) {
	s.dialling(ctx)
	s.failover(ctx)
	s.step("SIGTERM to lacd with %d sessions up", len(chapUsers))
	s.stopped(ctx)
	s.afterwards(ctx)
}

// clients starts lacsim's clients on an access device.
func (s *stage) clients(ctx context.Context, name, device string, first int, users []string, password string, args ...string) (*Proc, error) {
	return s.startSim(ctx, name, s.net, map[string]string{"-password-file": password, "-secret-file": stageSecret},
		append([]string{
			"-access", device, "-n", fmt.Sprint(len(users)), "-first", fmt.Sprint(first), "-user", strings.Join(users, ","),
			"-size", fmt.Sprint(numberedSize),
		}, args...)...)
}

// lnsArgs are lacsim's for an LNS.
func lnsArgs(n int) []string {
	l := lnsN(n)
	return []string{"-lns", fmt.Sprintf("%s,name=%s,pool=10.%d.1.1", l.addr, l.name, n)}
}

// dialling lets all subscribers dial in, shows what the operator sees and holds
// the counts of both sides of lacd against its own.
func (s *stage) dialling(ctx context.Context) {
	s.step("two LNSes, and %d subscribers dial in; numbered packets flow both ways from then on",
		len(chapUsers)+len(papUsers)+len(badUsers))
	chap, err := s.clients(ctx, "chap", "acc1", 0, chapUsers, stagePassword,
		slices.Concat(lnsArgs(1), lnsArgs(2), []string{"-stay", "5m", "-grace", "1s", "-up-rate", "2000", "-down-rate", "1000"})...)
	if !s.check(err, "lacsim is lns1, lns2 and %d subscribers (CHAP)", len(chapUsers)) {
		return
	}
	pap, err := s.clients(ctx, "pap", "acc2", 100, papUsers, stagePassword, "-pap", "-stay", "5m")
	if !s.check(err, "lacsim is %d subscribers (PAP)", len(papUsers)) {
		return
	}
	bad, err := s.clients(ctx, "bad", "acc3", 200, badUsers, "guessed")
	if !s.check(err, "lacsim is one with a wrong password and one of an unknown realm") {
		return
	}
	all := slices.Concat(chapUsers, papUsers)
	s.check(s.awaitSessions(ctx, all...), "%s are up", strings.Join(all, ", "))
	refused, err := bad.simulated(false, upLimit)
	if err == nil && (refused.Clients.Up != 0 || refused.Clients.FailedBy["refused"] != uint64(len(badUsers))) {
		err = fmt.Errorf("lacsim says %+v", *refused.Clients)
	}
	s.check(err, "%s are refused", strings.Join(badUsers, ", "))
	s.placed(ctx, all, map[string]int{"alpha.example": 1, "beta.example": 2})
	s.operator(ctx)
	s.check(s.flown(ctx, all, 5000), "lacctl counts five thousand packets each way, and more")
	s.step("the subscribers of eth1 hang up, then the LNSes close their tunnels")
	s.counted(ctx, chap, pap)
}

// placed checks that each subscriber is on the LNS of its realm.
func (s *stage) placed(ctx context.Context, users []string, lns map[string]int) {
	for _, user := range users {
		v, err := s.session(ctx, user)
		_, realm, _ := strings.Cut(user, "@")
		n := lnsN(lns[realm])
		if err == nil && v.Peer != n.addr+":1701" {
			err = fmt.Errorf("its peer is %s", v.Peer)
		}
		if err == nil && (len(v.Timeline) == 0 || len(v.Reasons) == 0) {
			err = fmt.Errorf("%d steps, %d reasons", len(v.Timeline), len(v.Reasons))
		}
		s.check(err, "%s is on %s, with timeline and reasons", user, n.name)
	}
}

// operator shows what lacctl has to say.
func (s *stage) operator(ctx context.Context) {
	s.step("what the operator sees")
	for _, what := range []string{
		"show sessions", "show tunnels", "show lns", "show retailers", "show session alice@alpha.example",
		"explain carol@beta.example", "explain nobody@nowhere.example",
	} {
		out, err := s.lacctl(ctx, strings.Fields(what)...)
		fmt.Fprintf(s.out, "  $ lacctl %s\n", what)
		s.show(out)
		s.check(err, "lacctl %s", what)
	}
	all, err := lacctlJSON[[]admin.Tunnel](ctx, s.Lab, "show", "tunnels")
	var got []string
	for _, t := range all {
		got = append(got, fmt.Sprintf("%s: %d calls, %s", t.PeerName, t.Calls, t.Plane))
	}
	if err == nil {
		err = sameSet(got, []string{"lns1: 3 calls, xdp native", "lns2: 3 calls, xdp native"})
	}
	s.check(err, "each LNS has one tunnel, with three calls and native XDP")
}

// flown waits until lacd has counted so many packets of each way.
func (s *stage) flown(ctx context.Context, users []string, least uint64) error {
	return until(ctx, countLimit, func() error {
		var up, down uint64
		for _, user := range users {
			v, err := s.session(ctx, user)
			if err != nil {
				return final(err)
			}
			up, down = up+v.UpPackets, down+v.DownPkts
		}
		if up < least || down < least {
			return fmt.Errorf("it has %d and %d", up, down)
		}
		return nil
	})
}

// flowing waits until each of the users has packets both ways besides those that
// set a session up, which is when the subscriber's end is up as well.
func (s *stage) flowing(ctx context.Context, users []string) error {
	var err error
	for _, user := range users {
		err = errors.Join(err, s.flown(ctx, []string{user}, 2*downControl))
	}
	return err
}

// counted ends the traffic, then the sessions and tunnels, and compares. The
// clients of eth2 send nothing: what they receive, and what the others send and
// receive, is the whole.
func (s *stage) counted(ctx context.Context, chap, pap *Proc) {
	a, err := chap.simulated(true, quitLimit)
	if !s.check(err, "lacsim ends: no more traffic, PADT of each subscriber, StopCCN of each LNS") {
		return
	}
	b, err := pap.simulated(false, quitLimit)
	if !s.check(err, "the subscribers of eth2 find themselves without a session") {
		return
	}
	up, down := a.Traffic.Up, a.Traffic.Down
	if b.Traffic != nil {
		down.Received += b.Traffic.Down.Received
		down.Octets += b.Traffic.Down.Octets
		down.Reordered += b.Traffic.Down.Reordered
		down.Duplicated += b.Traffic.Down.Duplicated
		down.Misdelivered += b.Traffic.Down.Misdelivered
		down.Late += b.Traffic.Down.Late
	}
	for _, t := range []struct {
		way string
		*simulation.Traffic
	}{{"up", &up}, {"down", &down}} {
		s.check(unharmed(t.Traffic), "%s: of %d numbered packets none is lost, duplicated, reordered or misdelivered", t.way, t.Sent)
	}
	s.check(lostAs(b, len(papUsers)), "eth2: %d sessions are lost, none by silence", len(papUsers))
	stops, err := s.stops(ctx, len(chapUsers)+len(papUsers))
	s.check(err, "RADIUS has a Stop record of every session")
	s.books(stops, up, down)
	for user, why := range map[string]string{chapUsers[0]: "User-Request", papUsers[0]: "Lost-Service"} {
		s.check(ended(stops, user, why), "%s has ended by %s", user, why)
	}
}

// unharmed checks that everything that was sent has arrived as it was.
func unharmed(t *simulation.Traffic) error {
	if t.Sent == 0 || t.Received != t.Sent || t.Octets != t.Sent*numberedSize || t.Duplicated+t.Reordered+t.Misdelivered+t.Late != 0 {
		return fmt.Errorf("%+v", *t)
	}
	return nil
}

// lostAs checks how a lacsim has lost its sessions.
func lostAs(rep *simulation.Report, n int) error {
	if c := rep.Clients; c.Lost != uint64(n) || c.LostBy["terminated"]+c.LostBy["padt"] != uint64(n) {
		return fmt.Errorf("%d are lost, by %v", c.Lost, c.LostBy)
	}
	return nil
}

// stops waits until RADIUS has so many Stop records.
func (s *stage) stops(ctx context.Context, n int) (all []radiustest.Record, err error) {
	err = until(ctx, settleLimit, func() error {
		all = slices.DeleteFunc(s.server.Records(), func(r radiustest.Record) bool { return r.Status != "Stop" })
		if len(all) != n {
			return fmt.Errorf("it has %d, want %d", len(all), n)
		}
		return nil
	})
	return all, err
}

// Frames of a session besides the numbered packets. IPCP takes the subscriber
// three, as its first request is without an address and refused, and the LNS three.
// The LNS says twice that the password is right: once for the proxied answer, and
// once for the same that lacd repeats.
const (
	upControl   = 3
	downControl = 3 + 2
)

// books compares lacd's counts, as RADIUS has them, with lacsim's.
func (s *stage) books(stops []radiustest.Record, up, down simulation.Traffic) {
	var in, out uint64
	for _, r := range stops {
		in, out = in+r.Packets[0], out+r.Packets[1]
	}
	// Those whom lacd tells of the LNS's end may answer before their way is closed.
	acks := uint64(len(papUsers))
	for _, t := range []struct {
		way                       string
		counted, sent, each, more uint64
	}{{"up", in, up.Sent, upControl, acks}, {"down", out, down.Sent, downControl, 0}} {
		control := t.each * uint64(len(stops))
		var err error
		if least := t.sent + control; t.counted < least || t.counted > least+t.more {
			err = fmt.Errorf("lacd has %d frames, lacsim %d packets, and %d frames of PPP were expected", t.counted, t.sent, control)
		}
		s.check(err, "%s: lacd counts the packets of lacsim, and the %d frames of PPP that set the sessions up", t.way, control)
	}
}

// ended checks the cause in a user's last Stop record.
func ended(stops []radiustest.Record, user, want string) error {
	for _, r := range slices.Backward(stops) {
		if r.User == user {
			if r.Cause != want {
				return fmt.Errorf("by %s", r.Cause)
			}
			return nil
		}
	}
	return errors.New("it has no Stop record")
}

// failover lets an LNS fall silent, and the operator end a session.
func (s *stage) failover(ctx context.Context) {
	s.step("the LNSes return, the subscribers of eth1 dial in again and will redial whenever they must")
	for n := 1; n <= 2; n++ {
		_, err := s.startSim(ctx, lnsN(n).name, s.net, map[string]string{"-secret-file": stageSecret},
			append(lnsArgs(n), "-grace", "1s", "-down-rate", "200", "-size", fmt.Sprint(numberedSize))...)
		if !s.check(err, "%s listens again", lnsN(n).name) {
			return
		}
	}
	_, err := s.clients(ctx, "redial", "acc1", 300, chapUsers, stagePassword,
		"-redial", "-backoff", "300ms,1s", "-retry", "1s", "-stay", "5m", "-up-rate", "400")
	if !s.check(err, "lacsim is %d subscribers", len(chapUsers)) || !s.check(s.awaitSessions(ctx, chapUsers...), "they are up") {
		return
	}
	s.placed(ctx, chapUsers, map[string]int{"alpha.example": 1, "beta.example": 2})
	s.check(s.flowing(ctx, chapUsers), "numbered packets of each flow both ways")

	s.step("lns1 falls silent")
	lns1, begin := s.proc("lns1"), time.Now()
	s.check(lns1.cmd.Process.Signal(syscall.SIGSTOP), "its process is stopped")
	s.check(s.awaitOn(ctx, lnsN(2).addr, chapUsers), "all %d subscribers are up on lns2", len(chapUsers))
	s.show(fmt.Sprintf("after %.1f s", time.Since(begin).Seconds()))
	s.check(s.flowing(ctx, chapUsers), "numbered packets of each flow both ways")
	for _, user := range chapUsers {
		var want, got []string
		if strings.HasSuffix(user, "@alpha.example") {
			want = []string{"tunnel-lost"}
		}
		for _, e := range s.events("session down", user)[1:] {
			got = append(got, e["cause"])
		}
		s.check(sameSet(got, want), "%s has lost %d session", user, len(want))
	}
	out, err := s.lacctl(ctx, "show", "lns")
	s.show(out)
	s.check(err, "lacctl show lns")
	s.check(lns1.cmd.Process.Signal(syscall.SIGCONT), "lns1's process goes on")

	s.step("the operator disconnects dave@beta.example, who redials")
	old, err := s.session(ctx, "dave@beta.example")
	if err == nil {
		out, err = s.lacctl(ctx, "disconnect", "dave@beta.example")
		s.show(out)
	}
	s.check(err, "lacctl disconnect dave@beta.example")
	s.check(until(ctx, upLimit, func() error {
		all, err := s.sessions(ctx)
		if err != nil {
			return final(err)
		}
		for _, v := range all {
			if v.User == old.User && v.ID != old.ID && v.State == "up" {
				return nil
			}
		}
		return errors.New("it is not")
	}), "dave@beta.example is up again, by another session")
	s.check(s.flowing(ctx, chapUsers), "numbered packets of each flow both ways")
}

// awaitOn waits until exactly these users are up, all with one LNS.
func (s *stage) awaitOn(ctx context.Context, lns string, users []string) error {
	return until(ctx, upLimit, func() error {
		all, err := s.sessions(ctx)
		if err != nil {
			return final(err)
		}
		var got []string
		for _, v := range all {
			if p, err := netip.ParseAddrPort(v.Peer); err == nil && p.Addr().String() == lns && v.State == "up" {
				got = append(got, v.User)
			}
		}
		return sameSet(got, users)
	})
}

// afterwards holds what the peers have seen against what happened.
func (s *stage) afterwards(ctx context.Context) {
	s.step("what the others say")
	rep, err := s.proc("redial").simulated(true, quitLimit)
	if s.check(err, "lacsim ends") {
		// Two by lns1, one by the operator, and each by SIGTERM.
		s.check(lostAs(rep, 2+1+len(chapUsers)), "its subscribers have lost %d sessions, none by silence", 2+1+len(chapUsers))
		if d := rep.Traffic.Down; d.Received == 0 || d.Misdelivered+d.Duplicated+d.Reordered+d.Late != 0 {
			err = fmt.Errorf("%+v", d)
		}
		s.check(err, "of %d packets they have received none is another's, twice or late", rep.Traffic.Down.Received)
	}
	for n := 1; n <= 2; n++ {
		rep, err := s.proc(lnsN(n).name).simulated(true, quitLimit)
		// lns1 was never told, as lacd has given its tunnel up.
		if err == nil && (n == 2 && rep.LNS[0].Calls != 0 || rep.LNS[0].Connected < 2) {
			err = fmt.Errorf("it has %+v", rep.LNS[0])
		}
		if err == nil && rep.Traffic.Up.Misdelivered+rep.Traffic.Up.Duplicated+rep.Traffic.Up.Reordered != 0 {
			err = fmt.Errorf("%+v", rep.Traffic.Up)
		}
		s.check(err, "%s was sent nothing that is another's, and has no call that lacd knows of", lnsN(n).name)
	}
	stops, err := s.stops(ctx, len(chapUsers)+len(papUsers)+2+1+len(chapUsers))
	s.check(err, "RADIUS has a Stop record of every session")
	s.check(ended(stops, chapUsers[0], "Admin-Reboot"), "%s's last one says Admin-Reboot", chapUsers[0])
}
