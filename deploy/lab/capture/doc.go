// Package capture checks captured traffic with tshark, a decoder that shares no
// code with lacd: [Malformed] finds what it cannot dissect, [Control] lists the
// L2TP control messages between hosts and [Check] holds their AVPs against the
// table of RFC 2661 section 4.4 and its extensions.
package capture
