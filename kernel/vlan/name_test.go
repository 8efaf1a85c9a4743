package vlan

import (
	"errors"
	"testing"

	"lacd/kernel"
)

func tags(tpid, outer, inner uint16) [2]kernel.VLAN {
	v := [2]kernel.VLAN{{TPID: tpid, ID: outer}}
	if inner != 0 {
		v[1] = kernel.VLAN{TPID: cTag, ID: inner}
	}
	return v
}

func TestNameOf(t *testing.T) {
	for _, tc := range []struct {
		index int
		vlans [2]kernel.VLAN
		want  string
	}{
		{3, tags(cTag, 100, 0), "lv3.100"},
		{3, tags(cTag, 100, 200), "lv3.100.200"},
		{3, tags(sTag, 100, 200), "ls3.100.200"},
		{999, tags(cTag, 4094, 4094), "lv999.4094.4094"},
		{1000, tags(cTag, 4094, 4094), "lvx7pqpgxq"},
		{1000, tags(sTag, 4094, 4094), "lsx7pqpgxq"},
		{1<<31 - 1, tags(cTag, 4094, 4094), "lvx9ur54ut46pq"},
	} {
		if got := nameOf(tc.index, tc.vlans); got != tc.want || len(got) > longestName {
			t.Errorf("%d %v: got %q, want %q", tc.index, tc.vlans, got, tc.want)
		}
	}
}

// No two have one name, whichever form it has.
func TestNamesDiffer(t *testing.T) {
	seen := map[string]bool{}
	ids := []uint16{1, 9, 10, 99, 100, 4094}
	for _, index := range []int{1, 10, 99, 100, 999, 1000, 1001, 10000} {
		for _, tpid := range []uint16{cTag, sTag} {
			for _, outer := range ids {
				for _, inner := range append(ids, 0) {
					name := nameOf(index, tags(tpid, outer, inner))
					if seen[name] {
						t.Errorf("%q twice", name)
					}
					seen[name] = true
				}
			}
		}
	}
}

func TestCheck(t *testing.T) {
	for _, v := range [][2]kernel.VLAN{tags(cTag, 1, 0), tags(sTag, 4094, 1), tags(cTag, 7, 4094)} {
		if err := check(v); err != nil {
			t.Errorf("%v: %v", v, err)
		}
	}
	for _, v := range [][2]kernel.VLAN{
		tags(0x9100, 1, 0), tags(cTag, 0, 0), tags(cTag, 4095, 0), tags(cTag, 1, 4095),
		{{}, {TPID: cTag, ID: 1}},
		{{TPID: sTag, ID: 1}, {TPID: sTag, ID: 1}},
	} {
		if err := check(v); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v: got %v, want ErrUnsupported", v, err)
		}
	}
}
