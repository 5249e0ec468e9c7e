/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_memory.h>

#include "port/memif_memory.h"

#define COPIES_FROM 64   /* out of the way of the numbers that others are given */

static int
keep_file(const struct rte_memseg_list *list __rte_unused, const struct rte_memseg *segment, void *arg)
{
	struct memif_memory *m = arg;
	int fd = rte_memseg_get_fd_thread_unsafe(segment);   /* the walk holds the lock */
	int copy;

	for (unsigned int i = 0; i < m->files; i++)
		if (m->file[i].fd == fd)
			return 0;
	if (fd < 0 || m->files == MEMIF_MEMORY_FILES)
		return 0;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, COPIES_FROM);
	if (copy < 0)
		return 0;
	m->file[m->files].fd = fd;
	m->file[m->files++].copy = copy;
	return 0;
}

void
memif_memory_keep(struct memif_memory *m)
{
	memif_memory_put_back(m);
	rte_memseg_walk(keep_file, m);
}

void
memif_memory_put_back(struct memif_memory *m)
{
	for (unsigned int i = 0; i < m->files; i++) {
		if (fcntl(m->file[i].fd, F_GETFD) < 0 && errno == EBADF)
			dup3(m->file[i].copy, m->file[i].fd, O_CLOEXEC);
		close(m->file[i].copy);
	}
	m->files = 0;
}
