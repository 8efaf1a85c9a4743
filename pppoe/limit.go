package pppoe

import (
	"encoding/binary"
	"time"

	"lacd/pppoe/wire"
)

// Limits bound how many discovery frames are looked at, in frames a second; 0
// is no limit. What comes in one burst may be as much as a second's worth.
//
// Where more PADIs come than may, as in a flood from ever new addresses, nothing
// tells those of hosts in earnest from the others but what RFC 2516 section 8
// has a host do that is not answered: repeat itself. So a quarter of what may be
// answered is kept for hosts that were refused lately. And while the rest is
// getting scarce, hosts with the same VLAN tags may have a quarter of it: a
// flood from one line leaves the others theirs.
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

// scarce reports whether less than half of a second's worth is left.
func (b *Bucket) scarce(now time.Time) bool {
	return b.even-now.UnixNano() > int64(time.Second)/2
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
	return h.interval == 0 || h.count(now, h.hash(f), f.Src, f.VLANs)
}

// count is take for a host whose hash is known.
func (h *hosts) count(now time.Time, hash uint64, mac wire.MAC, vlans wire.VLANs) bool {
	set := &h.sets[hash>>(64-setBits)]
	oldest := &set[0]
	for i := range set {
		e := &set[i]
		if e.mac == mac && e.vlans == vlans && e.even != 0 {
			return take(&e.even, now.UnixNano(), h.interval)
		}
		if e.even < oldest.even {
			oldest = e
		}
	}
	*oldest = sender{mac: mac, vlans: vlans}
	return take(&oldest.even, now.UnixNano(), h.interval)
}

func (h *hosts) hash(f *wire.Frame) uint64 { return hostHash(h.seed, f.Src, f.VLANs) }

// hostHash mixes address and tags with the seed (the finalizer of splitmix64).
func hostHash(seed uint64, mac wire.MAC, vlans wire.VLANs) uint64 {
	be := binary.BigEndian
	x := seed ^ uint64(be.Uint32(mac[:]))<<16 ^ uint64(be.Uint16(mac[4:]))
	x = mix(x)
	x ^= uint64(vlans[0].ID)<<48 | uint64(vlans[1].ID)<<32 | uint64(vlans[0].TPID)<<16 | uint64(vlans[1].TPID)
	return mix(x)
}

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
