package radius

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	layeh "layeh.com/radius"

	"lacd/pppoe/wire"
)

// secret and request are those of RFC 2865 section 7.1.
var (
	secret  = []byte("xyzzy5461")
	request = [16]byte(unhex("0f403f9473978057bd83d5cb98f4227a"))
)

// unhex joins hexadecimal fields; what follows a '#' in a line is a comment.
func unhex(s string) []byte {
	var clean strings.Builder
	for line := range strings.Lines(s) {
		line, _, _ = strings.Cut(line, "#")
		clean.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(clean.String())
	if err != nil {
		panic(err)
	}
	return b
}

func sampleLine() *wire.Line {
	l := &wire.Line{
		CircuitID: "dslam1", RemoteID: "cpe", IWF: true,
		Loop: wire.Loop{DataLink: 0, Encaps1: 1, Encaps2: 6}, HasLoop: true,
	}
	l.SetNumber(wire.ActualRateUp, 1024)
	l.SetNumber(wire.ActualRateDown, 5_000_000)
	l.SetNumber(wire.MinRateUp, 512)
	l.SetNumber(wire.ActualDelayUp, 9)
	return l
}

func sampleAccess() Access {
	return Access{
		User: "nemo@acme", Protocol: PAP, Password: []byte("arctangent"),
		NASIdentifier: "lac1", NASIP: netip.MustParseAddr("192.0.2.1"), NASPort: 0x01020064, NASPortID: "eth1:100.200",
		CallingStation: "02:00:00:00:00:01", CalledStation: "internet", AcctSession: "00a1b2c3", MTU: 1492, Line: sampleLine(),
	}
}

// reply builds an answer to request: signed or not, with the attributes given
// as whole octets.
func reply(code layeh.Code, signed bool, attributes []byte) []byte {
	body := attributes
	if signed {
		body = append(unhex("50 12 00000000000000000000000000000000"), attributes...)
	}
	b := append([]byte{byte(code), 7, byte((20 + len(body)) >> 8), byte(20 + len(body))}, request[:]...)
	b = append(b, body...)
	if signed {
		sum := MessageAuthenticator(b, request, secret, 22)
		copy(b[22:], sum[:])
	}
	sum := PacketAuthenticator(b, request, secret)
	copy(b[4:], sum[:])
	return b
}

func equalBytes(t *testing.T, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("octet %d differs:\ngot  %x\nwant %x", i, got, want)
		}
	}
	t.Fatalf("got %d octets, want %d:\ngot  %x\nwant %x", len(got), len(want), got, want)
}
