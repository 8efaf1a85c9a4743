// What forward.c shares with user space: the tables and the words in them.
#pragma once

#include "kernel.h"

enum {
	ETH_IPV4 = 0x0800,
	ETH_IPV6 = 0x86dd,
	ETH_VLAN = 0x8100,
	ETH_SERVICE_VLAN = 0x88a8,
	ETH_OLD_QINQ = 0x9100,
	ETH_PPPOE_SESSION = 0x8864,

	ETH_LEN = 14,
	TAG_LEN = 4,
	PPPOE_LEN = 6,
	IPV4_LEN = 20,
	IPV6_LEN = 40,
	UDP_LEN = 8,

	PROTO_UDP = 17,
};

// L2TP header flags (RFC 2661 section 3.1).
enum {
	L2TP_T = 0x8000,
	L2TP_L = 0x4000,
	L2TP_S = 0x0800,
	L2TP_O = 0x0200,
	L2TP_VERSION = 0x000f,
};

// Where sessions are looked for in downs: those of one tunnel never collide.
enum { PLACE = 0x9e37, PLACES = 32 };

// What an entry is good for. Zero: nothing.
enum {
	ACTIVE = 1,
	REQUIRED = 2, // data messages are always numbered
	DIRECT = 2,   // of a tunnel: frames may leave by its next hop
	IPV6 = 4,
};

// up is a session as frames of the subscriber find it: by port and PPPoE
// session ID. One cache line, like down.
struct up {
	__u64 packets, octets;
	__u32 state;
	__u32 addresses[3]; // destination and source of its frames
	__u32 vlans[2];     // outermost first, as in the frame with the priority zero
	__u16 tunnel;
	__u16 session;    // the LNS's, network order
	__u32 ns;
	__u32 numbered;   // the LNS numbers its messages, and so do we
	__u32 generation; // tells this use of the entry from an earlier one
	__u32 pad[2];
} __attribute__((aligned(64)));

// down is a session as data messages of the LNS find it: by a hash of tunnel
// and session ID.
struct down {
	__u64 packets, octets;
	__u32 state;
	__u32 key;          // tunnel ID << 16 | session ID
	__u32 addresses[3]; // to the subscriber, from us
	__u32 vlans[2];
	__u16 tags;
	__u16 session; // PPPoE, network order
	__u32 device;  // of the access port, in devices
	__u32 up;      // its other half
	__u32 most;    // octets of a PPP frame that the device takes
	__u32 numbers; // the LNS numbered its last message
} __attribute__((aligned(64)));

// hop is what the routing and neighbour tables say of a tunnel.
struct hop {
	__u32 addresses[3];
	__u32 vlans[2];
	__u16 tags;
	__u16 mtu;
	__u32 device;
};

struct tunnel {
	__u32 state;
	__u32 hop; // which of hops is in force
	__u16 peer; // its tunnel ID, network order
	__u16 local_port, peer_port; // network order
	__u8 tos, ttl;
	__u32 local[4], peer_address[4]; // IPv4 in the first
	__u32 checksum;                  // of the parts of the IPv4 or pseudo header that stay the same
	struct hop hops[2];
	__u32 pad[5];
} __attribute__((aligned(128)));

// Tables whose entries are written from user space through a memory mapping.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); // set when loaded, here as below
	__type(key, __u32);
	__type(value, struct up);
} ups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct down);
} downs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct tunnel);
} tunnels SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");

// slow carries frames to user space that cannot leave by the next hop.
enum { SLOW_FRAME = 2048 };

struct slow {
	__u32 up;
	__u32 generation;
	__u32 ns;
	__u16 numbered;
	__u16 len;
	__u8 frame[SLOW_FRAME];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring SEC(".maps");

// Frames of sessions that did not get through.
enum drop {
	DROP_RING,     // no room on the way to user space
	DROP_LONG,     // longer than the access device takes
	DROP_DEVICE,   // the device is gone
	DROP_ROOM,     // the driver leaves no room for the header
	DROPS,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DROPS);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

// Of one instance.
const volatile __u32 port = 0;      // number of the access port
const volatile __u8 access = 0;     // frames of subscribers come in here
const volatile __u8 core = 0;       // messages of LNSes come in here
const volatile __u32 down_mask = 0; // entries of downs, less one
