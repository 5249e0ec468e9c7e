/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#include "memory.h"

/* Of the whole process, what these lines of the kernel's account say. */
static uint64_t
account(const char *const *formats, size_t count)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "re");
	uint64_t sum = 0, kib;
	char line[256];

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		for (size_t i = 0; i < count; i++)
			if (sscanf(line, formats[i], &kib) == 1)
				sum += kib * 1024;
	fclose(f);
	return sum;
}

/* hugepages are no part of Rss */
static const char *const formats[] = { "Rss: %" SCNu64, "Private_Hugetlb: %" SCNu64, "Shared_Hugetlb: %" SCNu64 };

uint64_t
memory_now(void)
{
	return account(formats, 3);
}

uint64_t
memory_hugepages(void)
{
	return account(formats + 1, 2);
}

void *
memory_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, size, MADV_HUGEPAGE);
	return p;
}

void
memory_unmap(void *p, size_t size)
{
	if (p != NULL)
		munmap(p, size);
}
