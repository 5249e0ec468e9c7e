/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_pdump.h>

#include "run/eal.h"

#define SLACK_BYTES (UINT64_C(48) << 20)   /* EAL's own, the drivers', rings */
#define HUGEPAGES "/sys/kernel/mm/hugepages"

/* The end of what DPDK logged. It is told when something fails, and only then. */
static struct {
	pthread_mutex_t lock;
	size_t used;
	char text[4096];
} log_tail = { .lock = PTHREAD_MUTEX_INITIALIZER };

static ssize_t
log_write(void *cookie __rte_unused, const char *text, size_t size)
{
	size_t take = size < sizeof(log_tail.text) / 2 ? size : sizeof(log_tail.text) / 2;

	pthread_mutex_lock(&log_tail.lock);
	if (log_tail.used + take > sizeof(log_tail.text)) {
		/* the later half is kept */
		memmove(log_tail.text, log_tail.text + sizeof(log_tail.text) / 2, log_tail.used - sizeof(log_tail.text) / 2);
		log_tail.used -= sizeof(log_tail.text) / 2;
	}
	memcpy(log_tail.text + log_tail.used, text + size - take, take);
	log_tail.used += take;
	pthread_mutex_unlock(&log_tail.lock);
	return (ssize_t)size;
}

void
eal_log_forget(void)
{
	pthread_mutex_lock(&log_tail.lock);
	log_tail.used = 0;
	pthread_mutex_unlock(&log_tail.lock);
}

const char *
eal_log_head(char *buf, size_t size)
{
	size_t length;
	char *end;

	pthread_mutex_lock(&log_tail.lock);
	length = log_tail.used < size - 1 ? log_tail.used : size - 1;
	memcpy(buf, log_tail.text, length);
	buf[length] = '\0';
	pthread_mutex_unlock(&log_tail.lock);
	end = strchr(buf, '\n');
	if (end != NULL && (end = strchr(end + 1, '\n')) != NULL)
		*end = '\0';
	return buf;
}

const char *
eal_log_tail(char *buf, size_t size)
{
	size_t from;

	pthread_mutex_lock(&log_tail.lock);
	from = log_tail.used >= size ? log_tail.used - size + 1 : 0;
	memcpy(buf, log_tail.text + from, log_tail.used - from);
	buf[log_tail.used - from] = '\0';
	pthread_mutex_unlock(&log_tail.lock);
	/* the last lines end without a newline, in a message of ours */
	while (buf[0] != '\0' && buf[strlen(buf) - 1] == '\n')
		buf[strlen(buf) - 1] = '\0';
	return buf;
}

static void
log_to_memory(void)
{
	const cookie_io_functions_t io = { .write = log_write };
	FILE *f = fopencookie(NULL, "w", io);

	if (f == NULL)
		return;
	setlinebuf(f);
	rte_openlog_stream(f);
}

/* Bytes in free hugepages of all sizes. */
static uint64_t
hugepages_free(void)
{
	DIR *dir = opendir(HUGEPAGES);
	const struct dirent *entry;
	uint64_t bytes = 0;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		unsigned long long size_kb, pages;
		char path[sizeof(HUGEPAGES) + 300];
		FILE *f;

		if (sscanf(entry->d_name, "hugepages-%llukB", &size_kb) != 1)
			continue;
		snprintf(path, sizeof(path), HUGEPAGES "/%s/free_hugepages", entry->d_name);
		f = fopen(path, "r");
		if (f == NULL)
			continue;
		if (fscanf(f, "%llu", &pages) == 1)
			bytes += (uint64_t)pages * size_kb * 1024;
		fclose(f);
	}
	closedir(dir);
	return bytes;
}

void
eal_need(struct eal_memory *m, uint64_t needed_bytes)
{
	m->needed_bytes = needed_bytes + SLACK_BYTES;
}

