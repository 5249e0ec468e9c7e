/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <inttypes.h>
#include <stdio.h>

#include "run/room.h"
#include "tcp/conn.h"

/* of the flow table and the wheel, a connection */
#define TABLE_BYTES 16u
#define WHEEL_BYTES 12u

static uint64_t
side_bytes(const struct side *side)
{
	const struct side_options *s = side->options;

	return side->count * (s->max_connections * (sizeof(struct tcp_conn) + TABLE_BYTES + WHEEL_BYTES) +
			      s->max_half_open * (sizeof(struct tcp_half_open) + TABLE_BYTES) +
			      s->max_time_wait * (sizeof(struct tcp_time_wait) + TABLE_BYTES));
}

/* What the kernel says could be had without swapping; UINT64_MAX if it says nothing. */
static uint64_t
available_bytes(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	uint64_t kib = UINT64_MAX / 1024;
	char line[256];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return kib * 1024;
}

int
room_check(const struct tern *t, struct complaint *why)
{
	uint64_t wanted = 0, available = available_bytes();

	for (unsigned int i = 0; i < t->sides; i++)
		wanted += side_bytes(&t->side[i]);
	if (wanted <= available || wanted - available <= t->memory.free_bytes)
		return 0;
	return complain(why, "--max-connections, --max-half-open and --max-time-wait of %u stack%s may take %" PRIu64 " MiB, and %" PRIu64
			" MiB are free, hugepages among them; give smaller ones", t->stacks, t->stacks == 1 ? "" : "s", wanted >> 20,
			(available + t->memory.free_bytes) >> 20);
}
