/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "units.h"
#include "verdict.h"

/* A core that polls is at its limit when nearly every turn finds work. */
#define BUSY_LIMIT 0.95
/* A rate counts as reached from here on: arrivals at the edges of the window are counted or not by chance. */
#define RATE_REACHED 0.99
/* Lateness that spoils a figure: this long, and a tenth of the median that it is part of. */
#define LATENESS_LIMIT_NS 100000u
/* Shares above which drops and retransmissions are a cause and no longer noise. */
#define DROPS_LIMIT 1e-4
#define RETRANSMITTED_LIMIT 1e-3
/* A poll loop that waited longer than this for its CPU was not measured, the machine was. */
#define WAITED_LIMIT 0.02

const char *
verdict_limit_name(enum limit limit)
{
	static const char *const names[] = { "generator", "local device", "peer", "path", "target rate" };

	return names[limit];
}

static void __attribute__((format(printf, 3, 4)))
conclude(struct verdict *v, enum limit limit, const char *format, ...)
{
	va_list args;

	v->limit = limit;
	va_start(args, format);
	vsnprintf(v->evidence, sizeof(v->evidence), format, args);
	va_end(args);
}

static bool
late(const struct figures *f)
{
	return f->open_loop && f->lateness_p99_ns > LATENESS_LIMIT_NS && f->lateness_p99_ns > f->headline_p50_ns / 10;
}

/* Each of these is a millisecond in which a closed loop stands still, and an arrival that an open one leaves out. */
static bool
blame_starts(struct verdict *v, const struct figures *f)
{
	char n[UNITS_STRLEN];

	if (f->not_started_by_us == 0)
		return false;
	units_count(n, f->not_started_by_us);
	if (f->most_not_started == NOT_no_port)
		conclude(v, LIMIT_GENERATOR, "source ports ran out: %s times none was free towards the target, each in use or in "
			 "TIME-WAIT; " VERDICT_MORE_PORTS, n);
	else
		conclude(v, LIMIT_GENERATOR, "%s times nothing could be started here: %s%s", n,
			 not_started_text(f->most_not_started),
			 f->most_not_started == NOT_no_memory ? "; give a larger --max-connections, or a smaller -c" : "");
	v->ports_ran_out = f->most_not_started == NOT_no_port;
	return true;
}

/* Whether the generator fell short by itself; says how. */
static bool
blame_generator(struct verdict *v, const struct figures *f, bool reached)
{
	char us[UNITS_STRLEN];

	if (!reached && f->most_not_started == NOT_no_port && blame_starts(v, f))
		return true;
	if (late(f)) {
		conclude(v, LIMIT_GENERATOR, "launches were late, p99 %s us; busiest client core %.1f %% busy%s",
			 units_us(us, (double)f->lateness_p99_ns), 100 * f->client_busy,
			 f->waited > WAITED_LIMIT ? ", and it waited for its CPU" : "");
		return true;
	}
	if (!reached && blame_starts(v, f))
		return true;
	/* in one process both sides may be at their limit: the busier one sets the pace */
	if (!reached && f->client_busy >= BUSY_LIMIT && f->client_busy >= f->server_busy) {
		conclude(v, LIMIT_GENERATOR, "busiest client core %.1f %% busy", 100 * f->client_busy);
		return true;
	}
	if (!reached && f->waited > WAITED_LIMIT && f->waited >= f->server_waited) {
		conclude(v, LIMIT_GENERATOR, "a client core waited for its CPU %.1f %% of the time: this machine has other "
			 "work", 100 * f->waited);
		return true;
	}
	return false;
}

static void
not_the_generator(char *buf, size_t size, const struct figures *f)
{
	char us[UNITS_STRLEN], drops[UNITS_STRLEN];
	int n = snprintf(buf, size, "not the generator: busiest core %.1f %%", 100 * f->client_busy);

	if (f->open_loop)
		n += snprintf(buf + n, size - (size_t)n, ", lateness p99 %s us",
			      units_us(us, (double)f->lateness_p99_ns));
	if (f->local_drops == 0)
		snprintf(buf + n, size - (size_t)n, ", no local drop");
	else
		snprintf(buf + n, size - (size_t)n, ", %s local drops", units_count(drops, f->local_drops));
}

static void
hold_verdict(struct verdict *v, const struct figures *f, const char *why)
{
	char open[UNITS_STRLEN], all[UNITS_STRLEN], lost[UNITS_STRLEN];

	if (f->lost_connections == 0 && f->open_connections == f->connections)
		conclude(v, LIMIT_RATE, "all %s connections were opened and kept; %s", units_count(all, f->connections), why);
	else
		conclude(v, LIMIT_PEER, "%s of %s connections are open, %s were lost; %s", units_count(open, f->open_connections),
			 units_count(all, f->connections), units_count(lost, f->lost_connections), why);
}

void
verdict_reach(struct verdict *v, const struct figures *f)
{
	bool reached = f->open_loop && f->completed_rate >= RATE_REACHED * f->target_rate;
	char why[160], n[UNITS_STRLEN], us[UNITS_STRLEN];

	v->valid = true;
	v->ports_ran_out = false;
	if (blame_generator(v, f, reached)) {
		v->valid = !f->open_loop;
		return;
	}
	not_the_generator(why, sizeof(why), f);
	if (reached) {
		conclude(v, LIMIT_RATE, "%s", why);
	} else if ((double)f->local_drops > DROPS_LIMIT * (double)f->local_packets) {
		conclude(v, LIMIT_DEVICE, "%s frames dropped here, of %.2g million%s", units_count(n, f->local_drops),
			 (double)f->local_packets / 1e6,
			 2 * f->no_mbufs > f->local_drops ? ", since packets ran out; give more --mbufs" : "");
	} else if ((double)f->refused > RETRANSMITTED_LIMIT * f->completed_rate * f->seconds) {
		conclude(v, LIMIT_PEER, "the server had no room for %s SYNs and handshakes (--max-connections, --max-half-open); %s",
			 units_count(n, f->refused), why);
	} else if (f->pair && f->server_busy >= BUSY_LIMIT) {
		conclude(v, LIMIT_PEER, "busiest server core %.1f %% busy; %s", 100 * f->server_busy, why);
	} else if (f->server_waited > WAITED_LIMIT) {
		conclude(v, LIMIT_PEER, "a server core waited for its CPU %.1f %% of the time: this machine has other work; %s",
			 100 * f->server_waited, why);
	} else if (f->retransmitted_share > RETRANSMITTED_LIMIT) {
		conclude(v, LIMIT_PATH, "%.2g %% of the segments were sent again; %s", 100 * f->retransmitted_share, why);
	} else if (f->mode == MODE_HOLD) {
		hold_verdict(v, f, why);
	} else if (f->mode == MODE_STREAM) {
		conclude(v, LIMIT_PEER, "%s connection%s: what the peer takes or sends, or their windows allow; %s",
			 units_count(n, f->connections), f->connections == 1 ? "" : "s", why);
	} else if (f->failed_share > 0.5) {
		conclude(v, LIMIT_PEER, "%.1f %% failed; %s", 100 * f->failed_share, why);
	} else {
		conclude(v, LIMIT_PEER, "%s connections wait for answers of %s us (p50); %s",
			 units_count(n, f->connections), units_us(us, (double)f->headline_p50_ns), why);
	}
}
