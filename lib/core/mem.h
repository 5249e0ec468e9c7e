/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEM_ANY_NODE (-1)

/*
 * Zeroed memory on a NUMA node, touched lazily: from reserved hugepages if
 * there are enough of them (the kernel reserves them here, so that running out
 * is an error now and not a signal later), else from normal pages with a wish
 * for transparent huge ones. NULL without memory. Small sizes (below half a
 * hugepage) never take a hugepage.
 */
void *mem_map(size_t size, int node);
/*
 * The same for what may grow large and is hardly touched: it reserves no hugepage, which others would miss. mem_unmap()
 * takes both.
 */
void *mem_map_sparse(size_t size, int node);
/* And for what is touched at its begin alone, if all goes well: normal pages, without a wish for large ones. */
void *mem_map_begin(size_t size, int node);
void mem_unmap(void *p, size_t size);

/* What this thread maps from now on is normal pages, touched one by one: for stacks by the hundred that hardly use theirs. */
void mem_prefer_small(bool small);

/* What mem_map() was given by this process so far, but for what is small. Bytes. */
struct mem_given {
	uint64_t hugepages, normal;
};
struct mem_given mem_given(void);

#endif
