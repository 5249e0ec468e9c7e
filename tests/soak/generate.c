/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * A case from a seed. Each thing that can be wrong with a network is there in
 * some of the cases only, and of a size whose logarithm is uniform: so most have
 * few troubles, some have all, and none is always the same.
 */

#include <stdlib.h>
#include <string.h>

#include <tern/sim.h>

#include "case.h"
#include "chance.h"
#include "generate.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define KI UINT64_C(1024)
#define MILLION 1000000u

/* ---- the network */

/* A smaller MTU on the way: what a host does not hear of by ICMP it finds by RFC 4821, which falls back to 1024 here. */
uint64_t
soak_generate_mtu(struct chance *r, bool icmp)
{
	return chance_between(r, icmp ? 576 : 1100, 1500);
}

/* What a direction has of its own troubles, in full (the bad link) or hardly. */
static void
generate_troubles(struct chance *r, struct soak_direction *d, bool bad)
{
	if (bad && chance_percent(r, 35))
		d->loss = chance_scale(r, 100, chance_percent(r, 20) ? 300000 : 50000);
	if (bad && chance_percent(r, 15)) {
		d->gilbert_p = chance_scale(r, 200, 30000);
		d->gilbert_r = chance_scale(r, 50000, 600000);
		d->gilbert_bad = chance_percent(r, 50) ? MILLION : chance_between(r, 300000, 999999);
		d->gilbert_good = chance_percent(r, 20) ? chance_scale(r, 10, 1000) : 0;
	}
	if (chance_percent(r, bad ? 25 : 5)) {
		d->reorder = chance_scale(r, 500, bad ? 300000 : 5000);
		d->reorder_ns = chance_percent(r, 50) ? 0 : chance_scale(r, 10000, 200 * MS);
	}
	if (chance_percent(r, bad ? 20 : 5))
		d->duplicate = chance_scale(r, 500, bad ? 300000 : 5000);
	if (chance_percent(r, bad ? 15 : 2))
		d->corrupt = chance_scale(r, 500, bad ? 100000 : 5000);
	if (chance_percent(r, 30))
		d->jitter_ns = chance_scale(r, 1000, bad ? 100 * MS : 2 * MS);
	if (bad && chance_percent(r, 12)) {
		d->up_ns = chance_scale(r, 50 * MS, 60 * SECOND);
		d->down_ns = chance_scale(r, MS, 20 * SECOND);
	}
}

static void
generate_queue(struct chance *r, struct soak_direction *d)
{
	if (d->rate == 0)
		return;
	d->queue = chance_percent(r, 60) ? TERN_SIM_TAIL_DROP : chance_percent(r, 50) ? TERN_SIM_CODEL : TERN_SIM_RED;
	d->ecn = chance_percent(r, 50);
	d->queue_bytes = chance_percent(r, 40) ? 0 : chance_scale(r, 20000, 4 * KI * KI);
}

static void
generate_direction(struct chance *r, struct soak_direction *d, bool bad)
{
	if (chance_percent(r, 75))
		d->rate = chance_scale(r, bad && chance_percent(r, 30) ? 64000 : 2000000, UINT64_C(10000000000));
	d->delay_ns = chance_percent(r, 10) ? 0 :
		      chance_scale(r, 1000, bad ? chance_percent(r, 15) ? 600 * MS : 50 * MS : 10 * MS);
	generate_queue(r, d);
	generate_troubles(r, d, bad);
}

static void
generate_network(struct chance *r, struct soak_case *c)
{
	unsigned int bad;

	if (chance_percent(r, 30)) {
		c->network.hosts = chance_between(r, 3, SOAK_HOSTS);
		c->network.dumbbell = chance_percent(r, 50);
	}
	if (chance_percent(r, 10))
		c->network.mbufs = chance_between(r, 4096, 8192);
	bad = c->network.dumbbell ? soak_links(c) - 1 : (unsigned int)chance_below(r, soak_links(c));
	for (unsigned int i = 0; i < soak_links(c); i++) {
		bool icmp = chance_percent(r, 60);

		generate_direction(r, &c->link[i][0], i == bad);
		if (chance_percent(r, 60))
			c->link[i][1] = c->link[i][0];
		else
			generate_direction(r, &c->link[i][1], i == bad);
		if (i == bad && chance_percent(r, 10))
			for (unsigned int back = 0; back < 2; back++) {
				c->link[i][back].mtu = soak_generate_mtu(r, icmp);
				c->link[i][back].mtu_icmp = icmp;
			}
	}
}

