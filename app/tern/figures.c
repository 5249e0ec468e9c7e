/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <string.h>

#include "figures.h"
#include "shortage.h"
#include "units.h"

static uint64_t
all_connections(const struct run *r)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < r->clients; i++)
		sum += settings_connections_of(r->settings, i, r->clients);
	return sum;
}

/* Of what this side could not start: the commonest reason. */
static enum not_started
commonest(const struct counts *c)
{
	enum not_started most = NOT_limit + 1;

	for (int i = most + 1; i < NOT_KINDS; i++)
		if (c->not_started[i] > c->not_started[most])
			most = (enum not_started)i;
	return most;
}

void
figures_compute(struct figures *f, const struct run *r, const struct window *w)
{
	const struct settings *s = r->settings;
	const struct counts *c = &w->counts;
	const struct side_figures *client = &w->side[SIDE_CLIENT], *server = &w->side[SIDE_SERVER];
	const struct tern_histogram *headline = w->latency[LATENCY_HEADLINE];
	uint64_t per = settings_by_request(s) ? c->completed : c->established;

	*f = (struct figures){
		.mode = (enum mode)s->mode, .lost_connections = c->lost, .open_connections = c->open,
		.open_loop = settings_open_loop(s), .pair = s->command == COMMAND_PAIR, .seconds = w->seconds,
		.target_rate = (double)s->rate,
		.completed = c->completed, .failed = c->failed, .not_started = counts_not_started(c),
		.local_packets = client->stats.rx_packets + client->stats.tx_packets,
		.local_drops = stats_local_drops(&client->stats),
		.client_busy = client->busy_most, .server_busy = server->busy_most, .waited = client->waited,
		.server_waited = server->waited,
		.connections = all_connections(r),
	};
	f->no_mbufs = client->stats.mbuf_alloc_failed + client->stats.drops[TERN_DROP_TX_NO_MBUF] +
		      client->stats.drops[TERN_DROP_RX_NO_MBUF];
	f->refused = shortages_refused(&server->stats);
	f->loop = f->pair && (s->device == NULL || strcmp(s->device, "loop") == 0);
	f->not_started_by_us = f->not_started - c->not_started[NOT_limit];
	f->most_not_started = commonest(c);
	f->completed_rate = units_ratio((double)c->completed, w->seconds);
	f->connection_rate = units_ratio((double)c->established, w->seconds);
	f->non_2xx = counts_non_2xx(c);
	f->non_2xx_share = units_ratio((double)f->non_2xx, (double)c->completed);
	f->failed_share = units_ratio((double)c->failed, (double)(c->failed + c->completed));
	f->not_started_share = units_ratio((double)f->not_started, (double)(f->not_started + c->begun));
	f->retransmitted_share =
		units_ratio((double)(client->stats.retransmits_syn + client->stats.retransmits_data +
				     server->stats.retransmits_syn + server->stats.retransmits_data),
			    (double)(client->stats.tcp_tx_segments + server->stats.tcp_tx_segments));
	f->up_rate = units_ratio((double)client->stats.acked_payload_bytes, w->seconds);
	f->down_rate = units_ratio((double)client->stats.rx_payload_bytes, w->seconds);
	f->packets_out = units_ratio((double)client->stats.tcp_tx_segments, (double)per);
	f->packets_in = units_ratio((double)client->stats.tcp_rx_segments, (double)per);
	f->lateness_p99_ns = tern_histogram_percentile(w->latency[LATENCY_LATENESS], 99);
	f->headline_p50_ns = tern_histogram_percentile(headline, 50);
	f->headline_p99_ns = tern_histogram_percentile(headline, 99);
}
