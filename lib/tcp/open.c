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
#define TIME_WAIT_REUSE_MS 1000u     /* the peer's timestamp clock must have moved (RFC 6191), at the slowest 1 Hz */
#define PORT_TRIES 4096u             /* a call: no open may hold up the core for all 64 K */
#define MAX_SYN_DATA (1u << 16)

uint32_t
tcp_isn(const struct tcp *tcp, const struct flow_key *key, uint32_t *ts_offset)
{
	uint64_t f = prf(&tcp->isn, key);

	/* the same for every incarnation of the tuple: RFC 6191 compares timestamps across them */
	*ts_offset = (uint32_t)(f >> 32);
	return (uint32_t)(tcp->now_ns / ISN_TICK_NS) + (uint32_t)f;
}

uint16_t
tcp_announced_mss(const struct tcp *tcp, bool v4)
{
	uint16_t mss = ip_mss(tcp->ip, v4);

	return tcp->config.mss != 0 ? RTE_MIN(mss, tcp->config.mss) : mss;
}

void
tcp_conn_negotiated(struct tcp *tcp, struct tcp_conn *c, uint16_t peer_mss)
{
	bool v4 = c->opt & CONN_V4;
	uint16_t options = c->opt & CONN_TS ? 12 : 0;
	/* MUST-16: the peer's MSS or what the path takes, less the options of every segment */
	uint16_t mss = RTE_MIN(RTE_MIN(peer_mss, ip_mss(tcp->ip, v4)), tcp->mss_limit);

	c->mss = (uint16_t)(RTE_MAX(mss, 64) - options);
	if (unlikely(c->extra != 0) && tcp_extra(tcp, c)->mss_limit != 0)
		c->mss = RTE_MIN(c->mss, tcp_extra(tcp, c)->mss_limit);
	c->rcv_mss = RTE_MIN(RTE_MIN(peer_mss, (uint16_t)536), tcp_announced_mss(tcp, v4));
	if (unlikely(tcp->ip->paths.used != 0))
		tcp_mtu_begin(tcp, c);
	if (!(c->opt & CONN_WSCALE))
		c->snd_wscale = c->rcv_wscale = 0;
}

/* What does not depend on the peer. */
static void
conn_defaults(struct tcp *tcp, struct tcp_conn *c)
{
	c->rcvbuf = tcp->config.rcvbuf;
	c->sndbuf = tcp->config.sndbuf;
	c->rto_ms = tcp->config.rto_initial_ms;
	c->handshake_ms = tcp->config.syn_timeout_ms;
	c->cc = tcp->default_cc;
	if (tcp->config.nodelay)
		c->flags |= CONN_NODELAY;
}

