package radius

import (
	"encoding/binary"
	"math"

	"layeh.com/radius/rfc2865"

	"lacd/pppoe/wire"
)

// Line adds the access line attributes of RFC 4679, one Vendor-Specific
// attribute each, the form every server reads. Which may go into an
// Access-Request is the table of its section 4; accounting carries all.
func (b *Builder) Line(l *wire.Line, accounting bool) {
	if l == nil {
		return
	}
	for a := range l.Attributes() {
		if accounting || inAccess(a.Type) {
			b.Octets(rfc2865.VendorSpecific_Type, lineValue(a))
		}
	}
}

// inAccess reports whether RFC 4679 section 4 allows t in an Access-Request.
func inAccess(t wire.LineType) bool {
	return t < wire.MinRateUp || t > wire.ActualDelayDown
}

// lineValue returns the value of the Vendor-Specific attribute for a. The
// length of the sub-attribute counts its header, unlike that of TR-101 (RFC
// 4679 section 3.3); rates are in bit/s there and in kbit/s here.
func lineValue(a wire.LineAttribute) []byte {
	be := binary.BigEndian
	v := be.AppendUint32(make([]byte, 0, 12), wire.VendorBroadbandForum)
	v = append(v, byte(a.Type), 2)
	switch a.Type.Kind() {
	case wire.LineText:
		v = append(v, a.Text...)
	case wire.LineRate:
		v = be.AppendUint32(v, uint32(min(uint64(a.Number)*1000, math.MaxUint32)))
	case wire.LineDelay:
		v = be.AppendUint32(v, a.Number)
	case wire.LineLoop:
		v = append(v, a.Loop.DataLink, a.Loop.Encaps1, a.Loop.Encaps2)
	case wire.LineFlag: // IWF-Session has no value (RFC 4679 section 3.3.18)
	case wire.LineUnknown:
		return nil
	}
	v[5] = byte(len(v) - 4)
	return v
}
