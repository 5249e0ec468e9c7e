/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ip/mbuf_checksum.h"
#include "sim/check.h"
#include "sim/host.h"
#include "sim/packet.h"
#include "sim_wire.h"
#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/tcp.h"

#define ID_AT 4u         /* in the TCP header: its sequence number */
#define DF_AT 6u
#define CHECKSUM_AT 16u

static const struct tern_addr v4_addr[2] = {
	{ .b = { [10] = 0xff, [11] = 0xff, 198, 18, 0, 1 } }, { .b = { [10] = 0xff, [11] = 0xff, 198, 18, 0, 2 } },
};
static const struct tern_addr v6_addr[2] = {
	{ .b = { 0x20, 0x01, 0, 2, [15] = 1 } }, { .b = { 0x20, 0x01, 0, 2, [15] = 2 } },
};

static void
arrived(struct wire *w, const struct rte_mbuf *m, uint64_t now_ns)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	struct wire_frame *f = &w->got[w->count];
	struct frame parsed;
	bool known = (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD;

	assert_true(w->count < WIRE_MOST);
	*f = (struct wire_frame){ .ns = now_ns, .length = m->pkt_len, .id = UINT32_MAX };
	w->count++;
	f->intact = frame_parse(&parsed, p, m->data_len, m->pkt_len, known) == 0;
	if (!f->intact || parsed.ethertype == ETHERTYPE_ARP || parsed.protocol != IP_PROTO_TCP)
		return;
	f->tos = parsed.tos;
	f->id = get_be32(p + parsed.l4_offset + ID_AT);
	f->intact = known || ip_l4_checksum_ok(m, &parsed);
}

static bool
turn(struct sim_host *host, uint64_t now_ns)
{
	struct wire_end *e = (struct wire_end *)host;
	struct rte_mbuf *m;
	bool any = false;

	while (host->link.receive(&host->link, &m, 1) == 1) {
		if (e->far) {
			arrived(e->wire, m, now_ns);
		} else {
			e->wire->back++;
			e->wire->back_length = m->pkt_len;
			memcpy(e->wire->back_frame, rte_pktmbuf_mtod(m, void *), m->data_len);
		}
		mbuf_free(m);
		any = true;
	}
	return any;
}

static uint64_t
never(struct sim_host *host, uint64_t now_ns)
{
	(void)host;
	(void)now_ns;
	return UINT64_MAX;
}

static void
set_time(struct sim_host *host, uint64_t now_ns)
{
	(void)host;
	(void)now_ns;
}

static const struct sim_host_ops ops = { .turn = turn, .next_ns = never, .set_time = set_time };

static struct tern_sim_link_options
checked(const struct tern_sim_link_options *given)
{
	struct tern_sim_link_options model;
	char why[400];

	if (!sim_check_model(&model, given, why, sizeof(why)))
		fail_msg("%s", why);
	return model;
}

struct wire *
wire_new(uint64_t seed, bool v6, const struct tern_sim_link_options *given)
{
	const struct tern_sim_link_options perfect = TERN_SIM_LINK_INIT;
	struct tern_sim_link_options there = checked(given), back = checked(&perfect);
	struct wire *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->got = calloc(WIRE_MOST, sizeof(w->got[0]));
	w->v6 = v6;
	assert_int_equal(sim_net_init(&w->net, seed, SECOND, host_pool()), 0);
	for (unsigned int i = 0; i < 2; i++) {
		w->end[i].host.ops = &ops;
		w->end[i].wire = w;
		w->end[i].far = i == 1;
		assert_int_equal(sim_host_init(&w->end[i].host, &w->net, i == 0 ? "near" : "far"), 0);
	}
	w->link = sim_net_connect(&w->net, &w->end[0].host.node, &w->end[1].host.node, &there, &back);
	assert_non_null(w->link);
	return w;
}