struct tcp_conn *
tcp_conn_open(struct tcp *tcp, const struct flow_key *key, bool v4, uint32_t iss)
{
	struct tcp_conn *c = tcp_conn_new(tcp);

	if (c == NULL)
		return NULL;
	c->key = *key;
	c->opt = v4 ? CONN_V4 : 0;
	c->iss = iss;
	c->snd_una = iss;
	c->snd_nxt = c->snd_end = iss + 1;
	conn_defaults(tcp, c);
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

void
tcp_conn_established(struct tcp *tcp, struct tcp_conn *c)
{
	c->state = TCP_ESTABLISHED;
	c->backoff = 0;
	c->tune_seq = c->rcv_nxt;
	c->tune_tick = tcp->now;
	c->max_snd_wnd = c->snd_wnd;
	begin_window(tcp, c);
	if (!(c->flags & CONN_TIMER))
		c->timer = tcp->now + c->rto_ms;  /* idle till then it is for long, see send_data() */
	if (unlikely(c->flags & CONN_SYN_WAS_LOST)) {
		/* RFC 5681, 3.1: one segment after a lost SYN */
		c->cwnd = c->mss;
		if (!(c->flags & CONN_SENT_ANY))
			c->rto_ms = 3 * tcp->config.rto_initial_ms;  /* RFC 6298, 5.7 */
	}
	tcp_cc_at(c->cc)->start(tcp, c);
	if (unlikely(tcp->config.pacing))
		tcp_pacing_start(tcp, c);
	if (unlikely(tcp_cc_at(c->cc)->wants_rate))
		tcp_rate_start(tcp, c);
	if (c->flags & CONN_WANT_WRITE)
		tcp_conn_writable(tcp, c);
	tcp->stats->established++;
	tcp->stats->with_timestamps += (c->opt & CONN_TS) != 0;
	tcp->stats->with_sack += (c->opt & CONN_SACK) != 0;
	tcp->stats->with_wscale += (c->opt & CONN_WSCALE) != 0;
	if (unlikely(c->opt & CONN_ECN))
		tcp_ecn_start(tcp, c);
	if (unlikely(c->flags & CONN_NOTED))
		tcp_note_start(tcp, c);
}

/* The range of a --src pool that a place among all pools' addresses lies in. */
static const struct ip_local *
pool_at(const struct ip_config *cfg, uint32_t *place)
{
	for (unsigned int i = 0; i < cfg->locals; i++) {
		const struct ip_local *l = &cfg->local[i];

		if (!l->pool)
			continue;
		if (*place < l->count)
			return l;
		*place -= l->count;
	}
	return NULL;
}

/*
 * The pools' addresses of one family, in turn. Each lap begins one further on:
 * who goes through as many targets in turn would else meet the same pairs only.
 */
uint32_t
tcp_next_pool_local(struct tcp *tcp, bool v4)
{
	for (uint32_t tries = 0; tries < tcp->pool_count; tries++) {
		uint32_t place = tcp->pool_next + tcp->pool_lap;
		const struct ip_local *l;

		if (place >= tcp->pool_count)
			place -= tcp->pool_count;
		if (++tcp->pool_next == tcp->pool_count) {
			tcp->pool_next = 0;
			if (++tcp->pool_lap == tcp->pool_count)
				tcp->pool_lap = 0;
		}
		l = pool_at(&tcp->ip->config, &place);
		if (tern_addr_is_v4(&l->first) == v4)
			return l->number + place;
	}
	return 0;
}

static int
choose_local(struct tcp *tcp, const struct tern_connect_options *o, bool v4, uint32_t *local)
{
	static const struct tern_addr any;

	if (o->source_pool && (*local = tcp_next_pool_local(tcp, v4)) != 0)
		return 0;
	if (memcmp(&o->source, &any, sizeof(any)) == 0) {
		*local = ip_source_for(tcp->ip, &o->target.addr);  /* MUST-44 */
		return *local == 0 ? -ENETUNREACH : 0;
	}
	if (tern_addr_is_v4(&o->source) != v4)
		return -EINVAL;
	*local = 0;  /* MUST-43 */
	for (unsigned int i = 0; i < tcp->ip->config.locals && *local == 0; i++)
		*local = ip_local_number(tcp->ip, &o->source, tcp->ip->config.local[i].vlan);
	return *local == 0 ? -EADDRNOTAVAIL : 0;
}

/*
 * A tuple of ours that is free, or in a TIME-WAIT that timestamps make safe to
 * follow (RFC 6191 from the opener's side): its record then.
 */
static bool
tuple_usable(struct tcp *tcp, const struct flow_key *key, uint64_t hash, uint32_t *time_wait)
{
	flow_ref ref = flow_find(&tcp->table, hash, key);

	*time_wait = 0;
	if (ref == 0)
		return true;
	if (flow_ref_kind(ref) != FLOW_TIME_WAIT)
		return false;
	const struct tcp_time_wait *w = tcp_time_wait_at(tcp, flow_ref_index(ref));

	if (!(w->opt & CONN_TS) || !tcp->config.timestamps || tcp_slow_tick(tcp) - w->ts_recent_slow <= TCP_SLOW_TICKS(TIME_WAIT_REUSE_MS))
		return false;
	*time_wait = flow_ref_index(ref);
	return true;
}

/* A walk over the ports that may serve, and the first of them in the key. */
static void
begin_walk(struct tcp *tcp, struct flow_key *key, struct port_walk *walk)
{
	struct tern_addr local;

	ip_local_address(tcp->ip, key->local, &local);
	ports_walk(&tcp->ports, walk, key, &local);
	key->lport = ports_next(&tcp->ports, walk);
}

/* *hash: of the tuple as it is, and as it is left */
static int
choose_port(struct tcp *tcp, struct flow_key *key, struct port_walk *walk, uint64_t *hash, uint32_t *time_wait)
{
	for (uint32_t tries = 0; key->lport != 0 && tries < PORT_TRIES; tries++) {
		if (likely(tuple_usable(tcp, key, *hash, time_wait))) {
			ports_took(&tcp->ports, walk);
			return 0;
		}
		key->lport = ports_next(&tcp->ports, walk);
		*hash = tcp_hash(tcp, key);
	}
	ports_took(&tcp->ports, walk);  /* the next call goes on behind */
	tcp->stats->connects_failed_no_port++;
	return -EADDRNOTAVAIL;
}

static bool
chooses_itself(const struct tern_connect_options *o)
{
	static const struct tern_addr any;

	return o->source_port == 0 && (o->source_pool || memcmp(&o->source, &any, sizeof(any)) == 0);
}

static bool
looked_ahead_for(const struct tcp_ahead *a, const struct tern_connect_options *o)
{
	return a->target.port == o->target.port && a->source_pool == o->source_pool &&
	       memcmp(&a->target.addr, &o->target.addr, sizeof(a->target.addr)) == 0;
}

/* One tuple more: its port counts as taken, so that the next one of the same pair is another. */
static bool
look_further(struct tcp *tcp, const struct tern_connect_options *o, const struct flow_key *like)
{
	struct tcp_ahead *a = &tcp->ahead;
	struct tcp_ahead_tuple *t = &a->tuple[(a->head + a->count) % TCP_AHEAD];

	t->key = *like;
	if (choose_local(tcp, o, tern_addr_is_v4(&o->target.addr), &t->key.local) < 0)
		return false;
	begin_walk(tcp, &t->key, &t->walk);
	ports_took(&tcp->ports, &t->walk);
	t->hash = tcp_hash(tcp, &t->key);
	flow_prefetch(&tcp->table, t->hash);
	a->count++;
	return true;
}

/*
 * Who opens many towards one target will most likely open the next ones too:
 * their tuples are chosen now, so that their buckets are here when they are
 * asked for. (14 % of a client's time was that one miss.)
 */
static void
look_ahead(struct tcp *tcp, const struct tern_connect_options *o, const struct flow_key *taken)
{
	struct tcp_ahead *a = &tcp->ahead;

	if (!looked_ahead_for(a, o)) {
		a->target = o->target;
		a->source_pool = o->source_pool;
		a->count = 0;
		return;
	}
	if (!chooses_itself(o))
		return;
	while (a->count < TCP_AHEAD && look_further(tcp, o, taken))
		;
}

/* Local address and port: as looked ahead, or chosen now. */
static int
choose_tuple(struct tcp *tcp, const struct tern_connect_options *o, bool v4, struct flow_key *key, uint64_t *hash,
	     uint32_t *time_wait)
{
	struct tcp_ahead *a = &tcp->ahead;
	struct port_walk walk;
	int error;

	if (a->count > 0 && chooses_itself(o) && looked_ahead_for(a, o)) {
		struct tcp_ahead_tuple *t = &a->tuple[a->head++ % TCP_AHEAD];

		a->count--;
		*key = t->key;
		*hash = t->hash;
		return choose_port(tcp, key, &t->walk, hash, time_wait);
	}
	if ((error = choose_local(tcp, o, v4, &key->local)) < 0)
		return error;
	if (o->source_port != 0) {
		key->lport = o->source_port;
		*hash = tcp_hash(tcp, key);
		return tuple_usable(tcp, key, *hash, time_wait) ? 0 : -EADDRINUSE;
	}
	begin_walk(tcp, key, &walk);
	*hash = tcp_hash(tcp, key);
	return choose_port(tcp, key, &walk, hash, time_wait);
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

/* Nor towards ourselves: what we send is never received here. Not asked again of the target that was opened last. */
static bool
is_ours(const struct tcp *tcp, const struct tern_endpoint *target)
{
	return memcmp(&tcp->ahead.target.addr, &target->addr, sizeof(target->addr)) != 0 && ip_is_local(tcp->ip, &target->addr);
}

static struct tcp_conn *
make_active(struct tcp *tcp, const struct flow_key *key, uint64_t hash, uint32_t time_wait, bool v4)
{
	uint32_t ts_offset, iss = tcp_isn(tcp, key, &ts_offset);
	struct tcp_conn *c;

	if (time_wait != 0) {
		/* at tens of Gbit/s data outruns the ISN's clock: begin beyond the old incarnation */
		uint32_t old = tcp_time_wait_at(tcp, time_wait)->snd_nxt;

		if (seq_leq(iss, old))
			iss = old + 1;
	}
	c = tcp_conn_open(tcp, key, v4, iss);
	if (c == NULL)
		return NULL;
	if (time_wait != 0) {
		tcp_time_wait_drop(tcp, time_wait);
		tcp->stats->time_wait_reused++;
	}
	if (flow_insert(&tcp->table, hash, flow_ref_make(FLOW_OPEN, tcp_conn_index(tcp, c))) < 0) {
		tcp_conn_told(tcp, c);
		return NULL;
	}
	c->ts_offset = ts_offset;
	return c;
}

int
tcp_connect(struct tcp *tcp, const struct tern_connect_options *o, tern_conn *out)
{
	bool v4 = tern_addr_is_v4(&o->target.addr);
	struct flow_key key = { .rport = o->target.port };
	int cc = tcp->default_cc, error;
	uint32_t time_wait;
	struct tcp_conn *c;
	uint64_t hash;
	ip_nexthop hop;

	if (o->target.port == 0 || !is_host(&o->target.addr) || is_ours(tcp, &o->target) || o->data_length > MAX_SYN_DATA)
		return -EINVAL;
	if (o->congestion != NULL && (cc = tcp_cc_find(o->congestion)) < 0)
		return -EINVAL;
	memcpy(key.remote, o->target.addr.b, sizeof(key.remote));
	if ((error = choose_tuple(tcp, o, v4, &key, &hash, &time_wait)) < 0)
		return error;
	hop = ip_route(tcp->ip, key.local, &o->target.addr);
	if (hop == 0)
		return -ENETUNREACH;
	c = make_active(tcp, &key, hash, time_wait, v4);
	if (c == NULL)
		return -ENOBUFS;
	c->state = TCP_SYN_SENT;
	c->hop = hop;
	c->cc = (uint8_t)cc;
	c->user = o->user;
	c->unanswered = tcp->now;
	c->handshake_ms = o->timeout_ns == 0 ? tcp->config.syn_timeout_ms :
			     (uint32_t)RTE_MIN((o->timeout_ns + 999999) / 1000000, (uint64_t)INT32_MAX);
	/* all that is offered; the answer tells what remains */
	c->opt |= (uint8_t)((tcp->config.timestamps ? CONN_TS : 0) | (tcp->config.sack ? CONN_SACK : 0) |
			    (tcp->config.wscale ? CONN_WSCALE : 0) | (tcp->config.ecn == TCP_ECN_ON ? CONN_ECN : 0));
	if (o->fastopen && tcp->config.fastopen)
		c->opt |= CONN_FASTOPEN;
	c->rcv_wscale = tcp->config.wscale ? tcp->wscale : 0;
	c->mss = 536;
	if (o->data_length > 0 && tcp_queue_copy(tcp, c, o->data, o->data_length) != (ssize_t)o->data_length) {
		/* refused by this call, so no event may tell of it */
		flow_remove(&tcp->table, hash, flow_ref_make(FLOW_OPEN, tcp_conn_index(tcp, c)));
		tcp_queue_free(tcp, c);
		tcp_conn_told(tcp, c);
		return -ENOBUFS;
	}
	c->flags |= CONN_SYN_OWED;
	tcp_conn_owe(tcp, c);
	tcp_timer_set(tcp, c, tcp->now + RTE_MIN(c->rto_ms, c->handshake_ms));
	tcp->stats->connects++;
	look_ahead(tcp, o, &key);
	*out = tcp_conn_id(tcp, c);
	return 0;
}
