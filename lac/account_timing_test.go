package lac

import (
	"bytes"
	"testing"
	"time"

	layeh "layeh.com/radius"

	"lacd/kernel"
	"lacd/lac/lactest/script"
	"lacd/policy"
	"lacd/radius/radiustest"
)

// posted returns the records of a status that came to the first server, repetitions
// too, read octet by octet.
func posted(t *testing.T, s *radiustest.Server, status uint32) (all []*script.Request) {
	t.Helper()
	for _, q := range s.Requests() {
		if q.Packet.Code != layeh.CodeAccountingRequest {
			continue
		}
		rec, err := script.ParseRequest(q.Raw, secret1)
		if err != nil {
			t.Errorf("%v: %v", err, rec)
		}
		if rec.At = q.Time; rec.Status() == status {
			all = append(all, rec)
		}
	}
	return all
}

const secret1 = "radius-secret-1" // of the rig's first server

// An interim interval of RADIUS holds where the retailer's is not longer (RFC 2869
// section 2.1, RFC 5080 section 2.3.4). The counters are cumulative, and more than
// 32 bits of octets are in the Gigawords.
func TestT58_Interim(t *testing.T) {
	for _, tc := range []struct {
		asked       uint32        // by RADIUS, seconds
		local, want time.Duration // of the retailer; of the records, 0: there are none
	}{
		{60, 300 * time.Second, 300 * time.Second},
		{600, 300 * time.Second, 600 * time.Second},
		{0, 300 * time.Second, 300 * time.Second},
		{120, 0, 120 * time.Second},
		{1, 0, 60 * time.Second}, // the least that is taken
		{0, 0, 0},
	} {
		pol := mustPolicy(t, policy.Policy{Node: "lac1", Retailers: []policy.Retailer{{
			Name: "acme", Realms: []string{"acme.example"}, Authorize: policy.ByRADIUS, RADIUS: []string{"r1"}, Accounting: true,
			InterimInterval: tc.local,
		}}})
		inRig(t, rigOptions{policy: pol}, func(t *testing.T, r *rig) {
			reply := []radiustest.Attribute{tunnelTo(1, "192.0.2.11", "", 0), radiustest.Class("one"), radiustest.Class("two")}
			if tc.asked != 0 {
				reply = append(reply, radiustest.Integer(script.AcctInterimInterval, tc.asked))
			}
			r.radius.SetUser(alice.User, radiustest.User{Password: alice.Password, Reply: reply})
			sub := r.seg.Dial(alice)
			settle()
			used := kernel.Counters{
				ID: r.plane.Bridges()[0].ID, UpOctets: 5<<32 + 1, DownOctets: 1<<32 - 1, UpPackets: 1<<33 + 7, DownPackets: 8,
			}
			r.plane.SetCounters(used)
			after(4*tc.want + time.Minute)
			used.UpOctets, used.DownOctets = used.UpOctets+1, used.DownOctets+1
			r.plane.SetCounters(used)
			sub.HangUp()
			after(time.Second)

			begin, interims, stop := posted(t, r.radius, script.AcctStart), posted(t, r.radius, script.AcctInterim), posted(t, r.radius, script.AcctStop)
			if len(begin) != 1 || len(stop) != 1 || tc.want == 0 && len(interims) != 0 || tc.want != 0 && len(interims) < 3 {
				t.Fatalf("%d, %d and %d records of Start, Interim and Stop", len(begin), len(interims), len(stop))
			}
			for i, rec := range interims[min(1, len(interims)):] {
				if d := rec.At.Sub(interims[i].At); d != tc.want {
					t.Errorf("asked for %d s, at least %v: an interim after %v, want %v", tc.asked, tc.local, d, tc.want)
				}
			}
			for _, rec := range interims {
				usage(t, rec, 5, 1, 0, 1<<32-1)
				if rec.Has(script.AcctTerminateCause) {
					t.Error("an interim with Acct-Terminate-Cause")
				}
			}
			usage(t, stop[0], 5, 2, 1, 0)
			for _, rec := range append(interims, stop...) {
				sameAs(t, begin[0], rec)
			}
		})
	}
}

