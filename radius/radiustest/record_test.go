package radiustest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lacd/radius"
	"lacd/radius/acct"
)

func TestRecords(t *testing.T) {
	s := New(secret)
	for id, r := range []acct.Record{
		{Status: acct.Start, Session: "a", User: "joe", NASIdentifier: "lac1"},
		{
			Status: acct.Stop, Session: "a", User: "joe", NASIdentifier: "lac1", TerminateCause: 6,
			Counters: acct.Counters{InPackets: 3, InOctets: 1<<32 + 4, OutPackets: 5, OutOctets: 6},
		},
	} {
		b, err := r.Encode(radius.Try{ID: uint8(id), Secret: []byte(secret)})
		if err != nil {
			t.Fatal(err)
		}
		s.Handle("here", b)
		s.Handle("here", b)
	}
	want := []Record{
		{User: "joe", Status: "Start"},
		{User: "joe", Status: "Stop", Cause: "Admin-Reset", Packets: [2]uint64{3, 5}, Octets: [2]uint64{1<<32 + 4, 6}},
	}
	if diff := cmp.Diff(want, s.Records()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
