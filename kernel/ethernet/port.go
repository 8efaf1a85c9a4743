package ethernet

import (
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"lacd/kernel"
)

// Config describes a port. All but Name may be left zero.
type Config struct {
	Name string // of the device, as "eth1"

	ReceiveBuffer int // octets the kernel may queue, of broadcasts and of the rest; 0: 8 MiB each
	SendBuffer    int // octets the kernel may queue; 0: 4 MiB
	Batch         int // frames per system call, 1 to 1024; 0: kernel.PortBatch

	// Promiscuous makes the device pass frames that its hardware would drop:
	// those of VLANs that it was not told of, and of other stations.
	Promiscuous bool
	// All passes every PPPoE frame, whatever its destination and PPP protocol,
	// as a simulated access network needs it.
	All bool
}

func (c Config) withDefaults() (Config, error) {
	if c.ReceiveBuffer == 0 {
		c.ReceiveBuffer = 8 << 20
	}
	if c.SendBuffer == 0 {
		c.SendBuffer = 4 << 20
	}
	if c.Batch == 0 {
		c.Batch = kernel.PortBatch
	}
	if c.Batch < 1 || c.Batch > 1024 {
		return c, fmt.Errorf("batch of %d frames: not within 1 to 1024", c.Batch)
	}
	return c, nil
}

// Port is an access port. The goroutine that calls ReadBatch owns the readers of
// its queues.
type Port struct {
	name  string
	mac   [macLen]byte
	mtu   int
	index int

	queues *queues
	raw    syscall.RawConn // of the first queue's socket, which is written to
	closed atomic.Bool

	writer *writer

	truncated  atomic.Uint64
	sendErrors atomic.Uint64

	mu    sync.Mutex // guards drops, and the reading that clears the kernel's
	drops uint64
}

var _ kernel.Port = (*Port)(nil)

// Listen opens the port of a device, which must exist and have an Ethernet
// address; it may be down. It needs CAP_NET_RAW.
func Listen(cfg Config) (*Port, error) {
	p, err := listen(cfg)
	if err != nil {
		return nil, fmt.Errorf("open access port %s: %w", cfg.Name, err)
	}
	return p, nil
}

func listen(cfg Config) (*Port, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	ifi, err := net.InterfaceByName(cfg.Name)
	if err != nil {
		return nil, err
	}
	if len(ifi.HardwareAddr) != macLen {
		return nil, fmt.Errorf("not an Ethernet device: address %q", ifi.HardwareAddr)
	}
	p := &Port{name: cfg.Name, mac: [macLen]byte(ifi.HardwareAddr), mtu: ifi.MTU, index: ifi.Index}
	if p.queues, err = openQueues(ifi, cfg); err != nil {
		return nil, err
	}
	first := p.queues.all[0]
	if cfg.Promiscuous {
		if err := first.conn.SetPromiscuous(true); err != nil {
			_ = p.queues.close() // nothing was done with them
			return nil, err
		}
	}
	p.raw = first.raw
	p.writer = newWriter(cfg.Batch)
	return p, nil
}

// bind sets the socket's options and then has it receive every protocol: those
// bound to one do not see frames with VLAN tags.
func bind(fd, ifindex int, cfg Config) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1); err != nil {
		return fmt.Errorf("PACKET_AUXDATA: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		return fmt.Errorf("PACKET_IGNORE_OUTGOING: %w", err)
	}
	// Without CAP_NET_ADMIN the system's limit holds, which is no reason to fail.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, cfg.ReceiveBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, cfg.ReceiveBuffer)
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, cfg.SendBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, cfg.SendBuffer)
	}
	all := binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL}) // network order
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: ifindex}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	return nil
}

// Name implements kernel.Port.
func (p *Port) Name() string { return p.name }

// MAC implements kernel.Port: the address when the port was opened.
func (p *Port) MAC() [6]byte { return p.mac }

// MTU implements kernel.Port: the MTU when the port was opened.
func (p *Port) MTU() int { return p.mtu }

// Stats implements kernel.Port. Frames longer than the MTU count as dropped.
func (p *Port) Stats() kernel.PortStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drops += p.queues.drops() // none after Close: the last count stands
	return kernel.PortStats{
		ReceiveDrops: p.drops + p.truncated.Load(),
		SendErrors:   p.sendErrors.Load(),
	}
}

// Close implements kernel.Port. A ReadBatch that waits returns net.ErrClosed.
func (p *Port) Close() error {
	if p.closed.Swap(true) {
		return nil
	}
	p.Stats() // fetch the last count
	return p.queues.close()
}

// opError gives an error of the socket its operation, and one name to the many
// ways in which a closed socket says so.
func (p *Port) opError(op string, err error) error {
	if p.closed.Load() {
		err = net.ErrClosed
	}
	return fmt.Errorf("%s %s: %w", op, p.name, err)
}
