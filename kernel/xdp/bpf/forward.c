// SPDX-License-Identifier: GPL-2.0
//
// Forwards the data of bridged sessions between PPPoE (RFC 2516) and L2TP over
// UDP (RFC 2661). Whatever is not exactly that goes up the stack untouched. One
// instance of the program runs on each device, all of them on the same tables.

#include "kernel.h"
#include "tables.h"

char terms[] SEC("license") = "GPL"; // the helpers are for GPL programs only

INLINE int drop(__u32 why) {
	__u64 *n = map_lookup(&drops, &why);
	if (n)
		*n += 1;
	return XDP_DROP;
}

INLINE int send(__u32 device) {
	int action = redirect_map(&devices, device, XDP_DROP);
	if (unlikely(action != XDP_REDIRECT))
		return drop(DROP_DEVICE);
	return action;
}

// frame is where the parts of a frame are.
struct frame {
	void *data, *end;
	__u32 vlans[2];
	__u32 tags;
};

INLINE void refresh(struct xdp_md *ctx, struct frame *f) {
	f->data = (void *)(long)ctx->data;
	f->end = (void *)(long)ctx->data_end;
}

// write_ethernet writes the Ethernet header with its tags, and the type.
INLINE void *write_ethernet(void *p, const __u32 *addresses, const __u32 *vlans, __u32 tags, __u16 type) {
	__u32 *word = p;
	word[0] = addresses[0];
	word[1] = addresses[1];
	word[2] = addresses[2];
	p += 12;
	if (tags > 0) {
		*(__u32 *)p = vlans[0];
		p += TAG_LEN;
	}
	if (tags > 1) {
		*(__u32 *)p = vlans[1];
		p += TAG_LEN;
	}
	*(__u16 *)p = be16(type);
	return p + 2;
}

