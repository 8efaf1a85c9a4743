package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"lacd/kernel/ethernet"
	"lacd/pppoe/wire"
)

// flood sends PADIs, each from another host, at a device until ctx is done:
// DEVICE RATE. Then it prints how many left, and within how many seconds.
func flood(ctx context.Context, args []string) error { return floodTo(ctx, os.Stdout, args) }

func floodTo(ctx context.Context, out io.Writer, args []string) (err error) {
	if len(args) != 2 {
		return errors.New("flood: DEVICE RATE are required")
	}
	rate, err := strconv.Atoi(args[1])
	if err != nil || rate <= 0 {
		return fmt.Errorf("flood: rate %q: not a number above 0", args[1])
	}
	port, err := ethernet.Listen(ethernet.Config{Name: args[0], SendBuffer: 16 << 20, ReceiveBuffer: 1, Batch: floodBatch})
	if err != nil {
		return err
	}
	defer closing(&err, port.Close)
	hosts, due, begun := newHosts(floodBatch), pace{rate: rate}, time.Now()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for sent := 0; ; {
		for n := due.take(time.Since(begun)); n > 0; n -= floodBatch {
			frames := hosts.next(min(n, floodBatch))
			if err := port.WriteBatch(frames); err != nil {
				return err
			}
			sent += len(frames)
		}
		select {
		case <-ctx.Done():
			_, err := fmt.Fprintln(out, sent-int(port.Stats().SendErrors), time.Since(begun).Seconds())
			return err
		case <-ticker.C:
		}
	}
}

const (
	floodBatch = 256 // frames with a system call
	// floodLag is how far a flood may fall behind its rate and still make up for
	// it.
	floodLag = 20 * time.Millisecond
)

// pace says how many frames are due.
type pace struct {
	rate int
	done time.Duration // until when all were sent
}

// take returns how many are due at a time since the beginning, and counts them
// as sent.
func (p *pace) take(now time.Duration) int {
	p.done = max(p.done, now-floodLag)
	n := int((now - p.done) * time.Duration(p.rate) / time.Second)
	p.done += time.Duration(n) * time.Second / time.Duration(p.rate)
	return n
}

// floodHosts are hosts that send one PADI each. The frames are made once, and
// only their source is another each time.
type floodHosts struct {
	frames [][]byte
	last   uint32
}

func newHosts(batch int) *floodHosts {
	h := &floodHosts{}
	f := wire.Frame{
		Dst: wire.Broadcast, Src: wire.MAC{2, 0x66}, EtherType: wire.Discovery, Code: wire.PADI,
		Payload: wire.AppendTag(nil, wire.ServiceName, nil),
	}
	for range batch {
		h.frames = append(h.frames, f.AppendTo(make([]byte, 0, 60)))
	}
	return h
}

// next returns the PADIs of n more hosts, valid until it is called again.
func (h *floodHosts) next(n int) [][]byte {
	for _, b := range h.frames[:n] {
		h.last++
		binary.BigEndian.PutUint32(b[len(wire.MAC{})+2:], h.last)
	}
	return h.frames[:n]
}
