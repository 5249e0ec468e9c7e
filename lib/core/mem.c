/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#include <numa.h>

#include "core/mem.h"

#define SMALL_PAGE ((size_t)4096)
#define HUGE_PAGE ((size_t)2 << 20)
/* from here on at most half of what is mapped is lost to rounding */
#define HUGE_FROM (HUGE_PAGE / 2)

static _Thread_local bool prefers_small;
static _Atomic uint64_t given_hugepages, given_normal;

void
mem_prefer_small(bool small)
{
	prefers_small = small;
}

/* What a size occupies. The same whichever kind of page it got, so that mem_unmap() need not know. */
static size_t
mapped_size(size_t size)
{
	size_t page = size >= HUGE_FROM ? HUGE_PAGE : SMALL_PAGE;

	return (size + page - 1) & ~(page - 1);
}

static void *
map_pages(size_t size, int flags)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Normal pages at a multiple of the huge page's size: only there can the kernel put a huge one. */
static void *
map_aligned(size_t size)
{
	uint8_t *p = map_pages(size + HUGE_PAGE, 0);
	size_t before;

	if (p == NULL)
		return NULL;
	before = -(uintptr_t)p & (HUGE_PAGE - 1);
	if (before != 0)
		munmap(p, before);
	if (before != HUGE_PAGE)
		munmap(p + before + size, HUGE_PAGE - before);
	p += before;
	madvise(p, size, MADV_HUGEPAGE);
	return p;
}

/* A preference, not a binding: hugepages are reserved over all nodes, so that a node without one would be a SIGBUS. */
static void *
prefer_node(void *p, size_t mapped, int node)
{
	if (p != NULL && node >= 0 && numa_available() >= 0 && node <= numa_max_node())
		numa_tonode_memory(p, mapped, node);
	return p;
}

/* From hugepages, or with a wish for transparent ones. */
static void *
map_large(size_t mapped)
{
	void *p = map_pages(mapped, MAP_HUGETLB | (21 << MAP_HUGE_SHIFT));

	if (p != NULL) {
		atomic_fetch_add(&given_hugepages, mapped);
		return p;
	}
	p = map_aligned(mapped);
	if (p != NULL)
		atomic_fetch_add(&given_normal, mapped);
	return p;
}

static void *
map_with(void *(*map_many)(size_t), size_t size, int node)
{
	size_t mapped = mapped_size(size);

	if (size == 0 || mapped < size)
		return NULL;
	return prefer_node(mapped < HUGE_PAGE || prefers_small ? map_pages(mapped, 0) : map_many(mapped), mapped, node);
}

void *
mem_map(size_t size, int node)
{
	return map_with(map_large, size, node);
}

void *
mem_map_sparse(size_t size, int node)
{
	return map_with(map_aligned, size, node);
}

static void *
map_normal(size_t mapped)
{
	return map_pages(mapped, 0);
}

void *
mem_map_begin(size_t size, int node)
{
	return map_with(map_normal, size, node);
}

struct mem_given
mem_given(void)
{
	return (struct mem_given){ atomic_load(&given_hugepages), atomic_load(&given_normal) };
}

void
mem_unmap(void *p, size_t size)
{
	if (p != NULL)
		munmap(p, mapped_size(size));
}
