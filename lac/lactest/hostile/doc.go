// Package hostile floods lacd, the binary, from its access port, from its core and
// with forged RADIUS answers, ten thousand packets a second at a time, with what
// costs a gateway the most. All the while a subscriber is up and another one comes. What lacd
// occupies must not grow beyond a bound, its processor must be idle again when
// a flood is over, and its metrics must tell what it was.
//
// The tests need root and network namespaces, as those of package conformance;
// LACD_BINARY names a lacd to test instead of one built from the tree. With
// -short a flood lasts one second instead of five.
package hostile
