/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include <stdint.h>

/*
 * A fifo of slab indices from whose middle an item can be taken: for constant
 * timeouts of records that usually end before they are due. Every push has the
 * same timeout, so the head is due first.
 */
struct list_links {
	uint32_t prev, next;   /* 0 none */
};

struct list {
	uint32_t head, tail;
	uint32_t length;
	uint32_t stride;
	uint8_t *links;        /* address of the links of index 0 */
};

static inline void
list_init(struct list *l, void *base, uint32_t stride, uint32_t links_offset)
{
	*l = (struct list){ .stride = stride, .links = (uint8_t *)base + links_offset };
}

static inline struct list_links *
list_links_of(const struct list *l, uint32_t index)
{
	return (struct list_links *)(void *)(l->links + (uint64_t)index * l->stride);
}

static inline void
list_push(struct list *l, uint32_t index)
{
	struct list_links *links = list_links_of(l, index);

	links->prev = l->tail;
	links->next = 0;
	if (l->tail != 0)
		list_links_of(l, l->tail)->next = index;
	else
		l->head = index;
	l->tail = index;
	l->length++;
}

static inline void
list_remove(struct list *l, uint32_t index)
{
	const struct list_links links = *list_links_of(l, index);

	if (links.prev != 0)
		list_links_of(l, links.prev)->next = links.next;
	else
		l->head = links.next;
	if (links.next != 0)
		list_links_of(l, links.next)->prev = links.prev;
	else
		l->tail = links.prev;
	l->length--;
}

/* It becomes the head, and those that stood before it stand behind all others, in their order. */
static inline void
list_turn(struct list *l, uint32_t index)
{
	struct list_links *links = list_links_of(l, index);
	uint32_t last = links->prev;

	if (last == 0)
		return;
	list_links_of(l, l->tail)->next = l->head;
	list_links_of(l, l->head)->prev = l->tail;
	list_links_of(l, last)->next = 0;
	links->prev = 0;
	l->head = index;
	l->tail = last;
}

#endif
