/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/memif_map.h"
#include "port/memif_rings.h"

/* The first two bytes of the messages that tell it. */
enum { ADD_REGION = 4, ADD_RING = 5 };

#define TOWARDS_SERVER 1u        /* of a ring's flags */

struct add_region {
	uint16_t type, index;
	uint64_t size;
} __attribute__((packed));

struct add_ring {
	uint16_t type, flags, index, region;
	uint32_t offset;
	uint8_t log2;
	uint16_t private_header;
} __attribute__((packed));

void
memif_map_init(struct memif_map *m)
{
	memset(m, 0, sizeof(*m));
	for (unsigned int i = 0; i < MEMIF_REGIONS; i++)
		m->region[i].file = -1;
	for (unsigned int way = 0; way < MEMIF_WAYS; way++)
		for (unsigned int i = 0; i < PORT_MAX_CORES; i++)
			m->ring[way][i].bell = -1;
}

static int
copy_of(int file)
{
	return file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, 0);
}

static void
hear_region(struct memif_map *m, const struct add_region *told, int file)
{
	struct memif_region *r;

	if (told->index >= MEMIF_REGIONS || m->region[told->index].file >= 0)
		return;
	r = &m->region[told->index];
	r->size = told->size;
	r->file = copy_of(file);
}

static void
hear_ring(struct memif_map *m, const struct add_ring *told, int file)
{
	struct memif_place *p;

	if (told->index >= PORT_MAX_CORES)
		return;
	p = &m->ring[told->flags & TOWARDS_SERVER ? MEMIF_TO_SERVER : MEMIF_TO_CLIENT][told->index];
	if (p->heard)
		return;
	*p = (struct memif_place){ .offset = told->offset, .region = told->region, .log2 = told->log2, .heard = true,
				   .bell = copy_of(file) };
}

void
memif_map_hear(struct memif_map *m, const void *message, size_t size, int file)
{
	struct add_region region;
	struct add_ring ring;
	uint16_t type;

	if (size < sizeof(ring) || size < sizeof(region))
		return;
	memcpy(&type, message, sizeof(type));
	if (type == ADD_REGION) {
		memcpy(&region, message, sizeof(region));
		hear_region(m, &region, file);
	} else if (type == ADD_RING) {
		memcpy(&ring, message, sizeof(ring));
		hear_ring(m, &ring, file);
	}
}

/* A file shorter than what was said of it would be a SIGBUS later. */
static bool
map_region(struct memif_region *r)
{
	struct stat is;
	void *base;

	if (r->size == 0 || fstat(r->file, &is) != 0 || (uint64_t)is.st_size < r->size)
		return false;
	base = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->file, 0);
	if (base == MAP_FAILED)
		return false;
	r->base = base;
	return true;
}

static bool
is_ring(const struct memif_map *m, const struct memif_place *p)
{
	const struct memif_region *r;
	const struct memif_ring *ring;
	uint64_t bytes;

	if (!p->heard || p->log2 > MEMIF_LOG2_RING || p->region >= MEMIF_REGIONS || m->region[p->region].base == NULL ||
	    p->offset % RTE_CACHE_LINE_SIZE != 0)
		return false;
	r = &m->region[p->region];
	bytes = sizeof(*ring) + (sizeof(ring->slot[0]) << p->log2);
	if (bytes > r->size || p->offset > r->size - bytes)
		return false;
	ring = (const struct memif_ring *)(r->base + p->offset);
	return ring->cookie == MEMIF_RING_COOKIE;
}

bool
memif_map_open(struct memif_map *m, uint32_t cores)
{
	for (unsigned int i = 0; i < MEMIF_REGIONS; i++)
		if (m->region[i].file >= 0 && !map_region(&m->region[i]))
			return false;
	for (unsigned int way = 0; way < MEMIF_WAYS; way++)
		for (uint32_t i = 0; i < cores; i++)
			if (!is_ring(m, &m->ring[way][i]))
				return false;
	return true;
}

void
memif_map_close(struct memif_map *m)
{
	for (unsigned int i = 0; i < MEMIF_REGIONS; i++) {
		if (m->region[i].base != NULL)
			munmap(m->region[i].base, m->region[i].size);
		if (m->region[i].file >= 0)
			close(m->region[i].file);
	}
	for (unsigned int way = 0; way < MEMIF_WAYS; way++)
		for (unsigned int i = 0; i < PORT_MAX_CORES; i++)
			if (m->ring[way][i].bell >= 0)
				close(m->ring[way][i].bell);
	memif_map_init(m);
}
