package client

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// flaky is a Dialer whose first connections break when read.
type flaky struct {
	Dialer
	broken int
}

func (f *flaky) Dial(server netip.AddrPort) (net.Conn, error) {
	c, err := f.Dialer.Dial(server)
	if f.broken > 0 {
		f.broken--
		return brokenConn{c}, err
	}
	return c, err
}

type brokenConn struct{ net.Conn }

func (brokenConn) Read([]byte) (int, error) { return 0, errors.New("the network is down") }

// A socket that breaks is replaced; its requests go on.
func TestSocketBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, nil)
		_ = r.c.Close()
		auth := Config{NAS: r.c.nas, Servers: []Server{
			{Name: "r1", Auth: netip.MustParseAddrPort("10.0.0.1:1812"), Secret: sharedSecret},
			{Name: "r2", Auth: netip.MustParseAddrPort("10.0.0.2:1812"), Secret: sharedSecret},
		}}
		c, err := New(auth, &flaky{r.net, 1}, r.answer)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		r.c = c
		r.ask(1)
		if got := r.one(time.Second); got.Verdict != Accepted || got.Server != "r2" {
			t.Errorf("got %+v, want r2 asked after the socket to r1 broke", got)
		}
	})
}
