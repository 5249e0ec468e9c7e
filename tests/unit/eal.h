/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TESTS_UNIT_EAL_H
#define TESTS_UNIT_EAL_H

/*
 * EAL for tests that need mbufs: no hugepages, no devices, no files, no
 * telemetry, so that tests run side by side and without root. Its shape is that
 * of a cmocka group setup.
 */

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_eal.h>

static inline int
eal_for_tests(void **state)
{
	char prefix[48], cores[32];
	char *argv[] = { (char []){ "test" }, (char []){ "--no-huge" }, (char []){ "-m" }, (char []){ "64" },
			 (char []){ "--no-pci" }, (char []){ "--no-telemetry" }, (char []){ "--no-shconf" },
			 (char []){ "--log-level=*:error" }, cores, prefix, NULL };

	(void)state;
	snprintf(prefix, sizeof(prefix), "--file-prefix=tern-test-%d", (int)getpid());
	snprintf(cores, sizeof(cores), "--lcores=0@%d", sched_getcpu());
	return rte_eal_init(sizeof(argv) / sizeof(argv[0]) - 1, argv) < 0 ? -1 : 0;
}

#endif
