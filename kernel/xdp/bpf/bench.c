// SPDX-License-Identifier: GPL-2.0
//
// Writes the frames with which forward.c is measured: BPF_PROG_RUN hands the
// same memory out again and again, as the last run left it.

#include "kernel.h"

char terms[] SEC("license") = "GPL";

enum { BPF_MAP_TYPE_PROG_ARRAY = 3, HEADER = 96 };

static long (*tail_call)(struct xdp_md *ctx, void *programs, __u32 index) = (void *)12;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");

const volatile __u64 header[HEADER / 8] = {};
const volatile __u32 session_at = 0; // offset of the session ID
const volatile __u32 sessions = 1;   // IDs from 1
const volatile __u32 out = 0;        // device of bare

__u32 turn = 0;

SEC("xdp") int generate(struct xdp_md *ctx) {
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	if (data + HEADER > end)
		return XDP_ABORTED;
	__u64 *word = data;
	for (int i = 0; i < HEADER / 8; i++)
		word[i] = header[i];
	__u32 id = 1 + turn++ * 0x9e3779b1 % sessions; // far from one to the next
	__u32 at = session_at & 63;
	*(__u16 *)(data + at) = be16((__u16)id);
	tail_call(ctx, &next, 0);
	return XDP_ABORTED;
}

SEC("xdp") int bare(struct xdp_md *ctx) { return redirect_map(&devices, out, XDP_DROP); }

SEC("xdp") int pass(struct xdp_md *ctx) { return XDP_PASS; }

SEC("xdp") int discard(struct xdp_md *ctx) { return XDP_DROP; }
