package client

import (
	"net"

	"lacd/kernel/mmsg"
)

// datagrams is a UDP socket, connected to its server. What is written in a turn
// of the loop leaves together: a system call for each costs more than all else
// that is done for a request.
type datagrams struct {
	net.Conn
	*mmsg.Reader
	w   *mmsg.Writer
	out [][]byte // owned by the loop
}

// Datagrams at a time. Each of those that are read has room of its own.
const (
	writeSize = 64
	readSize  = 8
)

func newDatagrams(c *net.UDPConn) (*datagrams, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &datagrams{Conn: c, Reader: mmsg.NewReader(raw, readSize, maxDatagram), w: mmsg.NewWriter(raw, writeSize)}, nil
}

// Write keeps a datagram, which must not change, until flush.
func (k *datagrams) Write(b []byte) (int, error) {
	k.out = append(k.out, b)
	return len(b), nil
}

// flush sends what was written. A failure to send is a datagram lost on the way:
// the retransmission follows.
func (k *datagrams) flush() {
	mmsg.WriteAll(k.w, k.out, nil)
	k.out = k.out[:0]
}

// Close sends what was written, and closes the socket.
func (k *datagrams) Close() error {
	k.flush()
	return k.Conn.Close()
}
