package acct

import (
	"bytes"
	"testing"
	"time"

	"lacd/radius"
)

// A record that was stored is sent as it would have been, with the delay of the
// moment it is sent.
func TestStored(t *testing.T) {
	for _, s := range kinds {
		if s == On || s == Off {
			continue
		}
		r := sample(s)
		b, err := r.AppendTo(nil)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, secret) {
			t.Errorf("%v: the secret is stored", s)
		}
		again, err := ParseRecord(b)
		if err != nil {
			t.Fatalf("%v: %v", s, err)
		}
		if again.Status != s || again.Session != r.Session || !again.EventTime.Equal(event) {
			t.Errorf("%v: got %v %q %v", s, again.Status, again.Session, again.EventTime)
		}
		const age = 3 * time.Hour
		if got, want := encode(t, again, age), encode(t, r, age); !bytes.Equal(got, want) {
			t.Errorf("%v:\ngot  %x\nwant %x", s, got, want)
		}
		if twice, err := again.AppendTo(nil); err != nil || !bytes.Equal(twice, b) {
			t.Errorf("%v: stored again it is %x, %v; want %x", s, twice, err, b)
		}
	}
}

func TestStoredRefused(t *testing.T) {
	b, err := sample(Stop).AppendTo(nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 22 { // status, session and time
		if _, err := ParseRecord(b[:n]); err == nil {
			t.Errorf("%d octets: got no error", n)
		}
	}
	for name, b := range map[string][]byte{
		"too long":     bytes.Repeat([]byte("\x19\xff"+string(make([]byte, 253))), 17),
		"of the NAS":   unhex("2806 00000007 2c03 61 3706 6553f100 2006 6c616331"),
		"unknown kind": unhex("2806 0000000f 2c03 61 3706 6553f100 2006 6c616331"),
		"no session":   unhex("2806 00000001 2c02 3706 6553f100 2006 6c616331"),
		"another row":  unhex("2c03 61 2806 00000001 3706 6553f100 2006 6c616331"),
		"short status": unhex("2805 000001 2c03 61 3706 6553f100 2006 6c616331"),
		"short time":   unhex("2806 00000001 2c03 61 3705 6553f1 2006 6c616331"),
	} {
		if r, err := ParseRecord(b); err == nil {
			t.Errorf("%s: got %+v, want an error", name, r)
		}
	}
	if _, err := (&Record{Status: Start}).AppendTo(nil); err == nil {
		t.Error("without a session: got no error")
	}
}

func FuzzParseRecord(f *testing.F) {
	for _, s := range kinds {
		b, _ := sample(s).AppendTo(nil)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRecord(b)
		if err != nil {
			return
		}
		if _, err := r.Encode(radius.Try{Now: event, Secret: secret}); err != nil {
			t.Errorf("%x: %v", b, err)
		}
		if again, err := r.AppendTo(nil); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x: stored again it is %x, %v", b, again, err)
		}
	})
}
