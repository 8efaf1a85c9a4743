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
// Not implemented: the tunnel and link records of RFC 2867 (Acct-Status-Type
// 9 to 14), a queue that survives the process.
package acct
