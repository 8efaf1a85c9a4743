package load

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"
)

// What happens to every hundredth packet is counted for what it is, in both
// directions.
func TestTrafficFaults(t *testing.T) {
	type counts struct{ lost, reordered, duplicated, misdelivered bool }
	for name, tt := range map[string]struct {
		fault func(f []byte) [][]byte
		want  counts
	}{
		"lost":       {func([]byte) [][]byte { return nil }, counts{lost: true}},
		"duplicated": {func(f []byte) [][]byte { return [][]byte{f, f} }, counts{duplicated: true}},
		"misdelivered": {func(f []byte) [][]byte {
			other := slices.Clone(f)
			other[markAt+7]++ // the number of the next client
			return [][]byte{other}
		}, counts{lost: true, misdelivered: true}},
		"turned back": {func(f []byte) [][]byte {
			other := slices.Clone(f)
			other[markAt+8] ^= 3
			return [][]byte{f, other}
		}, counts{misdelivered: true}},
	} {
		t.Run(name, func(t *testing.T) {
			runTraffic(t, func(f []byte, n int) [][]byte {
				if n%100 == 99 {
					return tt.fault(f)
				}
				return [][]byte{f}
			}, func(way string, got Traffic) {
				if got.Sent < 4000 {
					t.Errorf("%s: %d packets were sent", way, got.Sent)
				}
				about := func(what string, n uint64, want bool) {
					if want && (n < got.Sent/100-30 || n > got.Sent/100+30) || !want && n != 0 {
						t.Errorf("%s: %d %s of %d, want some: %v", way, n, what, got.Sent, want)
					}
				}
				about("lost", got.Lost, tt.want.lost)
				about("reordered", got.Reordered, tt.want.reordered)
				about("duplicated", got.Duplicated, tt.want.duplicated)
				about("misdelivered", got.Misdelivered, tt.want.misdelivered)
				if got.Lost != got.Sent-got.Received {
					t.Errorf("%s: %+v", way, got)
				}
			})
		})
	}
}

// A packet that a later one of its session overtakes is reordered, not lost.
func TestTrafficReordered(t *testing.T) {
	held := map[uint64][]byte{}
	runTraffic(t, func(f []byte, _ int) [][]byte {
		key := uint64(binary.BigEndian.Uint32(f[markAt+4:]))<<8 | uint64(f[markAt+8])
		if old := held[key]; old != nil {
			delete(held, key)
			return [][]byte{f, old}
		}
		if seq := binary.BigEndian.Uint32(f[markAt+12:]); seq%10 == 5 {
			held[key] = slices.Clone(f)
			return nil
		}
		return [][]byte{f}
	}, func(way string, got Traffic) {
		if got.Reordered < 300 || got.Lost > 50 || got.Duplicated+got.Misdelivered != 0 {
			t.Errorf("%s: %+v", way, got)
		}
	})
}

const (
	markAt = 2 + 20 + 8 // in a PPP frame: protocol, IPv4, UDP
	mark   = 0x6c73696d
)

// runTraffic plays traffic both ways with a fault, which sees packets only, and
// how many there were before in both directions together.
func runTraffic(t *testing.T, fault func(f []byte, n int) [][]byte, check func(way string, got Traffic)) {
	t.Helper()
	cfg := &Config{Clients: fifty(), LNS: lnses(1), Stay: 5 * time.Second}
	cfg.Clients.Traffic.Rate, cfg.LNS[0].Traffic.Rate = 1000, 1000
	n := 0
	inChangedWorld(t, cfg, func(w *world, _ func()) {
		w.mangle = func(b []byte) [][]byte {
			if len(b) < markAt+16 || binary.BigEndian.Uint32(b[markAt:]) != mark {
				return [][]byte{b}
			}
			n++
			return fault(b, n)
		}
	}, func(rep *Report) {
		allUp(t, rep.Clients)
		check("up", rep.Traffic.Up)
		check("down", rep.Traffic.Down)
	})
}
