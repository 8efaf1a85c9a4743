package radius

import (
	"encoding/binary"
	"errors"
)

// ErrFrame is a stream of packets that has lost its bounds. Nothing that
// follows can be told apart: the connection has to be closed.
var ErrFrame = errors.New("radius: a packet's length is not from 20 to 4096")

// CutPacket cuts the first packet from the octets of a connection, by its
// Length field (RFC 6613 section 2.6.4). packet is nil while octets are missing;
// no more than 4096 are ever needed. Results alias b.
func CutPacket(b []byte) (packet, rest []byte, err error) {
	if len(b) < 4 {
		return nil, b, nil
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	switch {
	case n < headerLen || n > maxPacket:
		return nil, nil, ErrFrame
	case n > len(b):
		return nil, b, nil
	}
	return b[:n:n], b[n:], nil
}
