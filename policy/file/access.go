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
)

func access(b *block, name string) Access {
	if len(b.label) > longestDevice || strings.Contains(b.label, "/") {
		b.d.refuse(b.line, "", "%q cannot be the name of a network device", b.label)
	}
	a := Access{
		Port:              b.label,
		ACName:            b.text("ac_name", name),
		ServiceNames:      texts(b.list("service_names")),
		MaxSessions:       int(b.number("max_sessions", mostSessions, 1, mostSessions)),
		MaxSessionsPerMAC: int(b.number("max_sessions_per_mac", 0, 1, mostSessions)),
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
