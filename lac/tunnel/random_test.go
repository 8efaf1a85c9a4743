package tunnel

import (
	"bytes"
	"crypto/sha256"
	"testing"
)

func TestRandom(t *testing.T) {
	r := random{seed: [32]byte{1}}
	var want []byte
	for n := range 3 {
		in := append(bytes.Clone(r.seed[:]), 0, 0, 0, 0, 0, 0, 0, byte(n))
		sum := sha256.Sum256(in)
		want = append(want, sum[:]...)
	}
	got := append(r.bytes(5), r.bytes(60)...)
	n := r.uint16()
	got = append(got, byte(n>>8), byte(n))
	if !bytes.Equal(got, want[:67]) {
		t.Errorf("got  %x\nwant %x", got, want[:67])
	}
}
