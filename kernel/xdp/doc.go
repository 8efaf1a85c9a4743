// Package xdp is the Dataplane that forwards in XDP: a BPF program on the access
// and core devices rewrites headers and redirects, before the network stack sees
// a frame. It needs Linux 5.18, the capabilities NET_ADMIN, NET_RAW, BPF and
// PERFMON, and for its full speed drivers with native XDP that take redirected
// frames.
//
// What the program does is in bpf/forward.c; clang is needed to change it, not to
// build lacd. A session has an entry of one cache line in each direction, mapped
// into memory and written without system calls. What leaves a device goes by the
// next hop of its tunnel, which follows the routing and neighbour tables.
//
// Everything else goes up the stack as if the program were not there: discovery,
// sessions without a bridge, control messages. So do messages that the kernel
// must first put together or decrypt; they arrive at the tunnel's socket and come
// back by Receive. What cannot leave by the next hop goes out through that socket
// in user space: there is no neighbour, the packet exceeds the MTU, an IPsec
// policy covers the tunnel. That way is bounded, counted (Stats) and about forty
// times dearer per frame.
//
// To operators: a tagged access port with two tags needs an MTU of 1504, because
// the kernel redirects nothing longer than the MTU and four octets. The rxvlan
// offload of devices with tags is turned off. Netfilter and tc do not see forwarded
// frames; rp_filter keeps subscribers from passing for an LNS, as it does with
// any data plane. UDP checksums of data messages are zero over IPv4 and are not verified.
// Until a new IPsec policy is noticed, milliseconds, frames still leave in the
// clear. The far end of a virtual pair must have GRO on or a program of its own
// in native mode, and those who send through it must send whole checksums.
// Disorder among numbered messages is passed on as it is (RFC 2661 section 5.4).
//
// The program leaves its devices when the process ends, however it ends.
package xdp

//go:generate go tool bpf2go -cc clang -target bpfel -go-package xdp -type up -type down -type tunnel -type hop forward bpf/forward.c -- -O2 -Wall -Werror -mcpu=v3
