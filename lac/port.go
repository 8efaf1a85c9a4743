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
	port      *device
	key       [32]byte // of the cookies
	front     atomic.Pointer[front]
	admission *admission

	sessions atomic.Int64
	verdicts [pppoe.NumVerdicts]atomic.Uint64
	bad      atomic.Uint64 // not PPPoE, truncated, wrong version
	strays   atomic.Uint64 // session frames and PADTs for nobody
	told     atomic.Uint64 // strays answered with PADT
	shedPADI atomic.Uint64 // met by a closed door
	shedPADR atomic.Uint64
	behind   atomic.Int64 // since when the reader is, with frames other than PADIs; nanoseconds; 0: it is not

	// owned by read
	reply   []byte
	replies [][]byte
	inbox   [][]input // per shard
	backlog backlog   // of PADIs
	queue   backlog   // of the rest
}

// front is what hosts see of a port. It is replaced when the port was opened
// again: address and MTU may be others then.
type front struct {
	mac       wire.MAC
	responder *pppoe.Responder
}

func newAccess(srv *Server, index int, cfg Access) *access {
	if cfg.ACName == "" {
		cfg.ACName = srv.cfg.Node
	}
	if len(cfg.Tagging) == 0 {
		cfg.Tagging = []pppoe.Tagging{{}}
	}
	a := &access{srv: srv, index: index, cfg: cfg, port: newDevice(cfg.Port, cfg.Open), inbox: make([][]input, srv.cfg.Shards)}
	random(a.key[:])
	a.admission = newAdmission(&a.cfg)
	a.face()
	return a
}

// face sets the front to what the port is now.
func (a *access) face() {
	mac := wire.MAC(a.port.MAC())
	mtu := a.port.MTU()
	if mru := a.srv.cfg.PPP.MRU; mru != 0 {
		// PPP-Max-Payload is echoed only "if the AC can support it" (RFC
		// 4638 section 4), which is also for the configuration to say.
		mtu = min(mtu, int(mru)+8)
	}
	a.front.Store(&front{mac: mac, responder: pppoe.New(pppoe.Config{
		Port: a.port.Name(), MAC: mac, ACName: a.cfg.ACName, Services: a.cfg.Services, MTU: mtu,
		Tagging: a.cfg.Tagging, Limits: a.cfg.Limits,
	}, a.key)})
}

// read is the port's reader: it returns when the port is closed.
func (a *access) read() {
	for {
		err := a.port.ReadBatch(a.receive)
		a.flush()
		a.took(time.Now())
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, kernel.ErrGone):
			if !a.restore(err) {
				return
			}
		case err != nil:
			a.srv.cfg.Log.Warn("access port cannot be read", "port", a.port.Name(), "err", err)
			if !a.srv.pause(time.Second) {
				return
			}
		}
	}
}

// took takes note of the end of a batch.
func (a *access) took(now time.Time) {
	a.backlog.read(now)
	if a.queue.read(now); a.queue.since.IsZero() {
		a.behind.Store(0)
	} else {
		a.behind.Store(a.queue.since.UnixNano())
	}
}

// lag returns how long a frame that was just read may have waited.
func (a *access) lag(now time.Time) time.Duration {
	if since := a.behind.Load(); since != 0 {
		return now.Sub(time.Unix(0, since))
	}
	return 0
}

// maxBacklog bounds what access ports can make a shard remember.
const maxBacklog = 1 << 14

// flush hands the batch's frames to the shards and sends its replies.
func (a *access) flush() {
	for i, in := range a.inbox {
		if len(in) > 0 {
			for _, lost := range in[a.srv.shards[i].box.Offer(maxBacklog, in...):] {
				if _, ok := lost.(requestIn); ok {
					a.srv.gate.coming.Add(-1)
				}
				a.srv.drop("pppoe: frame, backlog full")
			}
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
		a.srv.murmur.Debug("access port cannot be written", "port", a.port.Name(), "err", err)
	}
}

// receive takes one Ethernet frame; it is valid during the call only.
func (a *access) receive(b []byte) {
	f, err := wire.ParseFrame(b)
	if err != nil {
		a.bad.Add(1)
		a.srv.murmur.Debug("access frame dropped", "port", a.port.Name(), "err", err)
		return
	}
	if f.EtherType != wire.Discovery || f.Code != wire.PADI {
		a.queue.frames++
	}
	switch {
	case f.EtherType == wire.Discovery && f.Code != wire.PADT:
		a.discover(&f)
	case f.Dst != a.front.Load().mac || f.SessionID == 0:
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
	if a.srv.closing.Load() || a.sheds(f) {
		return // silent: what began now could not be finished
	}
	from, now := len(a.reply), time.Now()
	receive := a.front.Load().responder.Receive
	if f.Code == wire.PADI && a.backlog.late(now) {
		receive = a.front.Load().responder.ReceiveLate
	}
	reply, req, v := receive(now, f, a.reply)
	a.reply = reply
	a.verdicts[v].Add(1)
	if len(reply) > from {
		a.replies = append(a.replies, reply[from:len(reply):len(reply)])
	}
	switch {
	case v == pppoe.Answered:
		a.srv.gate.offers.made.Add(1)
	case v == pppoe.Requested:
		a.srv.gate.takes()
		i := a.shard(&req)
		a.inbox[i] = append(a.inbox[i], requestIn{a, req.Clone()})
	case v >= pppoe.Malformed:
		a.srv.murmur.Debug("discovery frame dropped", "port", a.port.Name(), "mac", f.Src, "code", f.Code.String(), "what", v.String())
	}
}

// sheds reports whether a discovery frame is met with silence, before anything
// is done for it.
func (a *access) sheds(f *wire.Frame) bool {
	g := &a.srv.gate
	switch {
	case f.Code == wire.PADI && (g.closed.Load() || g.full()):
		a.shedPADI.Add(1)
	case f.Code == wire.PADR && g.crowded():
		a.shedPADR.Add(1)
	default:
		return false
	}
	return true
}

// shard hashes a PADR so that its repetition meets the same shard.
func (a *access) shard(req *pppoe.Request) int {
	var b [16]byte
	copy(b[:], req.Src[:])
	binary.BigEndian.PutUint16(b[6:], req.VLANs[0].ID)
	binary.BigEndian.PutUint16(b[8:], req.VLANs[1].ID)
	binary.BigEndian.PutUint16(b[10:], uint16(a.index))
	return int(maphash.Bytes(a.srv.hashSeed, b[:]) % uint64(len(a.inbox)))
}