// sameAs wants a record to be of the session that Start was of, with both Classes.
func sameAs(t *testing.T, begin, rec *script.Request) {
	t.Helper()
	for _, typ := range []byte{script.AcctSessionID, script.TunnelConnection, script.UserName, script.TunnelServerEndpoint} {
		if got, want := rec.Text(typ), begin.Text(typ); got != want || got == "" {
			t.Errorf("attribute %d: got %q, want %q as in Start", typ, got, want)
		}
	}
	if got := bytes.Join(rec.Values(script.Class), []byte(" ")); string(got) != "one two" {
		t.Errorf("Class: got %q, want both in order", got)
	}
}

// usage wants octets and packets of a record: from the subscriber, to it.
func usage(t *testing.T, rec *script.Request, inGiga, in, outGiga, out uint32) {
	t.Helper()
	for typ, want := range map[byte]uint32{
		script.AcctInputGigawords: inGiga, script.AcctInputOctets: in, script.AcctOutputGigawords: outGiga,
		script.AcctOutputOctets: out, script.AcctInputPackets: 7, script.AcctOutputPackets: 8,
	} {
		if got := rec.U32(typ); got != want || !rec.Has(typ) {
			t.Errorf("status %d, attribute %d: got %d, want %d", rec.Status(), typ, got, want)
		}
	}
}

// A record that nobody answers is sent for ever (RFC 5080 section 2.2.1: MRC and
// MRD are 0), each round encoded anew: another identifier and authenticator, since
// Acct-Delay-Time is another (RFC 2866 sections 3 and 5.2).
func TestT58_DelayTime(t *testing.T) {
	inRig(t, rigOptions{}, func(t *testing.T, r *rig) {
		oneLNS(r)
		settle()
		r.backup.SetKnobs(radiustest.Knobs{Silent: true})
		sub := r.seg.Dial(alice)
		settle() // Start was answered; Stop will not be
		r.radius.SetKnobs(radiustest.Knobs{Silent: true})
		begun := time.Now()
		sub.HangUp()
		after(10 * time.Minute)
		all := posted(t, r.radius, script.AcctStop)
		byAge := map[uint32][]*script.Request{}
		for _, rec := range all {
			delay := rec.U32(script.AcctDelayTime)
			if age := uint32(rec.At.Sub(begun) / time.Second); delay > age {
				t.Errorf("Acct-Delay-Time %d after %d s", delay, age)
			}
			for _, old := range byAge[delay] {
				if !bytes.Equal(old.Raw, rec.Raw) {
					t.Errorf("a record of the same age is another: % x and % x", old.Raw, rec.Raw)
				}
			}
			byAge[delay] = append(byAge[delay], rec)
		}
		if len(byAge) < 4 {
			t.Fatalf("%d transmissions of %d ages in 10 minutes, want it tried for ever", len(all), len(byAge))
		}
		authenticators := map[[16]byte]bool{}
		for i, rec := range all {
			authenticators[rec.Authenticator] = true
			if before := all[max(0, i-1)]; before.U32(script.AcctDelayTime) != rec.U32(script.AcctDelayTime) && before.ID == rec.ID {
				t.Errorf("a record with another Acct-Delay-Time has identifier %d again", rec.ID)
			}
		}
		if len(authenticators) != len(byAge) {
			t.Errorf("%d authenticators for %d ages", len(authenticators), len(byAge))
		}
		r.radius.SetKnobs(radiustest.Knobs{})
		after(time.Minute)
		if got := r.records(r.radius); got[len(got)-1] != "stop User-Request" {
			t.Errorf("records %v, want a stop in the end", got)
		}
	})
}
