/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>

#include "core/mem.h"
#include "sock/fd_map.h"

static uint32_t
words_of(uint32_t bits)
{
	return (bits + 63) / 64;
}

/* All bits up to that one */
static void
set_bits(uint64_t *word, uint32_t bits)
{
	for (uint32_t i = 0; i < bits / 64; i++)
		word[i] = UINT64_MAX;
	if (bits % 64 != 0)
		word[bits / 64] = (UINT64_C(1) << bits % 64) - 1;
}

int
fd_map_init(struct fd_map *m, uint32_t numbers)
{
	uint32_t bits = numbers, words = 0, at = 0;

	for (m->levels = 0; m->levels == 0 || bits > 1; bits = words_of(bits), m->levels++)
		words += words_of(bits);
	m->size = words * sizeof(uint64_t);
	m->words = mem_map(m->size, MEM_ANY_NODE);
	if (m->words == NULL)
		return -ENOMEM;
	bits = numbers;
	for (uint32_t l = 0; l < m->levels; l++, bits = words_of(bits)) {
		m->level[l] = m->words + at;
		set_bits(m->level[l], bits);
		at += words_of(bits);
	}
	return 0;
}

void
fd_map_free(struct fd_map *m)
{
	if (m->words != NULL)
		mem_unmap(m->words, m->size);
}
