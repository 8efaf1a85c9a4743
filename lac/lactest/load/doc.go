// Package load puts the machines of lac/lactest/sim on a network device and on
// UDP sockets, and runs them until they have done what they were to do.
//
// The crowd has a goroutine that reads its port and one for its deadlines, each
// LNS has one for its socket; one more looks after them all and tells of the
// progress. A machine is guarded by a mutex that is held for a frame or a batch.
package load
