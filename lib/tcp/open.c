/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The OPEN call, active (RFC 9293, 3.10.1), and what both kinds of open share. */

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/tcp.h"

#define ISN_TICK_NS 4000u            /* RFC 6528: one in 4 us */
#define MAX_SYN_DATA (1u << 16)

uint32_t
tcp_isn(const struct tcp *tcp, const struct flow_key *key, uint32_t *ts_offset)
{
	uint64_t f = prf(&tcp->isn, key);

	/* the same for every incarnation of the tuple: RFC 6191 compares timestamps across them */
	*ts_offset = (uint32_t)(f >> 32);
	return (uint32_t)(tcp->now_ns / ISN_TICK_NS) + (uint32_t)f;
}

void
tcp_conn_negotiated(struct tcp *tcp, struct tcp_conn *c, uint16_t peer_mss)
{
	bool v4 = c->opt & CONN_V4;
	uint16_t options = c->opt & CONN_TS ? 12 : 0;
	/* MUST-16: the peer's MSS or what the path takes, less the options of every segment */
	uint16_t mss = RTE_MIN(peer_mss, tcp->mss_most[v4]);

	c->mss = (uint16_t)(RTE_MAX(mss, 64) - options);
	if (unlikely(c->extra != 0) && tcp_extra(tcp, c)->mss_limit != 0)
		c->mss = RTE_MIN(c->mss, tcp_extra(tcp, c)->mss_limit);
	c->rcv_mss = RTE_MIN(RTE_MIN(peer_mss, (uint16_t)536), tcp_announced_mss(tcp, v4));
	if (!(c->opt & CONN_WSCALE))
		c->snd_wscale = c->rcv_wscale = 0;
	if (unlikely(tcp->ip->paths.used != 0))
		tcp_mtu_begin(tcp, c);
}

struct tcp_conn *
tcp_conn_open(struct tcp *tcp, const struct flow_key *key, uint32_t iss)
{
	struct tcp_conn *c = tcp_conn_new(tcp);

	if (c == NULL)
		return NULL;
	c->key = *key;
	c->iss = iss;
	c->snd_una = iss;
	c->snd_nxt = c->snd_end = iss + 1;
	return c;
}

/* RFC 6928, 2: ten segments, but about 14600 bytes where they are large */
uint32_t
tcp_initial_window(const struct tcp *tcp, const struct tcp_conn *c)
{
	return RTE_MIN(tcp->config.initial_window * c->mss, RTE_MAX(2u * c->mss, 14600u));
}

static inline void
begin_window(const struct tcp *tcp, struct tcp_conn *c)
{
	c->ssthresh = TCP_CC_INFINITE;
	c->cwnd = tcp_initial_window(tcp, c);
}

void
tcp_conn_initial_window(struct tcp *tcp, struct tcp_conn *c)
{
	begin_window(tcp, c);
}

/* RFC 5681, 4.1: after an RTO without data the ACK clock stands still, and what the path takes is guessed anew. */
void
tcp_conn_restart_window(struct tcp *tcp, struct tcp_conn *c)
{
	const struct tcp_cc_ops *cc = tcp_cc_at(c->cc);
	uint32_t window = tcp_initial_window(tcp, c);

	if (c->cwnd <= window)
		return;
	c->cwnd = window;
	tcp_cwv_reset(tcp, c);
	if (cc->restart != NULL)
		cc->restart(tcp, c);
}

#define BEGINS_OTHERWISE (CONN_SYN_WAS_LOST | CONN_WANT_WRITE | CONN_NOTED)

/* What few connections begin with: apart, so that the others need no registers saved for these calls */
static __rte_noinline void
begin_otherwise(struct tcp *tcp, struct tcp_conn *c, const struct tcp_cc_ops *cc)
{
	if (c->flags & CONN_SYN_WAS_LOST) {
		/* RFC 5681, 3.1: one segment after a lost SYN */
		c->cwnd = c->mss;
		if (!(c->flags & CONN_SENT_ANY))
			c->rto_ms = 3 * tcp->config.rto_initial_ms;  /* RFC 6298, 5.7 */
	}
	if (cc->start != NULL)
		cc->start(tcp, c);
	if (tcp->config.pacing)
		tcp_pacing_start(tcp, c);
	if (cc->wants_rate)
		tcp_rate_start(tcp, c);
	if (c->flags & CONN_WANT_WRITE)
		tcp_conn_writable(tcp, c);
	if (c->opt & CONN_ECN)
		tcp_ecn_start(tcp, c);
	if (c->flags & CONN_NOTED)
		tcp_note_start(tcp, c);
}

