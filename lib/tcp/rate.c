/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Samples of the rate at which data is delivered
 * (draft-cheng-iccrg-delivery-rate-estimation-02), for an algorithm that asks
 * for them. What was delivered when a segment left is kept in its record, where
 * payload in an mbuf leaves room for it; names are the draft's.
 */

#include <assert.h>

#include <rte_common.h>

#include "tcp/tcp.h"

/* In a record's `bytes` */
struct stamp {
	uint64_t delivered;        /* P.delivered */
	uint64_t delivered_ns;     /* P.delivered_time */
	uint64_t first_sent_ns;    /* P.first_sent_time */
	bool app_limited;
};

static_assert(sizeof(struct stamp) <= RECORD_INLINE, "fits where inline data would be");

static struct tcp_rate *
rate(const struct tcp *tcp, const struct tcp_conn *c)
{
	struct tcp_cc_block *b = tcp_cc_block(tcp, c);

	return b != NULL && b->rate.on ? &b->rate : NULL;
}

static struct stamp *
stamp_of(struct tcp_record *r)
{
	return (struct stamp *)(void *)r->bytes;
}

void
tcp_rate_start(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_cc_block *b = tcp_cc_block_make(tcp, c);

	if (b == NULL)
		return;
	if (!b->rate.on)
		b->rate = (struct tcp_rate){ .on = true, .first_sent_ns = tcp->now_ns, .delivered_ns = tcp->now_ns };
	c->opt |= CONN_METERED;
}

uint64_t
tcp_rate_last(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_rate *x = c->opt & CONN_METERED ? rate(tcp, c) : NULL;

	return x == NULL ? 0 : x->last;
}

/* 3.2: a packet leaves. SND.NXT is not moved yet, if it is new. */
void
tcp_rate_sent(struct tcp *tcp, struct tcp_conn *c, const struct tcp_record *first, uint32_t length)
{
	struct tcp_rate *x = rate(tcp, c);
	uint32_t index, end;

	if (x == NULL || length == 0)
		return;
	if (c->snd_una == c->snd_nxt)
		x->first_sent_ns = x->delivered_ns = tcp->now_ns;
	index = (uint32_t)(first - (const struct tcp_record *)(void *)tcp->records.base);
	end = first->seq + length;
	/* 3.4: the queue runs dry, and not for want of a window */
	if (end == c->snd_end && tcp_pipe(tcp, c) + length + c->mss <= c->cwnd)
		x->app_limited = x->delivered + tcp_pipe(tcp, c) + length;
	for (bool last = false; !last;) {
		struct tcp_record *r = tcp_record_at(tcp, index);

		r->flags |= RECORD_METERED;
		if (r->m != NULL)
			*stamp_of(r) = (struct stamp){ x->delivered, x->delivered_ns, x->first_sent_ns, x->app_limited != 0 };
		last = r->seq + r->length == end;
		index = r->next;
	}
}

/* 3.3: it was delivered; the newest of an ACK makes its sample */
void
tcp_rate_delivered(struct tcp *tcp, struct tcp_conn *c, struct tcp_record *r)
{
	struct tcp_rate *x = rate(tcp, c);
	const struct stamp *p = stamp_of(r);

	if (x == NULL || !(r->flags & RECORD_METERED))
		return;
	r->flags &= (uint8_t)~RECORD_METERED;
	x->delivered += r->length;
	x->delivered_ns = tcp->now_ns;
	if (r->m == NULL || (x->sampled && p->delivered <= x->prior_delivered))
		return;
	x->sampled = true;
	x->prior_delivered = p->delivered;
	x->sample_app_limited = p->app_limited;
	x->interval_ns = RTE_MAX(r->sent_ns - p->first_sent_ns, tcp->now_ns - p->delivered_ns);
	x->first_sent_ns = r->sent_ns;
}

void
tcp_rate_acked(struct tcp *tcp, struct tcp_conn *c, uint32_t ack, struct tcp_cc_sample *sample)
{
	struct tcp_rate *x = rate(tcp, c);

	if (x == NULL)
		return;
	for (uint32_t i = c->q_head; i != 0 && i != c->q_send;) {
		struct tcp_record *r = tcp_record_at(tcp, i);

		if (seq_gt(r->seq + r->length, ack))
			break;
		tcp_rate_delivered(tcp, c, r);
		i = r->next;
	}
	if (x->app_limited != 0 && x->delivered > x->app_limited)
		x->app_limited = 0;
	if (!x->sampled)
		return;
	x->sampled = false;
	/* shorter than any round trip: the ACKs came in a heap */
	if (x->interval_ns == 0 || x->interval_ns < UINT64_C(1000) * c->min_rtt_us)
		return;
	sample->delivered = x->delivered - x->prior_delivered;
	sample->interval_ns = x->interval_ns;
	sample->app_limited = x->sample_app_limited;
	x->last = sample->delivered * 1000000000 / x->interval_ns;
}
