package pppoe

import "time"

// refusals are hosts that were refused lately, as a Bloom filter: it may take a
// host for one of them, but never forgets one before its time. Each host has its
// bits in one word, so that a look costs one miss of the cache. There are two
// filters, one for the span of time that is passing and one for the span before,
// so that a host is remembered for one span at least and for two at most: as
// long as RFC 2516 section 8 has it wait before its second, third and fourth
// PADI, if it begins with a few seconds.
//
// They take no memory until somebody is refused, and never more than they take
// then, 4 MiB. At 100,000 refusals a second one host in fifty that never came
// is taken for one that did; at 250,000 one in six.
type refusals struct {
	seen  [2][]uint64 // this span's, and the one's before
	until int64       // the end of this span, in nanoseconds
}

const (
	refusalSpan     = 16 * time.Second
	refusalWordBits = 18
	refusalBits     = 4 // of a word, for each host
)

// add takes note of a host, by its hash.
func (r *refusals) add(now time.Time, host uint64) {
	if r.seen[0] == nil {
		r.seen = [2][]uint64{make([]uint64, 1<<refusalWordBits), make([]uint64, 1<<refusalWordBits)}
	}
	r.turn(now)
	i, bits := refusalAt(host)
	r.seen[0][i] |= bits
}

// has reports whether a host was refused lately.
func (r *refusals) has(now time.Time, host uint64) bool {
	if r.seen[0] == nil {
		return false
	}
	r.turn(now)
	i, bits := refusalAt(host)
	return r.seen[0][i]&bits == bits || r.seen[1][i]&bits == bits
}

// turn begins a new span when the last is over.
func (r *refusals) turn(now time.Time) {
	late := now.UnixNano() - r.until
	if late < 0 {
		return
	}
	r.seen[0], r.seen[1] = r.seen[1], r.seen[0]
	clear(r.seen[0])
	if late >= int64(refusalSpan) {
		clear(r.seen[1])
	}
	r.until = now.UnixNano() + int64(refusalSpan)
}

// refusalAt returns the word of a host, and its bits there. The uppermost bits
// of a hash are what hosts are in a set for.
func refusalAt(host uint64) (word uint64, bits uint64) {
	for range refusalBits {
		bits |= 1 << (host & 63)
		host >>= 6
	}
	return host & (1<<refusalWordBits - 1), bits
}
