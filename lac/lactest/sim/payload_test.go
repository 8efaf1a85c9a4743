package sim

import (
	"encoding/hex"
	"testing"
)

func TestPayload(t *testing.T) {
	want := payload{tokenOf(0x010203, 4), up, 0x0a0b0c0d}
	f := appendPayload(nil, want, [4]byte{100, 64, 0, 5}, [4]byte{192, 0, 2, 1}, 48)
	golden := "0021" + // PPP protocol
		"45000030" + "00000000" + "40115477" + "64400005" + "c0000201" + // IPv4
		"6c736c73" + "001c0000" + // UDP
		"6c73696d" + "04010203" + "01000000" + "0a0b0c0d" + // mark, token, way, seq
		"00000000"
	if got := hex.EncodeToString(f); got != golden {
		t.Errorf("got  %s\nwant %s", got, golden)
	}
	if checksum(f[protoLen:protoLen+ipLen]) != 0 {
		t.Error("bad checksum")
	}
	if got, ok := parsePayload(f); !ok || got != want {
		t.Errorf("got %+v, %v", got, ok)
	}
	for n := range f {
		if _, ok := parsePayload(f[:n]); ok && n < markAt+markLen {
			t.Errorf("%d octets were parsed", n)
		}
	}
	f[markAt] = 0
	if _, ok := parsePayload(f); ok {
		t.Error("a packet without the mark was parsed")
	}
}

func TestPayloadSizes(t *testing.T) {
	for _, size := range []int{MinPayload, 64, 1492, 4000} {
		if n := len(appendPayload(nil, payload{1, down, 1}, service, service, size)); n != size+protoLen {
			t.Errorf("size %d: %d octets", size, n)
		}
	}
}

func FuzzPayload(f *testing.F) {
	f.Add(appendPayload(nil, payload{tokenOf(7, 1), down, 9}, service, service, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, ok := parsePayload(b)
		if !ok {
			return
		}
		if again, ok := parsePayload(appendPayload(nil, p, service, service, 64)); !ok || again != p {
			t.Errorf("%+v became %+v", p, again)
		}
	})
}

func TestToken(t *testing.T) {
	if tokenOf(0, 1) == 0 || tokenOf(5, 1) == tokenOf(5, 2) || tokenOf(5, 1) == tokenOf(6, 1) {
		t.Error("tokens are not told apart")
	}
}
