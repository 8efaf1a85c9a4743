package pppoe

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"lacd/pppoe/wire"
)

// Request is a valid PADR: a host that is reachable, and asks for a session.
// Slices alias the frame; Line, if set, is shared and not to be modified.
type Request struct {
	Src         wire.MAC
	VLANs       wire.VLANs
	Service     string // as asked for; empty: any
	HostUniq    []byte
	RelayID     []byte
	Cookie      []byte
	HasHostUniq bool
	HasRelayID  bool
	MaxPayload  uint16     // PPP-Max-Payload as sent (RFC 4638); 0: none, or unusable
	Line        *wire.Line // line identity from the access node; nil: none
}

// request fills in all but Service and Line, which allocate.
func (t *tags) request(f *wire.Frame) Request {
	return Request{
		Src:         f.Src,
		VLANs:       f.VLANs,
		HostUniq:    t.hostUniq,
		HasHostUniq: t.hostUniq != nil,
		RelayID:     t.relayID,
		HasRelayID:  t.relayID != nil,
		Cookie:      t.cookie,
		MaxPayload:  t.maxPayload,
	}
}

// Clone returns a copy of r that does not alias the frame.
func (r Request) Clone() Request {
	r.HostUniq = bytes.Clone(r.HostUniq)
	r.RelayID = bytes.Clone(r.RelayID)
	r.Cookie = bytes.Clone(r.Cookie)
	return r
}

// Key identifies a PADR and its repetitions: a hash over VLANs, MAC, cookie,
// Host-Uniq and Relay-Session-Id, the last because all hosts behind a relay
// share its MAC. A host that sends no Host-Uniq has one Key for all its
// requests within the life of a cookie; whether a second one is a repetition
// then depends on whether the first session is in use.
func (r *Request) Key() [16]byte {
	// Long enough for cookie and usual identifiers; longer ones make it grow.
	b := make([]byte, 0, 128)
	b = append(b, r.Src[:]...)
	for _, v := range r.VLANs {
		b = binary.BigEndian.AppendUint16(b, v.TPID)
		b = binary.BigEndian.AppendUint16(b, v.ID)
	}
	b = appendField(b, true, r.Cookie)
	b = appendField(b, r.HasHostUniq, r.HostUniq)
	b = appendField(b, r.HasRelayID, r.RelayID)
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16])
}

// appendField appends a field so that no two different sequences of fields look
// the same.
func appendField(b []byte, has bool, v []byte) []byte {
	if !has {
		return append(b, 0)
	}
	b = append(b, 1)
	b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
	return append(b, v...)
}
