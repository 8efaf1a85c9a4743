package client

import (
	"net"
	"testing"
	"time"
)

// What is written leaves with flush or Close, in order; one that is refused keeps
// none of the others.
func TestDatagrams(t *testing.T) {
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	conn, err := net.DialUDP("udp", nil, server.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	k, err := newDatagrams(conn)
	if err != nil {
		t.Fatal(err)
	}
	want := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			if err := server.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			var b [100]byte
			n, err := server.Read(b[:])
			if err != nil || string(b[:n]) != text {
				t.Errorf("got %q, %v, want %q", b[:n], err, text)
			}
		}
	}
	write := func(b ...[]byte) {
		t.Helper()
		for _, b := range b {
			if n, err := k.Write(b); n != len(b) || err != nil {
				t.Errorf("wrote %d, %v, want %d", n, err, len(b))
			}
		}
	}
	write([]byte("one"), make([]byte, 1<<16), []byte("two"))
	if _, err := server.WriteToUDP([]byte("before"), server.LocalAddr().(*net.UDPAddr)); err != nil {
		t.Fatal(err)
	}
	k.flush()
	want("before", "one", "two")
	for range 2 * writeSize {
		write([]byte("many"))
	}
	k.flush()
	for range 2 * writeSize {
		want("many")
	}
	write([]byte("last"))
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	want("last")
	write([]byte("late"))
	k.flush() // in vain
	if len(k.out) != 0 {
		t.Errorf("%d datagrams are kept by a closed socket", len(k.out))
	}
}
