package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"
)

// This file reads the access captures with a decoder of its own, so that the
// times of a subscriber's set-up are what was on the wire, in words that none of
// lacd's packages had a say in.

// Frame types and protocols that the timeline tells apart.
const (
	etherDiscovery = 0x8863
	etherSession   = 0x8864

	protoIP   = 0x0021
	protoIPCP = 0x8021
	protoLCP  = 0xc021
	protoPAP  = 0xc023
	protoCHAP = 0xc223
)

// Moment is one thing seen on the access side.
type Moment struct {
	What string        `json:"what"`
	At   time.Duration `json:"at"` // since the first PADI, nanoseconds
}

// packet is one captured frame.
type packet struct {
	at   time.Time
	data []byte
}

// readPcap reads a capture that may still be written to: a record that is not
// complete yet ends it.
func readPcap(path string) ([]packet, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	const header, recordHeader = 24, 16
	le := binary.LittleEndian
	if len(b) < header || le.Uint32(b) != 0xa1b2c3d4 {
		return nil, fmt.Errorf("%s: not a capture with microseconds", path)
	}
	var all []packet
	for b = b[header:]; len(b) >= recordHeader; {
		n := int(le.Uint32(b[8:]))
		if n > len(b)-recordHeader {
			break
		}
		at := time.Unix(int64(le.Uint32(b)), int64(le.Uint32(b[4:]))*int64(time.Microsecond))
		all = append(all, packet{at, b[recordHeader : recordHeader+n]})
		b = b[recordHeader+n:]
	}
	return all, nil
}

// timeline tells a subscriber's set-up from its MAC address's frames, each kind
// of event at its first occurrence.
func timeline(packets []packet, mac string) ([]Moment, error) {
	hw, err := parseMAC(mac)
	if err != nil {
		return nil, err
	}
	var moments []Moment
	var start time.Time
	seen := make(map[string]bool)
	for _, p := range packets {
		if len(p.data) < 22 {
			continue
		}
		up := string(p.data[6:12]) == hw
		if !up && string(p.data[:6]) != hw {
			continue
		}
		what := describe(p.data, up)
		// After the gateway's own LCP the LNS begins anew, with the first request
		// that follows the answer to the authentication.
		if what == "LCP request from the network" && (seen["PAP request"] || seen["CHAP response"]) {
			what = "LCP request from the LNS"
		}
		if what == "" || seen[what] {
			continue
		}
		seen[what] = true
		if start.IsZero() {
			start = p.at
		}
		moments = append(moments, Moment{what, p.at.Sub(start)})
	}
	return moments, nil
}

// describe names the frame, "" if it is of no interest. The frame is untagged and
// has at least 22 octets: Ethernet, PPPoE, PPP protocol.
func describe(f []byte, up bool) string {
	be := binary.BigEndian
	switch be.Uint16(f[12:]) {
	case etherDiscovery:
		return map[byte]string{0x09: "PADI", 0x07: "PADO", 0x19: "PADR", 0x65: "PADS", 0xa7: "PADT"}[f[15]]
	case etherSession:
	default:
		return ""
	}
	body := f[22:]
	if len(body) < 4 {
		return ""
	}
	switch proto := be.Uint16(f[20:]); {
	case proto == protoLCP && body[0] == 1 && !up:
		return "LCP request from the network"
	case proto == protoPAP:
		return map[byte]string{1: "PAP request", 2: "PAP ack", 3: "PAP nak"}[body[0]]
	case proto == protoCHAP:
		return map[byte]string{1: "CHAP challenge", 2: "CHAP response", 3: "CHAP success", 4: "CHAP failure"}[body[0]]
	case proto == protoIPCP && body[0] == 2 && !up:
		return "IPCP address acknowledged"
	case proto == protoIP && len(body) >= 28 && body[9] == 1: // ICMP behind a header without options
		return map[byte]string{8: "first ping sent", 0: "first ping answered"}[body[20]]
	}
	return ""
}

// parseMAC returns the six octets of "02:00:00:00:01:0a".
func parseMAC(s string) (string, error) {
	var b [6]byte
	n, err := fmt.Sscanf(s, "%02x:%02x:%02x:%02x:%02x:%02x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5])
	if err != nil || n != len(b) {
		return "", errors.New("bad MAC address " + s)
	}
	return string(b[:]), nil
}

// formatTimeline renders a timeline on one line.
func formatTimeline(moments []Moment) string {
	parts := make([]string, 0, len(moments))
	for _, m := range moments {
		parts = append(parts, fmt.Sprintf("%s %.1f ms", m.What, float64(m.At.Microseconds())/1000))
	}
	return strings.Join(parts, ", ")
}

// validAddr reports whether s is an address inside the LNS's pool, which differs
// from the LNS's own in the third octet.
func validAddr(s string, n LNS) bool {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return false
	}
	inside, err := netip.ParseAddr(n.inside)
	return err == nil && a.Is4() && a.As4()[1] == inside.As4()[1] && a.As4()[2] == 1
}
