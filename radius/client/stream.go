package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"time"

	"lacd/radius"
)

const (
	// connectLimit bounds connecting and shaking hands.
	connectLimit = 10 * time.Second
	// lastWords is how long a connection that takes no more is still listened to.
	lastWords = time.Second
	// maxQueued bounds what waits to be written on a connection: its
	// identifiers, twice over, for requests that were given up before they left.
	maxQueued = 512
)

var errStalled = errors.New("the connection takes no more")

// stream is a connection to a server by TLS (RFC 6614), from before it is
// connected. One goroutine connects and writes, another reads; both end when it
// is closed. Its methods never block.
type stream struct {
	ctx    context.Context // done: closed
	cancel context.CancelFunc
	wake   chan struct{}

	mu    sync.Mutex // guards what follows; held for a few instructions
	queue [][]byte
	conn  *tls.Conn // nil: not connected
}

// connect begins to connect to a server.
func (c *Client) connect(h *half, id radius.SocketID, server int) *stream {
	k := &stream{wake: make(chan struct{}, 1)}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	ended := func(err error) {
		if err != nil && k.ctx.Err() == nil {
			c.box.put(item{kind: broken, half: h, socket: id, server: server, err: err})
		}
	}
	c.readers.Go(func() {
		conn, err := c.establish(k, &h.side.peers[server])
		if conn == nil {
			ended(err)
			return
		}
		c.readers.Go(func() { ended(c.listen(h, id, conn)) })
		if k.write(conn) != nil {
			// What the other side had to say about it is still to be read.
			_ = conn.SetReadDeadline(time.Now().Add(lastWords))
			<-k.ctx.Done()
		}
		_ = conn.Close() // says goodbye, if the other side still listens
	})
	return k
}

// Write queues a packet. Until the connection is there it waits.
func (k *stream) Write(b []byte) (int, error) {
	k.mu.Lock()
	ok := len(k.queue) < maxQueued
	if ok {
		k.queue = append(k.queue, b)
	}
	k.mu.Unlock()
	if !ok {
		return 0, errStalled
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
	return len(b), nil
}

// Close ends the goroutines. What is queued is not written.
func (k *stream) Close() error {
	k.cancel()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.conn != nil {
		return k.conn.SetDeadline(time.Unix(1, 0)) // ends Read and Write
	}
	return nil
}

func (k *stream) take(spare [][]byte) [][]byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	q := k.queue
	k.queue = spare
	return q
}

// establish connects. Without an error and a connection k was closed meanwhile.
func (c *Client) establish(k *stream, p *peer) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(k.ctx, connectLimit)
	defer cancel()
	conn, err := c.dialTLS(ctx, p)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ctx.Err() != nil {
		_ = conn.NetConn().Close() // nobody has used it
		return nil, nil
	}
	k.conn = conn
	return conn, nil
}

// write sends what is queued until the stream is closed or breaks.
func (k *stream) write(conn *tls.Conn) error {
	var packets [][]byte
	for {
		packets = k.take(packets[:0])
		for _, b := range packets {
			if _, err := conn.Write(b); err != nil {
				return err
			}
		}
		clear(packets)
		select {
		case <-k.wake:
		case <-k.ctx.Done():
			return nil
		}
	}
}

// listen posts the packets that come in on a connection until it ends, which is
// an error always. Octets that cannot be a packet end it. In TLS 1.3 a client is
// connected before the server has seen its certificate, and FreeRADIUS hangs up on
// one that it does not like without an alert.
func (c *Client) listen(h *half, id radius.SocketID, conn *tls.Conn) error {
	buf := make([]byte, 4*maxDatagram)
	have, heard := 0, false
	for {
		n, err := conn.Read(buf[have:])
		switch {
		case err != nil && !heard:
			return fmt.Errorf("ended before the first answer, as where a server does not accept our certificate: %w", err)
		case err != nil:
			return err
		}
		rest := buf[:have+n]
		for {
			var packet []byte
			if packet, rest, err = radius.CutPacket(rest); err != nil {
				return err
			}
			if packet == nil {
				break
			}
			heard = true
			c.box.putDatagram(item{kind: datagram, half: h, socket: id, data: append([]byte(nil), packet...)})
		}
		have = copy(buf, rest)
	}
}