INLINE __u32 fold(__u64 sum) {
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

// add_up adds the octets of the frame from offset on to a checksum. It is
// verified on its own, as search is, and not once for each way to it.
__attribute__((noinline)) __u32 add_up(struct xdp_md *ctx, __u32 offset, __u32 sum) {
	void *p = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	if (offset > 255)
		return 0;
	p += offset;
	for (int i = 0; i < 8 && p + 256 <= end; i++, p += 256)
		sum = csum_diff(0, 0, p, 256, sum);
	for (int i = 0; i < 16 && p + 16 <= end; i++, p += 16)
		sum = csum_diff(0, 0, p, 16, sum);
	sum = fold(sum);
	for (int i = 0; i < 8 && p + 2 <= end; i++, p += 2)
		sum += *(__u16 *)p;
	if (p + 1 <= end)
		sum += *(__u8 *)p;
	return fold(sum);
}

// to_user hands the PPP frame at offset to user space, which sends it through
// the tunnel's socket: the kernel finds the way, cuts it up and encrypts it.
INLINE int to_user(struct xdp_md *ctx, __u32 offset, __u32 len, const struct up *s, __u32 index, __u32 ns, int numbered) {
	struct slow *r = ringbuf_reserve(&ring, sizeof(*r), 0);
	if (!r)
		return drop(DROP_RING);
	// The verifier has to see both bounds, one of which the compiler knows.
	__u32 rest = len - 1;
	asm volatile("" : "+r"(rest));
	if (rest >= SLOW_FRAME || load_bytes(ctx, offset, r->frame, rest + 1)) {
		ringbuf_discard(r, 0);
		return drop(DROP_LONG);
	}
	r->up = index;
	r->generation = s->generation;
	r->ns = ns;
	r->numbered = numbered;
	r->len = len;
	ringbuf_submit(r, 0);
	return XDP_DROP; // here; it goes on from there
}

// write_l2tp writes the header of a data message and FF 03. "the sender ... LAC
// SHOULD" keep address and control (RFC 2661 section 5.1); LNSes rely on them.
INLINE void *write_l2tp(void *p, const struct tunnel *t, const struct up *s, int numbered, __u32 ns) {
	__u16 *h = p;
	h[1] = t->peer;
	h[2] = s->session;
	if (numbered) {
		h[0] = be16(0x0002 | L2TP_S);
		h[3] = be16((__u16)ns);
		h[4] = 0; // Nr is reserved in data messages
		p += 4;
	} else {
		h[0] = be16(0x0002);
	}
	*(__u16 *)(p + 6) = be16(0xff03);
	return p + 8;
}

INLINE void write_ipv4(void *p, const struct tunnel *t, __u32 len, __u16 id) {
	__u8 *octet = p;
	__u16 *half = p;
	__u32 *word = p;
	octet[0] = 0x45;
	octet[1] = t->tos;
	half[1] = be16((__u16)len);
	half[2] = id; // routers may fragment: DF is clear, so it has to vary (RFC 6864)
	half[3] = 0;
	octet[8] = t->ttl;
	octet[9] = PROTO_UDP;
	half[5] = ~fold((__u64)t->checksum + half[1] + half[2]);
	word[3] = t->local[0];
	word[4] = t->peer_address[0];
}

INLINE void write_ipv6(void *p, const struct tunnel *t, __u32 len) {
	__u32 *word = p;
	word[0] = be32(0x60000000 | (__u32)t->tos << 20);
	*(__u16 *)(p + 4) = be16((__u16)(len - IPV6_LEN));
	*(__u8 *)(p + 6) = PROTO_UDP;
	*(__u8 *)(p + 7) = t->ttl;
	for (int i = 0; i < 4; i++) {
		word[2 + i] = t->local[i];
		word[6 + i] = t->peer_address[i];
	}
}

// wrapped is what encapsulate needs to know of a PPP frame.
struct wrapped {
	__u32 offset, len; // in the Ethernet frame, which ends with it
	__u32 ns;
	__u16 id; // of the IPv4 packet
	const struct tunnel *tunnel;
	const struct hop *hop;
	const struct up *session;
};

// encapsulate sends a PPP frame to the LNS. The last three arguments are
// constants, so that there is a copy of it for each shape of the header.
INLINE int encapsulate(struct xdp_md *ctx, struct frame *f, const struct wrapped *w, int tags, int numbered, int six) {
	const struct tunnel *t = w->tunnel;
	const int ip_len = six ? IPV6_LEN : IPV4_LEN;
	const int l2tp_len = numbered ? 12 : 8;
	const int room = ETH_LEN + TAG_LEN * tags + ip_len + UDP_LEN + l2tp_len;
	__u32 udp = UDP_LEN + l2tp_len + w->len;
	if (adjust_head(ctx, (int)w->offset - room))
		return drop(DROP_ROOM);
	refresh(ctx, f);
	if (f->data + room > f->end)
		return drop(DROP_ROOM);
	void *p = write_ethernet(f->data, w->hop->addresses, w->hop->vlans, tags, six ? ETH_IPV6 : ETH_IPV4);
	if (six)
		write_ipv6(p, t, ip_len + udp);
	else
		write_ipv4(p, t, ip_len + udp, w->id);
	p += ip_len;
	__u16 *h = p;
	h[0] = t->local_port;
	h[1] = t->peer_port;
	h[2] = be16((__u16)udp);
	h[3] = 0; // none (RFC 768)
	write_l2tp(p + UDP_LEN, t, w->session, numbered, w->ns);
	if (six) {
		// With IPv6 there has to be one (RFC 8200 section 8.1).
		__u16 sum = ~add_up(ctx, room - UDP_LEN - l2tp_len, fold((__u64)t->checksum + h[2]));
		if (f->data + room > (void *)(long)ctx->data_end)
			return drop(DROP_ROOM);
		h[3] = sum ? sum : 0xffff;
	}
	return send(w->hop->device);
}

INLINE int encapsulate_any(struct xdp_md *ctx, struct frame *f, const struct wrapped *w, int numbered, int six) {
	switch (w->hop->tags) {
	case 0:
		return numbered ? encapsulate(ctx, f, w, 0, 1, six) : encapsulate(ctx, f, w, 0, 0, six);
	case 1:
		return numbered ? encapsulate(ctx, f, w, 1, 1, six) : encapsulate(ctx, f, w, 1, 0, six);
	default:
		return numbered ? encapsulate(ctx, f, w, 2, 1, six) : encapsulate(ctx, f, w, 2, 0, six);
	}
}

INLINE int upstream(struct xdp_md *ctx, struct frame *f, __u32 offset) {
	void *p = f->data + offset;
	if (p + PPPOE_LEN + 1 > f->end)
		return XDP_PASS;
	const __u16 *h = p;
	if (h[0] != be16(0x1100)) // version, type, CODE
		return XDP_PASS;
	__u32 index = port << 16 | be16(h[1]);
	__u32 len = be16(h[2]);
	struct up *s = map_lookup(&ups, &index);
	if (!s || !(s->state & ACTIVE))
		return XDP_PASS;
	const __u32 *addresses = f->data;
	if (addresses[0] != s->addresses[0] || addresses[1] != s->addresses[1] || addresses[2] != s->addresses[2] ||
	    f->vlans[0] != s->vlans[0] || f->vlans[1] != s->vlans[1])
		return XDP_PASS;
	offset += PPPOE_LEN;
	if (len < 1 || p + PPPOE_LEN + len > f->end)
		return XDP_PASS; // cut off
	__u32 id = s->tunnel;
	const struct tunnel *t = map_lookup(&tunnels, &id);
	if (!t)
		return XDP_PASS;
	__u32 state = t->state;
	if (!(state & ACTIVE))
		return XDP_PASS;
	// "the frame ... padded": what follows the PPP frame is no part of it.
	__s64 excess = f->end - p - PPPOE_LEN - (__s64)len;
	if (excess > 0 && adjust_tail(ctx, (int)-excess))
		return XDP_PASS;
	__u64 count = __sync_fetch_and_add(&s->packets, 1);
	__sync_fetch_and_add(&s->octets, len);
	int numbered = s->state & REQUIRED || s->numbered;
	__u32 ns = 0;
	if (unlikely(numbered))
		ns = __sync_fetch_and_add(&s->ns, 1);
	const struct hop *hop = &t->hops[t->hop & 1];
	__u32 overhead = (state & IPV6 ? IPV6_LEN : IPV4_LEN) + UDP_LEN + 8 + (numbered ? 4 : 0);
	if (unlikely(!(state & DIRECT) || overhead + len > hop->mtu))
		return to_user(ctx, offset, len, s, index, ns, numbered);
	struct wrapped w = {offset, len, ns, (__u16)(count + s->session), t, hop, s};
	if (unlikely(state & IPV6))
		return encapsulate_any(ctx, f, &w, numbered, 1);
	return encapsulate_any(ctx, f, &w, numbered, 0);
}

// search returns the place of a session that is not at its first one, or
// down_mask + 1. A session is at the first place that was free when it was
// added, so all its places are looked at.
__attribute__((noinline)) __u32 search(__u32 tunnel, __u32 session) {
	__u32 key = tunnel << 16 | session;
	__u32 index = session + tunnel * PLACE;
	for (int i = 1; i < PLACES; i++) {
		index += 2 * tunnel + 1;
		__u32 at = index & down_mask;
		struct down *s = map_lookup(&downs, &at);
		if (s && s->key == key && s->state & ACTIVE)
			return at;
	}
	return down_mask + 1;
}

// find returns the session of a data message.
INLINE struct down *find(__u32 tunnel, __u32 session) {
	__u32 at = (session + tunnel * PLACE) & down_mask;
	struct down *s = map_lookup(&downs, &at);
	if (likely(s && s->key == (tunnel << 16 | session) && s->state & ACTIVE))
		return s;
	at = search(tunnel, session);
	return map_lookup(&downs, &at);
}

// deliver cuts off what is before and after the PPP frame, but for the room of
// the header to the subscriber, and sends it. tags is a constant.
INLINE int deliver(struct xdp_md *ctx, struct frame *f, int offset, __u32 len, struct down *s, int tags) {
	const int room = ETH_LEN + TAG_LEN * tags + PPPOE_LEN;
	if (adjust_head(ctx, offset - room))
		return drop(DROP_ROOM);
	refresh(ctx, f);
	if (f->data + room > f->end)
		return drop(DROP_ROOM);
	__sync_fetch_and_add(&s->packets, 1);
	__sync_fetch_and_add(&s->octets, len);
	__u16 *h = write_ethernet(f->data, s->addresses, s->vlans, tags, ETH_PPPOE_SESSION);
	h[0] = be16(0x1100); // version 1, type 1, CODE 0
	h[1] = s->session;
	h[2] = be16((__u16)len);
	return send(s->device);
}

INLINE int decapsulate(struct xdp_md *ctx, struct frame *f, void *ppp, __u32 len, struct down *s) {
	if (len > s->most)
		return drop(DROP_LONG);
	__s64 excess = f->end - ppp - (__s64)len;
	__s64 offset = ppp - f->data;
	if (excess < 0 || (excess > 0 && adjust_tail(ctx, (int)-excess)))
		return XDP_PASS;
	switch (s->tags) {
	case 0:
		return deliver(ctx, f, offset, len, s, 0);
	case 1:
		return deliver(ctx, f, offset, len, s, 1);
	default:
		return deliver(ctx, f, offset, len, s, 2);
	}
}

// follow has the subscriber's frames numbered while the LNS numbers its own:
// the LNS "controls enabling and disabling of sequence numbers" (RFC 2661
// section 5.4).
INLINE void follow(struct down *s, __u32 numbers) {
	__u32 index = s->up;
	struct up *other = map_lookup(&ups, &index);
	s->numbers = numbers;
	if (other)
		other->numbered = numbers;
}

// downstream takes a UDP datagram of len octets at p.
INLINE int downstream(struct xdp_md *ctx, struct frame *f, void *p, __u32 len, const __u32 *from, const __u32 *to, int six) {
	const __u16 *udp = p;
	if (p + UDP_LEN + 2 > f->end)
		return XDP_PASS;
	__u32 claimed = be16(udp[2]);
	if (claimed > len)
		return XDP_PASS;
	void *q = p + UDP_LEN;
	len = claimed;
	__u16 flags = be16(*(__u16 *)q);
	if ((flags & (L2TP_T | L2TP_VERSION)) != 2)
		return XDP_PASS;
	q += 2 + (flags >> 14 & 1) * 2; // L
	if (q + 4 > f->end)
		return XDP_PASS;
	__u32 id = be16(*(__u16 *)q);
	const struct tunnel *t = map_lookup(&tunnels, &id);
	// A tunnel that is not to send in the clear does not receive so either:
	// the kernel decides what it takes.
	if (!t || (t->state & (ACTIVE | DIRECT)) != (ACTIVE | DIRECT) || !(t->state & IPV6) != !six)
		return XDP_PASS;
	// On a device that carries both, subscribers must not pass for an LNS.
	const struct hop *hop = &t->hops[t->hop & 1];
	if (f->vlans[0] != hop->vlans[0] || f->vlans[1] != hop->vlans[1])
		return XDP_PASS;
	if (from[0] != t->peer_address[0] || to[0] != t->local[0] || udp[0] != t->peer_port || udp[1] != t->local_port)
		return XDP_PASS;
	if (six)
		for (int i = 1; i < 4; i++)
			if (from[i] != t->peer_address[i] || to[i] != t->local[i])
				return XDP_PASS;
	struct down *s = find(id, be16(*(__u16 *)(q + 2)));
	if (!s)
		return XDP_PASS;
	q += 4 + (flags >> 11 & 1) * 4; // S
	if (unlikely(flags & L2TP_O)) {
		if (q + 2 > f->end)
			return XDP_PASS;
		__u32 pad = be16(*(__u16 *)q);
		if (pad > 255)
			return XDP_PASS; // user space can count further
		q += 2 + (pad & 255);
	}
	if (q + 2 <= f->end && *(__u16 *)q == be16(0xff03))
		q += 2;
	__s64 rest = (__s64)len - (q - p);
	if (rest < 1)
		return XDP_PASS;
	__u32 numbers = !!(flags & L2TP_S);
	if (unlikely(s->numbers != numbers))
		follow(s, numbers);
	return decapsulate(ctx, f, q, rest, s);
}

INLINE int downstream4(struct xdp_md *ctx, struct frame *f, __u32 offset) {
	void *p = f->data + offset;
	if (p + IPV4_LEN > f->end)
		return XDP_PASS;
	const __u8 *octet = p;
	const __u16 *half = p;
	const __u32 *word = p;
	__u32 len = be16(half[1]);
	// The kernel puts fragments together, and reads options.
	if (octet[0] != 0x45 || octet[9] != PROTO_UDP || half[3] & be16(0x3fff) || len < IPV4_LEN)
		return XDP_PASS;
	return downstream(ctx, f, p + IPV4_LEN, len - IPV4_LEN, word + 3, word + 4, 0);
}

INLINE int downstream6(struct xdp_md *ctx, struct frame *f, __u32 offset) {
	void *p = f->data + offset;
	if (p + IPV6_LEN > f->end)
		return XDP_PASS;
	const __u32 *word = p;
	if (*(__u8 *)p >> 4 != 6 || *(__u8 *)(p + 6) != PROTO_UDP)
		return XDP_PASS;
	return downstream(ctx, f, p + IPV6_LEN, be16(*(__u16 *)(p + 4)), word + 2, word + 6, 1);
}

INLINE int is_tag(__u16 type) {
	return type == be16(ETH_VLAN) || type == be16(ETH_SERVICE_VLAN) || type == be16(ETH_OLD_QINQ);
}

SEC("xdp") int forward(struct xdp_md *ctx) {
	struct frame f = {};
	refresh(ctx, &f);
	__u32 offset = ETH_LEN;
	if (f.data + ETH_LEN > f.end)
		return XDP_PASS;
	__u16 type = *(__u16 *)(f.data + 12);
	if (is_tag(type)) {
		if (f.data + ETH_LEN + TAG_LEN > f.end)
			return XDP_PASS;
		f.vlans[0] = *(__u32 *)(f.data + 12) & be32(0xffff0fff);
		type = *(__u16 *)(f.data + 16);
		offset += TAG_LEN;
		if (is_tag(type)) {
			if (f.data + ETH_LEN + 2 * TAG_LEN > f.end)
				return XDP_PASS;
			f.vlans[1] = *(__u32 *)(f.data + 16) & be32(0xffff0fff);
			type = *(__u16 *)(f.data + 20);
			offset += TAG_LEN;
		} else if (!(f.vlans[0] & be32(0xfff))) {
			f.vlans[0] = 0; // a priority, and no VLAN
		}
	}
	if (access && type == be16(ETH_PPPOE_SESSION))
		return upstream(ctx, &f, offset);
	if (core && type == be16(ETH_IPV4))
		return downstream4(ctx, &f, offset);
	if (core && type == be16(ETH_IPV6))
		return downstream6(ctx, &f, offset);
	return XDP_PASS;
}
