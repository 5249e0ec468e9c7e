/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_telemetry.h>

#include "run/process.h"
#include "run/telemetry.h"

/* Asked on a thread of DPDK's; the lock holds the process while an answer is made. */
static struct {
	pthread_mutex_t lock;
	struct tern *process;
	bool registered;
} told = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int
list_stacks(const char *command __rte_unused, const char *params __rte_unused, struct rte_tel_data *d)
{
	rte_tel_data_start_dict(d);
	pthread_mutex_lock(&told.lock);
	for (unsigned int i = 0; told.process != NULL && i < told.process->stacks; i++) {
		const struct run_core *c = told.process->core[i];
		char key[16], text[64];

		snprintf(key, sizeof(key), "%u", i);
		snprintf(text, sizeof(text), "%score %u of %u, CPU %u", c->side->name, c->index, c->peers, c->cpu);
		rte_tel_data_add_dict_string(d, key, text);
	}
	pthread_mutex_unlock(&told.lock);
	return 0;
}

static const struct {
	const char *name;
	size_t offset;
} figures[] = {
#define FIGURE(field) { #field, offsetof(struct tern_stats, field) },
	TERN_STATS(FIGURE)
#undef FIGURE
};

static void
write_stats(struct rte_tel_data *d, const struct tern_stats *stats)
{
	char key[64];

	for (size_t i = 0; i < RTE_DIM(figures); i++)
		rte_tel_data_add_dict_u64(d, figures[i].name, *(const uint64_t *)((const char *)stats + figures[i].offset));
	/* what did not happen is left out: most of it never does */
	for (int i = 1; i < TERN_CLOSE_MAX; i++) {
		snprintf(key, sizeof(key), "closed_%s", tern_close_name((enum tern_close_reason)i));
		if (stats->closed[i] != 0)
			rte_tel_data_add_dict_u64(d, key, stats->closed[i]);
	}
	for (int i = 1; i < TERN_DROP_MAX; i++) {
		snprintf(key, sizeof(key), "drop_%s", tern_drop_name((enum tern_drop)i));
		if (stats->drops[i] != 0)
			rte_tel_data_add_dict_u64(d, key, stats->drops[i]);
	}
}

static int
tell_stats(const char *command __rte_unused, const char *params, struct rte_tel_data *d)
{
	struct tern_stats stats = { .size = sizeof(stats) };
	unsigned long number;
	int result = -EINVAL;
	char *end;

	if (params == NULL || *params < '0' || *params > '9')
		return -EINVAL;
	number = strtoul(params, &end, 10);
	if (*end != '\0')
		return -EINVAL;
	pthread_mutex_lock(&told.lock);
	if (told.process != NULL && number < told.process->stacks) {
		tern_stats(told.process->core[number]->stack, &stats);
		result = 0;
	}
	pthread_mutex_unlock(&told.lock);
	if (result != 0)
		return result;
	rte_tel_data_start_dict(d);
	write_stats(d, &stats);
	return 0;
}

void
telemetry_tell(struct tern *t)
{
	pthread_mutex_lock(&told.lock);
	told.process = t;
	if (!told.registered) {
		rte_telemetry_register_cmd("/tern/stacks", list_stacks, "Lists the stacks. Takes no parameters");
		rte_telemetry_register_cmd("/tern/stats", tell_stats, "Counters of a stack. Parameters: its number");
		told.registered = true;
	}
	pthread_mutex_unlock(&told.lock);
}

void
telemetry_forget(struct tern *t)
{
	pthread_mutex_lock(&told.lock);
	if (told.process == t)
		told.process = NULL;
	pthread_mutex_unlock(&told.lock);
}
