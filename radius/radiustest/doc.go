// Package radiustest is a RADIUS server for tests: a table of users, knobs for
// what servers do wrong, and a record of every request. It is reached in
// memory, through a Network that stands in for UDP and works in a
// testing/synctest bubble, or over a real UDP socket.
//
// It is written from the RFCs on its own, apart from the packet encoding of
// layeh.com/radius, so that it does not repeat the client's mistakes.
package radiustest