bool
wire_free(struct wire *w)
{
	sim_net_free(&w->net);
	for (unsigned int i = 0; i < 2; i++)
		sim_node_free(&w->end[i].host.node);
	free(w->got);
	free(w);
	return host_pool_in_use() == 0;
}

static void
transmit(struct wire *w, struct rte_mbuf *m)
{
	struct tern_link *link = &w->end[0].host.link;

	assert_int_equal(link->transmit(link, &m, 1), 1);
}

uint32_t
wire_send_flags(struct wire *w, uint32_t length, uint8_t tos, bool df, bool offload)
{
	const struct tern_addr *a = w->v6 ? v6_addr : v4_addr;
	const struct mac_addr from = sim_host_mac(&w->end[0].host), to = sim_host_mac(&w->end[1].host);
	uint32_t header = w->v6 ? IPV6_HEADER : IPV4_HEADER, text = length - ETHER_HEADER - header;
	struct rte_mbuf *m = mbuf_alloc(host_pool());
	struct ether_template t;
	uint16_t sum;
	uint8_t *p;

	assert_non_null(m);
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)length);
	memset(p, 0, length);
	ether_template_make(&t, &to, &from, VLAN_NONE, w->v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
	memcpy(p, t.bytes, t.length);
	ip_emit(p + ETHER_HEADER, !w->v6, &a[0], &a[1], IP_PROTO_TCP, text, tos, 64, 0, offload);
	if (!df)
		ip_allow_fragments(p + ETHER_HEADER, 0, offload);
	p += ETHER_HEADER + header;
	put_be32(p + ID_AT, w->next_id);
	p[12] = 5 << 4;
	for (uint32_t i = 20; i < text; i++)
		p[i] = (uint8_t)(i * 7 + w->next_id);
	if (offload) {
		sum = checksum_pseudo_field(!w->v6, &a[0], &a[1], IP_PROTO_TCP, text);
		m->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM | (w->v6 ? 0 : RTE_MBUF_F_TX_IP_CKSUM);
	} else {
		sum = checksum_fold(checksum_pseudo(!w->v6, &a[0], &a[1], IP_PROTO_TCP, text) + checksum_add(0, p, text));
	}
	memcpy(p + CHECKSUM_AT, &sum, sizeof(sum));
	transmit(w, m);
	return w->next_id++;
}

uint32_t
wire_send(struct wire *w, uint32_t length, uint8_t tos)
{
	/* of both kinds: it must not matter whose work checksums are */
	return wire_send_flags(w, length, tos, true, w->next_id % 2);
}

void
wire_send_arp(struct wire *w)
{
	struct rte_mbuf *m = mbuf_alloc(host_pool());
	struct ether_template t;
	uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, 42);
	const struct mac_addr from = sim_host_mac(&w->end[0].host), to = MAC_BROADCAST;

	memset(p, 0, 42);
	ether_template_make(&t, &to, &from, VLAN_NONE, ETHERTYPE_ARP);
	memcpy(p, t.bytes, t.length);
	transmit(w, m);
}

void
wire_run(struct wire *w, uint64_t until_ns)
{
	assert_int_equal(sim_net_run(&w->net, until_ns), 0);
}

void
wire_change(struct wire *w, const struct tern_sim_link_options *given)
{
	const struct tern_sim_link_options model = checked(given);

	sim_line_change(&w->link->line[0], &model);
}

struct tern_sim_link_stats
wire_stats(struct wire *w)
{
	struct tern_sim_link_stats s = TERN_SIM_LINK_STATS_INIT;
	struct sim_line *l = &w->link->line[0];
	uint64_t under_way;

	sim_line_stats(l, &s);
	under_way = l->queue.tail - l->queue.head + l->way.tail - l->way.head + l->late.tail - l->late.head;
	assert_int_equal(s.offered + s.duplicated, s.delivered + s.dropped_queue + s.dropped_aqm + s.dropped_loss +
			 s.dropped_mtu + s.dropped_down + under_way);
	return s;
}
