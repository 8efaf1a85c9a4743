package radius

import (
	"bytes"
	"errors"
	"testing"

	layeh "layeh.com/radius"

	"lacd/policy"
)

func question() *Question {
	return &Question{Kind: Authentication, Authenticator: request, Secret: secret, RequireSignature: true}
}

// The Access-Accepts of RFC 2865 sections 7.1 and 7.2.
func TestParseReplyRFC2865(t *testing.T) {
	q := question()
	q.RequireSignature = false
	r, err := ParseReply(unhex(`
		02 00 0026 86fe220e7624ba2a1005f6bf9b55e0b2
		06 06 00000001   # Service-Type Login
		0f 06 00000000   # Login-Service Telnet
		0e 06 c0a80103   # Login-IP-Host
	`), q)
	if err != nil {
		t.Fatal(err)
	}
	o := r.Outcome()
	if want := "Access-Accept cannot be honoured: Service-Type 1 is not supported"; o.Accepted || o.Detail != want {
		t.Errorf("got %+v, want a reject with detail %q", o, want)
	}

	q.Authenticator = [16]byte(unhex("2aee86f08d0d55969ca5978e0d3367a2"))
	r, err = ParseReply(unhex(`
		02 01 0038 15efbc7dab26cfa3dc34d9c03c8601a4
		06 06 00000002   # Service-Type Framed
		07 06 00000001   # Framed-Protocol PPP
		08 06 fffffffe   # Framed-IP-Address
		0a 06 00000002   # Framed-Routing
		0d 06 00000001   # Framed-Compression
		0c 06 000005dc   # Framed-MTU
	`), q)
	if err != nil {
		t.Fatal(err)
	}
	if o := r.Outcome(); !o.Accepted || o.Detail != "" {
		t.Errorf("got %+v, want accepted", o)
	}
}

func TestParseReplySigned(t *testing.T) {
	// Signed by an independent program: HMAC-MD5 with the Request
	// Authenticator, then the Response Authenticator.
	good := reply(layeh.CodeAccessReject, true, unhex("12 04 6e6f"))
	for _, tt := range []struct {
		name   string
		mangle func(b []byte, q *Question) []byte
		want   error
	}{
		{"good", func(b []byte, _ *Question) []byte { return b }, nil},
		{"padding after Length", func(b []byte, _ *Question) []byte { return append(b, 1, 2, 3) }, nil},
		{"below 20 octets", func(b []byte, _ *Question) []byte { return b[:19] }, DropShort},
		{"Length over the datagram", func(b []byte, _ *Question) []byte { b[3]++; return b }, DropShort},
		{"Length below 20", func(b []byte, _ *Question) []byte { b[3] = 19; return b }, DropShort},
		{"Length over 4096", func(b []byte, _ *Question) []byte {
			b[2], b[3] = 0x10, 1
			return append(b, make([]byte, 4096)...)
		}, DropShort},
		{"accounting code", func(b []byte, _ *Question) []byte { b[0] = 5; return b }, DropCode},
		{"request code", func(b []byte, _ *Question) []byte { b[0] = 1; return b }, DropCode},
		{"Message-Authenticator changed", func(b []byte, _ *Question) []byte { b[30] ^= 1; return b }, DropSignature},
		{"code changed", func(b []byte, _ *Question) []byte { b[0] = 2; return b }, DropSignature},
		{"attribute changed", func(b []byte, _ *Question) []byte { b[41] ^= 1; return b }, DropSignature},
		{"identifier changed", func(b []byte, _ *Question) []byte { b[1]++; return b }, DropSignature},
		{"authenticator changed", func(b []byte, _ *Question) []byte { b[4] ^= 1; return b }, DropAuthenticator},
		{"other request", func(b []byte, q *Question) []byte { q.Authenticator[3]++; return b }, DropSignature},
		{"other secret", func(b []byte, q *Question) []byte { q.Secret = []byte("x"); return b }, DropSignature},
		{"no secret", func(b []byte, q *Question) []byte { q.Secret = nil; return b }, DropSignature},
		{"unsigned", func(_ []byte, _ *Question) []byte {
			return reply(layeh.CodeAccessReject, false, unhex("12 04 6e6f"))
		}, DropUnsigned},
		{"unsigned, not required", func(_ []byte, q *Question) []byte {
			q.RequireSignature = false
			return reply(layeh.CodeAccessReject, false, unhex("12 04 6e6f"))
		}, nil},
		{"wrong, not required", func(b []byte, q *Question) []byte {
			q.RequireSignature = false
			b[30] ^= 1
			sum := PacketAuthenticator(b, request, secret)
			copy(b[4:], sum[:])
			return b
		}, DropSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := question()
			_, err := ParseReply(tt.mangle(bytes.Clone(good), q), q)
			if !errors.Is(err, tt.want) {
				t.Errorf("got error %v, want %v", err, tt.want)
			}
		})
	}
}

// A reply must not be discarded for the place of its Message-Authenticator.
func TestParseReplySignatureLast(t *testing.T) {
	b := append([]byte{3, 7, 0, 42}, request[:]...)
	b = append(b, unhex("12 04 6e6f 50 12 00000000000000000000000000000000")...)
	sum := MessageAuthenticator(b, request, secret, 26)
	copy(b[26:], sum[:])
	sum = PacketAuthenticator(b, request, secret)
	copy(b[4:], sum[:])
	r, err := ParseReply(b, question())
	if err != nil {
		t.Fatal(err)
	}
	if o := r.Outcome(); o.Accepted || o.Message != "no" || o.Detail != "" {
		t.Errorf("got %+v, want a reject saying no", o)
	}
}

