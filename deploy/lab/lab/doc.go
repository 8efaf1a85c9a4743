// Package lab puts lacd between real peers and checks what happens: pppd as
// subscribers, xl2tpd with pppd as LNSes, FreeRADIUS, each in a network
// namespace of its own. This is the demonstration's scene:
//
//	s1 s2 s3 s6 ── acc1 ┐           ┌ lns1  10.10.0.11, subscribers 10.1.1.0/24
//	                    ├ lac ── core ┼ lns2  10.10.0.12, subscribers 10.2.1.0/24
//	s4 s5 s7 ────── acc2 ┘           └ radius 10.10.0.100
//
// acc1, acc2 and core are bridges in the namespace "net", where the captures are
// taken. A script is a scene and what happens there: the demonstration, or one of
// [Cases], each in a file of its own, with more LNSes, ports or subscribers.
// Everything is made for a machine that is thrown away afterwards: Run needs root
// and takes the names of namespaces for its own, so it refuses to start outside
// the guest of package vm. [Native] is for any machine with XDP: its scripts have
// lacsim as subscribers and LNSes, and namespaces that they delete.
//
// Run prints each expectation with ok or FAILED and leaves logs, captures and
// results.json in its artifacts directory. Drive is the host's side: it starts
// Run in a guest and then has the captures checked. "bin/demo -case NAME" plays
// one case by hand, "bin/demo -cases" lists them; what is started in a namespace
// and is no program of Debian's is bin/demo as well, see Helper.
package lab
