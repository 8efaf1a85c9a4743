package pppoe

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"lacd/pppoe/wire"
)

// limiter is what the limits of a port have let through so far.
type limiter struct {
	seed      uint64
	fresh     Bucket // PADIs of hosts that were not refused lately
	again     Bucket // of those that were
	vlans     hosts  // PADIs with the same tags
	padiHosts hosts
	refused   refusals

	padr, forged Bucket // PADRs with a good cookie, and the others
	padrHosts    hosts
}

// share is which part of a port's PADIs is kept for hosts that come again, and
// which part of what is left those with the same tags may have.
const share = 4

func newLimiter(l Limits, key [32]byte) limiter {
	sum := sha256.Sum256(key[:]) // the key itself is for cookies
	seed := binary.BigEndian.Uint64(sum[:])
	return limiter{
		seed:  seed,
		fresh: NewBucket(l.PADI - l.PADI/share), again: NewBucket(l.PADI / share),
		vlans:     newHosts((l.PADI-l.PADI/share)/share, seed),
		padiHosts: newHosts(l.PADIPerHost, seed),
		padr:      NewBucket(l.PADR), forged: NewBucket(l.PADR),
		padrHosts: newHosts(l.PADRPerHost, seed),
	}
}

// admitPADI reports why a PADI is not looked at; 0: it is. It takes from the
// host's share first, so that one host above its rate does not use up the
// port's.
func (l *limiter) admitPADI(now time.Time, f *wire.Frame) Verdict {
	host := hostHash(l.seed, f.Src, f.VLANs)
	if l.padiHosts.interval != 0 && !l.padiHosts.count(now, host, f.Src, f.VLANs) {
		return HostRate
	}
	b, full := &l.fresh, PortRate
	if l.again.interval != 0 && l.refused.has(now, host) {
		b, full = &l.again, AgainRate
	}
	switch {
	case f.VLANs != wire.VLANs{} && !l.takeVLAN(now, f) && b.scarce(now):
		full = VLANRate
	case b.Take(now):
		return 0
	}
	l.refused.add(now, host)
	return full
}

// refuse takes note of a host as refused, and reports false if it was lately.
func (l *limiter) refuse(now time.Time, f *wire.Frame) bool {
	host := hostHash(l.seed, f.Src, f.VLANs)
	if l.refused.has(now, host) {
		return false
	}
	l.refused.add(now, host)
	return true
}

// takeVLAN reports whether hosts with the tags of a frame had no more than their
// share so far.
func (l *limiter) takeVLAN(now time.Time, f *wire.Frame) bool {
	return l.vlans.interval == 0 || l.vlans.count(now, hostHash(l.seed, wire.MAC{}, f.VLANs), wire.MAC{}, f.VLANs)
}

// takePADR reports whether a PADR of a host within its share may pass. Those
// without a good cookie, which are no more than looked at, take nothing from the
// others.
func (l *limiter) takePADR(now time.Time, good bool) bool {
	if good {
		return l.padr.Take(now)
	}
	return l.forged.Take(now)
}
