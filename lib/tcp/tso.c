/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Several full segments in one frame, which the device cuts (TSO). The send
 * queue knows nothing of it: each segment remains its own records with their
 * own time, as retransmission and RACK look at segments, never at frames.
 */

#include <rte_common.h>

#include "ip/mbuf_checksum.h"
#include "tcp/tcp.h"

/*
 * What must not be said by every segment of a frame: CWR goes on one alone (RFC 3168, 6.1.2), the urgent pointer is
 * counted from each one's own number. What recovers or probes has a count of its own for what it sends.
 */
#define ALONE (CONN_CWR_OWED | CONN_URGENT_OUT | CONN_RECOVERY | CONN_RTO_RECOVERY | CONN_PROBE_OWED)

static bool
may_share_a_frame(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct ip_neighbour *n;

	/* what may be cut again on its way would need identifications that the device makes (RFC 6864) */
	if ((c->flags & ALONE) || tcp->may_fragment || tcp_extra(tcp, c)->may_fragment || tcp_mtu_is_below_least(tcp, c))
		return false;
	/* packets wait for a neighbour in a short queue, where one frame should not be all */
	n = ip_nexthop_get(tcp->ip, c->hop);
	return c->hop != 0 && n != NULL && ip_neighbour_usable(n);
}

/* A short segment at the end of what is queued may ride along: neither Nagle's algorithm nor the application holds it. */
static inline bool
may_be_short(const struct tcp *tcp, const struct tcp_conn *c)
{
	return (c->flags & (CONN_NODELAY | CONN_FIN_QUEUED)) && !(unlikely(c->opt & CONN_DRESSED) && tcp_is_held(tcp, c));
}

/* What the windows, the queue and the turn's budget allow: full segments, and a short one behind them if nothing holds it. */
static uint32_t
wanted(const struct tcp *tcp, const struct tcp_conn *c, uint32_t usable, uint32_t budget)
{
	uint32_t pipe = tcp_pipe(tcp, c), queued = c->snd_end - c->snd_nxt;
	uint32_t length = RTE_MIN(RTE_MIN(queued, usable), c->cwnd > pipe ? c->cwnd - pipe : 0);

	length = RTE_MIN(length, RTE_MAX(tcp->tso_bytes, 2u * c->mss));
	if (unlikely(c->opt & CONN_METERED))
		length = RTE_MIN(length, tcp_pacing_burst(tcp, c));
	length = (uint32_t)RTE_MIN((uint64_t)length, (uint64_t)budget * c->mss);
	if (length < queued || !may_be_short(tcp, c))
		length -= length % c->mss;
	/* TERN_OPT_EOR: behind it another segment begins, and so another frame */
	if (unlikely(c->opt & CONN_DRESSED) && tcp_extra(tcp, c)->has_eor)
		length = tcp_queue_until_end(tcp, c, length);
	return length;
}

uint32_t
tcp_tso_length(struct tcp *tcp, struct tcp_conn *c, uint32_t usable, uint32_t budget)
{
	uint32_t length = wanted(tcp, c, usable, budget), index = c->q_send, done = 0, mbufs = 1;

	if (length <= c->mss || !may_share_a_frame(tcp, c))
		return c->mss;
	while (done < length) {
		uint32_t segment = RTE_MIN(length - done, (uint32_t)c->mss), have = 0;

		while (have < segment) {
			struct tcp_record *r = tcp_record_at(tcp, index);

			if (mbufs++ == tcp->tso_mbufs ||
			    (r->length > segment - have && !tcp_queue_split(tcp, c, index, segment - have)))
				return RTE_MAX(done, (uint32_t)c->mss);
			have += r->length;
			index = r->next;
		}
		done += segment;
	}
	return done;
}

void
tcp_tso_mark(struct tcp *tcp, const struct tcp_conn *c, uint32_t length)
{
	/* its neighbour is known, so it does not wait elsewhere: see may_share_a_frame() */
	struct rte_mbuf *m = tcp->tx->frame[tcp->tx->count - 1];
	uint32_t more = (length - 1) / c->mss;
	bool v4 = c->opt & CONN_V4;
	struct tern_addr src, dst;

	m->tso_segsz = c->mss;
	m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
	if (tcp->tx_lengths) {
		/* of the pseudo header without its length, which is each segment's own */
		ip_local_address(tcp->ip, c->key.local, &src);
		memcpy(dst.b, c->key.remote, sizeof(dst.b));
		tcp_set_checksum(rte_pktmbuf_mtod_offset(m, uint8_t *, m->l2_len + m->l3_len),
				 checksum_pseudo_field(v4, &src, &dst, IP_PROTO_TCP, 0));
	}
	/* counted as what goes over the wire; one is counted with the frame */
	tcp->stats->tcp_tx_segments += more;
	tcp->stats->tx_packets += more;
	tcp->stats->tx_bytes += (uint64_t)more * (m->pkt_len - length);
	tcp->packets_left -= RTE_MIN(more, tcp->packets_left);
}
