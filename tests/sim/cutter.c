/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "core/mbuf.h"
#include "cutter.h"

#define FRAME_MOST 70000u

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "a device could not cut this frame: %s\n", what);
	abort();
}

static bool is_v4(const struct rte_mbuf *m) { return m->ol_flags & RTE_MBUF_F_TX_IPV4; }

/* DPDK's own sums, so that ours are not held against themselves */
static void
put_checksums(uint8_t *frame, uint32_t l2, uint32_t l3, bool v4)
{
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(frame + l2 + l3);

	tcp->cksum = 0;
	if (v4) {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + l2);

		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
		tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	} else {
		tcp->cksum = rte_ipv6_udptcp_cksum((struct rte_ipv6_hdr *)(frame + l2), tcp);
	}
}

static uint16_t
told_pseudo(const struct rte_mbuf *m, const uint8_t *frame)
{
	return is_v4(m) ? rte_ipv4_phdr_cksum((const struct rte_ipv4_hdr *)(frame + m->l2_len), m->ol_flags) :
			  rte_ipv6_phdr_cksum((const struct rte_ipv6_hdr *)(frame + m->l2_len), m->ol_flags);
}

static void
check(const struct rte_mbuf *m, const uint8_t *frame)
{
	const struct rte_tcp_hdr *tcp = (const struct rte_tcp_hdr *)(frame + m->l2_len + m->l3_len);
	uint32_t headers = m->l2_len + m->l3_len + m->l4_len;

	must(m->data_len >= headers, "headers lie in the first mbuf");
	must(m->l4_len == (tcp->data_off >> 4) * 4u, "l4_len is the TCP header");
	must(m->l3_len == (is_v4(m) ? 20 : 40), "l3_len is the IP header");
	must(!is_v4(m) || (m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM), "IPv4's own checksum is asked for");
	must(m->tso_segsz > 0 && m->pkt_len - headers > m->tso_segsz, "it is more than one segment");
	must(tcp->cksum == told_pseudo(m, frame), "the checksum's field holds the pseudo header without a length");
	must(m->nb_segs <= CUTTER_MOST, "no more mbufs than the device takes");
	must(!(tcp->tcp_flags & (RTE_TCP_CWR_FLAG | RTE_TCP_URG_FLAG | RTE_TCP_SYN_FLAG)), "no flag that is one segment's alone");
}

uint32_t
cutter_cut(const struct rte_mbuf *m, struct rte_mbuf **out, uint32_t most)
{
	static uint8_t whole[FRAME_MOST];
	const uint8_t *frame = rte_pktmbuf_read(m, 0, m->pkt_len, whole);
	uint32_t headers = m->l2_len + m->l3_len + m->l4_len, payload = m->pkt_len - headers, n = 0;

	check(m, frame);
	for (uint32_t at = 0; at < payload; at += m->tso_segsz, n++) {
		uint32_t length = RTE_MIN(payload - at, (uint32_t)m->tso_segsz);
		struct rte_mbuf *s = mbuf_alloc(m->pool);
		uint8_t *f;
		struct rte_tcp_hdr *tcp;

		must(n < most && s != NULL, "there is room for its segments");
		f = (uint8_t *)rte_pktmbuf_append(s, (uint16_t)(headers + length));
		memcpy(f, frame, headers);
		memcpy(f + headers, frame + headers + at, length);
		tcp = (struct rte_tcp_hdr *)(f + m->l2_len + m->l3_len);
		tcp->sent_seq = rte_cpu_to_be_32(rte_be_to_cpu_32(tcp->sent_seq) + at);
		if (at + length < payload)
			tcp->tcp_flags &= (uint8_t)~(RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG);
		if (is_v4(m))
			((struct rte_ipv4_hdr *)(f + m->l2_len))->total_length =
				rte_cpu_to_be_16((uint16_t)(headers - m->l2_len + length));
		else
			((struct rte_ipv6_hdr *)(f + m->l2_len))->payload_len = rte_cpu_to_be_16((uint16_t)(m->l4_len + length));
		put_checksums(f, m->l2_len, m->l3_len, is_v4(m));
		out[n] = s;
	}
	return n;
}

void
cutter_checksums(struct rte_mbuf *m)
{
	static uint8_t whole[FRAME_MOST];
	const uint8_t *frame;
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, m->l2_len + m->l3_len);

	if (!(m->ol_flags & RTE_MBUF_F_TX_TCP_CKSUM))
		return;
	frame = rte_pktmbuf_read(m, 0, m->pkt_len, whole);
	if (frame != whole)
		memcpy(whole, frame, m->pkt_len);
	put_checksums(whole, m->l2_len, m->l3_len, is_v4(m));
	tcp->cksum = ((const struct rte_tcp_hdr *)(whole + m->l2_len + m->l3_len))->cksum;
	if (is_v4(m))
		rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, m->l2_len)->hdr_checksum =
			((const struct rte_ipv4_hdr *)(whole + m->l2_len))->hdr_checksum;
}

void
cutter_mark(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);

	ip->type_of_service |= RTE_IPV4_HDR_ECN_CE;
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

bool
cutter_says_reduced(const struct rte_mbuf *m)
{
	const struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, const struct rte_tcp_hdr *, m->l2_len + m->l3_len);

	return (m->ol_flags & RTE_MBUF_F_TX_TCP_CKSUM) && (tcp->tcp_flags & RTE_TCP_CWR_FLAG);
}
