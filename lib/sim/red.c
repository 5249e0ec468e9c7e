/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <math.h>

#include "sim/line.h"
#include "sim/packet.h"

#define WEIGHT 0.002          /* w_q, as the paper has it: an average over some 500 packets */
#define FULL_BYTES 1514.0     /* the packet whose probability the parameters tell; others in proportion */
#define LINE_OVERHEAD 24.0

static void
measure(struct sim_line *l, uint64_t now_ns)
{
	struct sim_red *r = &l->red;

	if (l->stats.queue_now != 0 || l->free_ns > now_ns) {
		r->average += WEIGHT * ((double)l->stats.queue_now - r->average);
	} else {
		/* an idle line could have sent so many packets, each of which would have found nothing */
		double packet_ns = (FULL_BYTES + LINE_OVERHEAD) * 8e9 / (double)l->model.rate;

		r->average *= pow(1 - WEIGHT, (double)(now_ns - l->free_ns) / packet_ns);
	}
}

/* p_b: from 0 at red_min to red_probability at red_max, and on to 1 at twice that. */
static double
ramp(const struct tern_sim_link_options *o, double average)
{
	double min = (double)o->red_min, max = (double)o->red_max;

	if (average < max)
		return o->red_probability * (average - min) / (max - min);
	return o->red_probability + (1 - o->red_probability) * (average - max) / max;
}

bool
sim_red_admits(struct sim_line *l, struct rte_mbuf *m, uint64_t now_ns)
{
	const struct tern_sim_link_options *o = &l->model;
	struct sim_red *r = &l->red;
	double p;

	measure(l, now_ns);
	if (r->average < (double)o->red_min) {
		r->count = 0;
		return true;
	}
	/* RFC 3168, 7: above the upper threshold nothing is marked any more */
	if (r->average >= 2 * (double)o->red_max) {
		r->count = 0;
		return false;
	}
	p = ramp(o, r->average) * m->pkt_len / FULL_BYTES;
	/* p_a: so that the packets between two drops are spread evenly, not geometrically */
	p = r->count * p < 1 ? p / (1 - r->count * p) : 1;
	r->count++;
	if (!sim_by_chance(&l->chance.red, p))
		return true;
	r->count = 0;
	if (!o->ecn || !sim_mark_ce(m))
		return false;
	l->stats.marked++;
	return true;
}