void
tcp_conn_established(struct tcp *tcp, struct tcp_conn *c)
{
	const struct tcp_cc_ops *cc = tcp_cc_at(c->cc);
	struct tern_stats *stats = tcp->stats;

	c->state = TCP_ESTABLISHED;
	c->backoff = 0;
	c->tune_seq = c->rcv_nxt;
	c->tune_tick = tcp->now;
	c->max_snd_wnd = c->snd_wnd;
	begin_window(tcp, c);
	if (!(c->flags & CONN_TIMER))
		c->timer = tcp->now + c->rto_ms;  /* idle till then it is for long, see send_data() */
	stats->established++;
	stats->with_timestamps += (c->opt & CONN_TS) != 0;
	stats->with_sack += (c->opt & CONN_SACK) != 0;
	stats->with_wscale += (c->opt & CONN_WSCALE) != 0;
	if (unlikely((c->flags & BEGINS_OTHERWISE) || (c->opt & CONN_ECN) || cc->start != NULL || cc->wants_rate ||
		     tcp->config.pacing))
		begin_otherwise(tcp, c, cc);
}

/* MUST-46: no open towards what is no single host. */
static bool
is_host(const struct tern_addr *a)
{
	static const uint8_t zero[16];

	if (tern_addr_is_v4(a))
		return a->b[12] < 224 && a->b[12] != 0;
	return a->b[0] != 0xff && memcmp(a->b, zero, sizeof(zero)) != 0;
}

/* Nor towards ourselves: what we send is never received here. Not asked again of a target that was opened before. */
static inline bool
may_be_target(const struct tcp *tcp, const struct tern_endpoint *target, const struct tcp_tuple *t)
{
	return target->port != 0 && (likely(t->again) || (is_host(&target->addr) && !ip_is_local(tcp->ip, &target->addr)));
}

static inline struct tcp_conn *
make_active(struct tcp *tcp, const struct tcp_tuple *t)
{
	uint32_t ts_offset, iss = tcp_isn(tcp, &t->key, &ts_offset);
	struct tcp_conn *c;

	if (t->time_wait != 0) {
		/* at tens of Gbit/s data outruns the ISN's clock: begin beyond the old incarnation */
		uint32_t old = tcp_time_wait_at(tcp, t->time_wait)->snd_nxt;

		if (seq_leq(iss, old))
			iss = old + 1;
	}
	c = tcp_conn_open(tcp, &t->key, iss);
	if (c == NULL)
		return NULL;
	if (t->time_wait != 0) {
		tcp_time_wait_drop(tcp, t->time_wait);
		tcp->stats->time_wait_reused++;
	}
	c->hash = t->hash;
	if (flow_insert(&tcp->table, c->hash, flow_ref_make(FLOW_OPEN, tcp_conn_index(tcp, c))) < 0) {
		tcp_conn_told(tcp, c);
		return NULL;
	}
	c->ts_offset = ts_offset;
	return c;
}

int
tcp_connect(struct tcp *tcp, const struct tern_connect_options *o, tern_conn *out)
{
	int cc = tcp->default_cc, error;
	struct tcp_tuple tuple;
	struct tcp_conn *c;
	ip_nexthop hop;

	tcp_begin_tuple(tcp, o, &tuple);
	if (!may_be_target(tcp, &o->target, &tuple) || o->data_length > MAX_SYN_DATA)
		return -EINVAL;
	if (o->congestion != NULL && (cc = tcp_cc_find(o->congestion)) < 0)
		return -EINVAL;
	if ((error = tcp_choose_tuple(tcp, o, &tuple)) < 0)
		return error;
	hop = ip_route(tcp->ip, tuple.key.local, &o->target.addr);
	if (hop == 0)
		return -ENETUNREACH;
	c = make_active(tcp, &tuple);
	if (c == NULL)
		return -ENOBUFS;
	c->state = TCP_SYN_SENT;
	c->hop = hop;
	c->cc = (uint8_t)cc;
	c->user = o->user;
	c->unanswered = tcp->now;
	if (o->timeout_ns != 0)
		c->handshake_ms = (uint32_t)RTE_MIN((o->timeout_ns + 999999) / 1000000, (uint64_t)INT32_MAX);
	if (tern_addr_is_v4(&o->target.addr))
		c->opt |= CONN_V4;
	if (o->fastopen && tcp->config.fastopen)
		c->opt |= CONN_FASTOPEN;
	if (o->data_length > 0 && tcp_queue_copy(tcp, c, o->data, o->data_length) != (ssize_t)o->data_length) {
		/* refused by this call, so no event may tell of it */
		flow_remove(&tcp->table, tuple.hash, flow_ref_make(FLOW_OPEN, tcp_conn_index(tcp, c)));
		tcp_queue_free(tcp, c);
		tcp_conn_told(tcp, c);
		return -ENOBUFS;
	}
	c->flags |= CONN_SYN_OWED;
	tcp_conn_owe(tcp, c);
	tcp_timer_set(tcp, c, tcp->now + RTE_MIN(c->rto_ms, c->handshake_ms));
	tcp->stats->connects++;
	tcp_look_ahead(tcp, o, &tuple);
	*out = tcp_conn_id(tcp, c);
	return 0;
}
