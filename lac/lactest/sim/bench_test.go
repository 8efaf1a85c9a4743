package sim

import (
	"testing"
	"time"

	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
)

// BenchmarkSetUp measures what a set-up costs the clients, from PADI until the
// credentials are sent: what is left of a core is the LAC's.
func BenchmarkSetUp(b *testing.B) {
	const batch = 10_000
	cfg := Config{Layout: Layout{MAC: wire.MAC{2, 0x10}, Users: []string{"user%d@acme.example"}}, Number: batch, UpAt: Proven}
	ac := wire.MAC{2, 0xac}
	var reply []byte
	answer := func(c *Crowd, now time.Time, to wire.MAC, t wire.EtherType, code wire.Code, id wire.SessionID, payload []byte) {
		f := wire.Frame{Dst: to, Src: ac, EtherType: t, Code: code, SessionID: id, Payload: payload}
		reply = f.AppendTo(reply[:0])
		c.Receive(now, reply)
	}
	packet := func(proto ppp.Protocol, code ppp.Code, id uint8, data []byte) []byte {
		return ppp.Packet{Protocol: proto, Code: code, ID: id, Data: data}.AppendTo(nil)
	}
	b.ReportAllocs()
	for range b.N {
		now := t0
		c := NewCrowd(now, &cfg)
		c.Take()
		for i := range uint32(batch) {
			to, id := cfg.mac(i), wire.SessionID(i+1)
			answer(c, now, to, wire.Discovery, wire.PADO, 0, uniq(i, 1))
			answer(c, now, to, wire.Discovery, wire.PADS, id, uniq(i, 1))
			answer(c, now, to, wire.SessionData, wire.Data, id, packet(ppp.LCP, ppp.ConfigureAck, 1, nil))
			answer(c, now, to, wire.SessionData, wire.Data, id, packet(ppp.LCP, ppp.ConfigureRequest, 1, []byte{3, 5, 0xc2, 0x23, 5}))
			answer(c, now, to, wire.SessionData, wire.Data, id, packet(ppp.CHAP, ppp.Challenge, 1, []byte{4, 1, 2, 3, 4}))
			c.Take()
		}
		if c.Up() != batch {
			b.Fatalf("%d are up", c.Up())
		}
	}
	b.ReportMetric(float64(b.N)*batch/b.Elapsed().Seconds(), "setups/s")
}

// BenchmarkTraffic measures a packet on its way out of a client and into another
// machine's count.
func BenchmarkTraffic(b *testing.B) {
	a := newAC(b, Config{Traffic: Traffic{Rate: 1e6, Size: 256}})
	a.sent()
	a.open()
	back := wire.Frame{
		Dst: a.crowd.cfg.mac(0), Src: a.mac, EtherType: wire.SessionData, SessionID: 7,
		Payload: appendPayload(nil, payload{tokenOf(0, 1), down, 1}, service, service, 256),
	}
	frame := back.AppendTo(nil)
	b.ReportAllocs()
	sent := 0
	for sent < b.N {
		a.now = a.now.Add(time.Millisecond)
		a.crowd.Advance(a.now)
		for range a.crowd.Take() {
			sent++
			be.PutUint32(frame[14+6+markAt+12:], uint32(sent))
			a.crowd.Receive(a.now, frame)
		}
	}
	if got := a.crowd.Stats().DownTally.Received; got != uint64(sent) {
		b.Fatalf("%d of %d were counted", got, sent)
	}
}
