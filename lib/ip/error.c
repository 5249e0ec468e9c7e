/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Errors that we report: a protocol that is not spoken here (RFC 1122, 3.2.2.1), an
 * IPv6 header or option that is not understood (RFC 8200, 4; RFC 4443, 3.4), pieces
 * whose others never came (RFC 1122, 3.3.2; RFC 8200, 4.5). Few a second (RFC 4443,
 * 2.4 (f)), and none about what went to many or comes from nobody (RFC 1122, 3.2.2; RFC 4443, 2.4 (e)).
 * A port without a listener is TCP's to answer, by RST.
 */

#include <string.h>

#include "ip/internal.h"
#include "wire/bytes.h"

#define ERRORS_A_SECOND 100u
#define SECOND_NS UINT64_C(1000000000)
#define V4_LONGEST 576u    /* RFC 1812, 4.3.2.3 */
#define V6_LONGEST 1280u   /* RFC 4443, 2.4 (c) */
#define CODE_PROTOCOL 2u   /* of ICMP's unreachable */
#define CODE_REASSEMBLY 1u

static bool
is_allowed(struct ip *ip, uint64_t now_ns)
{
	if (now_ns - ip->errors_since_ns >= SECOND_NS) {
		ip->errors_since_ns = now_ns;
		ip->errors = 0;
	}
	return ip->errors++ < ERRORS_A_SECOND;
}

static bool
may_be_told(const struct ip *ip, const struct frame *f)
{
	return !f->mac_multicast && addr_is_unicast(&f->src) && tern_addr_is_v4(&f->src) == f->v4 &&
	       tern_addr_is_v4(&f->dst) == f->v4 && ip_is_ours(ip, &f->dst, f->vlan) && !ip_is_ours(ip, &f->src, f->vlan);
}

static void
queue_error(struct ip *ip, struct rte_mbuf *m, const struct frame *f, uint8_t type, uint8_t code, uint32_t rest, uint64_t now_ns)
{
	if (!may_be_told(ip, f) || ip->replies == IP_REPLIES || !is_allowed(ip, now_ns)) {
		mbuf_free(m);
		return;
	}
	ip->reply[ip->replies++] = (struct ip_reply){ .m = m, .frame = *f, .type = type, .code = code, .rest = rest };
}

void
ip_refuse(struct ip *ip, struct rte_mbuf *m, const struct frame *f, uint64_t now_ns)
{
	if (f->v4)
		queue_error(ip, m, f, ICMP_UNREACHABLE, CODE_PROTOCOL, 0, now_ns);
	else
		queue_error(ip, m, f, ICMPV6_PARAMETER_PROBLEM, (uint8_t)(f->problem - 1), f->problem_at, now_ns);
}

void
ip_reassembly_timed_out(struct ip *ip, struct rte_mbuf *m, const struct frame *f, uint64_t now_ns)
{
	queue_error(ip, m, f, f->v4 ? ICMP_TIME_EXCEEDED : ICMPV6_TIME_EXCEEDED, CODE_REASSEMBLY, 0, now_ns);
}

struct rte_mbuf *
answer_error(struct ip *ip, struct rte_mbuf *m, const struct ip_reply *r)
{
	const struct frame *f = &r->frame;
	uint32_t l3 = f->v4 ? IPV4_HEADER : IPV6_HEADER, headers, quoted, there;
	struct rte_mbuf *e = mbuf_alloc(ip->pool);
	struct ether_template t;
	const uint8_t *from;
	uint16_t checksum;
	uint64_t sum;
	uint8_t *p;

	ether_template_make(&t, &f->src_mac, &ip->config.mac, f->vlan, f->ethertype);
	headers = t.length + l3 + ICMP_HEADER;
	quoted = (f->v4 ? V4_LONGEST : V6_LONGEST) - l3 - ICMP_HEADER;
	there = f->l4_offset - f->l3_offset + f->l4_length;
	quoted = RTE_MIN(quoted, there);
	if (e == NULL || rte_pktmbuf_tailroom(e) < headers + quoted) {
		mbuf_free(e);
		mbuf_free(m);
		return NULL;
	}
	p = rte_pktmbuf_mtod(e, uint8_t *);
	memcpy(p, t.bytes, t.length);
	ip_emit(p + t.length, f->v4, &f->dst, &f->src, f->v4 ? IP_PROTO_ICMP : IP_PROTO_ICMPV6, ICMP_HEADER + quoted, 0, IP_TTL,
		ip->ip_id++, false);
	p += t.length + l3;
	p[0] = r->type;
	p[1] = r->code;
	memset(p + 2, 0, 2);
	put_be32(p + 4, r->rest);
	from = rte_pktmbuf_read(m, f->l3_offset, quoted, p + ICMP_HEADER);
	if (from != NULL && from != p + ICMP_HEADER)
		memcpy(p + ICMP_HEADER, from, quoted);
	sum = f->v4 ? 0 : checksum_pseudo(false, &f->dst, &f->src, IP_PROTO_ICMPV6, ICMP_HEADER + quoted);
	checksum = checksum_fold(checksum_add(sum, p, ICMP_HEADER + quoted));
	memcpy(p + 2, &checksum, sizeof(checksum));
	e->data_len = (uint16_t)(headers + quoted);
	e->pkt_len = e->data_len;
	e->l2_len = t.length;
	e->l3_len = l3 & 0x1ff;
	mbuf_free(m);
	return e;
}
