package acct

import (
	"errors"
	"fmt"
	"slices"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
)

// AppendTo appends what ParseRecord reads: the attributes as they are sent, but
// for Acct-Delay-Time, which is made when they are. Nothing in them depends on
// the secret of a server.
func (r *Record) AppendTo(b []byte) ([]byte, error) {
	if r.stored != nil {
		return append(b, r.stored...), nil
	}
	return r.appendAttributes(b)
}

// maxStored is the room for attributes in a packet, Acct-Delay-Time apart (RFC
// 2865 section 3).
const maxStored = layeh.MaxPacketLength - 20 - 6

// ParseRecord reads a record back. Only what it is about is known of it; it is
// sent with the attributes it had.
func ParseRecord(b []byte) (*Record, error) {
	if len(b) > maxStored {
		return nil, fmt.Errorf("a stored record has %d octets, at most %d fit", len(b), maxStored)
	}
	stored := slices.Clone(b)
	attrs, err := layeh.ParseAttributes(stored)
	if err != nil {
		return nil, fmt.Errorf("stored record: %w", err)
	}
	if len(attrs) < 3 || attrs[0].Type != rfc2866.AcctStatusType_Type || attrs[1].Type != rfc2866.AcctSessionID_Type ||
		attrs[2].Type != rfc2869.EventTimestamp_Type {
		return nil, errors.New("a stored record does not say what it is about")
	}
	status, err := layeh.Integer(attrs[0].Attribute)
	if err != nil {
		return nil, fmt.Errorf("stored record: %w", err)
	}
	at, err := layeh.Integer(attrs[2].Attribute)
	if err != nil {
		return nil, fmt.Errorf("stored record: %w", err)
	}
	r := &Record{
		Status: Status(status), Session: string(attrs[1].Attribute), EventTime: time.Unix(int64(at), 0), stored: stored,
	}
	if status > uint32(LinkReject) || !r.session() || r.Session == "" {
		return nil, fmt.Errorf("a stored record is of kind %d", status)
	}
	return r, nil
}
