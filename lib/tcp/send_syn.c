/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* SYNs and SYN-ACKs: of blocks, and of half-open records. */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/output.h"

/* Fast Open's option, and data on the first SYN (RFC 7413, 3). @return bytes of it */
static uint32_t
ride_on_syn(struct tcp *tcp, struct tcp_conn *c, struct tcp_emit *e)
{
	uint32_t room, length;

	/* not again, whatever the reason: the bytes that rode are the ones behind the SYN, and the queue has gone on */
	if (!(c->opt & CONN_FASTOPEN) || c->backoff > 0 || c->snd_nxt != c->iss + 1)
		return 0;
	e->fastopen = tcp_fastopen_offer(tcp, c, &room);
	length = tcp_cut(tcp, c, RTE_MIN(c->snd_end - c->snd_nxt, room));
	e->record = tcp_record_at(tcp, c->q_send);
	return length;
}

int
tcp_output_syn(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_fastopen fresh;
	struct tcp_emit e;
	int error;

	tcp_segment_of(tcp, c, &e, c->iss, TCP_SYN);
	e.fastopen = NULL;
	if (c->state == TCP_SYN_RECEIVED) {
		e.flags |= TCP_ACK;
		e.window = (uint16_t)RTE_MIN(c->rcv_adv - c->rcv_nxt, (uint32_t)UINT16_MAX);
		if (unlikely(c->flags & CONN_COOKIE_STALE)) {
			tcp_fastopen_cookie(tcp, &c->key, &fresh);
			e.fastopen = &fresh;
		}
	} else {
		e.ack = 0;
		e.tsecr = 0;
		e.window = (uint16_t)RTE_MIN(c->rcvbuf, (uint32_t)UINT16_MAX);
		e.length = ride_on_syn(tcp, c, &e);
	}
	e.mss = tcp_announced_mss(tcp, c->opt & CONN_V4);
	e.wscale = c->rcv_wscale;
	e.flags |= tcp_ecn_syn_flags(c->opt, e.flags);
	error = tcp_emit_conn(tcp, c, &e);
	if (error == -EAGAIN || error == -ENOBUFS)
		return error;
	tcp_spend(tcp);
	if (c->flags & CONN_PASSIVE)
		tcp->stats->synack_tx++;
	else
		tcp->stats->syn_tx++;
	if (unlikely(e.length > 0)) {
		tcp_mark_sent(tcp, c, e.length);
		c->snd_nxt += e.length;
		tcp->stats->fastopen_sent++;
	}
	c->flags &= ~(uint32_t)CONN_SYN_OWED;
	return 0;
}

static bool
send_syn_ack(struct tcp *tcp, uint32_t index)
{
	struct tcp_half_open *h = tcp_half_at(tcp, index);
	struct tcp_emit e = {
		.key = &h->key, .hop = &h->hop, .seq = h->iss, .ack = h->irs + 1,
		.tsval = tcp_tsval(tcp, h->ts_offset), .tsecr = h->ts_recent,
		.window = (uint16_t)RTE_MIN(tcp->config.rcvbuf, (uint32_t)UINT16_MAX),
		.mss = tcp_announced_mss(tcp, h->opt & CONN_V4), .flags = TCP_SYN | TCP_ACK, .opt = h->opt,
		.wscale = tcp->wscale, .ttl = tcp->config.ttl, .tos = tcp->config.tos,
	};
	struct tcp_fastopen cookie;
	int error;

	if (unlikely(h->opt & CONN_FASTOPEN)) {
		tcp_fastopen_cookie(tcp, &h->key, &cookie);
		e.fastopen = &cookie;
	}

	e.flags |= tcp_ecn_syn_flags(h->opt, e.flags);
	error = tcp_emit_segment(tcp, &e);
	if (error == -EAGAIN || error == -ENOBUFS)
		return false;
	tcp_spend(tcp);
	tcp->stats->synack_tx++;
	h->lists = (uint8_t)((h->lists & ~(HALF_OWED | HALF_ANSWERED)) | HALF_LISTED);
	h->deadline = tcp->now + tcp_synack_timeout(tcp, h->level);
	list_push(&tcp->syn_level[h->level], index);
	return true;
}

bool
tcp_output_syn_acks(struct tcp *tcp)
{
	while (tcp->synack_head != tcp->synack_tail) {
		uint32_t index = tcp->synack_owed[tcp->synack_head & tcp->synack_mask];
		struct tcp_half_open *h = tcp_half_at(tcp, index);

		if (!(h->lists & HALF_LIVE))
			h->lists = 0;  /* gone since, or cut off by a reset */
		else if (tcp->packets_left == 0 || !send_syn_ack(tcp, index))
			return false;
		tcp->synack_head++;
	}
	return true;
}
