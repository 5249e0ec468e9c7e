/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
/* Answers to ARP, neighbour discovery and echo: noted when the question arrives, built in the output phase. */

#include "ip/internal.h"

int
reply_queue(struct ip *ip, struct rte_mbuf *m, const struct frame *f)
{
	if (ip->replies == IP_REPLIES) {
		mbuf_free(m);
		return -TERN_DROP_TCP_REPLY_LIMIT;
	}
	ip->reply[ip->replies++] = (struct ip_reply){ .m = m, .frame = *f };
	return 0;
}

static bool
is_ours_to_write(const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1 && m->nb_segs == 1;
}

/* An empty mbuf for an answer that repeats nothing of the question; takes m over. */
static struct rte_mbuf *
blank(struct ip *ip, struct rte_mbuf *m, uint32_t length)
{
	if (is_ours_to_write(m)) {
		rte_pktmbuf_reset(m);
		if (rte_pktmbuf_tailroom(m) >= length)
			return m;
	}
	mbuf_free(m);
	return mbuf_alloc(ip->pool);
}

/* Bytes [offset, offset + length) of m, writable, with nothing left of how it was received; takes m over. */
static struct rte_mbuf *
cut(struct ip *ip, struct rte_mbuf *m, uint32_t offset, uint32_t length)
{
	struct rte_mbuf *copy;

	if (is_ours_to_write(m)) {
		rte_pktmbuf_adj(m, (uint16_t)offset);
		rte_pktmbuf_trim(m, (uint16_t)(m->data_len - length));
		m->ol_flags = 0;
		m->packet_type = 0;
		m->tx_offload = 0;
		return m;
	}
	copy = rte_pktmbuf_copy(m, ip->pool, offset, length);
	mbuf_free(m);
	mbuf_received(copy);
	if (copy != NULL) {
		copy->ol_flags = 0;
		copy->packet_type = 0;
		copy->tx_offload = 0;
	}
	return copy;
}

static struct rte_mbuf *
answer_arp(struct ip *ip, struct rte_mbuf *m, const struct frame *f)
{
	struct arp a;

	/* checked on arrival */
	arp_parse(&a, rte_pktmbuf_mtod_offset(m, const uint8_t *, f->l3_offset), ARP_LENGTH);
	m = blank(ip, m, ETHER_MAX_HEADER + ARP_LENGTH);
	if (m != NULL)
		arp_frame(ip, m, &a.sender_mac, f->vlan,
			  &(struct arp){ ARP_REPLY, ip->config.mac, a.sender_mac, a.target, a.sender });
	return m;
}

/* RFC 4861, 7.2.4: to the one who asked; to all nodes when it has no address yet (duplicate address detection) */
static struct rte_mbuf *
answer_solicitation(struct ip *ip, struct rte_mbuf *m, const struct frame *f)
{
	bool unspecified = addr_is_unspecified(&f->src);
	struct tern_addr to = unspecified ? IPV6_ALL_NODES : f->src;
	struct ndp n = { .type = ICMPV6_NEIGHBOUR_ADVERT, .solicited = !unspecified, .override = true,
			 .has_mac = true, .mac = ip->config.mac };
	struct mac_addr dst = f->src_mac;

	memcpy(&n.target, rte_pktmbuf_mtod_offset(m, const uint8_t *, f->l4_offset + 8), sizeof(n.target));
	n.override = !claim_is_probing(ip, &n.target, f->vlan);  /* RFC 4429, 3.3 */
	if (unspecified)
		ipv6_multicast_mac(&dst, &to);
	m = blank(ip, m, ETHER_MAX_HEADER + IPV6_HEADER + NDP_MAX_LENGTH);
	if (m != NULL)
		ndp_frame(ip, m, &dst, f->vlan, &n, &n.target, &to);
	return m;
}

/* The type alone changes, and the addresses change places: RFC 1624, equation 3 */
static void
echo_to_reply(uint8_t *icmp, bool v4)
{
	uint16_t before, after, checksum;

	memcpy(&before, icmp, 2);
	icmp[0] = v4 ? ICMP_ECHO_REPLY : ICMPV6_ECHO_REPLY;
	memcpy(&after, icmp, 2);
	memcpy(&checksum, icmp + 2, 2);
	checksum = checksum_fold((uint64_t)(uint16_t)~checksum + (uint16_t)~before + after);
	/* of a message that is now all zeros: only -0 makes its sum right (RFC 1624, 3) */
	if (checksum == 0)
		checksum = UINT16_MAX;
	memcpy(icmp + 2, &checksum, 2);
}

static struct rte_mbuf *
answer_echo(struct ip *ip, struct rte_mbuf *m, const struct frame *f)
{
	uint32_t l3_length = f->v4 ? IPV4_HEADER : IPV6_HEADER;
	struct ether_template t;
	uint32_t headers;
	uint8_t *p;

	ether_template_make(&t, &f->src_mac, &ip->config.mac, f->vlan, f->ethertype);
	headers = t.length + l3_length;
	/* options and extension headers, a priority tag and padding stay behind */
	m = cut(ip, m, f->l4_offset - headers, headers + f->l4_length);
	if (m == NULL)
		return NULL;
	p = rte_pktmbuf_mtod(m, uint8_t *);
	memcpy(p, t.bytes, t.length);
	ip_emit(p + t.length, f->v4, &f->dst, &f->src, f->protocol, f->l4_length, f->tos, IP_TTL, ip->ip_id++,
		ip->config.tx_ip_checksum);
	echo_to_reply(p + headers, f->v4);
	m->l2_len = t.length;
	m->l3_len = l3_length & 0x1ff;
	if (f->v4 && ip->config.tx_ip_checksum)
		m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	return m;
}

static struct rte_mbuf *
answer(struct ip *ip, const struct ip_reply *r)
{
	const struct frame *f = &r->frame;
	struct rte_mbuf *m = r->m;

	if (r->type != 0)
		return answer_error(ip, m, r);
	if (f->ethertype == ETHERTYPE_ARP)
		return answer_arp(ip, m, f);
	if (*rte_pktmbuf_mtod_offset(m, const uint8_t *, f->l4_offset) == ICMPV6_NEIGHBOUR_SOLICIT)
		return answer_solicitation(ip, m, f);
	return answer_echo(ip, m, f);
}

void
replies_output(struct ip *ip)
{
	uint32_t done = 0;

	for (; done < ip->replies && !ip_tx_full(ip); done++) {
		struct rte_mbuf *m = answer(ip, &ip->reply[done]);

		if (m != NULL)
			ip_tx_push(ip, m);
		else
			ip->drops[TERN_DROP_TX_NO_MBUF]++;
	}
	ip->replies -= done;
	memmove(ip->reply, ip->reply + done, ip->replies * sizeof(ip->reply[0]));
}
