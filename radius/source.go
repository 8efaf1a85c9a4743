package radius

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// source draws unpredictable octets from a seed: SHA-256 over the seed and a
// counter: a Request Authenticator "SHOULD exhibit global and temporal
// uniqueness" and "SHOULD also be unpredictable" (RFC 2865 section 3).
type source struct {
	seed [32]byte
	n    uint64
}

func (s *source) block() [sha256.Size]byte {
	var b [40]byte
	copy(b[:], s.seed[:])
	binary.BigEndian.PutUint64(b[32:], s.n)
	s.n++
	return sha256.Sum256(b[:])
}

func (s *source) authenticator() (a [16]byte) {
	b := s.block()
	copy(a[:], b[:])
	return a
}

// below returns a uniform number from 0 to n-1. Its bias is that of 64 bits.
func (s *source) below(n int) int {
	b := s.block()
	return int(binary.BigEndian.Uint64(b[:]) % uint64(n))
}

// jitter returns a uniform share of d between -1/10 and +1/10 (RAND of RFC
// 5080 section 2.2.1).
func (s *source) jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	b := s.block()
	span := uint64(d / 5)
	return time.Duration(binary.BigEndian.Uint64(b[:])%(span+1)) - d/10
}
