/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdio.h>

#include "live.h"
#include "units.h"

#define LINES_PER_HEADING 20u

/* Cells are right-aligned under their headings; widths are the headings'. */
static void
cell(const char *text, int width)
{
	fprintf(stderr, " %*s", width, text);
}

static void
number(double n, int width)
{
	char buf[UNITS_STRLEN];

	cell(units_short(buf, n), width);
}

static void
us(const struct tern_histogram *h, double percent, int width)
{
	char buf[UNITS_STRLEN];

	cell(h->total == 0 ? "-" : units_us(buf, (double)tern_histogram_percentile(h, percent)), width);
}

static void
client_heading(void)
{
	fputs("                  offered started    done    open  failed     retrans    packets/s    Gbit/s"
	      "          latency us        busy %    local steered\n"
	      "   time phase          /s      /s      /s     now        SYN     data    in    out    in   out"
	      "     p50     p99   p99.9 max  mean   drops      /s\n", stderr);
}

static void
client_cells(const struct live *l, const struct window *w)
{
	const struct settings *s = l->run->settings;
	const struct counts *c = &w->counts;
	const struct tern_stats *t = &w->side[SIDE_CLIENT].stats;
	const struct tern_histogram *h = w->latency[LATENCY_HEADLINE];

	if (settings_open_loop(s))
		number(units_ratio((double)c->offered, w->seconds), 7);
	else
		cell("-", 7);
	number(units_ratio((double)c->begun, w->seconds), 7);
	number(units_ratio((double)c->completed, w->seconds), 7);
	number((double)c->open, 7);
	number((double)(c->failed + counts_not_started(c)), 7);
	number((double)t->retransmits_syn, 5);
	number((double)t->retransmits_data, 8);
	number(units_ratio((double)t->rx_packets, w->seconds), 5);
	number(units_ratio((double)t->tx_packets, w->seconds), 6);
	fprintf(stderr, " %5.2f %5.2f", units_ratio(8e-9 * (double)t->rx_bytes, w->seconds),
		units_ratio(8e-9 * (double)t->tx_bytes, w->seconds));
	us(h, 50, 7);
	us(h, 99, 7);
	us(h, 99.9, 7);
}

static void
server_heading(void)
{
	fputs("                  accepted   closed    open  half-     retrans    packets/s    Gbit/s       payload Gbit/s"
	      "   busy %    local steered\n"
	      "   time phase           /s       /s     now   open   SYN     data    in    out    in   out      in   out"
	      "  max  mean   drops      /s\n", stderr);
}

static void
server_cells(const struct window *w)
{
	const struct tern_stats *t = &w->side[SIDE_SERVER].stats;
	uint64_t closed = 0;

	for (int i = 0; i < TERN_CLOSE_MAX; i++)
		closed += t->closed[i];
	number(units_ratio((double)t->accepts, w->seconds), 8);
	number(units_ratio((double)closed, w->seconds), 8);
	number((double)t->open_now, 7);
	number((double)t->half_open_now, 6);
	number((double)t->retransmits_syn, 5);
	number((double)t->retransmits_data, 8);
	number(units_ratio((double)t->rx_packets, w->seconds), 5);
	number(units_ratio((double)t->tx_packets, w->seconds), 6);
	fprintf(stderr, " %5.2f %5.2f   %5.2f %5.2f", units_ratio(8e-9 * (double)t->rx_bytes, w->seconds),
		units_ratio(8e-9 * (double)t->tx_bytes, w->seconds),
		units_ratio(8e-9 * (double)t->rx_payload_bytes, w->seconds),
		units_ratio(8e-9 * (double)t->tx_payload_bytes, w->seconds));
}

void
live_line(struct live *l, double elapsed_s, const char *phase, const struct window *w)
{
	bool serve = l->run->settings->command == COMMAND_SERVE;
	const struct side_figures *f = &w->side[serve ? SIDE_SERVER : SIDE_CLIENT];

	if (l->lines++ % LINES_PER_HEADING == 0) {
		if (serve)
			server_heading();
		else
			client_heading();
	}
	fprintf(stderr, "%6.1fs %-8s", elapsed_s, phase);
	if (serve)
		server_cells(w);
	else
		client_cells(l, w);
	fprintf(stderr, " %4.0f %5.0f", 100 * f->busy_most, 100 * f->busy_mean);
	number((double)stats_local_drops(&f->stats), 7);
	number(units_ratio((double)f->stats.steered_in, w->seconds), 7);
	fputc('\n', stderr);
}
