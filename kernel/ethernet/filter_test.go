package ethernet

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
)

var ourMAC = [macLen]byte{0x02, 0, 0, 0, 0, 0x01}

const (
	ours      = "020000000001"
	theirs    = "0200000000c1"
	broadcast = "ffffffffffff"
)

// frame decodes hex digits, spaces ignored.
func frame(parts ...string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(parts, ""), " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func TestFilter(t *testing.T) {
	const (
		padi = "8863 11 09 0000 0000"
		padr = "8863 11 19 0000 0000"
		head = "8864 11 00 0007 0006"
		lcp  = head + "c021 01010004"
		ipv4 = head + "0021 45000000"
		q    = "8100 0064"
		ad   = "88a8 00c8"
		qold = "9100 00c8"
	)
	tests := []struct {
		name  string
		frame []byte
		want  bool // with Config.All false
		all   bool // with Config.All true
	}{
		{"PADI", frame(broadcast, theirs, padi), true, true},
		{"PADI in 802.1Q", frame(broadcast, theirs, q, padi), true, true},
		{"PADI in 802.1ad", frame(broadcast, theirs, ad, q, padi), true, true},
		{"PADI in old QinQ", frame(broadcast, theirs, qold, q, padi), true, true},
		{"PADI in three tags", frame(broadcast, theirs, ad, q, q, padi), false, false},
		{"PADR to us", frame(ours, theirs, padr), true, true},
		{"PADR to another", frame(theirs, ours, padr), false, true},
		{"PADI to a multicast address", frame("01005e000001", theirs, padi), false, true},
		{"PADI to half a broadcast", frame("ffffffff0001", theirs, padi), false, true},
		{"LCP", frame(ours, theirs, lcp), true, true},
		{"LCP in 802.1Q", frame(ours, theirs, q, lcp), true, true},
		{"LCP in 802.1ad", frame(ours, theirs, ad, q, lcp), true, true},
		{"LCP to another", frame(theirs, ours, lcp), false, true},
		{"LCP to broadcast", frame(broadcast, theirs, lcp), false, true},
		{"IPCP", frame(ours, theirs, head, "8021 0101000a"), true, true},
		{"IPv6CP in 802.1Q", frame(ours, theirs, q, head, "8057 0101000a"), true, true},
		{"CHAP", frame(ours, theirs, head, "c223 0101000a"), true, true},
		{"IPv4", frame(ours, theirs, ipv4), false, true},
		{"IPv4 in 802.1ad", frame(ours, theirs, ad, q, ipv4), false, true},
		{"IPv6, compressed protocol", frame(ours, theirs, head, "57 60000000"), false, true},
		{"compressed datagram, compressed protocol", frame(ours, theirs, head, "fd 00000000"), false, true},
		{"session frame cut short", frame(ours, theirs, "8864 11 00 0007"), false, true},
		{"IP", frame(ours, theirs, "0800 45000000 00000000 00000000"), false, false},
		{"tagged IP", frame(ours, theirs, q, "0800 45000000 00000000"), false, false},
		{"nothing", nil, false, false},
		{"addresses alone", frame(ours, theirs), false, false},
	}
	for _, of := range []part{everything, addressed, broadcasts} {
		vm, err := bpf.NewVM(filter(ourMAC, of))
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range tests {
			want := tt.all
			if of != everything {
				want = tt.want && bytes.HasPrefix(tt.frame, frame(broadcast)) == (of == broadcasts)
			}
			n, err := vm.Run(tt.frame)
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			if got := n > 0; got != want {
				t.Errorf("%s, part %v: passed %v, want %v", tt.name, of, got, want)
			}
		}
	}
}

func TestAssemble(t *testing.T) {
	for _, of := range []part{everything, addressed, broadcasts} {
		code, err := assemble(ourMAC, of)
		if err != nil {
			t.Fatal(err)
		}
		if len(code) > 64 {
			t.Errorf("part %v: got %d instructions, want a short program", of, len(code))
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add(frame(broadcast, theirs, "8863 11 09 0000 0000"))
	f.Add(frame(ours, theirs, "8100 0064 8864 11 00 0007 0006 c021 01010004"))
	var vms []*bpf.VM
	for _, of := range []part{addressed, broadcasts} {
		vm, err := bpf.NewVM(filter(ourMAC, of))
		if err != nil {
			f.Fatal(err)
		}
		vms = append(vms, vm)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		passed := 0
		for _, vm := range vms {
			n, err := vm.Run(b)
			if err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				passed++
			}
		}
		if passed > 0 && len(b) < headerLen {
			t.Errorf("passed %d octets", len(b))
		}
		if passed > 1 {
			t.Error("passed to both queues")
		}
	})
}
