package wire

import "iter"

// VendorBroadbandForum is the enterprise number under which the Broadband
// Forum, once ADSL Forum, numbers access line attributes: in the PPPoE tag of
// TR-101, in RADIUS (RFC 4679) and in L2TP (RFC 5515).
const VendorBroadbandForum = 3561

// MaxLineID is the longest agent circuit or remote ID, in octets (TR-101 R-122,
// RFC 4679 section 3.3.1, RFC 5515 section 5.1).
const MaxLineID = 63

// LineType numbers one attribute of an access line. RADIUS and L2TP use the
// same numbers as the PPPoE tag, with units of their own.
type LineType uint8

// The attributes of an access line (TR-101 sections 3.9.3 and 3.9.4).
const (
	AgentCircuitID     LineType = 0x01
	AgentRemoteID      LineType = 0x02
	ActualRateUp       LineType = 0x81
	ActualRateDown     LineType = 0x82
	MinRateUp          LineType = 0x83
	MinRateDown        LineType = 0x84
	AttainableRateUp   LineType = 0x85
	AttainableRateDown LineType = 0x86
	MaxRateUp          LineType = 0x87
	MaxRateDown        LineType = 0x88
	LowPowerRateUp     LineType = 0x89 // minimum rate in low power state
	LowPowerRateDown   LineType = 0x8a
	MaxDelayUp         LineType = 0x8b // interleaving delay
	ActualDelayUp      LineType = 0x8c
	MaxDelayDown       LineType = 0x8d
	ActualDelayDown    LineType = 0x8e
	LoopEncapsulation  LineType = 0x90
	IWFSession         LineType = 0xfe
)

// LineKind says how the value of a LineType is to be read.
type LineKind uint8

// The kinds of attributes, and where LineAttribute has their value.
const (
	LineUnknown LineKind = iota
	LineText             // Text
	LineRate             // Number, kbit/s
	LineDelay            // Number, milliseconds
	LineLoop             // Loop
	LineFlag             // none: being there is the value
)

// Kind returns how values of t are to be read.
func (t LineType) Kind() LineKind {
	switch {
	case t == AgentCircuitID || t == AgentRemoteID:
		return LineText
	case t >= ActualRateUp && t <= LowPowerRateDown:
		return LineRate
	case t >= MaxDelayUp && t <= ActualDelayDown:
		return LineDelay
	case t == LoopEncapsulation:
		return LineLoop
	case t == IWFSession:
		return LineFlag
	}
	return LineUnknown
}

const (
	firstNumber = ActualRateUp
	lastNumber  = ActualDelayDown
)

// Loop is the encapsulation on the access loop, three numbers of TR-101 section
// 3.9.4, the same in RFC 4679 section 3.3.17 and RFC 5515 section 5.17.
type Loop struct {
	DataLink uint8 // 0 AAL5, 1 Ethernet
	Encaps1  uint8 // 0 none, 1 untagged, 2 single-tagged Ethernet
	Encaps2  uint8 // 0 none, 1 to 8: the ATM encapsulations
}

// Line is what an intermediate agent (a DSLAM or OLT) says about the line that
// a subscriber sits on. It is comparable; it aliases nothing.
type Line struct {
	// CircuitID and RemoteID are opaque, up to MaxLineID octets; empty: absent.
	// RFC 5515 sections 5.1 and 5.2 forbid those of one octet in L2TP.
	CircuitID, RemoteID string
	Loop                Loop
	HasLoop             bool
	IWF                 bool // the session is PPPoA, made PPPoE by the access node

	numbers [lastNumber - firstNumber + 1]uint32
	known   uint16 // bit i: numbers[i] is there
}

// Number returns a rate in kbit/s or a delay in milliseconds; ok is false if
// the agent did not give it, or t is neither.
func (l *Line) Number(t LineType) (v uint32, ok bool) {
	if t < firstNumber || t > lastNumber {
		return 0, false
	}
	i := t - firstNumber
	return l.numbers[i], l.known&(1<<i) != 0
}

