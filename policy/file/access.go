package file

import "strings"

// Limits of an access port.
const (
	// 0x0000 is not a session and 0xffff is reserved (RFC 2516 section 4).
	mostSessions = 65534
	// IFNAMSIZ without its final zero.
	longestDevice = 15
	// What every client can be expected to copy from a PADO into a PADR.
	longestTag = 255
	// Frames a second: more than a port of 10 Gbit/s can carry.
	mostFrames = 10_000_000
)

// Discovery frames a second that are looked at unless told otherwise. A PADI
// leaves nothing behind, and receiving it costs as much as answering it: what is
// saved by refusing some is worth nothing as long as a processor can do both. A
// PADR may become a session.
const (
	defaultPADIRate    = 160_000
	defaultPADRRate    = 20_000
	defaultRatePerHost = 20
)

// deviceName reports whether the kernel may have a network device of that name.
func deviceName(s string) bool { return len(s) <= longestDevice && !strings.Contains(s, "/") }

func access(b *block, name string) Access {
	if !deviceName(b.label) {
		b.d.refuse(b.line, "", "%q cannot be the name of a network device", b.label)
	}
	a := Access{
		Port:               b.label,
		ACName:             b.text("ac_name", name),
		ServiceNames:       texts(b.list("service_names")),
		MaxSessions:        int(b.number("max_sessions", mostSessions, 1, mostSessions)),
		MaxSessionsPerMAC:  int(b.number("max_sessions_per_mac", 0, 1, mostSessions)),
		MaxSessionsPerVLAN: int(b.number("max_sessions_per_vlan", 0, 1, mostSessions)),
		MaxSessionsPerLine: int(b.number("max_sessions_per_line", 0, 1, mostSessions)),
		Duplicate:          b.word("duplicate", "allow", "allow", "refuse", "replace"),
		PADIRate:           int(b.number("padi_rate", defaultPADIRate, 0, mostFrames)),
		PADIRatePerMAC:     int(b.number("padi_rate_per_mac", defaultRatePerHost, 0, mostFrames)),
		PADRRate:           int(b.number("padr_rate", defaultPADRRate, 0, mostFrames)),
		PADRRatePerMAC:     int(b.number("padr_rate_per_mac", defaultRatePerHost, 0, mostFrames)),
		AnswerUnknown:      b.flag("answer_unknown", true),
	}
	if a.Untagged, a.VLANs = tagging(b); len(a.VLANs) == 0 {
		b.idle("max_sessions_per_vlan", "there is no vlan")
	}
	if a.Duplicate != "allow" {
		b.idle("max_sessions_per_line", "duplicate is %q, so that a line has one session", a.Duplicate)
	}
	if len(a.ACName) > longestTag {
		b.refuse("ac_name", "", "is longer than %d octets", longestTag)
	}
	for _, s := range a.ServiceNames {
		if len(s) > longestTag {
			b.refuse("service_names", "", "has an entry longer than %d octets", longestTag)
		}
	}
	b.done()
	return a
}
