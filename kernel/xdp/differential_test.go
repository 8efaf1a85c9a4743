package xdp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"lacd/kernel"
	"lacd/kernel/kerneltest"
	"lacd/kernel/pppbridge"
	"lacd/kernel/vlan"
)

// trial is what somebody sends, and how to know it again.
type trial struct {
	up    bool
	frame []byte // of a subscriber, or a message of the LNS
	mark  []byte // the end of the PPP frame
}

// trials are random frames with everything that both data planes carry.
func trials(r *rig, b kernel.Bridge, n int) (all []trial) {
	dice := rand.New(rand.NewPCG(2661, 2516))
	for i := range n {
		ppp := make([]byte, 12+dice.IntN([]int{20, 200, 1300}[dice.IntN(3)]))
		for j := range ppp {
			ppp[j] = byte(dice.Uint32())
		}
		protocol := []uint16{0x0021, 0x0057, 0xc021, 0xc223, 0xc023, 0x8021, 0x003d, 0x4077, uint16(dice.Uint32()) &^ 0x0100}[dice.IntN(9)]
		be.PutUint16(ppp, protocol)
		be.PutUint32(ppp[len(ppp)-4:], uint32(i))
		t := trial{up: dice.IntN(2) == 0, mark: ppp[len(ppp)-8:]}
		if t.up {
			t.frame = r.frame(b, ppp)
			if dice.IntN(2) == 0 { // more padding than there has to be
				t.frame = append(t.frame, make([]byte, dice.IntN(40))...)
			}
			all = append(all, t)
			continue
		}
		if dice.IntN(2) == 0 {
			ppp = append([]byte{0xff, 0x03}, ppp...)
		}
		flags := uint16(2) | uint16(dice.IntN(2))<<14 | uint16(dice.IntN(2))<<9 | uint16(dice.IntN(2))<<8
		t.frame = dataMessage(flags, b, 0, dice.IntN(16), ppp)
		all = append(all, t)
	}
	return all
}

// play sends the trials one after the other and returns what arrives of each,
// from the Ethernet or L2TP header on.
func (r *rig) play(b kernel.Bridge, all []trial) (arrived [][]byte) {
	r.t.Helper()
	for _, t := range all {
		if t.up {
			r.send(b, t.frame)
			arrived = append(arrived, r.datagram())
			continue
		}
		r.deliver(b, t.frame)
		arrived = append(arrived, r.subscriberFrame(b, t.mark))
	}
	return arrived
}

// subscriberFrame returns the frame whose PPP frame ends so, without padding.
func (r *rig) subscriberFrame(b kernel.Bridge, mark []byte) (frame []byte) {
	r.t.Helper()
	subs := r.of(b).subs
	defer time.AfterFunc(patience, func() { _ = subs.Close() }).Stop()
	for frame == nil {
		err := subs.ReadBatch(func(f []byte) {
			at := len(header(b.MAC, b.MAC, b))
			if end := at + 2 + int(be.Uint16(f[at:])); end <= len(f) && bytes.HasSuffix(f[:end], mark) {
				frame = bytes.Clone(f[:end])
			}
		})
		if err != nil {
			r.t.Fatalf("the subscriber received nothing: %v", err)
		}
	}
	return frame
}

// The same frames come out of both data planes, to the octet, in both directions
// and with every kind of tag.
func TestSameAsPPPBridge(t *testing.T) {
	kerneltest.NeedPPP(t, kernel.Missing(append(pppbridge.Probe(), vlan.Probe()...)))
	for i, vlans := range [][2]kernel.VLAN{{}, singleTag, doubleTag} {
		t.Run(fmt.Sprint("tags=", i), func(t *testing.T) {
			r, b := bridged(t, options{tags: 2}, func(b *kernel.Bridge) { b.VLANs = vlans })
			all := trials(r, b, 300)
			up, down := r.slow()
			got := r.play(b, all)
			r.wantSlow("trials", up, down, 0, 0)
			counted := r.counters(r.dp, b)

			// The other takes its place, on the same devices.
			if err := r.dp.Close(); err != nil {
				t.Fatal(err)
			}
			devices, err := vlan.New(vlan.Config{Ports: []string{"access0", "access1"}})
			if err != nil {
				t.Fatal(err)
			}
			other, err := pppbridge.New(pppbridge.Config{Devices: devices})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = other.Close() }() // compared is what was before
			if err := other.AddTunnel(t.Context(), r.tunnel(0)); err != nil {
				t.Fatal(err)
			}
			if err := other.AddBridge(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			want := r.play(b, all)
			for i := range all {
				if !bytes.Equal(got[i], want[i]) {
					t.Errorf("trial %d, % x:\nxdp       % x\npppbridge % x", i, all[i].frame, got[i], want[i])
				}
			}
			if c := r.counters(other, b); c.UpPackets != counted.UpPackets || c.DownPackets != counted.DownPackets || c.UpOctets != counted.UpOctets {
				t.Errorf("counters: xdp has %+v, pppbridge %+v", counted, c)
			}
		})
	}
}

func (r *rig) counters(dp kernel.Dataplane, b kernel.Bridge) kernel.Counters {
	r.t.Helper()
	all, err := dp.AppendCounters(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return all[slices.IndexFunc(all, func(c kernel.Counters) bool { return c.ID == b.ID })]
}
