package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"lacd/kernel/ethernet"
)

// padt is a PADT (RFC 2516 section 5.5) in bytes of its own: destination, source,
// EtherType, version and type 1, the code, the session and a length of 0, in a
// frame of the least size.
func padt(to, from string, session uint16) []byte {
	frame := binary.BigEndian.AppendUint16([]byte(to+from), etherDiscovery)
	frame = append(frame, 0x11, 0xa7)
	frame = binary.BigEndian.AppendUint16(frame, session)
	return append(frame, make([]byte, 60-len(frame))...)
}

// sendPADT sends one for a session, given in decimal.
func sendPADT(device, to, session string) (err error) {
	id, err := strconv.ParseUint(session, 10, 16)
	if err != nil {
		return fmt.Errorf("session: %w", err)
	}
	dst, err := parseMAC(to)
	if err != nil {
		return err
	}
	port, err := ethernet.Listen(ethernet.Config{Name: device})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, port.Close()) }()
	src := port.MAC()
	return port.WriteBatch([][]byte{padt(dst, string(src[:]), uint16(id))})
}
