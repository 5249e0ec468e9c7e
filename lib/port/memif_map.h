/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_MEMIF_MAP_H
#define PORT_MEMIF_MAP_H

/* Where a memif's rings and buffers lie, learnt from what its client tells its server, and a mapping of our own. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

#define MEMIF_REGIONS 16u        /* one, and one for each of a zero-copy client's lists of pages */
#define MEMIF_LOG2_RING 14u      /* the protocol's bound */

enum memif_way { MEMIF_TO_CLIENT, MEMIF_TO_SERVER, MEMIF_WAYS };

struct memif_region {
	uint8_t *base;               /* NULL: not mapped */
	uint64_t size;
	int file;                    /* -1: not heard of */
};

struct memif_place {
	uint32_t offset;
	uint16_t region;
	uint8_t log2;
	bool heard;
	int bell;                    /* an eventfd to write where the receiver sleeps; -1: none */
};

struct memif_map {
	struct memif_region region[MEMIF_REGIONS];
	struct memif_place ring[MEMIF_WAYS][PORT_MAX_CORES];
};

void memif_map_init(struct memif_map *map);

/* A message, and the one file that came with it or -1, which stays the caller's. What is of no interest is nothing. */
void memif_map_hear(struct memif_map *map, const void *message, size_t size, int file);

/* Maps it all. False: not all is there that so many cores need, or it is not what it should be. */
bool memif_map_open(struct memif_map *map, uint32_t cores);

/* Forgets everything; no core may use it any more. */
void memif_map_close(struct memif_map *map);

#endif
