/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef UNIT_SIM_LOAD_H
#define UNIT_SIM_LOAD_H

/*
 * An open loop of connections towards a server whose every request costs time, in virtual time: connect, 64 bytes,
 * 64 bytes back, close. Beside it, if asked for, SYNs of nobody.
 */

#include <stdbool.h>
#include <stdint.h>

#include <tern/histogram.h>
#include <tern/sim.h>

#define LOAD_MS UINT64_C(1000000)
#define LOAD_SECOND (1000 * LOAD_MS)

struct load_setup {
	uint64_t work_ns;          /* of the server, a request */
	uint64_t frame_ns;         /* of the server, a frame that it receives */
	uint32_t rx_queue;         /* frames that wait for its turn, at most */
	uint64_t delay_ns;         /* one way, between the switch and each client */
	uint32_t backlog;          /* 0: the default */
	const char *const *server; /* words of its host, up to NULL, for room beside its address; NULL: the usual ones */
	const char *const *client; /* likewise */
	uint32_t mbufs;            /* 0: as many as never run out */
};

struct load_flight {
	tern_conn id;
	uint64_t begun_ns, open_ns;
	uint32_t next;
	bool answered;
};

/* What has happened since load_look() was called last. */
struct load_figures {
	double seconds;
	uint64_t offered, done, refused, failed;   /* failed: established and not answered */
	uint64_t not_begun;                        /* of offered: the client's stack refused */
	uint64_t p50_ns, p99_ns;                   /* from established to the answer */
	uint64_t setup_p50_ns;                     /* from the first SYN to established */
};

struct load {
	struct load_setup setup;
	struct tern_sim *sim;
	struct tern_sim_node *server, *client, *flooder;
	struct tern_endpoint target;
	struct load_flight *flight;
	uint32_t free_head, fresh;
	/* launches */
	uint64_t gap_ns, next_ns, flood_gap_ns, flood_next_ns;   /* gap 0: none */
	bool launching, flooding;
	/* since the last look */
	struct load_figures now;
	uint64_t looked_ns, flood_sent;
	struct tern_histogram *latency, *to_open;
	/* most that was seen at any end of load_run()'s steps */
	uint64_t open_most, half_open_most;
};

struct load *load_new(const struct load_setup *setup);
/* @return mbufs that were lost */
unsigned int load_free(struct load *l);
/* Connections a second from now on, evenly spaced; 0: none. And SYNs of nobody. */
void load_rate(struct load *l, uint64_t rate);
void load_flood(struct load *l, uint64_t rate);
void load_run(struct load *l, uint64_t ms);
struct load_figures load_look(struct load *l);
struct tern_stats load_stats(const struct load *l);   /* of the server */
struct tern_stats load_client_stats(const struct load *l);

#endif
