/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_FIGURES_H
#define APP_FIGURES_H

/* The handful of figures that verdict, criteria and reports share, computed once from a window. */

#include <stdint.h>

#include "sample.h"

struct figures {
	bool open_loop, pair, loop;
	enum mode mode;
	uint64_t lost_connections, open_connections;   /* hold */
	double up_rate, down_rate;   /* payload bytes a second: acknowledged, and received */
	double seconds;
	double target_rate;          /* a second; 0 in closed loop */
	double completed_rate;       /* transactions a second */
	double connection_rate;      /* established a second */
	double failed_share;         /* of the transactions that ended */
	double not_started_share;    /* of the arrivals */
	double retransmitted_share;  /* of the segments sent, both kinds, both sides where both are ours */
	double packets_out, packets_in;  /* a connection (rr: a request), client side */
	double non_2xx_share;        /* HTTP: of the complete responses */
	uint64_t non_2xx;
	uint64_t completed, failed, not_started, not_started_by_us;
	enum not_started most_not_started; /* of not_started_by_us: what it was most often */
	uint64_t local_drops, local_packets;
	uint64_t no_mbufs;                 /* of local_drops: packets ran out */
	uint64_t refused;                  /* in a pair: SYNs and handshakes for which the server had no room */
	uint64_t lateness_p99_ns, headline_p50_ns, headline_p99_ns;
	double client_busy, server_busy;   /* busiest core, 0 to 1 */
	double waited, server_waited;      /* share of the window without its CPU, of the unluckiest core */
	int64_t lost;                      /* in a pair: both directions */
	uint64_t connections;              /* -c of all cores, for the evidence */
};

void figures_compute(struct figures *f, const struct run *r, const struct window *w);

#endif
