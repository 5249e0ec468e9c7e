/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_WHEEL_H
#define CORE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One timer entry for each index of a slab, in a wheel of 1 ms ticks. An entry
 * may fire early (a deadline beyond the wheel's horizon fires at the horizon),
 * never late: who is told looks at its own deadline and arms again. So a later
 * deadline is only written down by the owner; only an earlier one moves the
 * entry. Nothing is unlinked when a connection closes: the entry belongs to the
 * index, and a stale one is recognised when it fires.
 */
#define WHEEL_SLOTS 4096u  /* horizon of 4 s: longer deadlines cost one look every 4 s */

struct wheel_entry {
	uint32_t next, prev;     /* ring of a slot's entries, oldest first; 0 while not armed */
	uint32_t tick;           /* when it fires; meaningful while armed */
};

struct wheel {
	struct wheel_entry *entries;  /* touched lazily, by index */
	uint32_t heads[WHEEL_SLOTS];
	uint32_t now;                 /* every slot before this tick has fired; in its own lies what is overdue */
	uint32_t armed;               /* entries that are armed */
	uint32_t capacity;
	size_t mapped;
	uint64_t occupied[WHEEL_SLOTS / 64];  /* a bit a slot */
};

int wheel_init(struct wheel *w, uint32_t capacity, uint32_t now_tick, int node);
void wheel_free(struct wheel *w);

/* The entry fires no later than at `tick` (or at the next expiry, if that is past). Keeps an earlier entry. */
void wheel_arm(struct wheel *w, uint32_t index, uint32_t tick);
static inline bool
wheel_is_armed(const struct wheel *w, uint32_t index)
{
	return w->entries[index].next != 0;
}

/*
 * Advance to now_tick; put at most max due indices into out, disarmed. When max
 * is reached the rest comes with the next call, before anything later. Idle
 * stretches are skipped by the bitmap, not walked.
 */
uint32_t wheel_expire(struct wheel *w, uint32_t now_tick, uint32_t *out, uint32_t max);

/* The tick at which the next entry fires, for who wants to sleep or to advance virtual time; false without any. */
bool wheel_next(const struct wheel *w, uint32_t *tick);

#endif
