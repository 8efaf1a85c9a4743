// Package lactest is the world around a LAC, in memory: subscribers that dial
// in on an access port, and LNSes that answer its tunnels. Both work under
// testing/synctest and in benchmarks, and record what they were sent.
//
// A Segment is the far end of an access port with any number of Subscribers
// on it. A Net is the core network; its LNSes run the LNS role of lac/tunnel.
// Crowds, on real interfaces as well, are in sim and load.
package lactest
