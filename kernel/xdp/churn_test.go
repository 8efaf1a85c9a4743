package xdp

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vishvananda/netlink"

	"lacd/kernel"
)

// churn is a crowd whose bridges come and go while everybody sends. A few PPPoE
// session IDs are all there is, so each goes from hand to hand.
type churn struct {
	*rig
	tun   kernel.TunnelID
	at    atomic.Int64 // the next of the crowd to come
	stop  chan struct{}
	group sync.WaitGroup

	mu       sync.Mutex
	up, down map[int]uint64 // frames received from and by each
}

const (
	crowd  = 1000
	seats  = 16
	firstL = 2000 // L2TP session ID
	firstP = 30000
)

func (c *churn) member(k int) kernel.Bridge {
	return kernel.Bridge{
		ID: kernel.BridgeID(k + 1), Port: c.access[0].ours.Name, MAC: [6]byte{2, 0, 0, 0xcc, byte(k >> 8), byte(k)},
		PPPoE: uint16(1 + k%seats), Tunnel: c.tun, Session: uint16(firstL + k), PeerSession: uint16(firstP + k), MTU: 1492,
	}
}

func name(k int) []byte { return append([]byte{0, 0x21, byte(k >> 8), byte(k)}, make([]byte, 60)...) }

// each calls f for those around the turn, again and again.
func (c *churn) each(f func(k int)) {
	c.group.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-c.stop:
				return
			default:
			}
			k := int(c.at.Load()) - seats - 4 + i%(seats+8)
			if k >= 0 && k < crowd {
				f(k)
			}
		}
	})
}

// listen reads what arrives at either end and holds it against whom it is for.
func (c *churn) listen() {
	c.group.Go(func() {
		buf := make([]byte, 2048)
		for {
			n, err := c.lns.Read(buf)
			if err != nil {
				return
			}
			to, from := int(be.Uint16(buf[4:]))-firstP, int(be.Uint16(buf[10:]))
			if n != 8+64 || to != from {
				c.t.Errorf("session %d of the LNS got a frame of %d: % x", to, from, buf[:n])
			}
			c.mu.Lock()
			c.up[from]++
			c.mu.Unlock()
		}
	})
	c.group.Go(func() {
		for {
			err := c.access[0].subs.ReadBatch(func(f []byte) {
				to, from := int(be.Uint16(f[4:])), int(be.Uint16(f[22:]))
				if len(f) != 20+64 || to != from || int(be.Uint16(f[16:])) != 1+to%seats {
					c.t.Errorf("subscriber %d got a frame for %d: % x", to, from, f)
				}
				c.mu.Lock()
				c.down[from]++
				c.mu.Unlock()
			})
			if err != nil {
				return
			}
		}
	})
}

// turn adds the next of the crowd and removes those who had their session IDs.
func (c *churn) turn(k int, last map[int]kernel.Counters) {
	var wait sync.WaitGroup
	for j := k; j < min(k+seats/2, crowd); j++ {
		wait.Go(func() {
			if old := j - seats; old >= 0 {
				n, err := c.dp.RemoveBridge(c.t.Context(), c.member(old).ID)
				if err != nil {
					c.t.Error(err)
				}
				c.mu.Lock()
				last[old] = n
				c.mu.Unlock()
			}
			if err := c.dp.AddBridge(c.t.Context(), c.member(j)); err != nil {
				c.t.Error(err)
			}
		})
	}
	wait.Wait()
}

// While bridges come and go, and the next hop too, no frame reaches another than
// the one it is for, and none that arrived is missing in the last counters.
func TestChurn(t *testing.T) {
	for name, mode := range modes() {
		t.Run(name, func(t *testing.T) { testChurn(t, mode) })
	}
}

func testChurn(t *testing.T, mode Mode) {
	r := newRig(t, options{mode: mode})
	tun := r.tunnel(0)
	if err := r.dp.AddTunnel(t.Context(), tun); err != nil {
		t.Fatal(err)
	}
	c := &churn{rig: r, tun: tun.ID, stop: make(chan struct{}), up: map[int]uint64{}, down: map[int]uint64{}}
	link, err := netlink.LinkByName(r.core[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	c.listen()
	c.each(func(k int) { _ = r.access[0].subs.WriteBatch([][]byte{r.frame(c.member(k), name(k))}) })
	c.each(func(k int) { r.deliver(c.member(k), dataMessage(2, c.member(k), 0, 0, name(k))) })
	last := map[int]kernel.Counters{}
	for k := 0; k < crowd; k += seats / 2 {
		c.turn(k, last)
		c.at.Store(int64(k + seats/2))
		if k%200 == 0 {
			_ = netlink.NeighDel(&netlink.Neigh{LinkIndex: link.Attrs().Index, IP: r.peer.Addr().AsSlice()}) // if it is there
		}
	}
	close(c.stop)
	for k := crowd - seats; k < crowd; k++ {
		if last[k], err = r.dp.RemoveBridge(t.Context(), c.member(k).ID); err != nil {
			t.Error(err)
		}
	}
	_, _ = r.lns.Close(), r.access[0].subs.Close() // ends those who listen
	c.group.Wait()
	var up, down uint64
	for k, n := range last {
		if c.up[k] > n.UpPackets || c.down[k] > n.DownPackets {
			t.Errorf("subscriber %d: %d frames arrived up and %d down, counted were %d and %d", k, c.up[k], c.down[k], n.UpPackets, n.DownPackets)
		}
		up, down = up+c.up[k], down+c.down[k]
	}
	if len(last) != crowd || up < crowd || down < crowd {
		t.Errorf("%d frames of %d subscribers arrived up, %d down", up, len(last), down)
	}
	t.Logf("%d frames up, %d down", up, down)
}
