/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TESTS_BENCH_INSTRUCTIONS_H
#define TESTS_BENCH_INSTRUCTIONS_H

#include "../unit/pair.h"

#define IN_FLIGHT 64u          /* connections under way, as a burst holds */
#define MESSAGE 64u            /* bytes of a request, and of its answer */
#define PIECE 16384u           /* bytes of a send and of a read, in bulk */
#define TURN_NS 2000u
#define TURNS_MOST 10000000u

/*
 * The same work through sockets and epoll: so many connections, each with a request, or with `requests` in all that they
 * go on with. The client closes. Whether it was done.
 */
bool sockets_run(struct pair *pair, uint32_t connections, uint32_t requests);

#endif
