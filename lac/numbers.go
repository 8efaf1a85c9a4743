package lac

import (
	"math"

	"lacd/lac/l2tp"
	"lacd/lac/session"
	"lacd/pppoe/wire"
)

// calling returns the Calling Number: the access line's circuit id where the
// access node gave one, else the subscriber's MAC.
func calling(v *session.View) string {
	if l := v.Origin.Line; l != nil && l.CircuitID != "" {
		return l.CircuitID
	}
	return v.Origin.Peer.String()
}

// nasPort packs the access port's number and the PPPoE session ID: NAS-Port
// of RADIUS and Physical Channel ID of L2TP.
func nasPort(sl *slot) uint32 { return uint32(sl.port.index)<<16 | uint32(sl.id) }

// nasPortID returns the access port and its VLAN tags: "eth1:100.200".
func nasPortID(v *session.View) string {
	if vl := v.Origin.VLANs.String(); vl != "" {
		return v.Origin.Port + ":" + vl
	}
	return v.Origin.Port
}

// defaultSpeed is told when the access node does not say how fast the line
// is, as Tx Connect Speed is mandatory: 1 Gbit/s.
const defaultSpeed = 1_000_000_000

// speeds returns Tx (downstream) and Rx (upstream) Connect Speed in bit/s from
// the line's actual rates; Rx is 0 when it is not known.
func speeds(s *session.Session) (tx, rx uint32) {
	v := s.View()
	tx = defaultSpeed
	l := v.Origin.Line
	if l == nil {
		return tx, 0
	}
	if kbit, ok := l.Number(wire.ActualRateDown); ok && kbit > 0 {
		tx = bits(kbit)
	}
	if kbit, ok := l.Number(wire.ActualRateUp); ok && kbit > 0 {
		rx = bits(kbit)
	}
	return tx, rx
}

// bits converts kbit/s to bit/s, and stops at what 32 bits hold.
func bits(kbit uint32) uint32 { return uint32(min(uint64(kbit)*1000, math.MaxUint32)) }

// lineAVPs returns the access line AVPs of RFC 5515. "The LAC MUST NOT send
// them if no line information was received."
func lineAVPs(l *wire.Line) []l2tp.LineAVP {
	if l == nil {
		return nil
	}
	var avps []l2tp.LineAVP
	for a := range l.Attributes() {
		t := l2tp.LineType(a.Type)
		switch a.Type.Kind() {
		case wire.LineText:
			avps = append(avps, l2tp.LineID(t, a.Text))
		case wire.LineRate:
			avps = append(avps, l2tp.LineRate(t, uint64(a.Number)*1000))
		case wire.LineDelay:
			avps = append(avps, l2tp.LineNumber(t, a.Number))
		case wire.LineLoop:
			avps = append(avps, l2tp.LineOctets(t, a.Loop.DataLink, a.Loop.Encaps1, a.Loop.Encaps2))
		case wire.LineFlag:
			avps = append(avps, l2tp.LineNumber(t, 1))
		case wire.LineUnknown:
		}
	}
	return avps
}
