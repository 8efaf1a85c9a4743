package pppoe

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"lacd/pppoe/wire"
)

// Limits bound how many discovery frames are looked at, in frames a second; 0
// is no limit. What comes in one burst may be as much as a second's worth.
type Limits struct {
	PADI, PADR               int // of all hosts together
	PADIPerHost, PADRPerHost int // of one MAC address with one set of VLAN tags
}

// A Bucket lets so many events a second through, and as many at once. The zero
// value lets everything through. It is one number: the time at which all that
// was let through so far would be over if it had come evenly.
type Bucket struct {
	interval int64 // nanoseconds between two events that come evenly; 0: no limit
	even     int64
}

// NewBucket returns a bucket for a rate in events a second; 0 is no limit.
func NewBucket(perSecond int) Bucket {
	if perSecond <= 0 {
		return Bucket{}
	}
	return Bucket{interval: max(1, int64(time.Second)/int64(perSecond))}
}

// Take reports whether one more event may pass.
func (b *Bucket) Take(now time.Time) bool {
	return b.interval == 0 || take(&b.even, now.UnixNano(), b.interval)
}

// take counts an event at now, unless a second's worth is ahead of time.
func take(even *int64, now, interval int64) bool {
	next := max(*even, now) + interval
	if next > now+int64(time.Second) {
		return false
	}
	*even = next
	return true
}

// hosts are buckets of hosts, in a table of a fixed size: a flood from ever new
// addresses makes it forget the hosts that were quiet the longest, which are
// then let through as if they were new. Those above their rate stay.
type hosts struct {
	interval int64
	seed     uint64
	sets     [][ways]sender
}

type sender struct {
	mac   wire.MAC
	vlans wire.VLANs
	even  int64 // see Bucket; 0: free
}

const (
	setBits = 11
	ways    = 4
)

// newHosts returns no table where there is no limit. The seed keeps hosts from
// choosing whom they share a set with.
func newHosts(perSecond int, seed uint64) hosts {
	if perSecond <= 0 {
		return hosts{}
	}
	return hosts{interval: max(1, int64(time.Second)/int64(perSecond)), seed: seed, sets: make([][ways]sender, 1<<setBits)}
}

// take reports whether one more frame of the host may pass.
func (h *hosts) take(now time.Time, f *wire.Frame) bool {
	if h.interval == 0 {
		return true
	}
	set := &h.sets[h.hash(f)]
	oldest := &set[0]
	for i := range set {
		e := &set[i]
		if e.mac == f.Src && e.vlans == f.VLANs && e.even != 0 {
			return take(&e.even, now.UnixNano(), h.interval)
		}
		if e.even < oldest.even {
			oldest = e
		}
	}
	*oldest = sender{mac: f.Src, vlans: f.VLANs}
	return take(&oldest.even, now.UnixNano(), h.interval)
}

// hash mixes address and tags with the seed (the finalizer of splitmix64).
func (h *hosts) hash(f *wire.Frame) uint64 {
	be := binary.BigEndian
	x := h.seed ^ uint64(be.Uint32(f.Src[:]))<<16 ^ uint64(be.Uint16(f.Src[4:]))
	x = mix(x)
	x ^= uint64(f.VLANs[0].ID)<<48 | uint64(f.VLANs[1].ID)<<32 | uint64(f.VLANs[0].TPID)<<16 | uint64(f.VLANs[1].TPID)
	return mix(x) >> (64 - setBits)
}

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// limiter is what the limits of a port have let through so far.
type limiter struct {
	padi, padr           Bucket
	padiHosts, padrHosts hosts
}

func newLimiter(l Limits, key [32]byte) limiter {
	sum := sha256.Sum256(key[:]) // the key itself is for cookies
	seed := binary.BigEndian.Uint64(sum[:])
	return limiter{
		padi: NewBucket(l.PADI), padr: NewBucket(l.PADR),
		padiHosts: newHosts(l.PADIPerHost, seed), padrHosts: newHosts(l.PADRPerHost, seed),
	}
}

// admit takes a PADI or PADR from the host's share first, so that one host
// above its rate does not use up the port's. The verdict is 0 if it may pass.
func (l *limiter) admit(now time.Time, f *wire.Frame) Verdict {
	all, each := &l.padi, &l.padiHosts
	if f.Code == wire.PADR {
		all, each = &l.padr, &l.padrHosts
	}
	switch {
	case !each.take(now, f):
		return HostRate
	case !all.Take(now):
		return PortRate
	}
	return 0
}
