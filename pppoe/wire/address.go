package wire

import "strconv"

// MAC is an Ethernet address.
type MAC [6]byte

// Broadcast is the destination of every PADI (RFC 2516 section 5.1).
var Broadcast = MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// IsMulticast reports whether m is a group address; Broadcast is one.
func (m MAC) IsMulticast() bool { return m[0]&1 != 0 }

// String returns m as "02:00:5e:00:53:01".
func (m MAC) String() string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 17)
	for i, o := range m {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, digits[o>>4], digits[o&15])
	}
	return string(b)
}

// VLAN is one VLAN tag: the EtherType that announces it and the VLAN ID, 1 to
// 4094. The zero value means "no tag". Priority bits are not part of a
// subscriber's identity and are not kept.
type VLAN struct{ TPID, ID uint16 }

// The EtherTypes that announce a VLAN tag.
const (
	CTag       = 0x8100 // IEEE 802.1Q customer tag
	STag       = 0x88a8 // IEEE 802.1ad service tag
	LegacySTag = 0x9100 // service tag of equipment older than 802.1ad
)

// VLANs are the VLAN tags of a frame, outermost first. The second is set only
// if the first is. VLANs is comparable, and a part of a subscriber's identity.
type VLANs [2]VLAN

// Len returns how many tags there are, 0 to 2.
func (v VLANs) Len() int {
	switch {
	case v[0] == VLAN{}:
		return 0
	case v[1] == VLAN{}:
		return 1
	}
	return 2
}

// String returns the VLAN IDs, outermost first: "", "100" or "100.200".
func (v VLANs) String() string {
	var b []byte
	for i := range v.Len() {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(v[i].ID), 10)
	}
	return string(b)
}

// MarshalText returns m as String does, for structured logs.
func (m MAC) MarshalText() ([]byte, error) { return []byte(m.String()), nil }
