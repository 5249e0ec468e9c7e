/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TESTS_UNIT_GUARD_H
#define TESTS_UNIT_GUARD_H

/*
 * The memory that something maps while it is made, to be shut for all others: who reads or writes it then is ended by
 * SIGSEGV. By whole pages, as mem_map() gives them.
 */

#include <stdbool.h>
#include <stdint.h>

#define GUARD_RANGES 64u

#ifdef __has_feature
#define GUARD_SANITIZED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define GUARD_SANITIZED 1
#else
#define GUARD_SANITIZED 0
#endif

struct guard {
	struct guard_range {
		uintptr_t begin, end;
	} range[GUARD_RANGES];
	uint32_t ranges;
};

/* Around what maps it. */
void guard_begin(struct guard *g);
void guard_end(struct guard *g);

void guard_shut(const struct guard *g);
void guard_open(const struct guard *g);
bool guard_has(const struct guard *g, const void *p);

#endif
