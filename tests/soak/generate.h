/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SOAK_GENERATE_H
#define SOAK_GENERATE_H

/* What the two files that make a case of a seed share. */

#include <stdbool.h>
#include <stdint.h>

struct chance;
struct soak_case;

/* An MTU on the way that a host with 1500 or more has to find */
uint64_t soak_generate_mtu(struct chance *r, bool icmp);
/* The steps, once the network and the hosts are known; not yet in order */
void soak_generate_workload(struct chance *r, struct soak_case *c);

#endif
