package crowd

import "encoding/binary"

// protoIP is IPv4 in PPP.
const protoIP = 0x0021

// Where things are in a PPP frame with ICMP in IPv4 without options.
const (
	ipAt     = 2 // behind the protocol field
	icmpAt   = ipAt + 20
	echoSize = icmpAt + 8
)

const (
	echoReply   = 0
	echoRequest = 8
)

// isEcho reports whether a PPP frame is ICMP echo of a type.
func isEcho(f []byte, typ byte) bool {
	return len(f) >= echoSize && binary.BigEndian.Uint16(f) == protoIP && f[ipAt] == 0x45 && f[ipAt+9] == 1 && f[icmpAt] == typ
}

// makeReply turns an echo request into its answer.
func makeReply(f []byte) bool {
	if !isEcho(f, echoRequest) {
		return false
	}
	var src [4]byte
	copy(src[:], f[ipAt+12:])
	copy(f[ipAt+12:ipAt+16], f[ipAt+16:ipAt+20])
	copy(f[ipAt+16:ipAt+20], src[:])
	f[icmpAt] = echoReply
	f[icmpAt+2], f[icmpAt+3] = 0, 0
	binary.BigEndian.PutUint16(f[icmpAt+2:], checksum(f[icmpAt:]))
	return true
}

// echo is a PPP frame with an echo request of size octets of IP; id and seq are
// what the answer will have.
func echo(src, dst [4]byte, id, seq uint16, size int) []byte {
	be := binary.BigEndian
	ip := make([]byte, size)
	ip[0], ip[8], ip[9] = 0x45, 64, 1
	be.PutUint16(ip[2:], uint16(size))
	copy(ip[12:], src[:])
	copy(ip[16:], dst[:])
	be.PutUint16(ip[10:], checksum(ip[:20]))
	icmp := ip[20:]
	icmp[0] = echoRequest
	be.PutUint16(icmp[4:], id)
	be.PutUint16(icmp[6:], seq)
	be.PutUint16(icmp[2:], checksum(icmp))
	return append(be.AppendUint16(nil, protoIP), ip...)
}

// checksum is the Internet checksum (RFC 1071).
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
