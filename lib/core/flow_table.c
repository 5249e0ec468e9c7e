/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <string.h>

#include "core/flow_table.h"
#include "core/mem.h"

/* A load of 3/4: 6 in 100 flows are then not in their home bucket; beyond, that grows fast. */
#define BUCKET_LOAD (FLOW_BUCKET_SLOTS * 3 / 4)

const flow_ref flow_no_slot;

int
flow_table_init(struct flow_table *t, uint32_t entries, int node)
{
	uint32_t buckets = 1;

	assert(entries <= 1u << 30);  /* what a reference can name */
	while ((uint64_t)buckets * BUCKET_LOAD < entries)
		buckets *= 2;
	*t = (struct flow_table){
		.mask = buckets - 1,
		.capacity = buckets * BUCKET_LOAD,
		.mapped = buckets * sizeof(struct flow_bucket),
	};
	t->buckets = mem_map(t->mapped, node);
	return t->buckets == NULL ? -ENOMEM : 0;
}

void
flow_table_free(struct flow_table *t)
{
	mem_unmap(t->buckets, t->mapped);
	memset(t, 0, sizeof(*t));
}

void
flow_table_set_records(struct flow_table *t, enum flow_kind kind, const void *base, uint32_t stride)
{
	t->records[kind].base = base;
	t->records[kind].stride = stride;
}
