package crowd

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func TestEcho(t *testing.T) {
	src, dst := [4]byte{10, 200, 0, 7}, [4]byte{10, 99, 0, 1}
	f := echo(src, dst, 7, 0x102, 32)
	want := "0021" + "4500002000000000" + "4001" + "65ab" + "0ac80007" + "0a630001" + // IPv4
		"0800" + "f6f6" + "0007" + "0102" + "00000000" // ICMP
	if got := hex.EncodeToString(f); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if checksum(f[ipAt:icmpAt]) != 0 || checksum(f[icmpAt:]) != 0 {
		t.Error("bad checksums")
	}
	request := bytes.Clone(f)
	if !makeReply(f) || !isEcho(f, echoReply) {
		t.Fatal("no reply")
	}
	if checksum(f[ipAt:icmpAt]) != 0 || checksum(f[icmpAt:]) != 0 {
		t.Error("bad checksums of the reply")
	}
	if !bytes.Equal(f[ipAt+12:ipAt+16], dst[:]) || !bytes.Equal(f[ipAt+16:ipAt+20], src[:]) {
		t.Errorf("addresses: %x", f[ipAt+12:ipAt+20])
	}
	if makeReply(f) {
		t.Error("a reply was replied to")
	}
	for n := range request {
		if n < echoSize && makeReply(bytes.Clone(request[:n])) {
			t.Errorf("%d octets were replied to", n)
		}
	}
}

func TestChecksumOdd(t *testing.T) {
	if got := checksum([]byte{0xff, 0xff, 0x01}); got != 0xfeff {
		t.Errorf("got %#x", got)
	}
}
