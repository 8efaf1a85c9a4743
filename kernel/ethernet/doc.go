// Package ethernet implements kernel.Port on an AF_PACKET socket: PPPoE frames
// (RFC 2516) of one access device, with up to two VLAN tags (IEEE 802.1Q,
// 802.1ad).
//
// A filter in the kernel passes only what the control plane needs:
//
//   - discovery frames (0x8863) to the device's address or to broadcast;
//   - session frames (0x8864) to the device's address whose PPP protocol is a
//     control protocol, 0x8000 and above (RFC 1661 section 2): LCP, PAP, CHAP,
//     and the IPCP or IPV6CP that a subscriber sends before its bridge is there.
//
// The two kinds wait in queues of their own: broadcast discovery frames in one, all
// that is addressed to the device in the other, which is read first. A flood of
// PADIs costs none of the others its place.
//
// Network data never reaches user space, whether bridged or not: the filter
// runs before the kernel copies anything. Control frames of a session that is
// bridged are seen by both the bridge and the reader, who has to ignore them.
//
// The kernel keeps the outermost VLAN tag of a received frame beside the frame;
// it is put back in its place. Frames sent by this host are not received. A
// network card that drops VLANs it was not told of needs Config.Promiscuous.
//
// One goroutine calls ReadBatch; a device that is down makes it wait, one that
// was deleted makes it return kernel.ErrGone. Any goroutine may call the rest.
package ethernet
