/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* SYNs and SYN-ACKs: of blocks, and of half-open records. */

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/emit.h"
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

/* What was too long for the way there is not asked for on the way back. */
static uint16_t
mss_of_path(const struct tcp *tcp, const struct tcp_conn *c, uint16_t mss)
{
	struct tern_addr dst;

	if (likely(tcp_extra(tcp, c)->path_mtu == 0))
		return mss;
	memcpy(dst.b, c->key.remote, sizeof(dst.b));
	return tcp_limited_mss(mss, tcp_mtu_mss(tcp, &dst));
}

/* The window of a segment with SYN is never scaled (RFC 7323, 2.2). */
static inline uint16_t
syn_window(uint32_t bytes)
{
	return (uint16_t)RTE_MIN(bytes, (uint32_t)UINT16_MAX);
}

/*
 * What nearly all of them say: the three options, nothing of Fast Open. They go tcp_emit_as()'s way once the neighbour
 * is known, two thirds of the instructions less; everything else tcp_emit_segment()'s, from the same values.
 */
static inline bool
is_usual(const struct tcp *tcp, uint8_t opt)
{
	const uint8_t all = CONN_TS | CONN_SACK | CONN_WSCALE;

	return (opt & (all | CONN_FASTOPEN | CONN_DRESSED)) == all && !tcp->may_fragment;
}

static __rte_always_inline int
emit_usual(struct tcp *tcp, const struct tcp_emit *e, struct ip_neighbour *n)
{
	return e->opt & CONN_V4 ? tcp_emit_as(tcp, e, n, true, HEADERS_SYN) : tcp_emit_as(tcp, e, n, false, HEADERS_SYN);
}

/* ---- of blocks */

static inline void
syn_of(struct tcp *tcp, struct tcp_conn *c, struct tcp_emit *e)
{
	tcp_segment_of(tcp, c, e, c->iss, TCP_SYN | tcp_ecn_syn_flags(c->opt, TCP_SYN));
	e->ack = 0;
	e->tsecr = 0;
	e->window = syn_window(c->rcvbuf);
	e->mss = tcp_limited_mss(tcp_announced_mss(tcp, c->opt & CONN_V4), tcp_extra(tcp, c)->mss_limit);
	e->wscale = c->rcv_wscale;
	e->fastopen = NULL;
}

static __rte_noinline int
emit_usual_syn(struct tcp *tcp, struct tcp_conn *c, struct ip_neighbour *n)
{
	struct tcp_emit e;

	syn_of(tcp, c, &e);
	return emit_usual(tcp, &e, n);
}

/* Of a simultaneous open, and of Fast Open */
static __rte_noinline int
emit_syn_ack_of_block(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_fastopen fresh;
	struct tcp_emit e;

	syn_of(tcp, c, &e);
	e.flags = TCP_SYN | TCP_ACK | tcp_ecn_syn_flags(c->opt, TCP_ACK);
	e.ack = c->rcv_nxt;
	e.tsecr = c->ts_recent;
	e.window = syn_window(c->rcv_adv - c->rcv_nxt);
	if (unlikely(c->flags & CONN_COOKIE_STALE)) {
		tcp_fastopen_cookie(tcp, &c->key, false, &fresh);
		e.fastopen = &fresh;
	}
	return tcp_emit_conn(tcp, c, &e);
}

static __rte_noinline int
emit_any_syn(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_emit e;
	int error;

	syn_of(tcp, c, &e);
	e.mss = mss_of_path(tcp, c, e.mss);
	e.length = ride_on_syn(tcp, c, &e);
	error = tcp_emit_conn(tcp, c, &e);
	if (e.length > 0 && error != -EAGAIN && error != -ENOBUFS) {
		tcp_mark_sent(tcp, c, e.length);
		c->snd_nxt += e.length;
		tcp->stats->fastopen_sent++;
	}
	return error;
}

static inline int
emit_syn(struct tcp *tcp, struct tcp_conn *c)
{
	struct ip_neighbour *n = tcp_neighbour(tcp, c->hop);

	if (unlikely(c->state == TCP_SYN_RECEIVED))
		return emit_syn_ack_of_block(tcp, c);
	return likely(n != NULL && is_usual(tcp, c->opt)) ? emit_usual_syn(tcp, c, n) : emit_any_syn(tcp, c);
}

int
tcp_output_syn(struct tcp *tcp, struct tcp_conn *c)
{
	int error = emit_syn(tcp, c);

	if (error == -EAGAIN || error == -ENOBUFS)
		return error;
	tcp_spend(tcp);
	if (c->flags & CONN_PASSIVE)
		tcp->stats->synack_tx++;
	else
		tcp->stats->syn_tx++;
	c->flags &= ~(uint32_t)CONN_SYN_OWED;
	return 0;
}

/* ---- of half-open records */

static inline void
syn_ack_of(struct tcp *tcp, struct tcp_half_open *h, struct tcp_emit *e)
{
	*e = (struct tcp_emit){
		.key = &h->key, .hop = &h->hop, .seq = h->iss, .ack = h->irs + 1,
		.tsval = tcp_tsval(tcp, h->ts_offset), .tsecr = h->ts_recent, .window = syn_window(tcp->config.rcvbuf),
		.mss = tcp_limited_mss(tcp_announced_mss(tcp, h->opt & CONN_V4), tcp->listener[h->listener].mss),
		.flags = TCP_SYN | TCP_ACK | tcp_ecn_syn_flags(h->opt, TCP_ACK), .opt = h->opt,
		.wscale = tcp->wscale, .ttl = tcp->config.ttl, .tos = tcp->config.tos,
	};
}

static __rte_noinline int
emit_usual_syn_ack(struct tcp *tcp, struct tcp_half_open *h, struct ip_neighbour *n)
{
	struct tcp_emit e;

	syn_ack_of(tcp, h, &e);
	return emit_usual(tcp, &e, n);
}

static __rte_noinline int
emit_any_syn_ack(struct tcp *tcp, struct tcp_half_open *h)
{
	struct tcp_fastopen cookie;
	struct tcp_emit e;

	syn_ack_of(tcp, h, &e);
	if (unlikely(h->opt & CONN_FASTOPEN)) {
		tcp_fastopen_cookie(tcp, &h->key, h->lists & HALF_EXPERIMENT, &cookie);
		e.fastopen = &cookie;
	}
	return tcp_emit_segment(tcp, &e);
}

static inline int
emit_syn_ack(struct tcp *tcp, struct tcp_half_open *h)
{
	struct ip_neighbour *n;

	if (likely(h->hop == 0)) {
		struct tern_addr remote;

		memcpy(remote.b, h->key.remote, sizeof(remote.b));
		h->hop = ip_route(tcp->ip, h->key.local, &remote);
	}
	n = tcp_neighbour(tcp, h->hop);
	return likely(n != NULL && is_usual(tcp, h->opt)) ? emit_usual_syn_ack(tcp, h, n) : emit_any_syn_ack(tcp, h);
}

static bool
send_syn_ack(struct tcp *tcp, uint32_t index)
{
	struct tcp_half_open *h = tcp_half_at(tcp, index);
	int error = emit_syn_ack(tcp, h);

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
