/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SOCK_FD_MAP_H
#define SOCK_FD_MAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Which numbers are free, so that the lowest is found in a few steps: a bit for each, and above it a bit for each word
 * that has one set.
 */
#define FD_MAP_LEVELS 4u
#define FD_MAP_MOST (1u << 24)

struct fd_map {
	uint32_t levels;
	uint64_t *level[FD_MAP_LEVELS];   /* from the numbers' own up to a single word */
	uint64_t *words;
	size_t size;
};

/* So many numbers from 0 on, all of them free. 0, or -ENOMEM. */
int fd_map_init(struct fd_map *m, uint32_t numbers);
void fd_map_free(struct fd_map *m);

/* The lowest free number, which is free no more; -1: there is none. */
static inline int
fd_map_take(struct fd_map *m)
{
	uint32_t at = 0;

	if (m->level[m->levels - 1][0] == 0)
		return -1;
	for (uint32_t l = m->levels; l-- > 0;)
		at = at * 64 + (uint32_t)__builtin_ctzll(m->level[l][at]);
	for (uint32_t l = 0, bit = at; l < m->levels; l++, bit /= 64)
		if ((m->level[l][bit / 64] &= ~(UINT64_C(1) << bit % 64)) != 0)
			break;
	return (int)at;
}

static inline void
fd_map_give(struct fd_map *m, uint32_t number)
{
	for (uint32_t l = 0, bit = number; l < m->levels; l++, bit /= 64) {
		uint64_t before = m->level[l][bit / 64];

		m->level[l][bit / 64] = before | UINT64_C(1) << bit % 64;
		if (before != 0)
			return;
	}
}

#endif
