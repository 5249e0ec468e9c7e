/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What the programs of a case do: connections at random times, and what is sent, asked for and changed meanwhile. */

#include <math.h>
#include <string.h>

#include <tern/tern.h>

#include "case.h"
#include "chance.h"
#include "generate.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)
#define KI UINT64_C(1024)
#define MILLION 1000000u
#define MOST_BYTES (2u << 20)     /* of a connection and direction: a case shall take a tenth of a second */

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
	case TERN_OPT_NOTSENT_LOWAT:
		return chance_scale(r, 1, 1 << 17);
	case TERN_OPT_EOR:
		return 1;
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
		uint64_t value = mtu ? soak_generate_mtu(w->r, icmp) : chance_scale(w->r, 1000, 100 * MS);

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

void
soak_generate_workload(struct chance *r, struct soak_case *c)
{
	struct writer w = { .r = r, .c = c };

	w.most = most_bytes(c);
	w.span_ns = chance_scale(r, 10 * MS, 60 * SECOND);
	w.conns = chance_percent(r, 50) ? chance_between(r, 1, 2) : chance_between(r, 3, SOAK_CONNS / 2);
	for (uint64_t i = 0; i < w.conns; i++) {
		w.most = w.most / (i + 1) > 1000 ? w.most : 1000;
		add_connection(&w, i);
	}
	add_changes(&w);
}
