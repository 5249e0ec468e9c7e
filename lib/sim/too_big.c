/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <rte_common.h>

#include "sim/packet.h"
#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/frame.h"
#include "wire/icmp.h"

#define V4_LONGEST 576u          /* RFC 1812, 4.3.2.3 */
#define V6_LONGEST 1280u         /* RFC 4443, 2.4 (c) */
#define CODE_TOO_BIG 4u          /* of ICMP's unreachable */
#define IPV4_FLAGS_AT 6u
#define IPV4_DF 0x40u
#define ROUTER_TTL 64u

static const struct mac_addr router_mac = { { 0x02, 0, 0, 0xff, 0xff, 0xff } };

/* 192.0.2.1 and 2001:db8::1: of the ranges for documentation (RFC 5737, RFC 3849), so no host's. */
static const struct tern_addr router_v4 = { .b = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 } };
static const struct tern_addr router_v6 = { .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };

static bool
may_be_told(const struct frame *f, const uint8_t *l3)
{
	/* RFC 1122, 3.2.2, RFC 4443, 2.4 (e): not about errors, nor about what went to many */
	if (f->mac_multicast || f->protocol == IP_PROTO_ICMP || f->protocol == IP_PROTO_ICMPV6)
		return false;
	return !f->v4 || l3[IPV4_FLAGS_AT] & IPV4_DF;
}

/* The message at p, behind its IP header. */
static void
write_message(uint8_t *p, const struct frame *f, uint16_t mtu, const uint8_t *quoted, uint32_t length)
{
	uint64_t sum = 0;
	uint16_t checksum;

	memset(p, 0, ICMP_HEADER);
	p[0] = f->v4 ? ICMP_UNREACHABLE : ICMPV6_TOO_BIG;
	p[1] = f->v4 ? CODE_TOO_BIG : 0;
	put_be32(p + 4, mtu);
	memcpy(p + ICMP_HEADER, quoted, length);
	if (!f->v4)
		sum = checksum_pseudo(false, &router_v6, &f->src, IP_PROTO_ICMPV6, ICMP_HEADER + length);
	checksum = checksum_fold(checksum_add(sum, p, ICMP_HEADER + length));
	memcpy(p + 2, &checksum, sizeof(checksum));
}

struct rte_mbuf *
sim_too_big(struct rte_mbuf *m, uint16_t mtu, struct rte_mempool *pool)
{
	const uint8_t *from = rte_pktmbuf_mtod(m, const uint8_t *);
	struct ether_template t;
	uint32_t header, quoted;
	struct rte_mbuf *e;
	struct frame f;
	uint8_t *p;

	/* what is quoted is what is on the wire */
	sim_fill_checksums(m);
	if (frame_parse(&f, from, m->data_len, m->pkt_len, true) != 0 || f.ethertype == ETHERTYPE_ARP ||
	    !may_be_told(&f, from + f.l3_offset))
		return NULL;
	ether_template_make(&t, &f.src_mac, &router_mac, f.vlan, f.ethertype);
	header = f.v4 ? IPV4_HEADER : IPV6_HEADER;
	quoted = RTE_MIN(m->data_len - f.l3_offset, (f.v4 ? V4_LONGEST : V6_LONGEST) - header - ICMP_HEADER);
	e = mbuf_alloc(pool);
	if (e == NULL || rte_pktmbuf_tailroom(e) < t.length + header + ICMP_HEADER + quoted) {
		mbuf_free(e);
		return NULL;
	}
	p = (uint8_t *)rte_pktmbuf_append(e, (uint16_t)(t.length + header + ICMP_HEADER + quoted));
	memcpy(p, t.bytes, t.length);
	ip_emit(p + t.length, f.v4, f.v4 ? &router_v4 : &router_v6, &f.src, f.v4 ? IP_PROTO_ICMP : IP_PROTO_ICMPV6,
		ICMP_HEADER + quoted, 0, ROUTER_TTL, 0, false);
	write_message(p + t.length + header, &f, mtu, from + f.l3_offset, quoted);
	return e;
}
