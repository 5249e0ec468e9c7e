/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef IP_PATH_MTU_H
#define IP_PATH_MTU_H

/*
 * What packet size the way to a destination takes, where that is less than the
 * interface's (RFC 1191, RFC 8201). Bounded: of more destinations than there is
 * room for, the one that would be forgotten first goes. What was learned is forgotten
 * after ten minutes, so that a way that has become wider is found (RFC 1191, 6.3).
 */

#include <stdbool.h>
#include <stdint.h>

#include <tern/addr.h>

#define PATH_MTU_V4_LEAST 68u     /* RFC 791: every way takes so much */
#define PATH_MTU_V6_LEAST 1280u   /* RFC 8200, 5 */
#define PATH_MTU_ENTRIES 512u
#define PATH_MTU_WAYS 4u          /* places that an address may have */
#define PATH_MTU_LIFE_NS UINT64_C(600000000000)

struct path_mtu {
	struct tern_addr dst;
	uint64_t expires_ns;
	uint16_t mtu;                 /* 0: no entry */
};

struct path_mtus {
	uint32_t used;                /* 0: nothing to look for */
	uint32_t version;             /* changes with each change: who keeps copies looks again */
	uint64_t next_ns;             /* no entry expires before */
	struct path_mtu entry[PATH_MTU_ENTRIES];
};

void path_mtus_init(struct path_mtus *t);
/* 0: nothing is known */
uint16_t path_mtu_find(const struct path_mtus *t, const struct tern_addr *dst);
/* A smaller value counts, the same one lives on, a larger one is no news. @return whether it is a change */
bool path_mtu_lower(struct path_mtus *t, const struct tern_addr *dst, uint16_t mtu, uint64_t now_ns);
void path_mtus_expire(struct path_mtus *t, uint64_t now_ns);

/* RFC 1191, 5: what an old router that names no MTU most likely means, after the length of the packet that was too long. */
uint16_t path_mtu_plateau(uint16_t length);

#endif
