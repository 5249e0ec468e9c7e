/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "sim/check.h"

#define MS UINT64_C(1000000)
#define LONGEST_NS (86400 * UINT64_C(1000000000))      /* sums of several still fit */
#define FASTEST UINT64_C(100000000000000)              /* bits a second */
#define SMALLEST_MTU 68u                               /* RFC 791 */
#define FULL_BITS ((UINT64_C(1514) + 24) * 8)

struct said {
	char *why;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static bool
wrong(const struct said *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->why, s->size, format, ap);
	va_end(ap);
	return false;
}

static bool
check_times(const struct tern_sim_link_options *o, const struct said *s)
{
	const struct {
		const char *name;
		uint64_t ns;
	} times[] = {
		{ "delay_ns", o->delay_ns }, { "jitter_ns", o->jitter_ns }, { "reorder_ns", o->reorder_ns },
		{ "codel_target_ns", o->codel_target_ns }, { "codel_interval_ns", o->codel_interval_ns },
		{ "up_ns", o->up_ns }, { "down_ns", o->down_ns },
	};

	for (unsigned int i = 0; i < RTE_DIM(times); i++)
		if (times[i].ns > LONGEST_NS)
			return wrong(s, "%s is %" PRIu64 ": at most a day, %" PRIu64, times[i].name, times[i].ns, LONGEST_NS);
	if ((o->up_ns == 0) != (o->down_ns == 0))
		return wrong(s, "%s is 0 and %s is %" PRIu64 ": a link that flaps has both, one that stays up has neither",
			     o->up_ns == 0 ? "up_ns" : "down_ns", o->up_ns == 0 ? "down_ns" : "up_ns",
			     o->up_ns == 0 ? o->down_ns : o->up_ns);
	return true;
}

static bool
check_chances(const struct tern_sim_link_options *o, const struct said *s)
{
	const struct {
		const char *name;
		double p;
	} chances[] = {
		{ "red_probability", o->red_probability }, { "loss", o->loss }, { "gilbert_p", o->gilbert_p },
		{ "gilbert_r", o->gilbert_r }, { "gilbert_bad", o->gilbert_bad }, { "gilbert_good", o->gilbert_good },
		{ "reorder", o->reorder }, { "duplicate", o->duplicate }, { "corrupt", o->corrupt },
	};

	/* put so that what is no number is wrong, too */
	for (unsigned int i = 0; i < RTE_DIM(chances); i++)
		if (!(chances[i].p >= 0 && chances[i].p <= 1))
			return wrong(s, "%s is %g: a probability lies between 0 and 1", chances[i].name, chances[i].p);
	if (o->gilbert_p > 0 && !(o->gilbert_r > 0))
		return wrong(s, "gilbert_r is 0 with a gilbert_p of %g: the chain would never leave its bad state; give more than 0",
			     o->gilbert_p);
	if (!(o->gilbert_p > 0) && (o->gilbert_r > 0 || o->gilbert_bad > 0 || o->gilbert_good > 0))
		return wrong(s, "gilbert_p is 0 with %s given: the chain would never begin; give more than 0",
			     o->gilbert_r > 0 ? "gilbert_r" : o->gilbert_bad > 0 ? "gilbert_bad" : "gilbert_good");
	if (o->reorder_ns != 0 && !(o->reorder > 0))
		return wrong(s, "reorder_ns is %" PRIu64 " and reorder is 0: give the probability, too", o->reorder_ns);
	return true;
}

static bool
check_queue(const struct tern_sim_link_options *o, const struct said *s)
{
	if (o->queue > TERN_SIM_CODEL)
		return wrong(s, "queue is %d: TERN_SIM_TAIL_DROP, TERN_SIM_RED or TERN_SIM_CODEL", (int)o->queue);
	if (o->rate > FASTEST)
		return wrong(s, "rate is %" PRIu64 ": at most %" PRIu64 " bits a second, and 0 is no limit", o->rate, FASTEST);
	if (o->rate == 0 && o->queue_bytes != 0)
		return wrong(s, "queue_bytes is %" PRIu64 " and rate is 0: nothing waits for a line without a limit; give a rate",
			     o->queue_bytes);
	if (o->rate == 0 && o->queue != TERN_SIM_TAIL_DROP)
		return wrong(s, "queue is %s and rate is 0: nothing waits for a line without a limit; give a rate",
			     o->queue == TERN_SIM_RED ? "TERN_SIM_RED" : "TERN_SIM_CODEL");
	if (o->ecn && o->queue == TERN_SIM_TAIL_DROP)
		return wrong(s, "ecn is set and queue is TERN_SIM_TAIL_DROP, which marks nothing; use TERN_SIM_RED or "
			     "TERN_SIM_CODEL");
	return true;
}

static bool
check_mtu(const struct tern_sim_link_options *o, const struct said *s)
{
	if (o->mtu != 0 && o->mtu < SMALLEST_MTU)
		return wrong(s, "mtu is %u: at least %u (RFC 791), and 0 is no limit", o->mtu, SMALLEST_MTU);
	if (o->mtu_icmp && o->mtu == 0)
		return wrong(s, "mtu_icmp is set and mtu is 0: nothing is too large for such a link; give an mtu");
	return true;
}

static void
fill(struct tern_sim_link_options *o)
{
	if (o->queue_bytes == 0)
		o->queue_bytes = UINT64_C(1) << 20;
	if (o->red_min == 0)
		o->red_min = o->queue_bytes / 6;
	if (o->red_max == 0)
		o->red_max = o->queue_bytes / 2;
	if (o->red_probability == 0)
		o->red_probability = 0.1;
	if (o->codel_target_ns == 0)
		o->codel_target_ns = 5 * MS;
	if (o->codel_interval_ns == 0)
		o->codel_interval_ns = 100 * MS;
	if (o->gilbert_p > 0 && o->gilbert_bad == 0)
		o->gilbert_bad = 1;
	if (o->reorder_ns == 0)
		o->reorder_ns = o->rate != 0 ? 3 * FULL_BITS * 1000 * MS / o->rate : MS;
}

bool
sim_check_model(struct tern_sim_link_options *model, const struct tern_sim_link_options *given, char *why, size_t size)
{
	const struct said s = { why, size };

	*model = (struct tern_sim_link_options)TERN_SIM_LINK_INIT;
	if (given->size < sizeof(given->size) || given->size > 4096)
		return wrong(&s, "size is %zu: begin with TERN_SIM_LINK_INIT", given->size);
	memcpy(model, given, RTE_MIN(given->size, sizeof(*model)));
	model->size = sizeof(*model);
	if (!check_times(model, &s) || !check_chances(model, &s) || !check_queue(model, &s) || !check_mtu(model, &s))
		return false;
	fill(model);
	if (model->queue == TERN_SIM_RED && model->red_min >= model->red_max)
		return wrong(&s, "red_min is %" PRIu64 " and red_max is %" PRIu64 ": the first must be the smaller one",
			     model->red_min, model->red_max);
	return true;
}
