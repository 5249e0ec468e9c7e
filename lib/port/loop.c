/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>

#include "core/mbuf.h"
#include "port/loop.h"
#include "port/loop_ring.h"
#include "wire/bytes.h"
#include "wire/frame.h"

/* Frames that are looked at before any is handed over, when the receiver has several cores. */
#define SPREAD 64u

/*
 * Nobody has to cut a frame of several segments here, and one costs less than they do. Not of 64 KiB: of a window of
 * 256 KiB so few would be under way that both cores wait for each other.
 */
#define LARGE_MBUFS 64u
#define LARGE_BYTES 12288u

/* One core's end. Only this core writes it. */
struct loop_end {
	struct tern_link link;
	uint32_t to_count, from_count;   /* cores over there */
	uint32_t from_next;              /* whose ring is emptied first */
	const struct owner *owner;       /* of the other side's flows; NULL with one core there */
	struct loop_ring *to[PORT_MAX_CORES];
	struct loop_ring *from[PORT_MAX_CORES];
} __rte_cache_aligned;

struct loop {
	struct loop_side {
		struct port port;
		struct loop *loop;
		struct owner owner;
		struct loop_end *end[PORT_MAX_CORES];
	} side[2];
	uint32_t open;                   /* sides that are not closed yet */
};

/*
 * What a device would have written. Done by the sender, whose cache has the line
 * anyway. The direction's own marks go, those about the buffer stay. A checksum
 * left to the device is not computed, since no byte can change on the way, and
 * arrives as checked.
 */
static inline void
hand_over(struct rte_mbuf *m)
{
	uint64_t sent = m->ol_flags;
	uint64_t flags = sent & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL);

	if ((sent & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM)
		flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	if (sent & RTE_MBUF_F_TX_IP_CKSUM)
		flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if (sent & RTE_MBUF_F_TX_TCP_SEG)
		flags |= RTE_MBUF_F_RX_LRO;
	m->ol_flags = flags;
	m->port = RTE_MBUF_PORT_INVALID;
	m->packet_type = 0;
	m->hash.rss = 0;
}

static uint16_t
transmit_to_one(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct loop_end *end = (struct loop_end *)link;
	struct loop_ring *ring = end->to[0];

	/* asked first: what is not taken must keep its marks, for it is offered again */
	n = (uint16_t)loop_ring_room(ring, n);
	for (uint16_t i = 0; i < n; i++) {
		if (i + 4 < n)
			rte_prefetch0(frames[i + 4]);
		hand_over(frames[i]);
	}
	loop_ring_put(ring, frames, n);
	return n;
}

/* As a device with RSS would: TCP by its tuple, everything else to the first core. */
static uint32_t
receiver_of(const struct owner *owner, const struct rte_mbuf *m)
{
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
	struct frame f;

	if (frame_parse(&f, data, m->data_len, m->pkt_len, true) != 0 || f.ethertype == ETHERTYPE_ARP ||
	    f.protocol != IP_PROTO_TCP || f.l4_offset + 4u > m->data_len)
		return owner_of_hash(owner, 0);
	return owner_of_hash(owner, owner_hash(owner, f.v4, &f.src, &f.dst, get_be16(data + f.l4_offset),
					       get_be16(data + f.l4_offset + 2)));
}

static uint16_t
spread(struct loop_end *end, struct rte_mbuf **frames, uint16_t n)
{
	uint8_t receiver[SPREAD];
	unsigned int room[PORT_MAX_CORES];
	uint64_t seen = 0;
	uint16_t taken;

	/* the frames leave in order, so the first that finds its ring full ends the burst */
	for (taken = 0; taken < n; taken++) {
		uint32_t r = receiver_of(end->owner, frames[taken]);

		if (!(seen & UINT64_C(1) << r)) {
			seen |= UINT64_C(1) << r;
			room[r] = loop_ring_room(end->to[r], n);
		}
		if (room[r] == 0)
			break;
		room[r]--;
		receiver[taken] = (uint8_t)r;
	}
	while (seen != 0) {
		uint32_t r = (uint32_t)__builtin_ctzll(seen);
		struct rte_mbuf *batch[SPREAD];
		unsigned int count = 0;

		seen &= seen - 1;
		for (uint16_t i = 0; i < taken; i++) {
			if (receiver[i] != r)
				continue;
			hand_over(frames[i]);
			batch[count++] = frames[i];
		}
		loop_ring_put(end->to[r], batch, count);
	}
	return taken;
}

static uint16_t
transmit_to_many(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct loop_end *end = (struct loop_end *)link;
	uint16_t sent = 0;

	while (sent < n) {
		uint16_t offered = RTE_MIN((uint16_t)(n - sent), (uint16_t)SPREAD);
		uint16_t taken = spread(end, frames + sent, offered);

		sent = (uint16_t)(sent + taken);
		if (taken != offered)
			break;
	}
	return sent;
}

