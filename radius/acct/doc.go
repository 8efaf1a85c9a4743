// Package acct is RADIUS accounting (RFC 2866): records with their tunnel
// attributes (RFC 2867, RFC 2868), the interim schedule (RFC 2869 section
// 2.1), and the queue that keeps records until a server has answered them.
//
// It is pure; package radius/client owns a Queue and sends what it hands out:
//
//	q.Push(record)
//	for id, r := range q.Ready(now, room) {} // send r; then one of
//	q.Answered(id)
//	q.Failed(now, id)                        // handed out again later
//
// A record can be stored (stored.go): package client keeps a journal of what is
// in the queue, and hands it back after a restart with Record.Old. Interims are
// stored like all others, since the last one is what a subscriber is billed by
// whose session died with lacd; the one it overtakes is gone at once.
// Accounting-On and Off are not: the next run says Accounting-On anyway.
//
// Not implemented: Acct-Tunnel-Packets-Lost (RFC 2867 section 4.2), as the data
// planes do not count gaps, and Acct-Multi-Session-Id, as the LNS makes the
// bundle.
package acct
