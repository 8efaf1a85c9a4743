package lac

import "fmt"

// ref names a session to the subsystems that answer later: RADIUS, the tunnel
// loops, the executors. A slot is used again with the next generation.
type ref uint64

const (
	maxShards     = 1 << 8
	maxGeneration = 1<<24 - 1
)

func newRef(shard int, slot uint32, generation uint32) ref {
	return ref(uint64(shard)<<56 | uint64(generation&maxGeneration)<<32 | uint64(slot))
}

func (r ref) shard() int         { return int(r >> 56) }
func (r ref) slot() uint32       { return uint32(r) }
func (r ref) generation() uint32 { return uint32(r>>32) & maxGeneration }

// acctID returns the Acct-Session-Id: unique over restarts by the time of the
// start, within a run by the ref.
func acctID(boot uint32, r ref) string { return fmt.Sprintf("%08x%016x", boot, uint64(r)) }

const acctIDLen = 24
