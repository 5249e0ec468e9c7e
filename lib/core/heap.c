/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>

#include "core/heap.h"
#include "core/mem.h"

int
heap_init(struct heap *h, uint32_t capacity, int node)
{
	const size_t slots = (size_t)capacity + 1;

	*h = (struct heap){ .capacity = capacity };
	h->entry = mem_map(slots * sizeof(h->entry[0]), node);
	h->place = mem_map(slots * sizeof(h->place[0]), node);
	if (h->entry != NULL && h->place != NULL)
		return 0;
	heap_free(h);
	return -ENOMEM;
}

void
heap_free(struct heap *h)
{
	const size_t slots = (size_t)h->capacity + 1;

	if (h->entry != NULL)
		mem_unmap(h->entry, slots * sizeof(h->entry[0]));
	if (h->place != NULL)
		mem_unmap(h->place, slots * sizeof(h->place[0]));
	*h = (struct heap){ .capacity = 0 };
}

static void
put(struct heap *h, uint32_t place, struct heap_entry entry)
{
	h->entry[place] = entry;
	h->place[entry.index] = place;
}

/* The entry finds its place, from a free one. */
static void
sift(struct heap *h, uint32_t place, struct heap_entry entry)
{
	for (; place > 1 && h->entry[place / 2].at_ns > entry.at_ns; place /= 2)
		put(h, place, h->entry[place / 2]);
	for (uint32_t child = 2 * place; child <= h->count; place = child, child *= 2) {
		if (child < h->count && h->entry[child + 1].at_ns < h->entry[child].at_ns)
			child++;
		if (h->entry[child].at_ns >= entry.at_ns)
			break;
		put(h, place, h->entry[child]);
	}
	put(h, place, entry);
}

void
heap_set(struct heap *h, uint32_t index, uint64_t at_ns)
{
	uint32_t place = h->place[index];

	if (place == 0)
		place = ++h->count;
	sift(h, place, (struct heap_entry){ at_ns, index });
}

void
heap_remove(struct heap *h, uint32_t index)
{
	uint32_t place = h->place[index];
	struct heap_entry last;

	if (place == 0)
		return;
	h->place[index] = 0;
	last = h->entry[h->count--];
	if (last.index != index)
		sift(h, place, last);
}

uint32_t
heap_due(struct heap *h, uint64_t now_ns)
{
	uint32_t index;

	if (heap_next_ns(h) > now_ns)
		return 0;
	index = h->entry[1].index;
	heap_remove(h, index);
	return index;
}
