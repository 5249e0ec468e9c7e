/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_FIFO_H
#define CORE_FIFO_H

#include <stdint.h>

/*
 * A queue of few items, linked through 4 bytes of each, for where memory of its
 * own is not worth while; see queue.h. An item is on one fifo at most once: the
 * owner keeps a bit.
 */
struct fifo {
	uint32_t head, tail;   /* 0: empty */
	uint32_t length;
	uint32_t stride;
	uint8_t *links;        /* address of the link of index 0 */
};

static inline void
fifo_init(struct fifo *f, void *base, uint32_t stride, uint32_t link_offset)
{
	*f = (struct fifo){ .stride = stride, .links = (uint8_t *)base + link_offset };
}

static inline uint32_t *
fifo_link(const struct fifo *f, uint32_t index)
{
	return (uint32_t *)(void *)(f->links + (uint64_t)index * f->stride);
}

static inline void
fifo_push(struct fifo *f, uint32_t index)
{
	*fifo_link(f, index) = 0;
	if (f->tail != 0)
		*fifo_link(f, f->tail) = index;
	else
		f->head = index;
	f->tail = index;
	f->length++;
}

/* the oldest, or 0 */
static inline uint32_t
fifo_peek(const struct fifo *f)
{
	return f->head;
}

/* takes the oldest; 0 when empty */
static inline uint32_t
fifo_pop(struct fifo *f)
{
	uint32_t index = f->head;

	if (index == 0)
		return 0;
	f->head = *fifo_link(f, index);
	if (f->head == 0)
		f->tail = 0;
	f->length--;
	return index;
}

#endif
