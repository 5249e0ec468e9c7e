/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Loss recovery: fast retransmit (RFC 5681), NewReno (RFC 6582), and after a timeout (RFC 6298, 5). */

#include <assert.h>

#include <rte_common.h>

#include "tcp/tcp.h"

#define DUPACK_THRESHOLD 3

struct tcp_recovery *
tcp_recovery_make(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *r;

	if (c->recovery == 0) {
		c->recovery = slab_get(&tcp->recoveries);
		assert(c->recovery != 0);
		r = tcp_recovery_at(tcp, c->recovery);
		*r = (struct tcp_recovery){ .reo_wnd_mult = 1 };
		return r;
	}
	return tcp_recovery_at(tcp, c->recovery);
}

void
tcp_recovery_free(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->recovery == 0)
		return;
	slab_put(&tcp->recoveries, c->recovery);
	c->recovery = 0;
}

static uint32_t
flight(const struct tcp_conn *c)
{
	return c->snd_nxt - c->snd_una;
}

static void
enter_fast_recovery(struct tcp *tcp, struct tcp_conn *c)
{
	/* not twice for one window (RFC 3168, 6.1.2) */
	if (!(c->flags & CONN_ECN_WAIT))
		tcp_cc_at(c->cc)->reduce(tcp, c, flight(c), TCP_CC_LOSS);
	tcp_ecn_reduced(c);
	c->flags = (c->flags & ~CONN_ECN_WAIT) | CONN_RECOVERY;
	c->recover = c->snd_nxt;
	c->cwnd = c->ssthresh + DUPACK_THRESHOLD * c->mss;
	tcp->stats->fast_retransmits++;
	tcp_queue_mark_lost(tcp, c, false);
	tcp_conn_owe(tcp, c);
}

void
tcp_recovery_duplicate(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->flags & CONN_RECOVERY) {
		c->cwnd += c->mss;  /* a segment has left the network (RFC 6582, 3.2, step 4) */
		tcp_conn_owe(tcp, c);
		return;
	}
	if (c->dupacks < UINT8_MAX)
		c->dupacks++;
	/* not again for losses of a window that a recovery has dealt with (RFC 6582, 3.2, step 2) */
	if (c->dupacks == DUPACK_THRESHOLD && !(c->flags & CONN_RTO_RECOVERY))
		enter_fast_recovery(tcp, c);
}

/* A partial ACK tells of the next hole; a full one ends it (RFC 6582, 3.2, step 3). */
static void
fast_recovery_acked(struct tcp *tcp, struct tcp_conn *c, uint32_t acked)
{
	if (seq_geq(c->snd_una, c->recover)) {
		c->flags &= ~(uint32_t)CONN_RECOVERY;
		c->cwnd = RTE_MIN(c->ssthresh, RTE_MAX(flight(c), (uint32_t)c->mss) + c->mss);
		return;
	}
	tcp_queue_mark_lost(tcp, c, false);
	/* a segment may have become longer than the window (path MTU) */
	c->cwnd = c->cwnd > acked + c->mss ? c->cwnd - acked : RTE_MIN(c->cwnd, (uint32_t)c->mss);
	if (acked >= c->mss)
		c->cwnd += c->mss;
	tcp_conn_owe(tcp, c);
}

void
tcp_recovery_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_cc_sample *sample)
{
	if (c->flags & CONN_RECOVERY) {
		fast_recovery_acked(tcp, c, sample->acked);
		return;
	}
	if (c->flags & CONN_ECN_WAIT) {
		/* the echo goes on until the peer has seen our CWR, which stands beyond `recover` */
		if (seq_gt(c->snd_una, c->recover))
			c->flags &= ~CONN_ECN_WAIT;
		return;
	}
	/* after a timeout: slow start over what was outstanding then */
	tcp_cc_at(c->cc)->acked(tcp, c, sample);
	if (seq_geq(c->snd_una, c->recover))
		c->flags &= ~(uint32_t)CONN_RTO_RECOVERY;
}

void
tcp_recovery_timeout(struct tcp *tcp, struct tcp_conn *c)
{
	/* ssthresh once a loss, not once a retransmission (RFC 5681, 3.1) */
	if (c->backoff == 0)
		tcp_cc_at(c->cc)->reduce(tcp, c, flight(c), TCP_CC_TIMEOUT);
	tcp_ecn_reduced(c);
	c->flags &= ~(uint32_t)(CONN_RECOVERY | CONN_ECN_WAIT);
	c->flags |= CONN_RTO_RECOVERY;
	c->recover = c->snd_nxt;
	c->cwnd = c->mss;
	c->dupacks = 0;
	tcp_queue_mark_lost(tcp, c, true);
}
