/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The stack's end of the wire. The script speaks IP: what it sends is put into Ethernet, what the stack sends is taken
 * out of it, and whoever the stack asks for is there, with the one address of the other end. Of all TCP that
 * leaves the checksum is looked at, which the tool does not do.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "core/mbuf.h"
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/frame.h"
#include "wire/headers.h"
#include "wire/icmp.h"
#include "wire/ndp.h"
#include "world.h"

#define PIECE 1500u   /* of a packet in one mbuf */

static const struct mac_addr ours = { { 2, 0, 0x5e, 0, 0x53, 1 } }, theirs = { { 2, 0, 0x5e, 0, 0x53, 2 } };

/* ---- towards the stack */

static int
give(struct world *w, uint16_t ethertype, const uint8_t *packet, size_t length)
{
	struct ether_template header;
	uint8_t first[ETHER_MAX_HEADER + PIECE];
	uint32_t piece = (uint32_t)RTE_MIN(length, (size_t)PIECE);
	struct rte_mbuf *m, *last;

	ether_template_make(&header, &ours, &theirs, VLAN_NONE, ethertype);
	memcpy(first, header.bytes, header.length);
	memcpy(first + header.length, packet, piece);
	m = last = host_mbuf(first, header.length + piece);
	for (size_t at = piece; m != NULL && at < length; at += piece) {
		piece = (uint32_t)RTE_MIN(length - at, (size_t)PIECE);
		last->next = host_mbuf(packet + at, piece);
		if (last->next == NULL)
			break;
		last = last->next;
		m->nb_segs++;
		m->pkt_len += piece;
	}
	if (m == NULL || m->pkt_len != header.length + length || w->in_tail - w->in_head == WORLD_FRAMES) {
		mbuf_free(m);
		return -1;
	}
	w->in[w->in_tail++ % WORLD_FRAMES] = m;
	return 0;
}

int
world_inject(struct world *w, const void *packet, size_t length)
{
	const uint8_t *p = packet;

	return give(w, length > 0 && p[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4, p, length);
}

static uint16_t
link_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct world *w = (struct world *)(void *)link;
	uint16_t got = 0;

	while (got < n && w->in_head != w->in_tail)
		frames[got++] = w->in[w->in_head++ % WORLD_FRAMES];
	return got;
}

/* ---- from it: neighbours are answered for */

static void
answer_arp(struct world *w, const uint8_t *data, uint32_t length)
{
	struct arp question, answer;
	uint8_t packet[ARP_LENGTH];

	if (arp_parse(&question, data, length) < 0 || question.operation != ARP_REQUEST)
		return;
	answer = (struct arp){
		.operation = ARP_REPLY, .sender_mac = theirs, .sender = question.target,
		.target_mac = question.sender_mac, .target = question.sender,
	};
	give(w, ETHERTYPE_ARP, packet, arp_emit(packet, &answer));
}

/* @return whether it was a solicitation */
static bool
answer_ndp(struct world *w, const struct frame *f, const uint8_t *data)
{
	uint8_t packet[IPV6_HEADER + NDP_MAX_LENGTH];
	struct ndp question, answer;
	uint32_t length;

	if (data[0] != ICMPV6_NEIGHBOUR_SOLICIT || ndp_parse(&question, f, data, f->l4_length) < 0)
		return false;
	answer = (struct ndp){
		.type = ICMPV6_NEIGHBOUR_ADVERT, .solicited = true, .override = true, .has_mac = true, .mac = theirs,
		.target = question.target,
	};
	length = ndp_emit(packet + IPV6_HEADER, &answer, &question.target, &f->src);
	ip_emit(packet, false, &question.target, &f->src, IP_PROTO_ICMPV6, length, 0, 255, 0, false);
	give(w, ETHERTYPE_IPV6, packet, IPV6_HEADER + length);
	return true;
}

/* ---- from it: packets */

static void
check_tcp(const struct frame *f, const uint8_t *ip, const uint8_t *tcp)
{
	uint64_t sum = checksum_pseudo_of(f->v4, ip, IP_PROTO_TCP, f->l4_length);

	if (checksum_fold(checksum_add(sum, tcp, f->l4_length)) != 0)
		world_fail("a segment of %u bytes left with a wrong TCP checksum", f->l4_length);
}

static void
keep(struct world *w, const uint8_t *packet, uint32_t length)
{
	struct world_packet *out = &w->out[w->out_tail % WORLD_FRAMES];

	*out = (struct world_packet){ .time_ns = w->now_ns, .length = length, .bytes = malloc(length) };
	if (out->bytes == NULL)
		world_fail("no memory for a packet");
	memcpy(out->bytes, packet, length);
	w->out_tail++;
}

static void
take(struct world *w, const struct rte_mbuf *m)
{
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
	struct frame f;

	if (m->nb_segs != 1)
		world_fail("the stack sent a chain to a link that takes none");
	if (frame_parse(&f, data, m->data_len, m->pkt_len, false) < 0)
		world_fail("the stack sent a frame of %u bytes that is none", m->pkt_len);
	if (f.ethertype == ETHERTYPE_ARP) {
		answer_arp(w, data + f.l3_offset, m->data_len - f.l3_offset);
		return;
	}
	if (f.protocol == IP_PROTO_ICMPV6 && answer_ndp(w, &f, data + f.l4_offset))
		return;
	if (f.protocol == IP_PROTO_TCP)
		check_tcp(&f, data + f.l3_offset, data + f.l4_offset);
	keep(w, data + f.l3_offset, f.l4_offset - f.l3_offset + f.l4_length);
}

static uint16_t
link_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct world *w = (struct world *)(void *)link;

	for (uint16_t i = 0; i < n; i++) {
		if (w->out_tail - w->out_head == WORLD_FRAMES)
			return i;
		take(w, frames[i]);
		mbuf_free(frames[i]);
	}
	return n;
}

void
world_link(struct world *w)
{
	w->link.receive = link_receive;
	w->link.transmit = link_transmit;
	w->profile.host.mac = ours;
}
