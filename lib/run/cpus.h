/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_CPUS_H
#define RUN_CPUS_H

/* CPUs: lists as users write them, and which of them this process may use. */

#include <stdbool.h>
#include <stdint.h>

#include "port/port.h"

#define CPU_MAX 1024u   /* what sched_getaffinity()'s cpu_set_t holds */

struct cpu_list {
	uint32_t count;
	uint16_t cpu[2 * PORT_MAX_CORES];   /* two sides' worth: --cores of a pair names both */
};

/* "2-5,8": in the order given. NULL, or what is wanted instead. */
const char *cpu_list_parse(const char *text, struct cpu_list *list);

/* The CPUs that exist, are on line and are allowed, ascending: at most `max`. @return how many */
uint32_t cpu_allowed(uint16_t *cpus, uint32_t max);

/* "0-3,8" into buf; what does not fit is cut. @return buf */
char *cpu_format(const uint16_t *cpus, uint32_t count, char *buf, size_t size);

#endif
