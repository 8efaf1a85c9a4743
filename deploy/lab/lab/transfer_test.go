package lab

import (
	"context"
	"io"
	"net"
	"testing"
)

func TestTransfer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() {
		for range 2 {
			conn, err := listener.Accept()
			if err == nil {
				err = answer(conn)
			}
			served <- err
		}
	}()
	for _, down := range []bool{false, true} {
		const size = 300_001
		got := make(chan int64, 1)
		go func() {
			n, err := Transfer(t.Context(), listener.Addr().String(), size, down)
			if err != nil {
				t.Error(err)
			}
			got <- n
		}()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if n := <-got; n != size {
			t.Errorf("down %v: %d octets arrived, want %d", down, n, size)
		}
	}
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
	if n, err := Transfer(t.Context(), listener.Addr().String(), 1, false); err == nil {
		t.Errorf("nobody listens: got %d, want an error", n)
	}
}

func TestServeStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Serve(ctx, "127.0.0.1:0"); err == nil {
		t.Error("want an error")
	}
}

func TestZeros(t *testing.T) {
	b := []byte{1, 2}
	if _, err := io.ReadFull(zeros{}, b); err != nil || b[0]|b[1] != 0 {
		t.Errorf("got %v, %v", b, err)
	}
}
