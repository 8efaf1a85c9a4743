package radius

import (
	"encoding/binary"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"lacd/policy"
)

// The speeds of a subscriber's line in bit/s, as most LACs read them in an
// Access-Accept. They are sent under these types as such, the old way, or
// under the vendor's number; both are read.
const (
	vendorAscend   = 529
	ascendDataRate = 197 // Ascend-Data-Rate: from the subscriber
	ascendXmitRate = 255 // Ascend-Xmit-Rate: towards the subscriber
)

// grantRate takes a speed. The types are not assigned by RFC 2865, so that one
// which is not four octets long is not malformed but somebody else's, and
// ignored.
func grantRate(r *policy.Rates, a *layeh.AVP) {
	switch a.Type {
	case ascendDataRate, ascendXmitRate:
		setRate(r, byte(a.Type), a.Attribute)
	case rfc2865.VendorSpecific_Type:
		v := a.Attribute
		if len(v) < 4 || binary.BigEndian.Uint32(v) != vendorAscend {
			return
		}
		for v = v[4:]; len(v) >= 2 && v[1] >= 2 && int(v[1]) <= len(v); v = v[v[1]:] {
			setRate(r, v[0], v[2:v[1]])
		}
	default:
	}
}

func setRate(r *policy.Rates, kind byte, v []byte) {
	if len(v) != 4 {
		return
	}
	switch bps := uint64(binary.BigEndian.Uint32(v)); kind {
	case ascendDataRate:
		r.Rx = bps
	case ascendXmitRate:
		r.Tx = bps
	}
}
