package lac

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"lacd/kernel"
	"lacd/pppoe"
	"lacd/pppoe/wire"
)

// access is one access port. Its reader owns the Responder's receiving side
// and the scratch fields; the rest is immutable or atomic.
type access struct {
	srv       *Server
	index     int
	cfg       Access
	port      kernel.Port
	mac       wire.MAC
	responder *pppoe.Responder

	sessions atomic.Int64
	verdicts [pppoe.NumVerdicts]atomic.Uint64
	bad      atomic.Uint64 // not PPPoE, truncated, wrong version
	strays   atomic.Uint64 // session frames and PADTs for nobody

	// owned by read
	reply   []byte
	replies [][]byte
	inbox   [][]input // per shard
}

func newAccess(srv *Server, index int, cfg Access) *access {
	var key [32]byte
	random(key[:])
	if cfg.ACName == "" {
		cfg.ACName = srv.cfg.Node
	}
	a := &access{srv: srv, index: index, cfg: cfg, port: cfg.Port, mac: cfg.Port.MAC()}
	a.responder = pppoe.New(pppoe.Config{
		Port: cfg.Port.Name(), MAC: a.mac, ACName: cfg.ACName, Services: cfg.Services, MTU: cfg.Port.MTU(),
	}, key)
	a.inbox = make([][]input, srv.cfg.Shards)
	return a
}

// read is the port's reader: it returns when the port is closed.
func (a *access) read() {
	for {
		err := a.port.ReadBatch(a.receive)
		a.flush()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			a.srv.cfg.Log.Warn("access port cannot be read", "port", a.port.Name(), "err", err)
			if !a.srv.pause(time.Second) {
				return
			}
		}
	}
}

// flush hands the batch's frames to the shards and sends its replies.
func (a *access) flush() {
	for i, in := range a.inbox {
		if len(in) > 0 {
			a.srv.shards[i].box.Put(in...)
			clear(in)
			a.inbox[i] = in[:0]
		}
	}
	if len(a.replies) > 0 {
		a.write(a.replies)
		a.replies, a.reply = a.replies[:0], a.reply[:0]
	}
}

func (a *access) write(frames [][]byte) {
	if err := a.port.WriteBatch(frames); err != nil {
		a.srv.cfg.Log.Debug("access port cannot be written", "port", a.port.Name(), "err", err)
	}
}

// receive takes one Ethernet frame; it is valid during the call only.
func (a *access) receive(b []byte) {
	f, err := wire.ParseFrame(b)
	if err != nil {
		a.bad.Add(1)
		a.srv.cfg.Log.Debug("access frame dropped", "port", a.port.Name(), "err", err)
		return
	}
	switch {
	case f.EtherType == wire.Discovery && f.Code != wire.PADT:
		a.discover(&f)
	case f.Dst != a.mac || f.SessionID == 0:
		a.strays.Add(1)
	case f.EtherType == wire.Discovery:
		a.post(int(f.SessionID), padtIn{a, f})
	case f.Code != wire.Data:
		a.bad.Add(1)
	default:
		f.Payload = slices.Clone(f.Payload)
		a.post(int(f.SessionID), frameIn{a, f})
	}
}

func (a *access) post(n int, in input) {
	i := n % len(a.inbox)
	a.inbox[i] = append(a.inbox[i], in)
}

func (a *access) discover(f *wire.Frame) {
	if a.srv.closing.Load() {
		return // silent: what began now could not be finished
	}
	from := len(a.reply)
	reply, req, v := a.responder.Receive(time.Now(), f, a.reply)
	a.reply = reply
	a.verdicts[v].Add(1)
	if len(reply) > from {
		a.replies = append(a.replies, reply[from:len(reply):len(reply)])
	}
	switch {
	case v == pppoe.Requested:
		a.post(a.spread(&req), requestIn{a, req.Clone()})
	case v >= pppoe.Malformed:
		a.srv.cfg.Log.Debug("discovery frame dropped", "port", a.port.Name(), "mac", f.Src, "code", f.Code, "what", v.String())
	}
}

// spread hashes a PADR so that its repetition meets the same shard.
func (a *access) spread(req *pppoe.Request) int {
	var b [16]byte
	copy(b[:], req.Src[:])
	binary.BigEndian.PutUint16(b[6:], req.VLANs[0].ID)
	binary.BigEndian.PutUint16(b[8:], req.VLANs[1].ID)
	binary.BigEndian.PutUint16(b[10:], uint16(a.index))
	return int(maphash.Bytes(a.srv.hashSeed, b[:]) >> 1 & 0x7fffffff)
}
