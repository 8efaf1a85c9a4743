// Package spool keeps accounting records on disk until a server has them, so
// that they survive lacd.
//
// It is a journal beside the queue of package acct, which stays in charge of
// what is sent when: Put notes a record, Done that nothing more is to be done
// about it. Neither blocks: one goroutine owns the files and writes what has
// come together with one fsync. What is done before it was written never is, so
// that a healthy server costs next to no I/O. Open returns what was put and
// not done, in order; a record may be delivered twice after a crash, and is
// lost only if lacd or the machine dies within milliseconds of its event.
//
// A spool is a directory of segments, each a row of entries with their length
// and CRC (segment.go). Nothing is ever changed in place: a run begins a segment
// of its own, the oldest segment is removed when no record in it is live, and
// its few live ones are written anew when they hold up too much. A torn or
// corrupt entry is passed over and counted; the next whole one is found again.
//
// Files are for lacd alone, and hold no secrets.
package spool
