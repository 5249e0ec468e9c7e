/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PACKETDRILL_PROFILE_H
#define PACKETDRILL_PROFILE_H

/*
 * How the stack is set up: the choices that scripts take for granted, in one place, and what --so_flags says instead.
 * The flags are words with commas between: profile=linux|tern, ip=ADDR/ADDR (IPv4 and IPv6; the first of a family is
 * the source of connections), mtu=BYTES, sysctls=FILE, counters=FILE, and any setting of struct tcp_config as NAME=NUMBER.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim/host.h"

#define PROFILE_PATH 256u
#define PROFILE_ADDRESSES 2u     /* of each family */

struct profile {
	struct host_setup host;
	bool linux_like;             /* profile=linux */
	struct tern_addr local[2][PROFILE_ADDRESSES];   /* IPv6, IPv4 */
	unsigned int locals[2];
	off_t sysctls_size;          /* of the file below, when it was read; it only grows */
	unsigned int forgets;        /* lines tcp_metrics_flush in it */
	char counters[PROFILE_PATH]; /* where what was dropped is counted, for a script's nstat */
	char sysctls[PROFILE_PATH];  /* lines NAME=VALUE with Linux's names, read when the script opens its first socket */
};

/* Of --so_flags, which may be NULL; ends the tool when they are not understood. */
void profile_read(struct profile *p, const char *flags);
/* What the script's sysctls say now. @return whether it may be something else than the last time */
bool profile_sysctls(struct profile *p);
/* The same, and what goes by the family of its first socket. */
void profile_complete(struct profile *p, bool v4);

#endif
