// Package number writes the numbers that a call bears towards an LNS and
// towards RADIUS: Calling Number, Called Number and Sub-Address of an ICRQ (RFC
// 2661 section 4.4.4), Calling-Station-Id and Called-Station-Id (RFC 2865
// sections 5.30 and 5.31). It is pure.
//
// A Template is text with fields in braces:
//
//	{circuit_id}                 one field
//	{circuit_id|mac}             the first of them that is known
//	{node} {port}:{svlan}.{cvlan}
//
// "{{" and "}}" stand for the braces themselves. A field that is not known of a
// subscriber gives nothing, and a template none of whose fields is known gives
// nothing at all: separators alone are no number.
//
// RFC 2661 makes the numbers ASCII strings, and what fills them comes from the
// subscriber or its access node. Octets of a field that are not printable ASCII
// are written as "%" and two hexadecimal digits, so that identities which
// differ stay different; a number ends at MaxLen octets.
package number
