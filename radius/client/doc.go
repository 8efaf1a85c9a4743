// Package client runs RADIUS: UDP sockets, connections by TLS (RFC 6614) and
// one loop around two radius.Exchange tables, for authentication and for
// accounting, and the accounting queue of package acct, with a journal beside
// it that package spool keeps on disk.
//
// Authenticate and Account never block and may be called from any goroutine:
// they post to the loop's mailbox, which is bounded by construction, since a
// session has at most one request of a kind outstanding. The loop owns all
// state and calls the answer function, which must not block. Each socket has
// one reader, and a connection a writer that also connects; what is read is
// bounded and dropped with a counter when the loop falls behind. There is no
// goroutine or timer per request.
package client
