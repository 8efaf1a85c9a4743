package kerneltest

import (
	"fmt"
	"net"
	"sync"

	"lacd/kernel"
)

// PipeEnd describes one end of a pipe.
type PipeEnd struct {
	Name  string
	MAC   [6]byte
	MTU   int // 0: 1500
	Queue int // frames that may wait to be read; 0: 1024
}

// Pipe is one end of two Ports connected in memory. Every frame written to one
// is read from the other, unless its queue is full: then it is counted there as
// dropped on receipt. Unlike kernel/ethernet it does not filter.
type Pipe struct {
	end  PipeEnd
	peer *Pipe

	mu     sync.Mutex // guards what follows
	ready  *sync.Cond // of mu: a frame came, or the end was closed
	queue  [][]byte
	stats  kernel.PortStats
	closed bool
	gone   bool
}

var _ kernel.Port = (*Pipe)(nil)

// NewPipe connects two ends.
func NewPipe(a, b PipeEnd) (*Pipe, *Pipe) {
	pa, pb := newPipe(a), newPipe(b)
	pa.peer, pb.peer = pb, pa
	return pa, pb
}

func newPipe(end PipeEnd) *Pipe {
	if end.MTU == 0 {
		end.MTU = 1500
	}
	if end.Queue == 0 {
		end.Queue = 1024
	}
	p := &Pipe{end: end}
	p.ready = sync.NewCond(&p.mu)
	return p
}

// Name implements kernel.Port.
func (p *Pipe) Name() string { return p.end.Name }

// MAC implements kernel.Port.
func (p *Pipe) MAC() [6]byte { return p.end.MAC }

// MTU implements kernel.Port.
func (p *Pipe) MTU() int { return p.end.MTU }

// ReadBatch implements kernel.Port. Frames are overwritten when fn returns, so
// that a caller which keeps one is found out.
func (p *Pipe) ReadBatch(fn func(frame []byte)) error {
	p.mu.Lock()
	for len(p.queue) == 0 && !p.closed && !p.gone {
		p.ready.Wait()
	}
	batch := p.queue
	p.queue = nil
	err := p.unfit()
	p.mu.Unlock()

	if err != nil {
		return fmt.Errorf("read from %s: %w", p.end.Name, err)
	}
	for _, frame := range batch {
		fn(frame)
		for i := range frame {
			frame[i] = 0xdb
		}
	}
	return nil
}

// WriteBatch implements kernel.Port. A frame larger than the MTU, an Ethernet
// header and two tags, or shorter than a header, is refused and counted.
func (p *Pipe) WriteBatch(frames [][]byte) error {
	p.mu.Lock()
	if err := p.unfit(); err != nil {
		p.mu.Unlock()
		return fmt.Errorf("write to %s: %w", p.end.Name, err)
	}
	good := make([][]byte, 0, len(frames))
	for _, f := range frames {
		if len(f) < 14 || len(f) > p.end.MTU+22 {
			p.stats.SendErrors++
			continue
		}
		good = append(good, append([]byte(nil), f...))
	}
	p.mu.Unlock()
	p.peer.deliver(good)
	return nil
}

func (p *Pipe) deliver(frames [][]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unfit() != nil {
		return
	}
	for _, f := range frames {
		if len(p.queue) == p.end.Queue {
			p.stats.ReceiveDrops++
			continue
		}
		p.queue = append(p.queue, f)
	}
	p.ready.Broadcast()
}

// unfit says why the end cannot be used. p.mu is held.
func (p *Pipe) unfit() error {
	switch {
	case p.closed:
		return net.ErrClosed
	case p.gone:
		return kernel.ErrGone
	}
	return nil
}

// Delete makes the end what a port is whose network device was deleted.
func (p *Pipe) Delete() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	p.queue = nil
	p.ready.Broadcast()
}

// Stats implements kernel.Port.
func (p *Pipe) Stats() kernel.PortStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// Close implements kernel.Port.
func (p *Pipe) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.queue = nil
	p.ready.Broadcast()
	return nil
}
