/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include "sim/packet.h"
#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/frame.h"
#include "wire/icmp.h"

#define TCP_CHECKSUM_AT 16u
#define IPV4_TOS_AT 1u
#define IPV4_CHECKSUM_AT 10u
#define IPV6_NEXT_HEADER_AT 6u
#define V6_CE 0x30u   /* of the second byte: the traffic class begins in the middle of the first */
#define V6_ECT_SHIFT 4

/* The IP header's place; *type: what it is, by Ethernet. */
static uint8_t *
l3_of(const struct rte_mbuf *m, uint16_t *type)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	*type = get_be16(p + 12);
	if (*type != ETHERTYPE_VLAN)
		return p + ETHER_HEADER;
	*type = get_be16(p + ETHER_HEADER + 2);
	return p + ETHER_MAX_HEADER;
}

struct rte_mbuf *
sim_packet_copy(const struct rte_mbuf *m, struct rte_mempool *pool)
{
	struct rte_mbuf *copy = mbuf_alloc(pool);
	const void *bytes;

	if (copy == NULL || rte_pktmbuf_tailroom(copy) < m->pkt_len) {
		mbuf_free(copy);
		return NULL;
	}
	bytes = rte_pktmbuf_read(m, 0, m->pkt_len, rte_pktmbuf_append(copy, (uint16_t)m->pkt_len));
	/* a chain has been read to its place already */
	if (bytes != rte_pktmbuf_mtod(copy, void *))
		memcpy(rte_pktmbuf_mtod(copy, void *), bytes, m->pkt_len);
	copy->ol_flags = m->ol_flags & (RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_IP_CKSUM);
	return copy;
}

struct rte_mbuf *
sim_packet_own(struct rte_mbuf *m, struct rte_mempool *pool)
{
	struct rte_mbuf *copy;

	if (likely(m->nb_segs == 1 && RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1))
		return m;
	copy = sim_packet_copy(m, pool);
	mbuf_free(m);
	return copy;
}

uint32_t
sim_ip_length(const struct rte_mbuf *m)
{
	uint16_t type;
	const uint8_t *l3 = l3_of(m, &type);

	return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 ?
		m->pkt_len - (uint32_t)(l3 - rte_pktmbuf_mtod(m, const uint8_t *)) : 0;
}

bool
sim_is_resolution(const struct rte_mbuf *m)
{
	uint16_t type;
	const uint8_t *l3 = l3_of(m, &type);

	if (type != ETHERTYPE_IPV6)
		return type == ETHERTYPE_ARP;
	return l3[IPV6_NEXT_HEADER_AT] == IP_PROTO_ICMPV6 &&
	       (l3[IPV6_HEADER] == ICMPV6_NEIGHBOUR_SOLICIT || l3[IPV6_HEADER] == ICMPV6_NEIGHBOUR_ADVERT);
}

void
sim_fill_checksums(struct rte_mbuf *m)
{
	uint64_t left = m->ol_flags & (RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_IP_CKSUM);
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct frame f;
	uint16_t sum;

	if (left == 0)
		return;
	m->ol_flags &= ~(RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_IP_CKSUM);
	if (frame_parse(&f, p, m->data_len, m->pkt_len, true) != 0 || f.ethertype == ETHERTYPE_ARP)
		return;
	if (left & RTE_MBUF_F_TX_IP_CKSUM && f.v4) {
		memset(p + f.l3_offset + IPV4_CHECKSUM_AT, 0, sizeof(sum));
		sum = checksum_fold(checksum_add(0, p + f.l3_offset, (uint32_t)(f.l4_offset - f.l3_offset)));
		memcpy(p + f.l3_offset + IPV4_CHECKSUM_AT, &sum, sizeof(sum));
	}
	if ((left & RTE_MBUF_F_TX_L4_MASK) != RTE_MBUF_F_TX_TCP_CKSUM)
		return;
	memset(p + f.l4_offset + TCP_CHECKSUM_AT, 0, sizeof(sum));
	sum = checksum_fold(checksum_pseudo(f.v4, &f.src, &f.dst, IP_PROTO_TCP, f.l4_length) +
			    checksum_add(0, p + f.l4_offset, f.l4_length));
	memcpy(p + f.l4_offset + TCP_CHECKSUM_AT, &sum, sizeof(sum));
}

uint64_t
sim_bits(const struct rte_mbuf *m)
{
	uint16_t type;
	const uint8_t *l3 = l3_of(m, &type);

	return UINT64_C(8) * (m->pkt_len - (uint32_t)(l3 - rte_pktmbuf_mtod(m, const uint8_t *)));
}

void
sim_flip_bit(struct rte_mbuf *m, uint64_t bit)
{
	uint16_t type;
	uint8_t *l3 = l3_of(m, &type);

	l3[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void
mark_v4(struct rte_mbuf *m, uint8_t *l3)
{
	uint16_t before, after, sum;

	memcpy(&before, l3, sizeof(before));
	l3[IPV4_TOS_AT] |= IP_ECN_CE;
	memcpy(&after, l3, sizeof(after));
	if (m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM)
		return;
	/* RFC 1624, 3: HC' = ~(~HC + ~m + m') */
	memcpy(&sum, l3 + IPV4_CHECKSUM_AT, sizeof(sum));
	sum = checksum_fold((uint64_t)(uint16_t)~sum + (uint16_t)~before + after);
	memcpy(l3 + IPV4_CHECKSUM_AT, &sum, sizeof(sum));
}

bool
sim_mark_ce(struct rte_mbuf *m)
{
	uint16_t type;
	uint8_t *l3 = l3_of(m, &type);

	if (type == ETHERTYPE_IPV4) {
		if ((l3[IPV4_TOS_AT] & IP_ECN_MASK) == 0)
			return false;
		mark_v4(m, l3);
		return true;
	}
	if (type != ETHERTYPE_IPV6 || (l3[1] >> V6_ECT_SHIFT & IP_ECN_MASK) == 0)
		return false;
	l3[1] |= V6_CE;
	return true;
}

void
sim_packet_arrive(struct rte_mbuf *m)
{
	uint64_t left = m->ol_flags, flags = 0;

	/* nobody could have changed a byte: what was left to the device is as good as right */
	if ((left & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM)
		flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	if (left & RTE_MBUF_F_TX_IP_CKSUM)
		flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	m->ol_flags = flags;
	m->port = RTE_MBUF_PORT_INVALID;
	m->packet_type = 0;
	m->hash.rss = 0;
}
