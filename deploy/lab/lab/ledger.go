package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unequal are attributes in which a record that was sent again may differ from the
// first time: its age, and what FreeRADIUS adds when it takes a record down.
var unequal = []string{"Acct-Delay-Time", "Timestamp"}

// once returns each record once, and those that came again. A record whose answer
// was lost is sent again, to the same server or to another: it has its age in
// Acct-Delay-Time, and is the same in all else (RFC 2866 section 5.2).
func once(all []record) (first, again []record) {
	for _, r := range all {
		if slices.ContainsFunc(first, func(x record) bool { return sameRecord(x, r) }) {
			again = append(again, r)
		} else {
			first = append(first, r)
		}
	}
	return first, again
}

func sameRecord(a, b record) bool {
	a, b = maps.Clone(a), maps.Clone(b)
	for _, name := range unequal {
		delete(a, name)
		delete(b, name)
	}
	return maps.Equal(a, b)
}

// constant are attributes that the last record of something has as the first one
// has them.
var constant = []string{
	"User-Name", "Class", "NAS-Identifier", "NAS-Port", "Tunnel-Type", "Tunnel-Medium-Type", "Tunnel-Client-Endpoint",
	"Tunnel-Server-Endpoint", "Acct-Tunnel-Connection", "Tunnel-Assignment-Id",
}

// paired checks that everything that has a record of one kind has exactly one of
// the other, with the same particulars and no earlier. It returns the number of
// pairs.
func paired(all []record, begin, end string) (int, error) {
	begun, ended := make(map[string][]record), make(map[string][]record)
	for _, r := range all {
		switch id := r["Acct-Session-Id"]; r["Acct-Status-Type"] {
		case begin:
			begun[id] = append(begun[id], r)
		case end:
			ended[id] = append(ended[id], r)
		}
	}
	ids := maps.Clone(begun)
	maps.Copy(ids, ended)
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		from, to := begun[id], ended[id]
		if len(from) != 1 || len(to) != 1 {
			errs = append(errs, fmt.Errorf("%s has %d %s and %d %s", id, len(from), begin, len(to), end))
			continue
		}
		for _, name := range constant {
			if a, b := from[0].value(name), to[0].value(name); a != b {
				errs = append(errs, fmt.Errorf("%s: %s %q in %s, %q in %s", id, name, a, begin, b, end))
			}
		}
		if a, b := from[0].event(), to[0].event(); a.IsZero() || b.Before(a) {
			errs = append(errs, fmt.Errorf("%s: %s of %v, %s of %v", id, begin, a, end, b))
		}
	}
	return len(ids), errors.Join(errs...)
}

// event is when what a record is about happened; zero: it does not say.
func (r record) event() time.Time {
	t, err := time.Parse("Jan _2 2006 15:04:05 MST", r["Event-Timestamp"])
	if err != nil {
		return time.Time{}
	}
	return t
}

// number is an attribute's value; what is none is 0.
func (r record) number(name string) uint64 {
	n, err := strconv.ParseUint(r.value(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// passed is what went through a subscriber's PPP interface, as its kernel has
// counted: whole IP packets, and nothing of PPP's own.
type passed struct{ upPackets, upOctets, downPackets, downOctets uint64 }

// passedBy asks a subscriber's kernel.
func (l *Lab) passedBy(ctx context.Context, s *Subscriber) (passed, error) {
	out, err := l.run(ctx, "", "ip", "-n", s.ns, "-s", "-j", "link", "show")
	if err != nil {
		return passed{}, err
	}
	return parsePassed([]byte(out))
}

// parsePassed reads what "ip -s -j link show" prints.
func parsePassed(text []byte) (passed, error) {
	type count struct{ Packets, Bytes uint64 }
	var all []struct {
		Ifname string
		Stats  struct{ RX, TX count } `json:"stats64"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return passed{}, fmt.Errorf("ip -s -j link show: %w", err)
	}
	for _, i := range all {
		if strings.HasPrefix(i.Ifname, "ppp") {
			return passed{i.Stats.TX.Packets, i.Stats.TX.Bytes, i.Stats.RX.Packets, i.Stats.RX.Bytes}, nil
		}
	}
	return passed{}, errors.New("no PPP interface")
}

// Frames of PPP's own are counted by a gateway and not by an interface: those of
// negotiation, of echo and of hanging up. A frame is longer than its packet by its
// address, control and protocol octets.
const (
	mostOwnFrames = 60
	mostOwnOctets = mostOwnFrames * 100
	mostHeader    = 4
)

// holds checks that the counters of a record are those of what has passed, and of
// PPP's own frames.
func (r record) holds(p passed) error {
	var errs []error
	for _, c := range []struct {
		way             string
		packets, octets uint64
	}{{"Input", p.upPackets, p.upOctets}, {"Output", p.downPackets, p.downOctets}} {
		packets, octets := "Acct-"+c.way+"-Packets", "Acct-"+c.way+"-Octets"
		if got := r.number(packets); got < c.packets || got > c.packets+mostOwnFrames {
			errs = append(errs, fmt.Errorf("%s %d, the interface has counted %d", packets, got, c.packets))
		}
		got := r.number(octets) + r.number("Acct-"+c.way+"-Gigawords")<<32
		if got < c.octets || got > c.octets+mostHeader*c.packets+mostOwnOctets {
			errs = append(errs, fmt.Errorf("%s %d, the interface has counted %d", octets, got, c.octets))
		}
	}
	return errors.Join(errs...)
}

// stopped waits for the Stop record of a user's only session with a gateway and
// holds it against the line of its log, which has what the data plane has counted.
func (l *Lab) stopped(ctx context.Context, gateway *Proc, s *Subscriber, causes ...string) (record, error) {
	var stop record
	err := until(ctx, bookLimit, func() error {
		all, err := l.accounting()
		if err != nil {
			return final(err)
		}
		first, _ := once(all)
		found := find(first, s.user, "Stop")
		if len(found) != 1 {
			return fmt.Errorf("%d Stop records", len(found))
		}
		stop = found[0]
		return nil
	})
	if err != nil {
		return nil, err
	}
	if got := stop["Acct-Terminate-Cause"]; !slices.Contains(causes, got) {
		return nil, fmt.Errorf("Acct-Terminate-Cause %q, want one of %q", got, causes)
	}
	downs := events(gateway, "session down", s.user)
	if len(downs) != 1 {
		return nil, fmt.Errorf("the log has %d sessions that ended", len(downs))
	}
	for field, name := range map[string]string{"id": "Acct-Session-Id", "up_octets": "Acct-Input-Octets", "down_octets": "Acct-Output-Octets"} {
		if want := downs[0][field]; stop[name] != want {
			return nil, fmt.Errorf("%s %s, %s in the log is %s", name, stop[name], field, want)
		}
	}
	return stop, nil
}

// hungUp are the causes of a session that the subscriber or its LNS has ended. A
// LAC cannot tell them apart when the LNS says no more than CDN: the PPP terminate
// packets pass through it.
var hungUp = []string{"User-Request", "Lost-Carrier"}

// bookLimit is how long records may take where servers are dead or have just come
// back.
const bookLimit = 60 * time.Second
