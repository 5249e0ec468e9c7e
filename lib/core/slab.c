/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <string.h>

#include "core/mem.h"
#include "core/slab.h"

/* a reference in the flow table has 30 bits for the index, and index 0 is none */
#define SLAB_MAX_CAPACITY ((1u << 30) - 2)

int
slab_init(struct slab *s, const struct slab_layout *layout, uint32_t capacity, int node)
{
	size_t size = ((size_t)capacity + 1) * layout->stride;

	assert(capacity <= SLAB_MAX_CAPACITY);
	assert(layout->stride % sizeof(uint32_t) == 0 && layout->link % sizeof(uint32_t) == 0);
	assert(layout->link + sizeof(uint32_t) <= layout->stride);
	assert(layout->keep + layout->keep_size <= layout->stride);

	*s = (struct slab){
		.base = layout->sparse ? mem_map_sparse(size, node) : mem_map(size, node),
		.stride = layout->stride,
		.capacity = capacity,
		.fresh = 1,
		.link = layout->link,
		.keep = layout->keep,
		.keep_size = layout->keep_size,
		.mapped = size,
	};
	if (s->base == NULL)
		return -ENOMEM;
	ASAN_POISON_MEMORY_REGION(s->base, size);
	return 0;
}

void
slab_free(struct slab *s)
{
	if (s->base != NULL) {
		/* whoever is given these addresses next knows nothing of our poison */
		ASAN_UNPOISON_MEMORY_REGION(s->base, s->mapped);
		mem_unmap(s->base, s->mapped);
	}
	memset(s, 0, sizeof(*s));
}
