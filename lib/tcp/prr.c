/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Proportional rate reduction (RFC 9937, which obsoletes RFC 6937): during
 * recovery what is sent follows what is delivered, in the proportion of ssthresh
 * to what was in flight when it began; and where more was lost than that, one
 * segment for each that comes, and one more a round while nothing else is found
 * lost. So a window shrinks over a round trip, not by a silence of half of one.
 */

#include <rte_common.h>

#include "tcp/tcp.h"

void
tcp_prr_begin(struct tcp *tcp, struct tcp_conn *c, const struct tcp_ack_news *news)
{
	struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);

	r->prr_delivered = r->prr_out = 0;
	/* RecoverFS: what this ACK brings counts, what was SACKed before it does not */
	r->recover_fs = c->snd_nxt - c->snd_una - r->sacked_bytes - r->dupack_bytes + news->delivered;
}

uint32_t
tcp_prr_sndcnt(const struct tcp_prr *p, const struct tcp_ack_news *news)
{
	uint32_t owed = p->delivered > p->out ? p->delivered - p->out : 0, sndcnt;

	if (p->pipe > p->ssthresh) {
		uint64_t due = ((uint64_t)p->delivered * p->ssthresh + p->recover_fs - 1) / RTE_MAX(p->recover_fs, 1u);

		sndcnt = due > p->out ? (uint32_t)RTE_MIN(due - p->out, (uint64_t)p->ssthresh) : 0;
	} else {
		sndcnt = RTE_MAX(owed, news->delivered);
		/* a timer's verdict, with which nothing was delivered: else it would wait for the retransmission timeout */
		if (news->delivered == 0 && news->lost > 0)
			sndcnt = RTE_MAX(sndcnt, p->mss);
		if (news->acked > 0 && news->lost == 0)
			sndcnt += p->mss;  /* SafeACK: recovery makes good progress */
		sndcnt = RTE_MIN(sndcnt, p->ssthresh - p->pipe);
	}
	/* the fast retransmit itself goes whatever the sum says */
	return p->out == 0 ? RTE_MAX(sndcnt, p->mss) : sndcnt;
}

void
tcp_prr_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_ack_news *news)
{
	struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);
	struct tcp_prr p = { .pipe = tcp_pipe(tcp, c), .ssthresh = c->ssthresh, .mss = c->mss };

	if (news->delivered == 0 && news->lost == 0)
		return;
	r->prr_delivered += news->delivered;
	p.delivered = r->prr_delivered;
	p.out = r->prr_out;
	p.recover_fs = r->recover_fs;
	/* a window of nothing would never be filled again */
	c->cwnd = RTE_MAX(p.pipe + tcp_prr_sndcnt(&p, news), (uint32_t)c->mss);
}

/* ssthresh, and what lies in between by slow start where the last ACK opened more than an initial window at once. */
void
tcp_prr_end(struct tcp *tcp, struct tcp_conn *c)
{
	c->cwnd = RTE_MIN(c->ssthresh, tcp_pipe(tcp, c) + tcp->config.initial_window * c->mss);
}
