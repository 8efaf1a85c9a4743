package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// coaSecret is shared by lacd and who may end and change its sessions.
const coaSecret = "lab-coa-secret-0123456789"

// coaConfig lets the RADIUS server end and change sessions.
const coaConfig = `
coa {
  listen = ["@LAC@"]

  client "billing" {
    address = "@RADIUS@"
    secret  = "@COASECRET@"
  }
}
`

// playCoA has radclient send what must be done, and what must not.
func playCoA(l *Lab, ctx context.Context) {
	alice, bob, carol := l.subscribers[0], l.subscribers[1], l.subscribers[2]
	here := []*Subscriber{alice, bob, carol}
	l.step("%d subscribers dial in", len(here))
	if !l.bringUp(ctx, here...) {
		return
	}
	ids := make(map[*Subscriber]string)
	since := make(map[*Subscriber]time.Time)
	for _, s := range here {
		v, err := l.session(ctx, s.user)
		l.check(err, "%s is session %s", s.user, v.ID)
		ids[s], since[s] = v.ID, v.Since
	}

	l.step("radclient without the secret, and with a wish that cannot be granted")
	out, err := l.radclient(ctx, "disconnect", "not-the-secret-of-the-lab", "Acct-Session-Id = "+quoted(ids[alice]))
	l.check(refusal(out, err, "No reply"), "Disconnect-Request with another secret for %s has no answer", alice.user)
	out, err = l.radclient(ctx, "coa", coaSecret, "Acct-Session-Id = "+quoted(ids[alice]), `Filter-Id = "slow"`)
	l.check(refusal(out, err, "CoA-NAK", "Error-Cause = Unsupported-Attribute"),
		"CoA-Request with Filter-Id: CoA-NAK, Unsupported-Attribute")
	l.check(l.awaitSessions(ctx, usersOf(here)...), "all of them are up still")
	l.check(l.ping(ctx, alice), "%s pings %s", alice.user, alice.lns)

	l.step("radclient ends %s", bob.user)
	out, err = l.radclient(ctx, "disconnect", coaSecret, "Acct-Session-Id = "+quoted(ids[bob]))
	l.check(granted(out, err, "Disconnect-ACK"), "Disconnect-Request by Acct-Session-Id: Disconnect-ACK")
	l.check(bob.awaitGone(), "%s's pppd has ended", bob.user)
	l.check(l.awaitSessions(ctx, alice.user, carol.user), "lacd has the two others left")
	l.check(l.awaitGhosts(ctx, []*Subscriber{alice, carol}), "the LNS has the same")
	_, err = l.stopped(ctx, l.lacd, bob, "Admin-Reset")
	l.check(err, "%s has a Stop record, Admin-Reset, with the octets of lacd's log", bob.user)

	limit := time.Since(since[carol]).Truncate(time.Second) + 10*time.Second
	l.step("radclient gives %s %.0f s in all", carol.user, limit.Seconds())
	out, err = l.radclient(ctx, "coa", coaSecret, "Acct-Session-Id = "+quoted(ids[carol]), fmt.Sprintf("Session-Timeout = %.0f", limit.Seconds()))
	l.check(granted(out, err, "CoA-ACK"), "CoA-Request with Session-Timeout: CoA-ACK")
	l.check(carol.awaitGone(), "%s's pppd has ended", carol.user)
	stop, err := l.stopped(ctx, l.lacd, carol, "Session-Timeout")
	l.check(err, "%s has a Stop record, Session-Timeout, with the octets of lacd's log", carol.user)
	if err == nil {
		l.check(onTime(stop, limit), "it ended when it had had its time")
	}
	l.check(l.awaitSessions(ctx, alice.user), "%s is up still", alice.user)

	l.closeDown(ctx)
	_, err = l.stopped(ctx, l.lacd, alice, hungUp...)
	l.check(err, "%s has a Stop record with its cause and the octets of lacd's log", alice.user)
	l.settled(len(here))
	all, err := l.accounting()
	if err == nil {
		n := 0
		if n, err = paired(all, "Tunnel-Start", "Tunnel-Stop"); err == nil && n != 1 {
			err = fmt.Errorf("%d tunnels", n)
		}
	}
	l.check(err, "the tunnel has one Tunnel-Start and one Tunnel-Stop")
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }

// granted checks that radclient got this answer.
func granted(out string, err error, want string) error {
	if err == nil && !strings.Contains(out, "Received "+want) {
		err = fmt.Errorf("no %s:\n%s", want, out)
	}
	return err
}

// refusal checks that radclient has failed and says so.
func refusal(out string, err error, want ...string) error {
	if err == nil {
		return fmt.Errorf("it was granted:\n%s", out)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			return fmt.Errorf("no %s:\n%s", w, out)
		}
	}
	return nil
}

// onTime checks that a session had its time, and on an emulated machine not much
// more.
func onTime(stop record, limit time.Duration) error {
	const slack = 3
	got, want := stop.number("Acct-Session-Time"), uint64(limit.Seconds())
	if got < want || got > want+slack {
		return fmt.Errorf("Acct-Session-Time %d, want %d", got, want)
	}
	return nil
}

// radclient sends a request from the RADIUS server to lacd's port, 3799.
func (l *Lab) radclient(ctx context.Context, verb, secret string, attributes ...string) (string, error) {
	request, key := filepath.Join(l.dir, "request"), filepath.Join(l.dir, "request-secret")
	text := strings.Join(append(attributes, "Event-Timestamp = "+fmt.Sprint(time.Now().Unix()), "Message-Authenticator = 0x00"), "\n") + "\n"
	if err := errors.Join(os.WriteFile(request, []byte(text), 0o600), os.WriteFile(key, []byte(secret+"\n"), 0o600)); err != nil {
		return "", err
	}
	out, err := l.run(ctx, nsRADIUS, "radclient", "-x", "-r", "1", "-t", "5", "-f", request, "-S", key, lacAddr+":3799", verb)
	l.show(linesWith(out, "Sent ", "Received ", "Error-Cause", "No reply"))
	return out, err
}
