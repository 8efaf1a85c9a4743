// The few words of the kernel's interface that forward.c needs. They are part
// of its stable ABI (linux/bpf.h), and no header has to be installed for them.
#pragma once

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define be16(x) ((__u16)__builtin_bswap16(x))
#define be32(x) ((__u32)__builtin_bswap32(x))

struct xdp_md {
	__u32 data;
	__u32 data_end;
	__u32 data_meta;
	__u32 ingress_ifindex;
	__u32 rx_queue_index;
	__u32 egress_ifindex;
};

enum { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };

enum {
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_DEVMAP = 14,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum { BPF_F_MMAPABLE = 1 << 10 };

// A map's definition is read from the types of its members.
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*csum_diff)(const void *from, __u32 from_size, const void *to, __u32 to_size, __u32 seed) = (void *)28;
static long (*adjust_head)(struct xdp_md *ctx, int delta) = (void *)44;
static long (*redirect_map)(void *map, __u64 key, __u64 flags) = (void *)51;
static long (*adjust_tail)(struct xdp_md *ctx, int delta) = (void *)65;
static void *(*ringbuf_reserve)(void *ringbuf, __u64 size, __u64 flags) = (void *)131;
static void (*ringbuf_submit)(void *record, __u64 flags) = (void *)132;
static void (*ringbuf_discard)(void *record, __u64 flags) = (void *)133;
static long (*load_bytes)(struct xdp_md *ctx, __u32 offset, void *buf, __u32 len) = (void *)189;