int
eal_choose_memory(struct eal_memory *m, const struct options *o, uint64_t needed_bytes, struct complaint *why)
{
	eal_need(m, needed_bytes);
	m->free_bytes = hugepages_free();
	m->hugepages = false;
	m->too_few = !o->no_huge && m->free_bytes != 0 && m->free_bytes < m->needed_bytes;
	m->reason = NULL;
	if (o->no_huge)
		m->reason = "--no-huge";
	else if (m->free_bytes == 0)
		m->reason = "no hugepage is free";
	else if (m->too_few)
		m->reason = "too few hugepages are free";
	else
		m->hugepages = true;
	if (o->shared && !m->hugepages)
		return complain(why, "--shared needs %llu MiB of hugepages and %llu MiB are free; reserve some (echo N > "
				HUGEPAGES "/hugepages-2048kB/nr_hugepages) or leave out --shared",
				(unsigned long long)m->needed_bytes >> 20, (unsigned long long)m->free_bytes >> 20);
	return 0;
}

/* "0@(0,1),1@0,2@1": the main lcore floats, so that reporting needs no CPU of its own. */
static char *
lcores_word(const struct placement *p)
{
	size_t size = 64 + 8 * (size_t)p->allowed_count + 16 * (size_t)p->count, used;
	char *word = malloc(size);

	if (word == NULL)
		return NULL;
	used = (size_t)snprintf(word, size, "--lcores=0@(");
	for (uint32_t i = 0; i < p->allowed_count; i++)
		used += (size_t)snprintf(word + used, size - used, "%s%u", i == 0 ? "" : ",", p->allowed[i]);
	used += (size_t)snprintf(word + used, size - used, ")");
	for (uint32_t i = 0; i < p->count; i++)
		used += (size_t)snprintf(word + used, size - used, ",%u@%u", i + 1, p->cpu[i]);
	return word;
}

static void
copy_word(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

/* rte_eal_init() keeps and reorders what it is given, so that the words are its own copies. */
static int
init_with(char *lcores, const struct eal_memory *m, const struct options *o)
{
	static char words[12][48];
	char *argv[13];
	int argc = 0;

	copy_word(words[argc++], sizeof(words[0]), "tern");
	copy_word(words[argc++], sizeof(words[0]), "--no-pci");
	copy_word(words[argc++], sizeof(words[0]), "--iova-mode=va");
	copy_word(words[argc++], sizeof(words[0]), "--log-level=warning");
	if (!m->hugepages) {
		copy_word(words[argc++], sizeof(words[0]), "--no-huge");
		copy_word(words[argc++], sizeof(words[0]), "--no-shconf");
		copy_word(words[argc++], sizeof(words[0]), "-m");
		snprintf(words[argc++], sizeof(words[0]), "%llu", (unsigned long long)(m->needed_bytes >> 20));
	} else if (!o->shared) {
		copy_word(words[argc++], sizeof(words[0]), "--in-memory");
	}
	for (unsigned int side = 0; side < options_sides(o); side++) {
		const char *word = device_eal_word(o->side[side].kind, o->side[side].device_argument);

		if (word != NULL && m->hugepages) {
			copy_word(words[argc++], sizeof(words[0]), word);
			break;
		}
	}
	for (int i = 0; i < argc; i++)
		argv[i] = words[i];
	argv[argc++] = lcores;
	argv[argc] = NULL;
	return rte_eal_init(argc, argv);
}

int
eal_start(const struct eal_memory *m, const struct options *o, const struct placement *p, struct complaint *why)
{
	char *lcores;
	int result;

	/* asked before EAL is, which would answer on stderr */
	if (rte_lcore_count() != 0)
		return complain(why, "DPDK is in use in this process already: tern_open() works once a process; a program with "
				"its own EAL makes its stacks by tern_stack_create()");
	if (p->count + 1 > RTE_MAX_LCORE)
		return complain(why, "--cores: DPDK was built for %d threads, so at most %d stacks", RTE_MAX_LCORE,
				RTE_MAX_LCORE - 1);
	lcores = lcores_word(p);
	if (lcores == NULL)
		return complain(why, "out of memory");
	log_to_memory();
	result = init_with(lcores, m, o);
	free(lcores);
	if (result < 0) {
		char tail[600];

		return complain(why, "DPDK does not start: %s\n%s", rte_strerror(rte_errno), eal_log_tail(tail, sizeof(tail)));
	}
	if (o->shared)
		rte_pdump_init();
	return 0;
}

void
eal_stop(void)
{
	rte_pdump_uninit();
	rte_eal_cleanup();
}
