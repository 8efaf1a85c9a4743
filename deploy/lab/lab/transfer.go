package lab

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// transferPort is where each LNS's end of the transfers listens.
const transferPort = "5001"

// transferLimit bounds one transfer.
const transferLimit = 60 * time.Second

// A transfer starts with one octet for the direction and eight for the number of
// octets that follow, upwards from the client or downwards to it. The receiver of
// an upward transfer answers with the number that arrived.
const (
	sendUp   = 'u'
	sendDown = 'd'
)

// Serve answers transfers on an address until the listener fails.
func Serve(ctx context.Context, addr string) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() }) // Accept says so
	defer stop()
	fmt.Println("listening on", listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		if err := answer(conn); err != nil {
			fmt.Println(err)
		}
	}
}

// answer serves one transfer; they come one at a time.
func answer(conn net.Conn) (err error) {
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := conn.SetDeadline(time.Now().Add(transferLimit)); err != nil {
		return err
	}
	var head [9]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return err
	}
	size := int64(binary.BigEndian.Uint64(head[1:]) & (1<<30 - 1))
	if head[0] == sendDown {
		_, err := io.CopyN(conn, zeros{}, size)
		return err
	}
	n, err := io.CopyN(io.Discard, conn, size)
	_, sent := conn.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return errors.Join(err, sent)
}

// Transfer moves size octets to or from a server and returns how many arrived.
func Transfer(ctx context.Context, addr string, size int64, down bool) (n int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, transferLimit)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := conn.SetDeadline(time.Now().Add(transferLimit)); err != nil {
		return 0, err
	}
	head := []byte{sendUp}
	if down {
		head[0] = sendDown
	}
	if _, err := conn.Write(binary.BigEndian.AppendUint64(head, uint64(size))); err != nil {
		return 0, err
	}
	if down {
		return io.Copy(io.Discard, conn)
	}
	if _, err := io.CopyN(conn, zeros{}, size); err != nil {
		return 0, err
	}
	var arrived [8]byte
	_, err = io.ReadFull(conn, arrived[:])
	return int64(binary.BigEndian.Uint64(arrived[:])), err
}

// zeros is a reader that never ends.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// startServer starts an LNS's end of the transfers, which is this program again.
func (l *Lab) startServer(ctx context.Context, n LNS) error {
	p, err := l.startHelper("server-"+n.name, n.name, "serve", net.JoinHostPort(n.inside, transferPort))
	if err != nil {
		return err
	}
	return p.await(ctx, "listening on", startLimit)
}

// transfer moves octets through a subscriber's tunnel.
func (l *Lab) transfer(ctx context.Context, s *Subscriber, size int64, down bool) error {
	out, err := l.runHelper(ctx, s.ns, "transfer", net.JoinHostPort(l.lns(s.lns).inside, transferPort),
		strconv.FormatInt(size, 10), direction(down))
	if err != nil {
		return err
	}
	if got := strings.TrimSpace(out); got != strconv.FormatInt(size, 10) {
		return fmt.Errorf("%s octets of %d arrived", got, size)
	}
	return nil
}