/* ---- hosts */

static void
generate_host(struct chance *r, struct soak_host *h, uint64_t mtu)
{
	h->mtu = mtu;
	if (chance_percent(r, 35))
		h->window = chance_scale(r, KI, 16 * KI * KI);
	if (chance_percent(r, 15))
		h->window_max = chance_scale(r, 4 * KI, 16 * KI * KI);
	if (chance_percent(r, 30))
		h->sndbuf = chance_scale(r, 2 * KI, 4 * KI * KI);
	if (chance_percent(r, 15))
		h->mss = chance_scale(r, 64, 9000);
	h->no_timestamps = chance_percent(r, 25);
	h->no_sack = chance_percent(r, 25);
	h->no_wscale = chance_percent(r, 15);
	h->nagle = chance_percent(r, 25);
	h->strict = chance_percent(r, 10);
	h->ecn = chance_percent(r, 50) ? 2 : chance_below(r, 3);
	h->congestion = chance_below(r, 2);
	h->pacing = chance_percent(r, 20);
	h->ack_every = chance_percent(r, 60) ? 8 : chance_between(r, 1, 20);
	h->delayed_ack = chance_percent(r, 60) ? 40 : chance_scale(r, 1, 499);
	h->initial_window = chance_percent(r, 70) ? 10 : chance_scale(r, 1, 100);
	h->rto_min = chance_percent(r, 70) ? 200 : chance_scale(r, 10, 2000);
	h->syn_cookies = chance_percent(r, 70) ? 1 : chance_below(r, 3);
	h->synack_retries = chance_percent(r, 80) ? 5 : chance_between(r, 2, 7);
	h->time_wait = chance_percent(r, 60) ? 60000 : chance_scale(r, 100, 240000);
	h->user_timeout = chance_percent(r, 80) ? 120000 : chance_scale(r, 10000, 900000);
	h->fin_timeout = chance_percent(r, 80) ? 60000 : chance_scale(r, 1000, 120000);
	h->syn_timeout = chance_percent(r, 80) ? 180000 : chance_scale(r, 5000, 600000);
	h->max_time_wait = chance_percent(r, 90) ? 64 : chance_between(r, 1, 4);
	h->backlog = chance_percent(r, 80) ? 16 : chance_between(r, 1, 4);
	h->fastopen = chance_percent(r, 40) ? 8 : 0;
}

static void
generate_hosts(struct chance *r, struct soak_case *c)
{
	uint64_t mtu = chance_percent(r, 75) ? 1500 : chance_percent(r, 50) ? 9000 : chance_between(r, 1280, 9000);

	for (unsigned int i = 0; i < c->network.hosts; i++)
		generate_host(r, &c->host[i], mtu);
}

/* IPv6 asks 1280 of every link (RFC 8200, 5). */
static void
avoid_v6_where_too_small(struct soak_case *c)
{
	bool small = false;

	for (unsigned int i = 0; i < soak_links(c); i++)
		small |= c->link[i][0].mtu != 0 && c->link[i][0].mtu < 1280;
	for (unsigned int i = 0; i < c->steps; i++)
		small |= c->step[i].verb == SOAK_CHANGE && c->step[i].arg[CHANGE_VALUE] < 1280 &&
			 strcmp(soak_direction_fields[c->step[i].arg[CHANGE_FIELD]].name, "mtu") == 0;
	for (unsigned int i = 0; i < c->steps; i++)
		if (c->step[i].verb == SOAK_OPEN && small)
			c->step[i].arg[OPEN_V6] = 0;
}

static int
by_time(const void *a, const void *b)
{
	const struct soak_step *x = a, *y = b;

	return x->at_ns < y->at_ns ? -1 : x->at_ns > y->at_ns;
}

void
soak_generate(struct soak_case *c, uint64_t seed)
{
	struct chance r = { seed * 2654435761u + 1 };

	soak_case_init(c);
	c->seed = seed;
	generate_network(&r, c);
	generate_hosts(&r, c);
	soak_generate_workload(&r, c);
	avoid_v6_where_too_small(c);
	/* those of a time stay in the order in which they were written */
	for (unsigned int i = 0; i < c->steps; i++)
		c->step[i].at_ns += i;
	qsort(c->step, c->steps, sizeof(c->step[0]), by_time);
}
