package trunk

import (
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// batchSize is how many datagrams go with one system call.
const batchSize = 64

// writer sends many datagrams with a system call. It belongs to one goroutine.
type writer struct {
	send func(ms []ipv4.Message, flags int) (int, error)
	out  []ipv4.Message // each of one buffer, and without an address: the socket is connected
}

// newWriter returns the writer of a socket with that local address.
func newWriter(c *net.UDPConn, local netip.Addr) *writer {
	w := &writer{out: make([]ipv4.Message, batchSize)}
	if local.Is4() {
		w.send = ipv4.NewPacketConn(c).WriteBatch
	} else {
		w.send = ipv6.NewPacketConn(c).WriteBatch
	}
	for i := range w.out {
		w.out[i].Buffers = make([][]byte, 1)
	}
	return w
}

// WriteBatch implements Socket. The kernel stops at a datagram that it refuses,
// and says why when that one comes first.
func (w *writer) WriteBatch(ds [][]byte) (int, error) {
	ms := w.out[:min(len(ds), len(w.out))]
	for i := range ms {
		ms[i].Buffers[0] = ds[i]
	}
	n, err := w.send(ms, 0)
	for i := range ms {
		ms[i].Buffers[0] = nil // keep no datagram alive
	}
	return max(n, 0), err
}
