package file

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// VLANs is one way in which frames of an access port may be tagged.
type VLANs struct {
	TPID  uint16 // of the outer tag: 0x8100 (default) or 0x88a8
	Outer IDs
	Inner IDs // zero: there is no inner tag
}

// IDs is a range of VLAN IDs, both ends included; zero: none.
type IDs struct{ First, Last uint16 }

func (r IDs) overlaps(o IDs) bool {
	return r.First <= o.Last && o.First <= r.Last && r != IDs{} && o != IDs{}
}

// The most and the least VLAN ID: 0 is a priority tag, 4095 is reserved (IEEE
// 802.1Q table 9-2).
const (
	leastVLAN = 1
	mostVLAN  = 4094
)

// tagging reads how the frames of a port may be tagged.
func tagging(b *block) (untagged bool, vlans []VLANs) {
	blocks := b.nested("vlan", true)
	for _, v := range blocks {
		one := VLANs{TPID: cTag}
		if v.label != "" {
			one.Outer = v.ids(v.line, v.label)
		}
		if v.word("tpid", "8100", "8100", "88a8") == "88a8" {
			one.TPID = sTag
		}
		if s := v.text("inner", ""); s != "" {
			one.Inner = v.ids(v.at("inner"), s)
		}
		v.done()
		first := slices.IndexFunc(vlans, func(o VLANs) bool {
			return o.TPID == one.TPID && o.Outer.overlaps(one.Outer) && (o.Inner == one.Inner || o.Inner.overlaps(one.Inner))
		})
		if first >= 0 {
			b.d.refuse(v.line, "", "vlan %q has tags of vlan %q in line %d", v.label, blocks[first].label, blocks[first].line)
		}
		vlans = append(vlans, one)
	}
	untagged = b.flag("untagged", len(blocks) == 0)
	if !untagged && len(blocks) == 0 {
		b.refuse("untagged", `remove it, or add vlan "100-199" {}`, "is false and there is no vlan: the port serves nobody")
	}
	return untagged, vlans
}

// EtherTypes of VLAN tags.
const (
	cTag = 0x8100
	sTag = 0x88a8
)

// ids reads "100" or "100-199".
func (b *block) ids(line int, s string) IDs {
	from, to, isRange := strings.Cut(s, "-")
	if !isRange {
		to = from
	}
	first, err1 := strconv.Atoi(strings.TrimSpace(from))
	last, err2 := strconv.Atoi(strings.TrimSpace(to))
	switch {
	case err1 != nil || err2 != nil:
		b.d.refuse(line, `write "100" or "100-199"; several ranges take several vlan blocks`, "%q is neither a VLAN ID nor a range of them", s)
	case first > last:
		b.d.refuse(line, fmt.Sprintf(`write "%d-%d"`, last, first), "%q ends before it begins", s)
	case first < leastVLAN || last > mostVLAN:
		b.d.refuse(line, "", "%q is not within %d to %d", s, leastVLAN, mostVLAN)
	default:
		return IDs{uint16(first), uint16(last)}
	}
	return IDs{}
}
