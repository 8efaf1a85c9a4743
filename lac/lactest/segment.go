package lactest

import (
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"lacd/kernel"
	"lacd/pppoe/ppp"
	"lacd/pppoe/wire"
)

// Segment is the subscribers' end of an access port.
type Segment struct {
	port kernel.Port

	mu       sync.Mutex // guards what follows
	dialing  map[uint32]*Subscriber
	sessions map[sessionKey]*Subscriber
	next     uint32
	out      [][]byte
	frames   []wire.Frame // everything received, if Record
	Record   bool         // set before the first Dial
}

type sessionKey struct {
	mac wire.MAC
	id  wire.SessionID
}

// NewSegment returns the far end of an access port. Run must be called.
func NewSegment(port kernel.Port) *Segment {
	return &Segment{port: port, dialing: map[uint32]*Subscriber{}, sessions: map[sessionKey]*Subscriber{}}
}

// Run feeds the subscribers until the port is closed.
func (s *Segment) Run() {
	for {
		if err := s.port.ReadBatch(s.receive); err != nil {
			return
		}
		s.flush()
	}
}

func (s *Segment) flush() {
	s.mu.Lock()
	out := s.out
	s.out = nil
	s.mu.Unlock()
	if len(out) > 0 {
		_ = s.port.WriteBatch(out) // a closed port ends the test anyway
	}
}

func (s *Segment) send(f wire.Frame) { s.out = append(s.out, f.AppendTo(nil)) }

// Account is how a subscriber dials in.
type Account struct {
	MAC            wire.MAC // zero: one of its own
	VLANs          wire.VLANs
	Service        string
	User, Password string
	PAP            bool   // Nak CHAP and ask for PAP
	MaxPayload     uint16 // RFC 4638; 0: no tag
	Line           *wire.Line
	Mute           bool // answers no authentication
	Early          bool // sends an IPCP Configure-Request right after its credentials
}

// State is how far a subscriber has come.
type State uint8

// The states.
const (
	Dialing State = 1 + iota
	Linking       // PADS has come
	Proven        // the credentials were sent
	Ended         // PADT has come or was sent
)

// Subscriber is one customer's router. Its fields are read through its methods.
type Subscriber struct {
	seg     *Segment
	account Account
	uniq    [4]byte

	// Guarded by seg.mu.
	state      State
	ac         wire.MAC
	id         wire.SessionID
	cookie     []byte
	acked      bool // the AC acknowledged our request
	opened     bool
	auth       ppp.Protocol
	refusal    string // text of Nak or Failure
	terminated bool   // the AC sent Terminate-Request
	errTag     string // text of the error PADS
	done       chan struct{}
	proven     chan struct{}
}

// Dial starts a subscriber: its PADI leaves at once.
func (s *Segment) Dial(a Account) *Subscriber {
	s.mu.Lock()
	s.next++
	sub := &Subscriber{seg: s, account: a, state: Dialing, done: make(chan struct{}), proven: make(chan struct{})}
	binary.BigEndian.PutUint32(sub.uniq[:], s.next)
	if a.MAC == (wire.MAC{}) {
		sub.account.MAC = wire.MAC{0x02, 0x10}
		copy(sub.account.MAC[2:], sub.uniq[:])
	}
	s.dialing[s.next] = sub
	p := wire.AppendTag(nil, wire.ServiceName, []byte(a.Service))
	s.send(sub.discovery(wire.Broadcast, wire.PADI, sub.common(p)))
	s.mu.Unlock()
	s.flush()
	return sub
}

func (sub *Subscriber) common(p []byte) []byte {
	p = wire.AppendTag(p, wire.HostUniq, sub.uniq[:])
	if m := sub.account.MaxPayload; m != 0 {
		p = wire.AppendTag(p, wire.PPPMaxPayload, binary.BigEndian.AppendUint16(nil, m))
	}
	if l := sub.account.Line; l != nil {
		p = wire.AppendTag(p, wire.VendorSpecific, l.AppendTo(nil))
	}
	return p
}

func (sub *Subscriber) discovery(dst wire.MAC, code wire.Code, payload []byte) wire.Frame {
	return wire.Frame{
		Dst: dst, Src: sub.account.MAC, VLANs: sub.account.VLANs, EtherType: wire.Discovery, Code: code, Payload: payload,
	}
}

func (sub *Subscriber) ppp(packet []byte) {
	sub.seg.send(wire.Frame{
		Dst: sub.ac, Src: sub.account.MAC, VLANs: sub.account.VLANs, EtherType: wire.SessionData,
		Code: wire.Data, SessionID: sub.id, Payload: packet,
	})
}

