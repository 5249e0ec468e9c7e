/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "core/seq.h"
#include "core/wheel.h"

#define SLOT_MASK (WHEEL_SLOTS - 1)
#define WORDS (WHEEL_SLOTS / 64)

int
wheel_init(struct wheel *w, uint32_t capacity, uint32_t now_tick, int node)
{
	memset(w, 0, sizeof(*w));
	w->now = now_tick;
	w->capacity = capacity;
	w->mapped = ((size_t)capacity + 1) * sizeof(struct wheel_entry);
	w->entries = mem_map(w->mapped, node);
	return w->entries == NULL ? -ENOMEM : 0;
}

void
wheel_free(struct wheel *w)
{
	mem_unmap(w->entries, w->mapped);
	memset(w, 0, sizeof(*w));
}

/* At the end of its slot: entries of a tick fire in the order in which they were armed, and none can be starved. */
static void
link_entry(struct wheel *w, uint32_t index, uint32_t tick)
{
	uint32_t slot = tick & SLOT_MASK, head = w->heads[slot];
	struct wheel_entry *e = &w->entries[index];

	e->tick = tick;
	if (head == 0) {
		e->next = e->prev = index;
		w->heads[slot] = index;
		w->occupied[slot / 64] |= UINT64_C(1) << slot % 64;
	} else {
		e->next = head;
		e->prev = w->entries[head].prev;
		w->entries[e->prev].next = index;
		w->entries[head].prev = index;
	}
}

static void
unlink_entry(struct wheel *w, uint32_t index)
{
	struct wheel_entry *e = &w->entries[index];
	uint32_t slot = e->tick & SLOT_MASK;

	if (e->next == index) {
		w->heads[slot] = 0;
		w->occupied[slot / 64] &= ~(UINT64_C(1) << slot % 64);
	} else {
		w->entries[e->prev].next = e->next;
		w->entries[e->next].prev = e->prev;
		if (w->heads[slot] == index)
			w->heads[slot] = e->next;
	}
	e->next = e->prev = 0;
}

void
wheel_arm(struct wheel *w, uint32_t index, uint32_t tick)
{
	assert(index != 0 && index <= w->capacity);

	if (seq_lt(tick, w->now))
		tick = w->now;
	else if (seq_geq(tick, w->now + WHEEL_SLOTS))
		tick = w->now + WHEEL_SLOTS - 1;
	if (wheel_is_armed(w, index)) {
		if (seq_leq(w->entries[index].tick, tick))
			return;
		unlink_entry(w, index);
		w->armed--;
	}
	link_entry(w, index, tick);
	w->armed++;
}

/* Ticks from w->now to the first slot that is occupied; more than `within` (below WHEEL_SLOTS) if that is farther. */
static uint32_t
next_occupied(const struct wheel *w, uint32_t within)
{
	uint32_t slot = w->now & SLOT_MASK, word = slot / 64;
	uint64_t bits = w->occupied[word] >> slot % 64;
	uint32_t distance = 64 - slot % 64;

	if (bits != 0)
		return (uint32_t)__builtin_ctzll(bits);
	while (distance <= within) {
		word = (word + 1) % WORDS;
		if (w->occupied[word] != 0)
			return distance + (uint32_t)__builtin_ctzll(w->occupied[word]);
		distance += 64;
	}
	return WHEEL_SLOTS;
}

uint32_t
wheel_expire(struct wheel *w, uint32_t now_tick, uint32_t *out, uint32_t max)
{
	uint32_t count = 0;

	if (seq_lt(now_tick, w->now))
		now_tick = w->now;
	while (w->armed != 0) {
		uint32_t ahead = now_tick - w->now;
		uint32_t distance = next_occupied(w, ahead < WHEEL_SLOTS ? ahead : WHEEL_SLOTS - 1);
		uint32_t index;

		if (distance > ahead || distance == WHEEL_SLOTS)
			break;
		if (count == max)
			return count;
		w->now += distance;
		index = w->heads[w->now & SLOT_MASK];
		unlink_entry(w, index);
		w->armed--;
		out[count++] = index;
	}
	w->now = now_tick;
	return count;
}

bool
wheel_next(const struct wheel *w, uint32_t *tick)
{
	if (w->armed == 0)
		return false;
	*tick = w->now + next_occupied(w, WHEEL_SLOTS - 1);
	return true;
}
