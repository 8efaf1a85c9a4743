package wire

import "iter"

// TagType is the TAG_TYPE of a discovery tag.
type TagType uint16

// The tags of RFC 2516 appendix A and RFC 4638.
const (
	EndOfList        TagType = 0x0000 // optional; nothing after it counts
	ServiceName      TagType = 0x0101 // UTF-8; empty: any service
	ACName           TagType = 0x0102 // UTF-8; unique to an access concentrator
	HostUniq         TagType = 0x0103 // opaque; echoed to the host
	ACCookie         TagType = 0x0104 // opaque; returned by the host
	VendorSpecific   TagType = 0x0105 // vendor's enterprise number, then anything; see Line
	RelaySessionID   TagType = 0x0110 // opaque; echoed to the relay
	PPPMaxPayload    TagType = 0x0120 // two octets (RFC 4638 section 4)
	ServiceNameError TagType = 0x0201 // empty or UTF-8
	ACSystemError    TagType = 0x0202 // empty or UTF-8
	GenericError     TagType = 0x0203 // empty or UTF-8
)

// Tags of other documents (RFC 4937), to be ignored.
const (
	Credits        TagType = 0x0106 // RFC 4938
	Metrics        TagType = 0x0107 // RFC 4938
	SequenceNumber TagType = 0x0108 // RFC 4938
	HURL           TagType = 0x0111
	MOTM           TagType = 0x0112
	IPRouteAdd     TagType = 0x0121
)

// Tag is one discovery tag.
type Tag struct {
	Type  TagType
	Value []byte // at most 65535 octets
}

const tagHeaderLen = 4

// Tags yields the tags of a discovery payload, up to but without End-Of-List.
// Values alias b. A tag that does not fit yields ErrShort and ends the list;
// the packet should then be dropped whole, tags before that one included.
func Tags(b []byte) iter.Seq2[Tag, error] {
	return func(yield func(Tag, error) bool) {
		for b := b; len(b) > 0; {
			t, rest, err := cutTag(b)
			if err != nil {
				yield(Tag{}, err)
				return
			}
			if b = rest; t.Type == EndOfList || !yield(t, nil) {
				return
			}
		}
	}
}

func cutTag(b []byte) (t Tag, rest []byte, err error) {
	if len(b) < tagHeaderLen {
		return Tag{}, nil, ErrShort
	}
	n := int(be.Uint16(b[2:]))
	if n > len(b)-tagHeaderLen {
		return Tag{}, nil, ErrShort
	}
	end := tagHeaderLen + n
	return Tag{TagType(be.Uint16(b)), b[tagHeaderLen:end:end]}, b[end:], nil
}

// AppendTag appends one tag. The value has at most 65535 octets.
func AppendTag(b []byte, t TagType, v []byte) []byte {
	b = be.AppendUint16(b, uint16(t))
	b = be.AppendUint16(b, uint16(len(v)))
	return append(b, v...)
}
