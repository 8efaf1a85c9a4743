package lac

import (
	"lacd/lac/l2tp"
	"lacd/lac/session"
	"lacd/policy"
	"lacd/policy/number"
	"lacd/pppoe/wire"
)

// numbers returns what the LNS and RADIUS are told about who calls whom, as
// the retailer wants it.
func (s *Server) numbers(v *session.View) policy.Numbers {
	values := number.Values{
		MAC: v.Origin.Peer.String(), SVLAN: v.Origin.VLANs[0].ID, CVLAN: v.Origin.VLANs[1].ID,
		Port: v.Origin.Port, Access: v.Origin.Access(), NASPort: v.Origin.NASPort, User: v.User, Name: v.Name, Realm: v.Realm,
		Service: v.Origin.Service, Node: s.cfg.Node,
	}
	if l := v.Origin.Line; l != nil {
		values.CircuitID, values.RemoteID = l.CircuitID, l.RemoteID
	}
	return info(v).Numbers(&values)
}

// info returns what the session's retailer wants to be told.
func info(v *session.View) *policy.CallInfo {
	if v.Info == nil {
		return &noInfo
	}
	return v.Info
}

// noInfo is the default, while there is no retailer.
var noInfo policy.CallInfo

// nasPort packs the access port's number and the PPPoE session ID: NAS-Port
// of RADIUS and Physical Channel ID of L2TP.
func nasPort(sl *slot) uint32 { return uint32(sl.port.index)<<16 | uint32(sl.id) }

// lineAVPs returns the access line AVPs of RFC 5515 that the retailer wants.
// "The LAC MUST NOT send any of the Access Line AVPs" when the access node told
// nothing (section 3). IDs of one octet fall away where they are encoded
// (sections 5.1 and 5.2).
func lineAVPs(v *session.View) []l2tp.LineAVP {
	l := v.Origin.Line
	if l == nil {
		return nil
	}
	var avps []l2tp.LineAVP
	for a := range l.Attributes() {
		if info(v).TellsLine(a.Type) {
			if avp, ok := lineAVP(a); ok {
				avps = append(avps, avp)
			}
		}
	}
	return avps
}

func lineAVP(a wire.LineAttribute) (avp l2tp.LineAVP, ok bool) {
	t := l2tp.LineType(a.Type)
	switch a.Type.Kind() {
	case wire.LineText:
		return l2tp.LineID(t, a.Text), true
	case wire.LineRate:
		return l2tp.LineRate(t, uint64(a.Number)*1000), true
	case wire.LineDelay:
		return l2tp.LineNumber(t, a.Number), true
	case wire.LineLoop:
		return l2tp.LineOctets(t, a.Loop.DataLink, a.Loop.Encaps1, a.Loop.Encaps2), true
	case wire.LineFlag:
		return l2tp.LineNumber(t, 1), true
	case wire.LineUnknown:
	}
	return l2tp.LineAVP{}, false
}
