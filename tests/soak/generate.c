/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * A case from a seed. Each thing that can be wrong with a network is there in
 * some of the cases only, and of a size whose logarithm is uniform: so most have
 * few troubles, some have all, and none is always the same.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <tern/sim.h>

#include "case.h"
#include "chance.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define KI UINT64_C(1024)
#define MILLION 1000000u
#define MOST_BYTES (2u << 20)     /* of a connection and direction: a case shall take a tenth of a second */

/* ---- the network */

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

/* A smaller MTU on the way: what a host does not hear of by ICMP it finds by RFC 4821, which falls back to 1024 here. */
static uint64_t
generate_mtu(struct chance *r, bool icmp)
{
	return chance_between(r, icmp ? 576 : 1100, 1500);
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
				c->link[i][back].mtu = generate_mtu(r, icmp);
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

/* ---- what a path carries */

static double
loss_of(const struct soak_direction *d)
{
	double p = (double)(d->loss + d->corrupt) / MILLION;

	if (d->gilbert_p > 0)
		p += (double)d->gilbert_bad / MILLION * (double)d->gilbert_p / (double)(d->gilbert_p + d->gilbert_r);
	if (d->down_ns > 0)
		p += (double)d->down_ns / (double)(d->down_ns + d->up_ns);
	return p + (double)d->reorder / MILLION / 4;
}

/* Bytes that half a minute can move, as the worst link and the worst window let them: a case shall not last for hours. */
static uint64_t
most_bytes(const struct soak_case *c)
{
	double rtt = 0.001, loss = 1e-6, rate = 1e10, window = MOST_BYTES, mss = 1460;

	for (unsigned int i = 0; i < soak_links(c); i++)
		for (unsigned int back = 0; back < 2; back++) {
			const struct soak_direction *d = &c->link[i][back];

			rtt += (double)(d->delay_ns + d->jitter_ns) / 1e9;
			loss += loss_of(d);
			rate = d->rate == 0 ? rate : fmin(rate, (double)d->rate);
		}
	for (unsigned int i = 0; i < c->network.hosts; i++) {
		if (c->host[i].window != 0)
			window = fmin(window, (double)c->host[i].window);
		window = fmin(window, (double)c->host[i].sndbuf);
		if (c->host[i].mss != 0)
			mss = fmin(mss, (double)c->host[i].mss);
	}
	rate = fmin(rate / 8, window / rtt);
	rate = fmin(rate, mss / rtt * 1.2 / sqrt(loss));
	/* a packet of few bytes costs as much as one of many */
	return (uint64_t)fmax(2000, fmin(fmin(rate * 30, MOST_BYTES), mss * 2000));
}

/* ---- the workload */

struct writer {
	struct chance *r;
	struct soak_case *c;
	uint64_t span_ns;          /* steps lie within */
	uint64_t most;             /* bytes of a send */
	uint64_t conns;
};

static uint64_t *
add(struct writer *w, uint64_t at_ns, enum soak_verb verb)
{
	static struct soak_step spare;
	struct soak_step *s = w->c->steps < SOAK_STEPS ? &w->c->step[w->c->steps++] : &spare;

	memset(s, 0, sizeof(*s));
	s->at_ns = at_ns;
	s->verb = verb;
	return s->arg;
}

static uint64_t *
add_to(struct writer *w, uint64_t at_ns, enum soak_verb verb, uint64_t conn, uint64_t end)
{
	uint64_t *arg = add(w, at_ns, verb);

	arg[STEP_CONN] = conn;
	arg[STEP_END] = end;
	return arg;
}

static uint64_t
later(struct writer *w, uint64_t at_ns)
{
	return at_ns + chance_below(w->r, w->span_ns);
}

static void
add_sends(struct writer *w, uint64_t conn, uint64_t end, uint64_t at_ns)
{
	uint64_t n = chance_percent(w->r, 20) ? 0 : chance_between(w->r, 1, 4), left = w->most;

	for (uint64_t i = 0; i < n && left > 0; i++) {
		uint64_t *arg = add_to(w, i == 0 ? at_ns : later(w, at_ns), SOAK_SEND, conn, end);

		arg[SEND_BYTES] = chance_scale(w->r, 1, left);
		arg[SEND_HOW] = chance_percent(w->r, 50) ? SOAK_COPY : chance_below(w->r, SOAK_HOWS);
		if (arg[SEND_HOW] == SOAK_SMALL && arg[SEND_BYTES] > 20000)
			arg[SEND_BYTES] = 20000;
		left -= arg[SEND_BYTES];
	}
}

static uint64_t
option_value(struct chance *r, unsigned int id)
{
	switch (id) {
	case TERN_OPT_SNDBUF:
	case TERN_OPT_RCVBUF:
		return chance_scale(r, KI, KI * KI);
	case TERN_OPT_USER_TIMEOUT:
		return chance_scale(r, 5000, 600000);
	case TERN_OPT_SNDLOWAT:
	case TERN_OPT_RCVLOWAT:
		return chance_scale(r, 1, 8192);
	case TERN_OPT_MSS:
		return chance_scale(r, 64, 2000);
	case TERN_OPT_KEEPIDLE:
	case TERN_OPT_KEEPINTVL:
		return chance_scale(r, 100, 20000);
	case TERN_OPT_KEEPCNT:
		return chance_between(r, 3, 9);
	case TERN_OPT_LINGER:
		return chance_percent(r, 25) ? 0 : chance_scale(r, 10, 60000);
	case TERN_OPT_R1:
		return chance_between(r, 1, 6);
	case TERN_OPT_DSCP:
		return chance_below(r, 64);
	case TERN_OPT_MAX_PACING_RATE:
		return chance_scale(r, 100000, UINT64_C(1000000000));  /* a segment well within each RTO */
	default:
		return chance_below(r, 2);
	}
}

static void
add_odds(struct writer *w, uint64_t conn, uint64_t end, uint64_t at_ns)
{
	while (chance_percent(w->r, 35)) {
		uint64_t option = chance_below(w->r, soak_options_count), at = later(w, at_ns);
		uint64_t *arg = add_to(w, chance_percent(w->r, 50) ? at_ns : at, SOAK_SET, conn, end);

		arg[SET_OPTION] = option;
		arg[SET_VALUE] = option_value(w->r, soak_options[option].id);
	}
	if (chance_percent(w->r, 20))
		add_to(w, at_ns, SOAK_READ, conn, end)[READ_HOW] = chance_below(w->r, SOAK_READS);
	if (chance_percent(w->r, 20)) {
		uint64_t at = later(w, at_ns);

		add_to(w, at, SOAK_STALL, conn, end);
		if (chance_percent(w->r, 70))
			add_to(w, later(w, at), SOAK_RESUME, conn, end);
	}
	if (chance_percent(w->r, 15))
		add_to(w, later(w, at_ns), SOAK_SHUTDOWN, conn, end);
	if (chance_percent(w->r, 12))
		add_to(w, later(w, at_ns), SOAK_CLOSE, conn, end);
	if (chance_percent(w->r, 5))
		add_to(w, later(w, at_ns), SOAK_ABORT, conn, end);
}

static void
add_connection(struct writer *w, uint64_t conn)
{
	uint64_t at = chance_percent(w->r, 50) ? 0 : later(w, 0), *arg = add(w, at, SOAK_OPEN);

	arg[OPEN_CONN] = conn;
	arg[OPEN_FROM] = chance_below(w->r, w->c->network.hosts);
	arg[OPEN_TO] = (arg[OPEN_FROM] + chance_between(w->r, 1, w->c->network.hosts - 1)) % w->c->network.hosts;
	arg[OPEN_V6] = chance_below(w->r, 2);
	arg[OPEN_DATA] = chance_percent(w->r, 30) ? chance_scale(w->r, 1, 2000) : 0;
	arg[OPEN_FASTOPEN] = chance_percent(w->r, 25);
	arg[OPEN_TIMEOUT_MS] = chance_percent(w->r, 10) ? chance_scale(w->r, 500, 100000) : 0;
	for (unsigned int end = 0; end < 2; end++) {
		add_sends(w, conn, end, at);
		add_odds(w, conn, end, at);
	}
}

static void
add_changes(struct writer *w)
{
	/* of the fields, by their place in soak_direction_fields[] */
	while (chance_percent(w->r, 20)) {
		uint64_t link = chance_below(w->r, soak_links(w->c)), at = later(w, 0);
		const struct soak_direction *d = w->c->link[link];
		bool mtu = chance_percent(w->r, 60), icmp = d->mtu_icmp || (d->mtu == 0 && chance_percent(w->r, 50));
		uint64_t value = mtu ? generate_mtu(w->r, icmp) : chance_scale(w->r, 1000, 100 * MS);

		for (unsigned int back = 0; back < 2; back++)
			for (unsigned int f = 0; soak_direction_fields[f].name != NULL; f++) {
				const char *name = soak_direction_fields[f].name;
				bool is_icmp = strcmp(name, "mtu_icmp") == 0;
				uint64_t *arg;

				if (strcmp(name, mtu ? "mtu" : "delay_ns") != 0 && !(mtu && is_icmp))
					continue;
				arg = add(w, at, SOAK_CHANGE);
				arg[CHANGE_LINK] = link;
				arg[CHANGE_BACK] = back;
				arg[CHANGE_FIELD] = f;
				arg[CHANGE_VALUE] = is_icmp ? icmp : value;
			}
	}
	if (chance_percent(w->r, 5)) {
		uint64_t host = chance_below(w->r, w->c->network.hosts), at = later(w, 0);

		add(w, at, SOAK_UNLISTEN)[0] = host;
		add(w, later(w, at), SOAK_LISTEN)[0] = host;
	}
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
	struct writer w = { .r = &r, .c = c };

	soak_case_init(c);
	c->seed = seed;
	generate_network(&r, c);
	generate_hosts(&r, c);
	w.most = most_bytes(c);
	w.span_ns = chance_scale(&r, 10 * MS, 60 * SECOND);
	w.conns = chance_percent(&r, 50) ? chance_between(&r, 1, 2) : chance_between(&r, 3, SOAK_CONNS / 2);
	for (uint64_t i = 0; i < w.conns; i++) {
		w.most = w.most / (i + 1) > 1000 ? w.most : 1000;
		add_connection(&w, i);
	}
	add_changes(&w);
	avoid_v6_where_too_small(c);
	/* those of a time stay in the order in which they were written */
	for (unsigned int i = 0; i < c->steps; i++)
		c->step[i].at_ns += i;
	qsort(c->step, c->steps, sizeof(c->step[0]), by_time);
}
