/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_FLIGHT_WATCH_H
#define APP_FLIGHT_WATCH_H

/*
 * Which flights wait for their peer, in the order in which they may become overdue. All wait equally long, so that
 * a ring is in order by itself; each flight is in it at most once, and is looked at when the time that it was
 * entered with is over: what waits for another answer by then is entered anew. Whoever waits for nothing costs
 * nothing, however many they are.
 */

#include "client.h"

#define WATCH_TICK_SHIFT 20   /* ns to ticks of about a millisecond */

static inline uint32_t
watch_tick(uint64_t ns)
{
	return (uint32_t)(ns >> WATCH_TICK_SHIFT) + 1;
}

static inline void
watch_enter(struct client *c, struct flight *f)
{
	struct watch *w = &c->watch;

	f->watched = true;
	w->ring[w->tail++ & w->mask] = (struct watch_entry){ flight_index(c, f), watch_tick(f->due_ns) };
}

/* The peer has --timeout from now on. */
static inline void
flight_watch(struct client *c, struct flight *f, uint64_t now_ns)
{
	f->due_ns = now_ns + c->timeout_ns;
	if (!f->watched)
		watch_enter(c, f);
}

#endif
