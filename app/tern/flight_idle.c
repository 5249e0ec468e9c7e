/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Many connections of which few do something: those that --hold keeps beside the load, those of --in-flight that
 * wait to be picked, and all of them when the run ends.
 */

#include <string.h>

#include "client.h"
#include "flight_watch.h"

/* A turn; what follows in the next ones. */
#define WATCH_STEP 32u
#define WATCH_AHEAD 16u
#define PICK_TRIES 64u
#define END_STEP 1024u
/* Closes under way at once: more would only fill the rings to the peer, and wait there for their timers. */
#define ENDING_MOST 256u

/* ---- held beside the load */

static void
count_held(struct client *c, struct flight *f, uint64_t now_ns)
{
	f->held = true;
	f->state = FLIGHT_CONNECTING;
	f->due_ns = UINT64_MAX;
	f->sent_ns = now_ns;
	c->held++;
	c->meter->counts.started++;
	c->meter->counts.opening++;
	c->meter->counts.open++;
}

bool
flight_hold(struct client *c, uint64_t now_ns)
{
	struct flight *f = &c->flights[c->limit + c->held];
	struct tern_connect_options options = c->connect;

	options.data = NULL;
	options.data_length = 0;
	if (!flight_connect(c, f, &options, now_ns))
		return false;
	count_held(c, f, now_ns);
	return true;
}

/* ---- picked at random */

static struct flight *
draw(struct client *c)
{
	uint64_t random = pacer_random(&c->pick.random) >> 32;

	return &c->flights[random * c->fresh >> 32];
}

/*
 * The next one, and those behind it on their way into the cache: first the program's line, and when that is here the
 * stack's. A flight is picked that many steps before it is used.
 */
static struct flight *
next_pick(struct client *c)
{
	struct pick *p = &c->pick;
	struct flight *picked = p->ahead[p->at % PICKS_AHEAD];
	struct flight *nearer = p->ahead[(p->at + PICKS_AHEAD / 2) % PICKS_AHEAD];

	if (nearer != NULL)
		tern_prefetch(c->stack, nearer->id);
	p->ahead[p->at++ % PICKS_AHEAD] = draw(c);
	__builtin_prefetch(p->ahead[(p->at - 1) % PICKS_AHEAD], 1);
	return picked;
}

void
flight_ask_at_random(struct client *c, uint64_t now_ns)
{
	for (uint32_t tries = 0; c->meter->counts.busy < c->in_flight && c->budget > 0 && tries < PICK_TRIES; tries++) {
		struct flight *f = next_pick(c);

		if (f != NULL && f->state == FLIGHT_IDLE)
			flight_ask(c, f, now_ns, now_ns);
	}
}

/* ---- overdue */

void
flight_find_overdue(struct client *c, uint64_t now_ns)
{
	struct watch *w = &c->watch;
	uint32_t now = (uint32_t)(now_ns >> WATCH_TICK_SHIFT);

	for (uint32_t i = 0; i < WATCH_STEP && w->head != w->tail; i++) {
		const struct watch_entry *e = &w->ring[w->head & w->mask];
		struct flight *f = &c->flights[e->flight];

		if ((int32_t)(e->tick - now) > 0)
			return;
		__builtin_prefetch(&c->flights[w->ring[(w->head + WATCH_AHEAD) & w->mask].flight], 1);
		w->head++;
		f->watched = false;
		if (f->due_ns == UINT64_MAX || f->state == FLIGHT_FREE)
			continue;
		if (f->due_ns <= now_ns)
			flight_overdue(c, f);
		else
			watch_enter(c, f);
	}
}

/* ---- the end of the run */

static void
end_one(struct client *c, struct flight *f, uint64_t now_ns)
{
	if (f->state == FLIGHT_IDLE || f->state == FLIGHT_THINKING)
		flight_close(c, f, now_ns);
	else if (f->state == FLIGHT_STREAMING)
		flight_end_stream(c, f, now_ns);
}

void
flight_end_idle(struct client *c, uint64_t now_ns)
{
	uint32_t end = c->limit + c->held;

	for (uint32_t i = 0; i < END_STEP && c->end_at < end && c->ending < ENDING_MOST; i++) {
		end_one(c, &c->flights[c->end_at], now_ns);
		/* between what the load has used and what is held nothing was ever touched */
		c->end_at = c->end_at + 1 == c->fresh && c->fresh < c->limit ? c->limit : c->end_at + 1;
	}
}
