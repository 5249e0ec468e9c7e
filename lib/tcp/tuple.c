/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The tuple of an active open: source address, source port (RFC 6056), and those of the opens that will follow. */

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/tcp.h"

#define TIME_WAIT_REUSE_MS 1000u     /* the peer's timestamp clock must have moved (RFC 6191), at the slowest 1 Hz */
#define PORT_TRIES 4096u             /* a call: no open may hold up the core for all 64 K */

static const struct tern_addr any;

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
	if (o->source_pool && (*local = tcp_next_pool_local(tcp, v4)) != 0)
		return 0;
	if (addr_equal(&o->source, &any)) {
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
static inline bool
is_usable(struct tcp *tcp, struct tcp_tuple *t)
{
	flow_ref ref = flow_find(&tcp->table, t->hash, &t->key);

	t->time_wait = 0;
	if (likely(ref == 0))
		return true;
	if (flow_ref_kind(ref) != FLOW_TIME_WAIT)
		return false;
	const struct tcp_time_wait *w = tcp_time_wait_at(tcp, flow_ref_index(ref));

	if (!(w->opt & CONN_TS) || !tcp->config.timestamps || tcp_slow_tick(tcp) - w->ts_recent_slow <= TCP_SLOW_TICKS(TIME_WAIT_REUSE_MS))
		return false;
	t->time_wait = flow_ref_index(ref);
	return true;
}

/* A walk over the ports that may serve, and the first of them in the key. */
static void
begin_walk(struct tcp *tcp, struct flow_key *key, struct port_walk *walk)
{
	struct tern_addr local;

	if (likely(tcp->ports.alone)) {
		ports_walk(&tcp->ports, walk, key, NULL);
	} else {
		ip_local_address(tcp->ip, key->local, &local);
		ports_walk(&tcp->ports, walk, key, &local);
	}
	key->lport = ports_next(&tcp->ports, walk);
}

/* From its port on. */
static inline int
choose_port(struct tcp *tcp, struct tcp_tuple *t, struct port_walk *walk)
{
	for (uint32_t tries = 0; t->key.lport != 0 && tries < PORT_TRIES; tries++) {
		if (likely(is_usable(tcp, t))) {
			ports_took(&tcp->ports, walk);
			return 0;
		}
		t->key.lport = ports_next(&tcp->ports, walk);
		t->hash = tcp_hash(tcp, &t->key);
	}
	ports_took(&tcp->ports, walk);  /* the next call goes on behind */
	tcp->stats->connects_failed_no_port++;
	return -EADDRNOTAVAIL;
}

/* Is everything left to us? */
static inline bool
chooses_itself(const struct tern_connect_options *o)
{
	return o->source_port == 0 && (o->source_pool || addr_equal(&o->source, &any));
}

/* One tuple more: its port counts as taken, so that the next one of the same pair is another. */
static bool
look_further(struct tcp *tcp, struct tcp_ahead *a, const struct tern_connect_options *o, const struct flow_key *like)
{
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
 * asked for. (14 % of a client's time was that one miss.) So will who goes
 * through some targets in turn, as sixteen ports of a server. Several at a time:
 * each waits for two hashes and a division, and not for the one before it.
 */
void
tcp_look_ahead(struct tcp *tcp, const struct tern_connect_options *o, const struct tcp_tuple *taken)
{
	struct tcp_ahead *a = taken->ahead;

	if (unlikely(!taken->again)) {
		a->target = o->target;
		a->source_pool = o->source_pool;
		a->count = 0;
	} else if (unlikely(a->count <= TCP_AHEAD / 2) && taken->by_us) {
		while (a->count < TCP_AHEAD && look_further(tcp, a, o, &taken->key))
			;
	}
}

/* An address of ours is another's now, and some of them may be from it. */
void
tcp_forget_ahead(struct tcp *tcp)
{
	memset(tcp->ahead, 0, sizeof(tcp->ahead));
}

int
tcp_choose_tuple(struct tcp *tcp, const struct tern_connect_options *o, struct tcp_tuple *t)
{
	struct tcp_ahead *a = t->ahead;
	struct port_walk walk;
	int error;

	t->by_us = chooses_itself(o);
	if (likely(t->again && a->count > 0 && t->by_us)) {
		struct tcp_ahead_tuple *looked = &a->tuple[a->head++ % TCP_AHEAD];

		a->count--;
		t->key = looked->key;
		t->hash = looked->hash;
		return choose_port(tcp, t, &looked->walk);
	}
	memcpy(t->key.remote, o->target.addr.b, sizeof(t->key.remote));
	t->key.rport = o->target.port;
	t->key.lport = o->source_port;
	if ((error = choose_local(tcp, o, tern_addr_is_v4(&o->target.addr), &t->key.local)) < 0)
		return error;
	if (o->source_port == 0)
		begin_walk(tcp, &t->key, &walk);
	t->hash = tcp_hash(tcp, &t->key);
	if (o->source_port == 0)
		return choose_port(tcp, t, &walk);
	return is_usable(tcp, t) ? 0 : -EADDRINUSE;
}
