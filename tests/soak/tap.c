/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Between a stack and its link: which segments of which connection left a host
 * and reached one, so that silence and broken-off connections can be blamed on
 * the network, or not.
 */

#include <string.h>

#include <rte_ether.h>
#include <rte_tcp.h>

#include "core/seq.h"
#include "ip/mbuf_checksum.h"
#include "run.h"
#include "stack/internal.h"
#include "wire/frame.h"

struct seen_segment {
	uint16_t sport, dport, window;
	uint32_t seq, ack, length;     /* length: with SYN and FIN */
	uint32_t text;
	uint8_t flags;
};

static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static uint32_t get32(const uint8_t *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }

/* What the stack would drop for its sum never reached it. */
static bool
sum_is_good(const struct rte_mbuf *m, const struct frame *f)
{
	return (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD || ip_l4_checksum_ok(m, f);
}

static bool
read_segment(const struct rte_mbuf *m, bool arrived, struct seen_segment *s, bool *resolves)
{
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *), *tcp;
	bool ip_is_good = !arrived || (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	struct frame f;

	if (frame_parse(&f, data, m->data_len, m->pkt_len, ip_is_good) != 0)
		return false;
	*resolves = f.ethertype == RTE_ETHER_TYPE_ARP || f.protocol == IP_PROTO_ICMPV6;
	if (f.ethertype == RTE_ETHER_TYPE_ARP || f.protocol != IP_PROTO_TCP || f.l4_offset + 20u > m->data_len)
		return false;
	if (arrived && !sum_is_good(m, &f))
		return false;
	tcp = data + f.l4_offset;
	s->sport = get16(tcp);
	s->dport = get16(tcp + 2);
	s->seq = get32(tcp + 4);
	s->ack = get32(tcp + 8);
	s->flags = tcp[13];
	s->window = get16(tcp + 14);
	s->text = f.l4_length - (tcp[12] >> 4) * 4u;
	s->length = s->text + !!(s->flags & RTE_TCP_SYN_FLAG) + !!(s->flags & RTE_TCP_FIN_FLAG);
	return true;
}

/* The end that sent it */
static struct soak_end *
sender_of(struct soak_run *run, const struct seen_segment *s)
{
	unsigned int side = s->sport >= SOAK_FIRST_PORT ? OPENER : ACCEPTOR;
	unsigned int conn = (side == OPENER ? s->sport : s->dport) - SOAK_FIRST_PORT;

	return conn < SOAK_CONNS && run->conn[conn].opened ? &run->conn[conn].end[side] : NULL;
}

/* Acknowledged up to una: what stands there now is as old as its first transmission. */
static void
news(struct soak_seen *seen, uint64_t now_ns)
{
	uint32_t gone = 0;

	while (gone < seen->flights && seq_leq(seen->flight[gone].end, seen->una))
		gone++;
	seen->flights -= gone;
	memmove(seen->flight, seen->flight + gone, seen->flights * sizeof(seen->flight[0]));
	seen->outstanding_ns = seen->flights > 0 ? seen->flight[0].first_ns : now_ns;
	seen->reached_ns = 0;
	seen->reaches = 0;
	seen->answers = 0;
}

static void
first_sent(struct soak_seen *seen, uint32_t end, uint64_t now_ns)
{
	if (seen->flights == SOAK_FLIGHT) {
		seen->flight[SOAK_FLIGHT - 1].end = end;
		return;
	}
	seen->flight[seen->flights].end = end;
	seen->flight[seen->flights++].first_ns = now_ns;
}

static void
note_rto(struct soak_end *e)
{
	const struct tcp *tcp = &e->run->site[e->host].stack->tcp;
	const struct tcp_conn *c = tcp_conn_get(tcp, e->id);

	if (c != NULL)
		e->rto_ms = RTE_MAX(e->rto_ms, tcp_rto_backed_off(tcp, c));
}

static void
left(struct soak_end *e, const struct seen_segment *s, uint64_t now_ns)
{
	struct soak_seen *seen = &e->seen;
	uint32_t end = s->seq + s->length;

	note_rto(e);
	seen->tx_ns = now_ns;
	seen->segments++;
	seen->pure += s->length == 0 && !(s->flags & RTE_TCP_RST_FLAG);
	if (s->flags & RTE_TCP_RST_FLAG) {
		seen->reset = true;
		return;
	}
	if ((s->flags & RTE_TCP_SYN_FLAG) && (!seen->begun || seen->una != s->seq)) {
		seen->begun = true;
		seen->una = seen->max = s->seq;
		seen->flights = 0;
	}
	if (s->length == 0 || !seen->begun || seq_leq(end, seen->max))
		return;
	first_sent(seen, end, now_ns);
	if (seen->una == seen->max)
		news(seen, now_ns);
	seen->max = end;
}

/* Is it one that RFC 9293, 3.10.7.4 lets through? Of others the acknowledgment is not looked at. */
static bool
is_acceptable(const struct soak_end *e, const struct seen_segment *s)
{
	const struct tcp_conn *c = tcp_conn_get(&e->run->site[e->host].stack->tcp, e->id);

	if (c == NULL || c->state < TCP_ESTABLISHED)
		return true;
	return seq_leq(s->seq, seq_max(c->rcv_nxt, c->rcv_adv - 1)) && seq_geq(s->seq + s->length, c->rcv_nxt);
}

/* What e's peer sent, at e's host */
static void
reached(struct soak_end *e, const struct seen_segment *s, uint64_t now_ns)
{
	struct soak_seen *seen = &e->seen, *peer = &soak_other(e)->seen;
	bool counts = is_acceptable(e, s);

	seen->rx_ns = now_ns;
	seen->window = s->window;
	if ((s->flags & RTE_TCP_ACK_FLAG) && counts) {
		if ((s->flags & RTE_TCP_SYN_FLAG) && seen->begun && seq_gt(s->ack, seen->una) && seq_leq(s->ack, seen->max))
			seen->synack = true;
		if (seen->begun && seq_gt(s->ack, seen->una) && seq_leq(s->ack, seen->max)) {
			seen->una = s->ack;
			seen->acknowledged = true;
			e->rto_ms = 0;
			news(seen, now_ns);
		}
	}
	if (counts && seen->reached_ns != 0 && now_ns > seen->reached_ns + 2 * e->run->longest_ns)
		seen->answers++;
	if (peer->begun && s->length > 0 && seq_leq(s->seq, peer->una) && seq_gt(s->seq + s->length, peer->una) &&
	    peer->reaches++ == 0)
		peer->reached_ns = now_ns;
}

static void
mix(struct soak_run *run, uint64_t value)
{
	run->digest = (run->digest ^ value) * UINT64_C(0x100000001b3);
}

static void
see(struct soak_tap *tap, struct rte_mbuf *const *frames, uint16_t n, bool arrived)
{
	struct soak_run *run = tap->run;
	uint64_t now_ns = soak_now(run);

	for (uint16_t i = 0; i < n; i++) {
		struct seen_segment s;
		bool resolves = false;
		struct soak_end *e;

		mix(run, now_ns + tap->host + (arrived ? 16 : 0));
		mix(run, frames[i]->pkt_len);
		if (!read_segment(frames[i], arrived, &s, &resolves)) {
			if (resolves)
				run->site[tap->host].resolve_ns = now_ns;
			continue;
		}
		mix(run, (uint64_t)s.seq << 32 | s.ack);
		e = sender_of(run, &s);
		if (e != NULL && !arrived && e->host == tap->host)
			left(e, &s, now_ns);
		else if (e != NULL && arrived && soak_other(e)->host == tap->host)
			reached(soak_other(e), &s, now_ns);
	}
}

static uint16_t
tap_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct soak_tap *tap = (struct soak_tap *)(void *)link;
	uint16_t got = tap->inner->receive(tap->inner, frames, n);

	see(tap, frames, got, true);
	return got;
}

static uint16_t
tap_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct soak_tap *tap = (struct soak_tap *)(void *)link;

	/* a modelled link takes all; what it took is not ours to look at any more */
	see(tap, frames, n, false);
	if (tap->inner->transmit(tap->inner, frames, n) != n)
		soak_broken(tap->run, "the link does not take what it is given: host %u", tap->host);
	return n;
}

static bool
tap_is_up(struct tern_link *link)
{
	const struct soak_tap *tap = (const struct soak_tap *)(void *)link;

	return tap->inner->is_up == NULL || tap->inner->is_up(tap->inner);
}

void
soak_tap(struct soak_site *site, struct soak_run *run, unsigned int host)
{
	struct soak_tap *tap = &site->tap;

	tap->run = run;
	tap->host = host;
	tap->inner = site->stack->link;
	tap->link = *tap->inner;
	tap->link.receive = tap_receive;
	tap->link.transmit = tap_transmit;
	tap->link.is_up = tap_is_up;
	site->stack->link = &tap->link;
}
