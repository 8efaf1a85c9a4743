// Package wire reads and writes PPPoE frames: Ethernet with up to two VLAN
// tags, the PPPoE header, discovery tags, and the access line identity that an
// intermediate agent adds to discovery packets.
//
// Implemented: RFC 2516 sections 4 to 6 and appendix A; the PPP-Max-Payload tag
// of RFC 4638; the tag numbers of RFC 4937; the vendor-specific tag of Broadband
// Forum TR-101 sections 3.9.1 to 3.9.4. Not implemented: credits and link
// metrics (RFC 4938), whose packets and tags are recognised and left alone.
//
// The package is pure and keeps no state. ParseFrame and Tags cut slices out of
// their input: results are valid as long as the input is. ParseLine copies.
// Reading a discovery packet is one loop:
//
//	f, err := wire.ParseFrame(b)
//	// ...
//	for tag, err := range wire.Tags(f.Payload) {
//		if err != nil {
//			return err // drop the packet whole
//		}
//		// ...
//	}
//
// Which packets are acceptable from whom, and what is answered, is the business
// of package pppoe and of the sessions.
package wire
