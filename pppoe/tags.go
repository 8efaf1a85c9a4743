package pppoe

import "lacd/pppoe/wire"

// tags are the tags of a PADI or PADR that mean something to us. Slices alias
// the frame and are nil if the tag is absent.
type tags struct {
	service    []byte
	hostUniq   []byte
	relayID    []byte
	cookie     []byte
	line       []byte // value of the vendor-specific tag, not yet parsed
	maxPayload uint16
	added      int // octets of tags that agents between host and us have added
}

// read checks what PADI and PADR have in common and collects the tags. The
// verdict is 0 if all is well.
func (r *Responder) read(f *wire.Frame) (t tags, v Verdict) {
	switch {
	case f.Src.IsMulticast() || f.Src == wire.MAC{} || f.Src == r.cfg.MAC:
		return tags{}, BadSource
	// RFC 2516 sections 5.1 and 5.3: "the SESSION_ID MUST be set to 0x0000".
	case f.SessionID != 0:
		return tags{}, BadSessionID
	}
	services := 0
	for tag, err := range wire.Tags(f.Payload) {
		if err != nil {
			return tags{}, Malformed
		}
		if tag.Type == wire.ServiceName {
			services++
		}
		t.add(tag)
	}
	// "MUST contain exactly one TAG of TAG_TYPE Service-Name", ibid.
	if services != 1 {
		return tags{}, ServiceNames
	}
	return t, 0
}

func (t *tags) add(tag wire.Tag) {
	switch tag.Type {
	case wire.ServiceName:
		t.service = tag.Value
	case wire.HostUniq:
		if t.hostUniq == nil {
			t.hostUniq = tag.Value
		}
	case wire.RelaySessionID:
		// Appendix A: "MUST NOT be added if the discovery packet already contains
		// one", so the first is the one that a relay waits for.
		t.added += tagHeaderLen + len(tag.Value)
		if t.relayID == nil {
			t.relayID = tag.Value
		}
	case wire.ACCookie:
		if t.cookie == nil {
			t.cookie = tag.Value
		}
	case wire.VendorSpecific:
		if isLine(tag.Value) {
			// The last: an access node adds its own behind one made up by the host.
			t.added += tagHeaderLen + len(tag.Value)
			t.line = tag.Value
		}
	case wire.PPPMaxPayload:
		// RFC 4638 section 4: "Tag-length: 2 octets".
		if v := tag.Value; len(v) == 2 && t.maxPayload == 0 {
			t.maxPayload = uint16(v[0])<<8 | uint16(v[1])
		}
	// An access concentrator's tags and errors, and those of other documents.
	case wire.EndOfList, wire.ACName, wire.ServiceNameError, wire.ACSystemError, wire.GenericError,
		wire.Credits, wire.Metrics, wire.SequenceNumber, wire.HURL, wire.MOTM, wire.IPRouteAdd:
	// "If a discovery packet is received with a TAG of unknown TAG_TYPE, the TAG
	// MUST be ignored" (RFC 2516 section 5).
	default:
	}
}

// isLine reports whether v is the value of a vendor-specific tag of TR-101.
func isLine(v []byte) bool {
	return len(v) >= 4 && v[0] == 0 &&
		int(v[1])<<16|int(v[2])<<8|int(v[3]) == wire.VendorBroadbandForum
}

const tagHeaderLen = 4
