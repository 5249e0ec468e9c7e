/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The times of a packetdrill script. A time that is said, or that follows one that is known, stands as a time of the case
 * ("@0.1s"), as the tool counts it: what comes late does not move what is behind it. Behind "*" and ranges it counts from what came.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

#define INSTANT 1e-9   /* times are sums of what scripts say: closer than this they are the same */

static bool
seconds(struct pkt_reader *x, double *value)
{
	const struct pkt_token *t = pkt_now(x);

	if (t->kind != PKT_NUMBER || t->text[0] == '-')
		return pkt_wrong(x, t->line, NULL, "wanted a time in seconds (0, 0.1, +.1, +0~+.1, +0...0.1, *)");
	*value = strtod(t->text, NULL);
	x->at++;
	return true;
}

bool
pkt_time_read(struct pkt_reader *x, struct pkt_time *t)
{
	*t = (struct pkt_time){ .kind = PKT_TIME_ABSOLUTE };
	if (pkt_is_mark(x, '*')) {
		x->at++;
		t->kind = PKT_TIME_ANY;
		return true;
	}
	if (pkt_is_mark(x, '+')) {
		x->at++;
		t->kind = PKT_TIME_RELATIVE;
	}
	if (!seconds(x, &t->from))
		return false;
	t->to = t->from;
	if (!pkt_is_mark(x, '~'))
		return true;
	x->at++;
	t->range = true;
	if (t->kind == PKT_TIME_RELATIVE && !pkt_take_mark(x, '+'))
		return false;
	return seconds(x, &t->to) && (t->to >= t->from || pkt_wrong(x, pkt_now(x)->line, NULL, "a time range that ends before it begins"));
}

void
pkt_when_sent(const struct pkt_reader *x, const struct pkt_time *t, double since, char *text, size_t size)
{
	double base = t->kind == PKT_TIME_RELATIVE && x->known ? x->now : 0;
	double early = x->tolerance, from, to;
	bool absolute = t->kind == PKT_TIME_ABSOLUTE || x->known;

	if (t->kind == PKT_TIME_ANY) {
		snprintf(text, size, "+0s..1h ");
		return;
	}
	if (since * x->tolerance_percent / 100 > early)
		early = since * x->tolerance_percent / 100;
	from = base + t->from - early;
	to = base + t->to + early;
	snprintf(text, size, "%c%.6gms..%.6gms ", absolute ? '@' : '+', from > 0 ? from * 1e3 : 0, to * 1e3);
}

/* It shall not return early: shortly before its time what it waits for is not there. */
static bool
still_waits(struct pkt_reader *x, double then)
{
	unsigned int at = x->at;
	bool ok;

	if (x->pending.goes_on || then <= x->now)
		return true;
	x->pending.goes_on = true;
	snprintf(x->when, sizeof(x->when), "@%.9gs ", then);
	ok = pkt_call_run(x, &x->pending);
	x->at = at;
	x->when[0] = '\0';
	return ok;
}

/* The call that waits has returned when what comes now is later than its end, or is a call itself. */
bool
pkt_finish_pending(struct pkt_reader *x, bool call, double until)
{
	struct pkt_call c = x->pending;
	unsigned int at = x->at;
	bool ok;

	if (c.name == NULL)
		return true;
	if (call && until < c.until - x->tolerance)
		return pkt_wrong(x, pkt_now(x)->line, NULL, "a call while another waits: only one may");
	if (call && until < c.until)
		c.until = until;   /* near enough: there it has returned */
	if (until >= c.until - x->tolerance && !still_waits(x, c.until - x->tolerance))
		return false;
	if (until < c.until - INSTANT || (until <= c.until + INSTANT && !call))
		return true;
	x->pending.name = NULL;
	c.waits = false;
	c.waited = true;
	snprintf(x->when, sizeof(x->when), "@%.9gs ", c.until);
	ok = pkt_call_run(x, &c);
	x->at = at;
	return ok;
}

/* Where an event that is not a range stands; what is to come before it does. */
bool
pkt_time_advance(struct pkt_reader *x, const struct pkt_time *t, bool call)
{
	double then = t->kind == PKT_TIME_RELATIVE ? x->now + t->from : t->kind == PKT_TIME_ANY ? x->now : t->from;
	bool known = t->kind == PKT_TIME_ABSOLUTE || (t->kind == PKT_TIME_RELATIVE && x->known);

	x->when[0] = '\0';
	if ((!known || t->range) && x->known && x->now >= x->pending.until && !pkt_finish_pending(x, true, x->now))
		return false;
	if (x->pending.name != NULL && (!known || t->range))
		return pkt_wrong(x, pkt_now(x)->line, NULL, "while a call waits, times must be plain ones (not *, and no range)");
	if (t->kind == PKT_TIME_ABSOLUTE && x->known && then < x->now)
		return pkt_wrong(x, pkt_now(x)->line, NULL, "an event before the one above it");
	if (!pkt_finish_pending(x, call, then))
		return false;
	x->then = then;
	if (known && (!x->known || then > x->now))
		snprintf(x->when, sizeof(x->when), "@%.9gs ", then);
	else if (!known && t->from > 0)
		snprintf(x->when, sizeof(x->when), "+%.9gs ", t->from);
	return true;
}

/* After an event of this time. */
void
pkt_time_settle(struct pkt_reader *x, const struct pkt_time *t)
{
	if (t->kind == PKT_TIME_ANY || t->range) {
		x->known = false;
		return;
	}
	if (t->kind == PKT_TIME_ABSOLUTE)
		x->now = t->from;
	else
		x->now += t->from;
	x->known |= t->kind == PKT_TIME_ABSOLUTE;
}
