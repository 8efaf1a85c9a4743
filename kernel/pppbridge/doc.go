// Package pppbridge is the Dataplane that needs nothing but a stock kernel: a
// PPPoE and a PPPoL2TP socket per session, whose PPP channels PPPIOCBRIDGECHAN
// joins (Linux 5.11). There is no network device per session, and everything
// the kernel does to a packet, VLAN devices and IPsec policies included, holds.
//
// Per tunnel: one kernel L2TP tunnel made over generic netlink from the caller's
// UDP socket, which must be connected and keeps receiving control messages and
// the data messages of sessions that are not bridged. Per bridge three
// descriptors: both sockets, and the /dev/ppp one of the PPPoE channel, because
// a PADT (RFC 2516 section 5.5), the access device going down or away, and a
// change of its address or MTU are told on that one only. One goroutine watches
// them all and calls Config.Lost. Nothing is told of the core side.
//
// The kernel loads its modules by itself where modprobe is installed: pppoe and
// l2tp_ppp when their sockets are made (net-pf-24-proto-0 and -1), l2tp_netlink
// when its family is looked up, ppp_generic with them. Probe says what is
// missing. Needs CAP_NET_ADMIN.
//
// Making and closing these sockets waits for RCU grace periods, 15 ms and more
// each on Linux 6.1: call AddBridge and RemoveBridge from many goroutines. A
// tunnel is best removed after its bridges, since the kernel unmakes the
// sessions of a tunnel one after the other.
//
// Octets are counted by the kernel with the L2TP header; that of a message
// without Length, Offset and, unless Bridge.Sequencing, Ns, and FF 03 are
// subtracted. An LNS that sends others makes DownOctets so much larger. All
// state is in the descriptors, so what a killed process had vanishes with it.
package pppbridge