// SetNumber sets a rate in kbit/s or a delay in milliseconds. It does nothing
// if t is neither.
func (l *Line) SetNumber(t LineType, v uint32) {
	if t < firstNumber || t > lastNumber {
		return
	}
	i := t - firstNumber
	l.numbers[i], l.known = v, l.known|1<<i
}

// Equal reports whether l and o say the same. go-cmp uses it.
func (l Line) Equal(o Line) bool { return l == o }

// LineAttribute is one attribute of a Line. Kind of Type says which field has
// the value.
type LineAttribute struct {
	Type   LineType
	Text   string
	Number uint32 // kbit/s or milliseconds
	Loop   Loop
}

// Attributes yields what is known about the line, in ascending order of type.
func (l *Line) Attributes() iter.Seq[LineAttribute] {
	return func(yield func(LineAttribute) bool) {
		if l.CircuitID != "" && !yield(LineAttribute{Type: AgentCircuitID, Text: l.CircuitID}) {
			return
		}
		if l.RemoteID != "" && !yield(LineAttribute{Type: AgentRemoteID, Text: l.RemoteID}) {
			return
		}
		for t := firstNumber; t <= lastNumber; t++ {
			if v, ok := l.Number(t); ok && !yield(LineAttribute{Type: t, Number: v}) {
				return
			}
		}
		if l.HasLoop && !yield(LineAttribute{Type: LoopEncapsulation, Loop: l.Loop}) {
			return
		}
		if l.IWF {
			yield(LineAttribute{Type: IWFSession})
		}
	}
}

// ParseLine reads the value of a Vendor-Specific tag. It is ok if the vendor is
// the Broadband Forum and the sub-tags fill the value exactly: half an identity
// could be somebody else's. Sub-tags that are unknown, or whose length is wrong
// for their type, are skipped; of a repeated one the last counts.
func ParseLine(v []byte) (l Line, ok bool) {
	if len(v) < 4 || be.Uint32(v) != VendorBroadbandForum {
		return Line{}, false
	}
	for b := v[4:]; len(b) > 0; {
		if len(b) < 2 || int(b[1]) > len(b)-2 {
			return Line{}, false
		}
		// TR-101 section 3.9.2: the length does not count type and length, unlike
		// that of RFC 4679.
		end := 2 + int(b[1])
		l.set(LineType(b[0]), b[2:end])
		b = b[end:]
	}
	return l, true
}

// set stores one sub-tag, if its length is right for its type.
func (l *Line) set(t LineType, v []byte) {
	switch t.Kind() {
	case LineText:
		switch {
		case len(v) > MaxLineID:
		case t == AgentCircuitID:
			l.CircuitID = string(v)
		default:
			l.RemoteID = string(v)
		}
	case LineRate, LineDelay:
		if len(v) == 4 {
			l.SetNumber(t, be.Uint32(v))
		}
	case LineLoop:
		if len(v) == 3 {
			l.Loop, l.HasLoop = Loop{v[0], v[1], v[2]}, true
		}
	case LineFlag:
		l.IWF = l.IWF || len(v) == 0
	case LineUnknown:
	}
}

// AppendTo appends the value of a Vendor-Specific tag that says what l says.
// IDs longer than MaxLineID are left out.
func (l *Line) AppendTo(b []byte) []byte {
	b = be.AppendUint32(b, VendorBroadbandForum)
	for a := range l.Attributes() {
		switch a.Type.Kind() {
		case LineText:
			if len(a.Text) <= MaxLineID {
				b = append(b, byte(a.Type), byte(len(a.Text)))
				b = append(b, a.Text...)
			}
		case LineRate, LineDelay:
			b = be.AppendUint32(append(b, byte(a.Type), 4), a.Number)
		case LineLoop:
			b = append(b, byte(a.Type), 3, a.Loop.DataLink, a.Loop.Encaps1, a.Loop.Encaps2)
		case LineFlag:
			b = append(b, byte(a.Type), 0)
		case LineUnknown:
		}
	}
	return b
}
