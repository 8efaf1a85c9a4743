package kernel

import (
	"context"
	"errors"
	"net/netip"
	"syscall"
)

var (
	// ErrNotSupported is returned, wrapped, when the running kernel lacks a
	// feature.
	ErrNotSupported = errors.New("not supported by this kernel")
	// ErrNoTunnel is returned, wrapped, by AddBridge when Bridge.Tunnel has not
	// been added.
	ErrNoTunnel = errors.New("no such tunnel")
	// ErrConflict is returned, wrapped, when a tunnel or bridge exists under the
	// same ID with other parameters, or a session ID is taken by another bridge.
	ErrConflict = errors.New("exists with other parameters")
	// ErrGone is returned, wrapped, by ReadBatch when the network device of a
	// Port was deleted. The Port is then good for Close only.
	ErrGone = errors.New("device is gone")
)

// TunnelID is the local L2TP Tunnel ID.
type TunnelID uint16

// BridgeID names one bridge. The caller chooses it; it is opaque to backends.
type BridgeID uint64

// Tunnel is an established L2TP tunnel over UDP.
type Tunnel struct {
	ID, PeerID  TunnelID
	Local, Peer netip.AddrPort
	DSCP        uint8           // of the outer IP header (RFC 2474), 0 to 63; Socket bears it already
	Socket      syscall.RawConn // the connected UDP socket of the control channel; nil for fakes
}

// VLAN is one tag of an access frame. The zero value is "no tag".
type VLAN struct{ TPID, ID uint16 }

// Bridge joins one PPPoE session to one L2TP session.
type Bridge struct {
	ID          BridgeID
	Port        string  // access device
	VLANs       [2]VLAN // outermost first
	MAC         [6]byte // of the subscriber
	PPPoE       uint16  // PPPoE session ID
	Tunnel      TunnelID
	Session     uint16 // our L2TP session ID
	PeerSession uint16 // the LNS's L2TP session ID
	MTU         int    // largest PPP information field, octets
	Sequencing  bool   // number data messages (RFC 2661 section 5.4)
}

// Counters are cumulative since AddBridge. Up is from the subscriber to the
// LNS, Down the other way; octets count PPP frames without L2TP headers.
type Counters struct {
	ID                      BridgeID
	UpPackets, UpOctets     uint64
	DownPackets, DownOctets uint64
}

// Dataplane carries PPP frames between PPPoE and L2TP. Every method may sleep
// in the kernel, is idempotent and safe for concurrent use: adding what is there
// and removing what is not are no errors. After Close the Add methods and
// AppendCounters return net.ErrClosed, wrapped; the Remove methods do nothing.
type Dataplane interface {
	// AddTunnel must precede the bridges of that tunnel.
	AddTunnel(ctx context.Context, t Tunnel) error
	// RemoveTunnel stops the bridges of the tunnel; each of them is still to be
	// removed. Call it before closing the tunnel's socket, which carries control
	// messages still but cannot be added again.
	RemoveTunnel(ctx context.Context, id TunnelID) error
	AddBridge(ctx context.Context, b Bridge) error
	// RemoveBridge returns the bridge's last counters, for the accounting Stop
	// record. They are zero for a bridge that does not exist.
	RemoveBridge(ctx context.Context, id BridgeID) (Counters, error)
	// AppendCounters appends the counters of all bridges, in one pass.
	AppendCounters(dst []Counters) ([]Counters, error)
	// Reset removes what a crashed run left behind.
	Reset(ctx context.Context) error
	Close() error
}

// Receiver is a Dataplane to which the kernel leaves some data messages that
// arrive on a tunnel's socket: those that had to be put together from fragments
// or decrypted.
type Receiver interface {
	// Receive forwards a data message of a tunnel and reports whether it belonged
	// to a bridge. It does not wait and keeps nothing of msg.
	Receive(id TunnelID, msg []byte) bool
}

// BulkRemover is a Dataplane that removes many bridges in little more time than
// one.
type BulkRemover interface {
	// RemoveBridges does what RemoveBridge does with each of ids, and returns their
	// last counters in the same order.
	RemoveBridges(ctx context.Context, ids []BridgeID) ([]Counters, error)
}

// PortBatch is how many frames ReadBatch hands over at most of those that wait in
// one queue, unless a Port was made to take others.
const PortBatch = 64

// Port is an access port: raw Ethernet frames in and out, VLAN tags in place.
type Port interface {
	Name() string
	MAC() [6]byte
	MTU() int
	// ReadBatch blocks until at least one frame is there, calls fn for each
	// frame of the batch and returns. A frame is valid only inside fn. It
	// returns net.ErrClosed, wrapped, after Close, and ErrGone, wrapped, when
	// the device was deleted.
	ReadBatch(fn func(frame []byte)) error
	// WriteBatch sends frames. Safe for concurrent use. A frame that the
	// device refuses is counted as dropped, not retried.
	WriteBatch(frames [][]byte) error
	// Stats returns cumulative counts of frames that did not get through.
	Stats() PortStats
	Close() error
}

// PortStats counts frames lost at an access port.
type PortStats struct {
	ReceiveDrops uint64 // dropped by the kernel before lacd read them
	SendErrors   uint64 // refused by the device
}
