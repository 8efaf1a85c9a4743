package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
)

// ac is an access concentrator played by hand, and its clients' clock.
type ac struct {
	t     testing.TB
	now   time.Time
	crowd *Crowd
	mac   wire.MAC
}

// t0 is when it all begins.
var t0 = time.Unix(1_700_000_000, 0)

func newAC(t testing.TB, cfg Config) *ac {
	t.Helper()
	if cfg.Number == 0 {
		cfg.Number = 1
	}
	if cfg.MAC == (wire.MAC{}) {
		cfg.MAC = wire.MAC{2, 0x10}
	}
	if len(cfg.Users) == 0 {
		cfg.Users = []string{"user%d@acme.example"}
	}
	a := &ac{t: t, now: t0, mac: wire.MAC{2, 0xac}}
	a.crowd = NewCrowd(t0, &cfg)
	return a
}

// sent returns what the clients have sent, decoded as far as the tests look.
func (a *ac) sent() []string {
	a.t.Helper()
	var all []string
	for _, b := range a.crowd.Take() {
		f, err := wire.ParseFrame(b)
		if err != nil {
			a.t.Fatalf("%x: %v", b, err)
		}
		if f.EtherType == wire.Discovery {
			all = append(all, f.Code.String())
			continue
		}
		all = append(all, describe(f.Payload))
	}
	return all
}

// want fails the test unless the clients have sent exactly that. A text that ends
// in * stands for all that begin with it.
func (a *ac) want(texts ...string) {
	a.t.Helper()
	if got := a.sent(); !matches(got, texts) {
		a.t.Errorf("after %v: sent %q, want %q", a.now.Sub(t0), got, texts)
	}
}

// describe tells of a PPP frame.
func describe(frame []byte) string {
	p, err := ppp.ParsePacket(frame)
	if err != nil || p.Protocol == protoIP {
		return "data"
	}
	return fmt.Sprintf("%v %d %x", p.Protocol, p.Code, p.Data)
}

func matches(got, want []string) bool {
	return slices.EqualFunc(got, want, func(g, w string) bool {
		head, any := strings.CutSuffix(w, "*")
		return g == w || any && strings.HasPrefix(g, head)
	})
}

// wait lets time pass and everything happen that is due.
func (a *ac) wait(d time.Duration) {
	end := a.now.Add(d)
	for {
		at := a.crowd.Deadline()
		if at.IsZero() || at.After(end) {
			break
		}
		if at.After(a.now) {
			a.now = at
		}
		a.crowd.Advance(a.now)
	}
	a.now = end
}

func (a *ac) send(i uint32, code wire.Code, id wire.SessionID, payload []byte) {
	f := wire.Frame{
		Dst: a.crowd.cfg.mac(i), Src: a.mac, VLANs: a.crowd.cfg.vlans(i), EtherType: wire.Discovery, Code: code, SessionID: id, Payload: payload,
	}
	if code == wire.Data {
		f.EtherType = wire.SessionData
	}
	a.crowd.Receive(a.now, f.AppendTo(nil))
}

// uniq is the Host-Uniq tag of a client in its n-th set-up.
func uniq(i uint32, n uint8) []byte {
	return wire.AppendTag(nil, wire.HostUniq, []byte{n, 0, 0, byte(i >> 8), byte(i)})
}

func (a *ac) pado(i uint32, n uint8) {
	a.send(i, wire.PADO, 0, wire.AppendTag(uniq(i, n), wire.ACCookie, []byte("cookie")))
}

func (a *ac) pads(i uint32, id wire.SessionID) { a.send(i, wire.PADS, id, uniq(i, 1)) }

// ppp sends a control packet in session 7.
func (a *ac) ppp(proto ppp.Protocol, code ppp.Code, n uint8, data ...byte) {
	a.send(0, wire.Data, 7, ppp.Packet{Protocol: proto, Code: code, ID: n, Data: data}.AppendTo(nil))
}

// link brings client 0 to open LCP with an authentication protocol.
func (a *ac) link(auth ...byte) {
	a.t.Helper()
	a.pado(0, 1)
	a.pads(0, 7)
	a.sent()
	a.ppp(ppp.LCP, ppp.ConfigureAck, 1)
	a.ppp(ppp.LCP, ppp.ConfigureRequest, 1, append([]byte{3, byte(2 + len(auth))}, auth...)...)
	a.want("LCP 2 03*")
}

var chapMD5 = []byte{0xc2, 0x23, 5}

// open brings client 0 up.
func (a *ac) open() {
	a.t.Helper()
	a.link(chapMD5...)
	a.ppp(ppp.CHAP, ppp.Challenge, 9, append([]byte{4}, "1234lac"...)...)
	a.want("CHAP 2 *")
	a.ppp(ppp.CHAP, ppp.Success, 9)
	a.want("IPCP 1 030600000000")
	a.ppp(ipcp, ppp.ConfigureRequest, 1, 3, 6, 192, 0, 2, 1)
	a.want("IPCP 2 0306c0000201")
	a.ppp(ipcp, ppp.ConfigureNak, 1, 3, 6, 100, 64, 0, 1)
	a.want("IPCP 1 030664400001")
	a.ppp(ipcp, ppp.ConfigureAck, 2, 3, 6, 100, 64, 0, 1)
	a.want()
	if a.crowd.Up() != 1 {
		a.t.Fatal("the client is not up")
	}
}
