package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"lacd/kernel/ethernet"
	"lacd/pppoe/wire"
)

// flood sends PADIs, each from another host, at a device: DEVICE RATE DURATION.
func flood(ctx context.Context, args []string) (err error) {
	if len(args) != 3 {
		return errors.New("flood: DEVICE RATE DURATION are required")
	}
	rate, err1 := strconv.Atoi(args[1])
	d, err2 := time.ParseDuration(args[2])
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	port, err := ethernet.Listen(ethernet.Config{Name: args[0], SendBuffer: 16 << 20, ReceiveBuffer: 1, Batch: 256})
	if err != nil {
		return err
	}
	defer closing(&err, port.Close)
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	sent, begun := 0, time.Now()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	var frames [][]byte
	for ctx.Err() == nil {
		due := int(time.Since(begun).Seconds() * float64(rate))
		// After a pause it does not make up for more than a few milliseconds.
		n := min(due-sent, max(1, rate/100))
		frames = padis(frames[:0], sent, n)
		if err := port.WriteBatch(frames); err != nil {
			return err
		}
		sent += n
		begun = begun.Add(time.Duration(float64(due-sent) / float64(rate) * float64(time.Second)))
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	fmt.Println(sent)
	return nil
}

// padis appends PADIs of n hosts.
func padis(frames [][]byte, first, n int) [][]byte {
	f := wire.Frame{
		Dst: wire.Broadcast, EtherType: wire.Discovery, Code: wire.PADI, Payload: wire.AppendTag(nil, wire.ServiceName, nil),
	}
	for i := range n {
		f.Src = wire.MAC{2, 0x66}
		binary.BigEndian.PutUint32(f.Src[2:], uint32(first+i))
		frames = append(frames, f.AppendTo(make([]byte, 0, 60)))
	}
	return frames
}
