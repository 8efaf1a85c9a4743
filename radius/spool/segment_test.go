package spool

import (
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sample(n int) (b []byte, ends []int) {
	for i := range n {
		b = appendEntry(b, &entry{kind: put, id: uint64(i + 1), account: "acme", data: fmt.Appendf(nil, "record %d", i+1)})
		ends = append(ends, len(b))
	}
	return b, ends
}

func TestEntryGolden(t *testing.T) {
	b := appendEntry(nil, &entry{kind: put, id: 7, account: "ab", data: []byte{0x28, 0x06}})
	b = appendEntry(b, &entry{kind: done, id: 7})
	want := "0000000e" + // length
		hex.EncodeToString(b[4:8]) + // CRC, checked by parsing
		"01" + "0000000000000007" + "02" + "6162" + "2806" +
		"00000009" + hex.EncodeToString(b[26:30]) + "02" + "0000000000000007"
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func ids(b []byte) (all []uint64, strange int, torn bool) {
	strange, torn = scan(b, func(e entry, _ int) { all = append(all, e.id) })
	return all, strange, torn
}

// A segment cut anywhere gives back what is whole before the cut.
func TestScanTorn(t *testing.T) {
	b, ends := sample(5)
	for cut := range len(b) + 1 {
		whole := 0
		for whole < len(ends) && ends[whole] <= cut {
			whole++
		}
		got, strange, torn := ids(b[:cut])
		rest := cut
		if whole > 0 {
			rest -= ends[whole-1]
		}
		if len(got) != whole || strange != rest || torn != (rest > 0) {
			t.Errorf("cut at %d: got %d entries, %d strange octets, torn %v; want %d, %d", cut, len(got), strange, torn, whole, rest)
		}
	}
}

// A corrupt octet costs the entry it is in, and no other.
func TestScanCorrupt(t *testing.T) {
	b, ends := sample(3)
	for i := range b {
		c := append([]byte(nil), b...)
		c[i] ^= 0x40
		var want []uint64
		for n, end := range ends {
			begin := 0
			if n > 0 {
				begin = ends[n-1]
			}
			if i < begin || i >= end {
				want = append(want, uint64(n+1))
			}
		}
		got, strange, _ := ids(c)
		if diff := cmp.Diff(want, got); diff != "" || strange == 0 {
			t.Errorf("octet %d: %d strange, -want +got:\n%s", i, strange, diff)
		}
	}
}

func TestEntryRefused(t *testing.T) {
	for name, e := range map[string]entry{
		"unknown kind":            {kind: 9, id: 1},
		"a record without a body": {kind: 3, id: 1},
		"longer than any":         {kind: put, id: 1, data: make([]byte, maxBody)},
	} {
		if _, n := parseEntry(appendEntry(nil, &e)); n != 0 {
			t.Errorf("%s: got an entry", name)
		}
	}
}

func FuzzScan(f *testing.F) {
	b, _ := sample(2)
	f.Add(b)
	f.Add(b[3:])
	f.Add(appendEntry(append([]byte{0, 0, 0, 9}, b...), &entry{kind: done, id: 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		strange, torn := scan(b, func(e entry, n int) {
			total += n
			again := appendEntry(nil, &e)
			if got, m := parseEntry(again); m != n || got.id != e.id || got.account != e.account || string(got.data) != string(e.data) {
				t.Errorf("%x: read as %+v, again as %+v", again, e, got)
			}
		})
		if total+strange != len(b) || torn && strange == 0 {
			t.Errorf("%d octets of entries, %d of none, of %d", total, strange, len(b))
		}
	})
}
