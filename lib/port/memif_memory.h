/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_MEMIF_MEMORY_H
#define PORT_MEMIF_MEMORY_H

/*
 * The files behind EAL's memory. With zero-copy the driver hands them to the other
 * end and then closes them, although they are EAL's, which needs them to grow and
 * to shrink: without them memory cannot be had any more, and whatever file gets the
 * number next is punched holes into. So they are kept before and put back behind.
 */

#define MEMIF_MEMORY_FILES 16u

struct memif_memory {
	unsigned int files;
	struct {
		int fd, copy;
	} file[MEMIF_MEMORY_FILES];
};

void memif_memory_keep(struct memif_memory *memory);
void memif_memory_put_back(struct memif_memory *memory);

#endif
