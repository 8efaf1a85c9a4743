package l2tp

// VendorADSL is the ADSL Forum, whose attributes describe the access line in
// an ICRQ (RFC 5515 section 5).
const VendorADSL = 3561

// A LineType is an attribute number of vendor VendorADSL. The numbers are
// those of the PPPoE sub-tags of TR-101; the encodings differ.
type LineType uint16

// The access line attributes (RFC 5515 section 5).
const (
	LineCircuitID           LineType = 1   // Agent-Circuit-Id, octets
	LineRemoteID            LineType = 2   // Agent-Remote-Id, octets
	LineActualRateUp        LineType = 129 // rates are in bit/s
	LineActualRateDown      LineType = 130
	LineMinRateUp           LineType = 131
	LineMinRateDown         LineType = 132
	LineAttainableRateUp    LineType = 133
	LineAttainableRateDown  LineType = 134
	LineMaxRateUp           LineType = 135
	LineMaxRateDown         LineType = 136
	LineMinLowPowerRateUp   LineType = 137
	LineMinLowPowerRateDown LineType = 138
	LineMaxDelayUp          LineType = 139 // delays are in ms
	LineActualDelayUp       LineType = 140
	LineMaxDelayDown        LineType = 141
	LineActualDelayDown     LineType = 142
	LineEncapsulation       LineType = 144 // three octets: data link, and two encapsulations
	LineANCPType            LineType = 145
	LineIWF                 LineType = 254
)

// bounds returns the least and greatest number of octets of the value; ok is
// false if the attribute is not known.
func (t LineType) bounds() (least, most int, ok bool) {
	switch {
	case t == LineCircuitID, t == LineRemoteID:
		// "the length of the AVP's value ... greater than 1 and at most 63"
		// (sections 5.1 and 5.2).
		return 2, 63, true
	case t >= LineActualRateUp && t <= LineMinLowPowerRateDown:
		return 8, 8, true
	case t >= LineMaxDelayUp && t <= LineActualDelayDown, t == LineANCPType, t == LineIWF:
		return 4, 4, true
	case t == LineEncapsulation:
		return 3, 3, true
	}
	return 0, 0, false
}

// A LineAVP is one access line AVP of an ICRQ. "The M bit SHOULD be set to 0"
// (RFC 5515 section 5), and is. Make it with LineID, LineRate, LineNumber or
// LineOctets; one whose value is not of the length RFC 5515 gives is not sent.
type LineAVP struct {
	Type  LineType
	Value []byte
}

// LineID returns an Agent-Circuit-Id or Agent-Remote-Id. IDs are opaque: one
// of a length that cannot be sent is left out, never cut.
func LineID(t LineType, id string) LineAVP { return LineAVP{t, []byte(id)} }

// LineRate returns a rate attribute from bit/s; the sub-tags of PPPoE are in
// kbit/s.
func LineRate(t LineType, bps uint64) LineAVP { return LineAVP{t, be.AppendUint64(nil, bps)} }

// LineNumber returns a delay in milliseconds or the IWF session (0 or 1).
func LineNumber(t LineType, n uint32) LineAVP { return LineAVP{t, be.AppendUint32(nil, n)} }

// LineOctets returns an attribute that consists of single octets, such as
// Access-Loop-Encapsulation.
func LineOctets(t LineType, octets ...byte) LineAVP { return LineAVP{t, octets} }

// Valid reports whether the attribute is known and its value of a length that
// RFC 5515 allows.
func (l *LineAVP) Valid() bool {
	least, most, ok := l.Type.bounds()
	return ok && len(l.Value) >= least && len(l.Value) <= most
}

func (l *LineAVP) encode(e *encoder) {
	if l.Valid() {
		e.b = AppendAVP(e.b, false, VendorADSL, uint16(l.Type), l.Value)
	}
}
