package radius

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"

	layeh "layeh.com/radius"
)

func TestStatusEncode(t *testing.T) {
	s := Status{NAS: NAS{Identifier: "lac1", IP: netip.MustParseAddr("192.0.2.1")}}
	got, err := s.Encode(Try{ID: 0x2a, Authenticator: request, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	want := unhex(`
		0c 2a 0032                            # Status-Server
	`)
	want = append(want, request[:]...)
	want = append(want, unhex(`
		50 12 00000000000000000000000000000000 # Message-Authenticator
		04 06 c0000201                         # NAS-IP-Address
		20 06 6c616331                         # NAS-Identifier
	`)...)
	sum := MessageAuthenticator(want, request, secret, 22)
	copy(want[22:], sum[:])
	if !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	if _, err := s.Encode(Try{}); err == nil {
		t.Error("a Status-Server without a secret was encoded")
	}
	if _, err := (&Status{}).Encode(Try{Secret: secret}); err == nil {
		t.Error("a Status-Server of nobody was encoded")
	}
}

// "Robust implementations SHOULD accept any Response packet", if its Response
// Authenticator is right (RFC 5997 section 4.1).
func TestStatusAnswer(t *testing.T) {
	for _, kind := range []Kind{Authentication, Accounting} {
		for _, tt := range []struct {
			name string
			b    []byte
			want error
		}{
			{"Access-Accept", reply(layeh.CodeAccessAccept, true, nil), nil},
			{"Access-Accept, unsigned", reply(layeh.CodeAccessAccept, false, nil), nil},
			{"Accounting-Response", reply(layeh.CodeAccountingResponse, false, nil), nil},
			{"Access-Reject", reply(layeh.CodeAccessReject, true, nil), DropCode},
			{"Status-Client", reply(layeh.CodeStatusClient, true, nil), DropCode},
		} {
			q := &Question{Kind: kind, Authenticator: request, Secret: secret, RequireSignature: true, Status: true}
			if _, err := ParseReply(tt.b, q); !errors.Is(err, tt.want) {
				t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
			}
			q.Secret = []byte("another")
			if _, err := ParseReply(tt.b, q); err == nil {
				t.Errorf("%s: accepted under another secret", tt.name)
			}
		}
	}
}
