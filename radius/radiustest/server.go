package radiustest

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/md5"
	"slices"
	"sync"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
)

// User is an entry of the users table.
type User struct {
	Password string
	Reject   bool        // refuse, whatever the password
	Code     layeh.Code  // answer with this code; 0: Access-Accept
	Message  string      // Reply-Message
	Reply    []Attribute // of the answer, reject included, as FreeRADIUS does it
}

// Knobs are what a server does differently. The zero value behaves.
type Knobs struct {
	Silent             bool       // take requests and answer nothing
	StatusOnly         bool       // answer nothing but Status-Servers
	Status             layeh.Code // answer to a Status-Server; 0: Access-Accept
	Ignore             int        // take that many requests without an answer
	WrongAuthenticator bool       // Response Authenticator of another secret
	WrongID            bool       // answer under the next identifier
	Unsigned           bool       // no Message-Authenticator in the answer
	WrongSignature     bool       // Message-Authenticator of another secret
	SignatureLast      bool       // Message-Authenticator after the other attributes
	Forgetful          bool       // keep no record of requests
	Twice              bool       // every answer twice
	Delay              time.Duration
	Mangle             func(reply []byte) []byte // last, after signing
}

// Request is a request as received.
type Request struct {
	Time     time.Time
	From     string // source address and port
	Packet   *layeh.Packet
	Raw      []byte
	Verified bool   // Message-Authenticator or accounting authenticator is right
	User     string // User-Name
	Password string // decrypted User-Password
}

// Server is a RADIUS server. Its methods are safe for any goroutine.
type Server struct {
	secret []byte

	mu    sync.Mutex // guards what follows
	users map[string]User
	knobs Knobs
	log   []Request
}

// New returns a server with a shared secret and no users.
func New(secret string) *Server {
	return &Server{secret: []byte(secret), users: make(map[string]User)}
}

// SetUser adds or replaces a user. The name "" stands for everybody else.
func (s *Server) SetUser(name string, u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[name] = u
}

// SetKnobs replaces the knobs.
func (s *Server) SetKnobs(k Knobs) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k
}

// Requests returns what was received so far, retransmissions included.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Forget empties the record of requests.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = nil
}

// Accounting returns the Accounting-Requests received, without
// retransmissions.
func (s *Server) Accounting() []*layeh.Packet {
	var all []*layeh.Packet
	seen := make(map[string]bool)
	for _, r := range s.Requests() {
		if r.Packet.Code == layeh.CodeAccountingRequest && !seen[r.From+string(r.Raw)] {
			seen[r.From+string(r.Raw)] = true
			all = append(all, r.Packet)
		}
	}
	return all
}

// Handle takes one datagram and returns the answers, and how long they are to
// be held back.
func (s *Server) Handle(from string, b []byte) (replies [][]byte, delay time.Duration) {
	p, err := layeh.Parse(b, s.secret)
	if err != nil {
		return nil, 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Request{Time: time.Now(), From: from, Packet: p}
	r.User = rfc2865.UserName_GetString(p)
	r.Password = rfc2865.UserPassword_GetString(p)
	r.Verified = s.verify(b)
	if !s.knobs.Forgetful {
		r.Raw = bytes.Clone(b)
		s.log = append(s.log, r)
	}
	if s.knobs.Ignore > 0 {
		s.knobs.Ignore--
		return nil, 0
	}
	status := p.Code == layeh.CodeStatusServer
	if s.knobs.Silent || !r.Verified || (s.knobs.StatusOnly && !status) {
		return nil, 0
	}
	reply := s.encode(p, s.answer(p, r))
	if k := s.knobs.Mangle; k != nil {
		reply = k(reply)
	}
	replies = append(replies, reply)
	if s.knobs.Twice {
		replies = append(replies, reply)
	}
	return replies, s.knobs.Delay
}

// verify checks what proves the request genuine.
func (s *Server) verify(b []byte) bool {
	if layeh.Code(b[0]) == layeh.CodeAccountingRequest {
		return layeh.IsAuthenticRequest(b, s.secret)
	}
	// First of all attributes, so at a known place.
	if len(b) < 38 || b[20] != byte(rfc2869.MessageAuthenticator_Type) || b[21] != 18 {
		return false
	}
	zeroed := bytes.Clone(b)
	clear(zeroed[22:38])
	h := hmac.New(md5.New, s.secret)
	h.Write(zeroed)
	return hmac.Equal(h.Sum(nil), b[22:38])
}

// answer decides what to say. The caller holds mu.
func (s *Server) answer(p *layeh.Packet, r Request) *layeh.Packet {
	if p.Code == layeh.CodeAccountingRequest {
		return p.Response(layeh.CodeAccountingResponse)
	}
	if p.Code == layeh.CodeStatusServer {
		return p.Response(cmp.Or(s.knobs.Status, layeh.CodeAccessAccept))
	}
	u, known := s.users[r.User]
	if !known {
		u, known = s.users[""]
	}
	code := layeh.CodeAccessAccept
	switch {
	case !known || u.Reject || !checkPassword(p, r, u.Password):
		code = layeh.CodeAccessReject
	case u.Code != 0:
		code = u.Code
	}
	reply := p.Response(code)
	if u.Message != "" {
		reply.Add(rfc2865.ReplyMessage_Type, layeh.Attribute(u.Message))
	}
	for _, a := range u.Reply {
		a(reply)
	}
	return reply
}

func checkPassword(p *layeh.Packet, r Request, password string) bool {
	chap := rfc2865.CHAPPassword_Get(p)
	if chap == nil {
		return r.Password == password
	}
	if len(chap) != 17 {
		return false
	}
	h := md5.New() // RFC 1994 section 4.1: identifier, secret, challenge
	h.Write(chap[:1])
	h.Write([]byte(password))
	h.Write(rfc2865.CHAPChallenge_Get(p))
	return hmac.Equal(h.Sum(nil), chap[1:])
}

// encode signs a reply, or does it wrong. The caller holds mu.
func (s *Server) encode(request, reply *layeh.Packet) []byte {
	k := &s.knobs
	signed := reply.Code != layeh.CodeAccountingResponse && !k.Unsigned
	if signed {
		ma := &layeh.AVP{Type: rfc2869.MessageAuthenticator_Type, Attribute: make(layeh.Attribute, 16)}
		at := 0
		if k.SignatureLast {
			at = len(reply.Attributes)
		}
		reply.Attributes = slices.Insert(reply.Attributes, at, ma)
		secret := s.secret
		if k.WrongSignature {
			secret = []byte("not the secret")
		}
		b, err := reply.MarshalBinary() // with the Request Authenticator
		if err != nil {
			panic(err) // a user's attributes do not fit a packet: a broken test
		}
		h := hmac.New(md5.New, secret)
		h.Write(b)
		ma.Attribute = h.Sum(nil)
	}
	if k.WrongAuthenticator {
		reply.Secret = []byte("not the secret")
	}
	if k.WrongID {
		reply.Identifier = request.Identifier + 1
	}
	b, err := reply.Encode()
	if err != nil {
		panic(err)
	}
	return b
}

// Status returns Acct-Status-Type of an Accounting-Request.
func Status(p *layeh.Packet) uint32 { return uint32(rfc2866.AcctStatusType_Get(p)) }