func TestParseReplyAccounting(t *testing.T) {
	q := &Question{Kind: Accounting, Authenticator: request, Secret: secret, RequireSignature: true}
	if _, err := ParseReply(reply(layeh.CodeAccountingResponse, false, nil), q); err != nil {
		t.Errorf("without Message-Authenticator: %v", err)
	}
	if _, err := ParseReply(reply(layeh.CodeAccessAccept, true, nil), q); !errors.Is(err, DropCode) {
		t.Errorf("Access-Accept: got %v, want %v", err, DropCode)
	}
}

// No prefix of a genuine reply is one, with its Length field as it was or
// changed to fit.
func TestParseReplyPrefixes(t *testing.T) {
	good := reply(layeh.CodeAccessAccept, true, unhex("06 06 00000002 19 05 010203"))
	for n := range good {
		b := bytes.Clone(good[:n])
		if _, err := ParseReply(b, question()); err == nil {
			t.Errorf("prefix of %d octets was accepted", n)
		}
		if n >= headerLen {
			b[2], b[3] = byte(n>>8), byte(n)
			if _, err := ParseReply(b, question()); err == nil {
				t.Errorf("prefix of %d octets with its own Length was accepted", n)
			}
		}
	}
}

func TestOutcome(t *testing.T) {
	for _, tt := range []struct {
		name string
		b    []byte
		want Outcome
	}{
		{"reject", reply(3, true, unhex("12 05 616263 12 04 6465")), Outcome{Message: "abc de"}},
		{"challenge", reply(11, true, unhex("12 05 616263")), Outcome{Detail: "Access-Challenge is not supported"}},
		{
			"attribute of length 1", reply(2, true, unhex("06 06 00000002 12 01")),
			Outcome{Detail: "Access-Accept with malformed attributes"},
		},
		{
			"attribute overrun", reply(2, true, unhex("06 06 00000002 12 09 00")),
			Outcome{Detail: "Access-Accept with malformed attributes"},
		},
		{
			"a lone octet", reply(2, true, unhex("06 06 00000002 12")),
			Outcome{Detail: "Access-Accept with malformed attributes"},
		},
		{
			"a welcome that is none", reply(2, true, unhex("12 05 616263 06 06 00000001")),
			Outcome{Detail: "Access-Accept cannot be honoured: Service-Type 1 is not supported"},
		},
		{"a reject is not acted on", reply(3, true, unhex("40 06 01000003 43 0c 01 3139322e302e322e39")), Outcome{}},
		{
			"accept", reply(2, true, unhex("1b 06 00000e10")),
			Outcome{Accepted: true, Grant: policy.Grant{SessionTimeout: 3600e9}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := ParseReply(tt.b, question())
			if err != nil {
				t.Fatal(err)
			}
			o := r.Outcome()
			if o.Accepted != tt.want.Accepted || o.Message != tt.want.Message || o.Detail != tt.want.Detail ||
				o.Grant.SessionTimeout != tt.want.Grant.SessionTimeout || len(o.Grant.Tunnels) != 0 {
				t.Errorf("got %+v, want %+v", o, tt.want)
			}
		})
	}
}

// A malformed reply that is not proved genuine is discarded, not obeyed.
func TestParseReplyMalformedUnsigned(t *testing.T) {
	if _, err := ParseReply(reply(2, false, unhex("12 01")), question()); !errors.Is(err, DropUnsigned) {
		t.Errorf("got %v, want %v", err, DropUnsigned)
	}
	if _, err := ParseReply(reply(2, false, unhex("50 11 000000000000000000000000000000")), question()); !errors.Is(err, DropUnsigned) {
		t.Errorf("Message-Authenticator of 15 octets: got %v, want %v", err, DropUnsigned)
	}
}

func TestDropString(t *testing.T) {
	seen := map[string]bool{}
	for d := DropShort; d < NumDrops; d++ {
		if d.String() == "" || seen[d.String()] {
			t.Errorf("drop %d has label %q", d, d)
		}
		seen[d.String()] = true
	}
	if got := NumDrops.String(); got != "unknown" {
		t.Errorf("got %q, want unknown", got)
	}
}

// FuzzParseReply signs whatever attributes come, so that the fuzzer gets past
// the checks; nothing may panic, and what is accepted must survive a second
// encoding.
func FuzzParseReply(f *testing.F) {
	f.Add([]byte{}, uint8(2), true)
	f.Add(unhex("06 06 00000002 40 06 01000003 43 0c 01 3139322e302e322e39"), uint8(2), true)
	f.Add(unhex("12 01"), uint8(3), false)
	f.Fuzz(func(t *testing.T, attributes []byte, code uint8, signed bool) {
		if len(attributes) > maxPacket-40 {
			return
		}
		_, _ = ParseReply(attributes, question())
		b := reply(layeh.Code(code), signed, attributes)
		r, err := ParseReply(b, question())
		if err != nil {
			return
		}
		o := r.Outcome()
		if o.Accepted != (o.Accepted && code == 2) {
			t.Errorf("code %d was accepted", code)
		}
		if r.Malformed {
			return
		}
		again, err := r.Packet.MarshalBinary()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("got %x, %v, want %x", again, err, b)
		}
	})
}