func (s *Segment) receive(b []byte) {
	f, err := wire.ParseFrame(b)
	if err != nil {
		panic(fmt.Sprintf("the access concentrator sent a frame that is not PPPoE: %v: %x", err, b))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Record {
		c := f
		c.Payload = slices.Clone(f.Payload)
		s.frames = append(s.frames, c)
	}
	switch {
	case f.Code == wire.PADO || f.Code == wire.PADS:
		s.reply(&f)
	case f.Code == wire.PADT:
		if sub := s.sessions[sessionKey{f.Dst, f.SessionID}]; sub != nil {
			sub.end()
		}
	case f.EtherType == wire.SessionData:
		if sub := s.sessions[sessionKey{f.Dst, f.SessionID}]; sub != nil && sub.state != Ended {
			sub.receivePPP(f.Payload)
		}
	}
}

// reply takes a PADO or PADS.
func (s *Segment) reply(f *wire.Frame) {
	var uniq, cookie, service []byte
	var errText string
	failed := false
	for t, err := range wire.Tags(f.Payload) {
		if err != nil {
			panic(fmt.Sprintf("the access concentrator sent tags that overrun: %x", f.Payload))
		}
		switch t.Type {
		case wire.HostUniq:
			uniq = t.Value
		case wire.ACCookie:
			cookie = t.Value
		case wire.ServiceName:
			service = t.Value
		case wire.ServiceNameError, wire.ACSystemError, wire.GenericError:
			failed, errText = true, string(t.Value)
		default:
		}
	}
	if len(uniq) != 4 {
		return
	}
	sub := s.dialing[binary.BigEndian.Uint32(uniq)]
	switch {
	case sub == nil || sub.state != Dialing:
	case f.Code == wire.PADO && sub.cookie == nil:
		sub.ac, sub.cookie = f.Src, slices.Clone(cookie)
		p := wire.AppendTag(nil, wire.ServiceName, service)
		p = wire.AppendTag(p, wire.ACCookie, cookie)
		s.send(sub.discovery(f.Src, wire.PADR, sub.common(p)))
	case f.Code == wire.PADS && failed:
		sub.errTag = errText
		sub.end()
	case f.Code == wire.PADS:
		delete(s.dialing, binary.BigEndian.Uint32(uniq))
		sub.id, sub.state = f.SessionID, Linking
		s.sessions[sessionKey{sub.account.MAC, sub.id}] = sub
		sub.ppp(lcp(ppp.ConfigureRequest, 1, []byte{5, 6, 0xca, 0xfe, sub.uniq[2], sub.uniq[3]}))
	}
}

func (sub *Subscriber) end() {
	if sub.state == Ended {
		return
	}
	sub.state = Ended
	delete(sub.seg.sessions, sessionKey{sub.account.MAC, sub.id})
	close(sub.done)
}

// lcp returns an LCP packet as a PPP frame.
func lcp(code ppp.Code, id uint8, data []byte) []byte { return packet(ppp.LCP, code, id, data) }

func packet(proto ppp.Protocol, code ppp.Code, id uint8, data []byte) []byte {
	return ppp.Packet{Protocol: proto, Code: code, ID: id, Data: data}.AppendTo(nil)
}

func (sub *Subscriber) receivePPP(b []byte) {
	p, err := ppp.ParsePacket(b)
	if err != nil {
		return
	}
	data := slices.Clone(p.Data)
	switch {
	case p.Protocol == ppp.LCP:
		sub.receiveLCP(p.Code, p.ID, data)
	case p.Protocol == ppp.CHAP && p.Code == 1 && len(data) > 0 && !sub.account.Mute:
		size := int(data[0])
		h := md5.New()
		h.Write([]byte{p.ID})
		h.Write([]byte(sub.account.Password))
		h.Write(data[1 : 1+size])
		v := append([]byte{md5.Size}, h.Sum(nil)...)
		sub.ppp(packet(ppp.CHAP, 2, p.ID, append(v, sub.account.User...)))
		sub.prove()
	case p.Protocol == ppp.CHAP && p.Code == 4:
		sub.refusal = string(data)
	case p.Protocol == ppp.PAP && p.Code == 3 && len(data) > 0:
		sub.refusal = string(data[1:])
	}
}

func (sub *Subscriber) receiveLCP(code ppp.Code, id uint8, data []byte) {
	switch code {
	case ppp.ConfigureRequest:
		sub.auth = authOf(data)
		if sub.account.PAP && sub.auth == ppp.CHAP {
			sub.ppp(lcp(ppp.ConfigureNak, id, []byte{3, 4, 0xc0, 0x23}))
			return
		}
		sub.ppp(lcp(ppp.ConfigureAck, id, data))
		sub.opened = true
		sub.open()
	case ppp.ConfigureAck:
		sub.acked = true
		sub.open()
	case ppp.TerminateRequest:
		sub.terminated = true
		sub.ppp(lcp(ppp.TerminateAck, id, nil))
	case ppp.EchoRequest:
		sub.ppp(lcp(ppp.EchoReply, id, append([]byte{0xca, 0xfe, sub.uniq[2], sub.uniq[3]}, data[min(4, len(data)):]...)))
	default:
	}
}

// authOf returns the Authentication-Protocol option of a Configure-Request.
func authOf(options []byte) ppp.Protocol {
	for len(options) >= 2 && int(options[1]) >= 2 && int(options[1]) <= len(options) {
		if options[0] == 3 && options[1] >= 4 {
			return ppp.Protocol(binary.BigEndian.Uint16(options[2:]))
		}
		options = options[options[1]:]
	}
	return 0
}

func (sub *Subscriber) open() {
	if !sub.acked || !sub.opened || sub.auth != ppp.PAP || sub.account.Mute {
		return
	}
	a := sub.account
	data := ppp.PAPRequest{Name: []byte(a.User), Password: []byte(a.Password)}.AppendTo(nil)
	sub.ppp(packet(ppp.PAP, 1, 1, data))
	sub.prove()
}

func (sub *Subscriber) prove() {
	if sub.state != Linking {
		return
	}
	sub.state = Proven
	close(sub.proven)
	if sub.account.Early {
		sub.ppp(EarlyIPCP)
	}
}

// EarlyIPCP is the frame that a subscriber with Account.Early sends.
var EarlyIPCP = []byte{0x80, 0x21, 1, 1, 0, 10, 3, 6, 0, 0, 0, 0}