static uint16_t
receive_from_one(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct loop_end *end = (struct loop_end *)link;

	return (uint16_t)loop_ring_take(end->from[0], frames, n);
}

static uint16_t
receive_from_many(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct loop_end *end = (struct loop_end *)link;
	uint32_t from = end->from_next;
	uint16_t got = 0;

	for (uint32_t i = 0; i < end->from_count && got < n; i++) {
		got = (uint16_t)(got + loop_ring_take(end->from[from], frames + got, n - got));
		from = from + 1 == end->from_count ? 0 : from + 1;
	}
	end->from_next = from;
	return got;
}

/* With the frames that still wait in it; NULL is nothing. */
static void
free_ring(struct loop_ring *ring)
{
	struct rte_mbuf *m;

	if (ring == NULL)
		return;
	while (loop_ring_take(ring, &m, 1) > 0)
		rte_pktmbuf_free(m);
	rte_free(ring);
}

static void
loop_free(struct loop *loop)
{
	for (uint32_t s = 0; s < 2; s++) {
		struct loop_side *side = &loop->side[s];

		for (uint32_t i = 0; i < side->port.cores; i++) {
			if (side->end[i] == NULL)
				continue;
			for (uint32_t j = 0; j < side->end[i]->to_count; j++)
				free_ring(side->end[i]->to[j]);
			rte_free(side->end[i]);
		}
	}
	free(loop);
}

static void
loop_close(struct port *port)
{
	struct loop *loop = ((struct loop_side *)port)->loop;

	if (--loop->open == 0)
		loop_free(loop);
}

static int
make_end(struct loop *loop, uint32_t s, uint32_t i, bool software_checksums, bool no_tso, struct complaint *why)
{
	struct loop_side *here = &loop->side[s], *there = &loop->side[!s];
	struct loop_end *end = rte_zmalloc_socket("loop end", sizeof(*end), RTE_CACHE_LINE_SIZE, here->port.node);

	if (end == NULL)
		return complain(why, "loop: no memory for the link of core %u", i);
	here->end[i] = end;
	here->port.link[i] = &end->link;
	end->to_count = end->from_count = there->port.cores;
	end->owner = end->to_count > 1 ? &there->owner : NULL;
	end->link.transmit = end->to_count > 1 ? transmit_to_many : transmit_to_one;
	end->link.receive = end->from_count > 1 ? receive_from_many : receive_from_one;
	end->link.capabilities.tx_ip_checksum = !software_checksums;
	end->link.capabilities.tx_l4_checksum = !software_checksums;
	end->link.capabilities.rx_checksum = !software_checksums;
	end->link.capabilities.multi_segment = true;
	end->link.capabilities.by_reference = true;
	if (!software_checksums && !no_tso) {
		end->link.capabilities.tso_mbufs = LARGE_MBUFS;
		end->link.capabilities.tso_bytes = LARGE_BYTES;
	}
	for (uint32_t j = 0; j < end->to_count; j++) {
		end->to[j] = rte_zmalloc_socket("loop ring", sizeof(*end->to[j]), alignof(struct loop_ring), there->port.node);
		if (end->to[j] == NULL)
			return complain(why, "loop: no memory for a ring of %u frames between the cores %u and %u", LOOP_RING, i, j);
	}
	return 0;
}

static void
describe_side(struct loop *loop, uint32_t s, const struct port_config *config)
{
	struct loop_side *side = &loop->side[s];
	struct port *port = &side->port;

	side->loop = loop;
	snprintf(port->name, sizeof(port->name), "loop");
	snprintf(port->driver, sizeof(port->driver), "rings");
	port->mac = (struct mac_addr){ { 0x02, 't', 'e', 'r', 'n', (uint8_t)(s + 1) } };
	port->mtu = config->mtu;
	port->node = config->node;
	port->cores = config->cores;
	/* the sender chooses the receiver's core by its own table: what RSS is for, and never wrong */
	port->rss = false;
	port->close = loop_close;
	owner_init(&side->owner, config->cores, 0);
}

int
loop_open(struct port *ports[2], const struct port_config configs[2], struct complaint *why)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return complain(why, "loop: out of memory");
	loop->open = 2;
	for (uint32_t s = 0; s < 2; s++)
		describe_side(loop, s, &configs[s]);
	for (uint32_t s = 0; s < 2; s++)
		for (uint32_t i = 0; i < configs[s].cores; i++)
			if (make_end(loop, s, i, configs[s].software_checksums, configs[s].no_tso, why) != 0) {
				loop_free(loop);
				return -1;
			}
	/* every ring is made by its sender; the receiver finds it there */
	for (uint32_t s = 0; s < 2; s++)
		for (uint32_t i = 0; i < configs[s].cores; i++)
			for (uint32_t j = 0; j < configs[!s].cores; j++)
				loop->side[s].end[i]->from[j] = loop->side[!s].end[j]->to[i];
	for (uint32_t s = 0; s < 2; s++)
		ports[s] = &loop->side[s].port;
	return 0;
}
