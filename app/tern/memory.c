/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <stdio.h>

#include "memory.h"

uint64_t
memory_now(void)
{
	/* hugepages are no part of Rss */
	static const char *const formats[] = { "Rss: %" SCNu64, "Private_Hugetlb: %" SCNu64, "Shared_Hugetlb: %" SCNu64 };
	FILE *f = fopen("/proc/self/smaps_rollup", "re");
	uint64_t sum = 0, kib;
	char line[256];

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
			if (sscanf(line, formats[i], &kib) == 1)
				sum += kib * 1024;
	fclose(f);
	return sum;
}
