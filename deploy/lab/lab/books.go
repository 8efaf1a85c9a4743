package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// checkBooks compares the accounting records with what was done.
func (l *Lab) checkBooks(ctx context.Context) {
	l.step("what FreeRADIUS was told")
	for _, s := range l.good() {
		l.check(l.awaitStart(ctx, s), "%s has one Start record with its tunnel", s.user)
	}
	// The subscriber's and the LNS's hanging up look the same to a LAC when the
	// LNS says no more than CDN: the PPP terminate packets pass through it.
	alice, bob, carol := l.subscribers[0], l.subscribers[1], l.subscribers[2]
	l.check(l.awaitStop(ctx, alice, "User-Request", "Lost-Carrier"), "%s has its Stop record", alice.user)
	l.check(l.awaitStop(ctx, bob, "User-Request", "Lost-Carrier"), "%s has its Stop record", bob.user)
	l.check(l.awaitStop(ctx, carol, "Admin-Reset"), "%s has its Stop record", carol.user)
	records, err := l.accounting()
	if l.check(err, "the accounting file can be read") {
		l.showBooks(records)
		l.check(octets(records, alice.user), "%s's Stop record has the octets of the transfer", alice.user)
		l.check(nobodyElse(records, usersOf(l.good())), "nobody else was accounted")
	}
	unknown := l.subscribers[6].user
	if strings.Contains(l.radius[0].output(), unknown) {
		err = errors.New("RADIUS was asked for it")
	}
	l.check(err, "%s was refused without asking RADIUS", unknown)
}

// showBooks prints the records for people.
func (l *Lab) showBooks(records []record) {
	for _, r := range records {
		l.show(strings.TrimSpace(fmt.Sprintf("%-14s %-22s %-16s %s %s", r["Acct-Status-Type"], r["User-Name"], r["Acct-Session-Id"],
			r["Tunnel-Server-Endpoint:0"], r["Acct-Terminate-Cause"])))
	}
}

// find returns a user's records of one Acct-Status-Type.
func find(records []record, user, status string) []record {
	return slices.DeleteFunc(slices.Clone(records), func(r record) bool {
		return r["User-Name"] != user || r["Acct-Status-Type"] != status
	})
}

// one waits for a user's only record of a kind and returns it.
func (l *Lab) one(ctx context.Context, user, status string) (record, error) {
	var r record
	err := until(ctx, settleLimit, func() error {
		all, err := l.accounting()
		if err != nil {
			return final(err)
		}
		found := find(all, user, status)
		if len(found) != 1 {
			return fmt.Errorf("%d %s records", len(found), status)
		}
		r = found[0]
		return nil
	})
	return r, err
}

// awaitStart waits for the Start record and checks the attributes of RFC 2867.
func (l *Lab) awaitStart(ctx context.Context, s *Subscriber) error {
	r, err := l.one(ctx, s.user, "Start")
	if err != nil {
		return err
	}
	var missing []string
	for _, name := range []string{"Acct-Session-Id", "Tunnel-Type", "Tunnel-Client-Endpoint", "Tunnel-Server-Endpoint", "Acct-Tunnel-Connection"} {
		if r.value(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("no %s in %v", strings.Join(missing, ", "), r)
	}
	if got := r.value("Tunnel-Server-Endpoint"); got != l.lns(s.lns).addr {
		return fmt.Errorf("Tunnel-Server-Endpoint %s, want %s", got, l.lns(s.lns).addr)
	}
	return nil
}

// awaitStop waits for the Stop record, which must belong to the Start and have
// one of the causes.
func (l *Lab) awaitStop(ctx context.Context, s *Subscriber, causes ...string) error {
	stop, err := l.one(ctx, s.user, "Stop")
	if err != nil {
		return err
	}
	start, err := l.one(ctx, s.user, "Start")
	if err != nil {
		return err
	}
	if stop["Acct-Session-Id"] != start["Acct-Session-Id"] {
		return fmt.Errorf("Acct-Session-Id %s, the Start had %s", stop["Acct-Session-Id"], start["Acct-Session-Id"])
	}
	if !slices.Contains(causes, stop["Acct-Terminate-Cause"]) {
		return fmt.Errorf("Acct-Terminate-Cause %q, want one of %q", stop["Acct-Terminate-Cause"], causes)
	}
	return nil
}

// value returns an attribute with or without a tag.
func (r record) value(name string) string {
	for k, v := range r {
		if base, _, _ := strings.Cut(k, ":"); base == name {
			return v
		}
	}
	return ""
}

// octets checks that the counters of a Stop record hold both transfers.
func octets(records []record, user string) error {
	stops := find(records, user, "Stop")
	if len(stops) == 0 {
		return errors.New("there is none")
	}
	for _, name := range []string{"Acct-Input-Octets", "Acct-Output-Octets"} {
		if n, err := strconv.ParseUint(stops[0][name], 10, 64); err != nil || n < transferSize {
			return fmt.Errorf("%s is %q", name, stops[0][name])
		}
	}
	return nil
}

// nobodyElse checks that all records that name a user name one of these.
func nobodyElse(records []record, users []string) error {
	for _, r := range records {
		if user := r["User-Name"]; user != "" && !slices.Contains(users, user) {
			return fmt.Errorf("a record for %s", user)
		}
	}
	return nil
}

// timelines prints each subscriber's set-up as the access captures have it.
func (l *Lab) timelines() {
	l.step("from PADI to the first ping, as captured (emulated machine: compare, do not quote)")
	var packets []packet
	for _, name := range []string{"access1", "access2"} {
		more, err := readPcap(filepath.Join(l.dir, name+".pcap"))
		if !l.check(err, "%s.pcap can be read", name) {
			return
		}
		packets = append(packets, more...)
	}
	all := make(map[string][]Moment)
	for _, s := range l.subscribers {
		moments, err := timeline(packets, s.mac)
		if err == nil && len(moments) == 0 {
			err = errors.New("nothing was captured")
		}
		if err == nil && s.good() && !slices.ContainsFunc(moments, func(m Moment) bool { return m.What == "first ping answered" }) {
			err = errors.New("no answered ping: " + formatTimeline(moments))
		}
		l.check(err, "%s has a timeline", s.user)
		l.show(formatTimeline(moments))
		all[s.user] = moments
	}
	text, err := json.MarshalIndent(all, "", "\t")
	if err == nil {
		err = os.WriteFile(filepath.Join(l.artifacts, "timelines.json"), text, 0o644)
	}
	l.check(err, "timelines.json is written")
}
