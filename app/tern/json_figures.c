/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "json_internal.h"
#include "units.h"

static json_t *
latency(const struct tern_histogram *h)
{
	json_t *o;

	if (h->total == 0)
		return json_null();
	o = json_object();
	put_real(o, "p50", (double)tern_histogram_percentile(h, 50) / 1e3);
	put_real(o, "p90", (double)tern_histogram_percentile(h, 90) / 1e3);
	put_real(o, "p99", (double)tern_histogram_percentile(h, 99) / 1e3);
	put_real(o, "p999", (double)tern_histogram_percentile(h, 99.9) / 1e3);
	put_real(o, "max", (double)tern_histogram_percentile(h, 100) / 1e3);
	put_real(o, "mean", tern_histogram_mean(h) / 1e3);
	put_count(o, "count", h->total);
	return o;
}

static json_t *
stats(const struct tern_stats *t)
{
	json_t *o = json_object(), *drops = json_object(), *closed = json_object();

#define X(field) put_count(o, #field, t->field);
	TERN_STATS(X)
#undef X
	for (int i = TERN_DROP_NONE + 1; i < TERN_DROP_MAX; i++)
		if (t->drops[i] != 0)
			put_count(drops, tern_drop_name((enum tern_drop)i), t->drops[i]);
	for (int i = TERN_CLOSE_NONE + 1; i < TERN_CLOSE_MAX; i++)
		if (t->closed[i] != 0)
			put_count(closed, tern_close_name((enum tern_close_reason)i), t->closed[i]);
	json_object_set_new(o, "drops", drops);
	json_object_set_new(o, "closed", closed);
	return o;
}

/* A library with a probe: nanoseconds of the window by phase, and by the kind of segment received. */
static json_t *
probe(const struct tern_probe *p)
{
	json_t *o = json_object(), *phases = json_object(), *kinds = json_object(), *k;

#define X(name, text) put_count(phases, #name, p->phase_ns[TERN_PROBE_##name]);
	TERN_PROBE_PHASES(X)
#undef X
#define X(name, text) \
	k = json_object(); \
	put_count(k, "ns", p->kind_ns[TERN_PROBE_KIND_##name]); \
	put_count(k, "count", p->kind_count[TERN_PROBE_KIND_##name]); \
	json_object_set_new(kinds, #name, k);
	TERN_PROBE_KINDS(X)
#undef X
	put_real(o, "mark_ns", (double)p->mark_ps / 1e3);
	json_object_set_new(o, "phases_ns", phases);
	json_object_set_new(o, "kinds", kinds);
	return o;
}

static json_t *
side(const struct side_figures *f, double seconds)
{
	const struct tern_stats *t = &f->stats;
	json_t *o = json_object();

	put_count(o, "cores", f->cores);
	put_real(o, "busy_share_max", f->busy_most);
	put_real(o, "busy_share_mean", f->busy_mean);
	put_count(o, "busiest_core", f->busiest_core);
	put_real(o, "longest_gap_us", (double)f->longest_gap_ns / 1e3);
	put_real(o, "cpu_wait_share", f->waited);
	put_real(o, "packets_in_per_second", units_ratio((double)t->rx_packets, seconds));
	put_real(o, "packets_out_per_second", units_ratio((double)t->tx_packets, seconds));
	put_real(o, "gbit_in_per_second", units_ratio(8e-9 * (double)t->rx_bytes, seconds));
	put_real(o, "gbit_out_per_second", units_ratio(8e-9 * (double)t->tx_bytes, seconds));
	put_real(o, "segments_per_burst", units_ratio((double)t->segment_rx, (double)t->segment_bursts));
	put_real(o, "syns_per_burst", units_ratio((double)t->syn_rx, (double)t->syn_bursts));
	put_real(o, "fins_per_burst", units_ratio((double)t->fin_rx, (double)t->fin_bursts));
	put_count(o, "local_drops", stats_local_drops(t));
	json_object_set_new(o, "counters", stats(t));
	if (f->probe.mark_ps != 0)
		json_object_set_new(o, "probe", probe(&f->probe));
	return o;
}

/* Complete responses, by status and by its first digit. */
static json_t *
http(const struct counts *c)
{
	json_t *o = json_object(), *status = json_object(), *classes = json_object();
	uint64_t sum[6] = { 0 };
	char text[8];

	for (uint32_t i = 0; i < STATUS_COUNT; i++) {
		if (c->status[i] == 0)
			continue;
		snprintf(text, sizeof(text), "%u", i + STATUS_FIRST);
		put_count(status, text, c->status[i]);
		sum[(i + STATUS_FIRST) / 100] += c->status[i];
	}
	for (unsigned int i = 1; i < 6; i++) {
		snprintf(text, sizeof(text), "%uxx", i);
		put_count(classes, text, sum[i]);
	}
	json_object_set_new(o, "status", status);
	json_object_set_new(o, "classes", classes);
	put_count(o, "non_2xx", counts_non_2xx(c));
	return o;
}

json_t *
json_of_counts(const struct counts *c, const struct settings *s)
{
	json_t *o = json_object(), *failed = json_object(), *not_started = json_object();

	put_count(o, "connections_started", c->started);
	put_count(o, "connections_established", c->established);
	put_count(o, "connections_failed", c->connect_failed);
	put_count(o, "connections_opening", c->opening);
	put_count(o, "connections_open", c->open);
	put_count(o, "arrivals_offered", c->offered);
	put_count(o, "arrivals_waiting", c->behind);
	put_count(o, "transactions_started", c->begun);
	put_count(o, "transactions_completed", c->completed);
	put_count(o, "transactions_failed", c->failed);
	put_count(o, "transactions_under_way", c->busy);
	put_count(o, "close_timeouts", c->close_timeouts);
	if (s->mode == MODE_HOLD || s->hold != 0)
		put_count(o, "connections_lost", c->lost);
	for (int i = 0; i < FAIL_KINDS; i++)
		if (c->fail[i] != 0)
			put_count(failed, failure_name((enum failure)i), c->fail[i]);
	for (int i = 0; i < NOT_KINDS; i++)
		if (c->not_started[i] != 0)
			put_count(not_started, not_started_name((enum not_started)i), c->not_started[i]);
	json_object_set_new(o, "failed_by_reason", failed);
	json_object_set_new(o, "not_started_by_reason", not_started);
	if (s->http_path != NULL)
		json_object_set_new(o, "http", http(c));
	return o;
}

void
json_put_figures(json_t *o, const struct figures *f, const struct settings *s, const struct window *w)
{
	const struct tern_stats *t = &w->side[s->command == COMMAND_SERVE ? SIDE_SERVER : SIDE_CLIENT].stats;
	json_t *packets;

	put_real(o, "seconds", w->seconds);
	put_real(o, "connections_per_second", s->command == COMMAND_SERVE ? units_ratio((double)t->accepts, w->seconds) :
		 f->connection_rate);
	put_real(o, "gbit_per_second", units_ratio(8e-9 * (double)(t->rx_bytes + t->tx_bytes), w->seconds));
	put_real(o, "retransmitted_share", f->retransmitted_share);
	if (s->command == COMMAND_SERVE)
		return;
	put_real(o, "requests_per_second", s->mode == MODE_CC || s->mode == MODE_FLOOD ? 0 : f->completed_rate);
	put_real(o, "transactions_per_second", f->completed_rate);
	put_real(o, "failed_share", f->failed_share);
	if (s->mode == MODE_FLOOD) {
		put_real(o, "syns_per_second", f->completed_rate);
		put_count(o, "syn_acks_received", t->drops[TERN_DROP_TCP_NO_LISTENER]);
		put_count(o, "resets_received", t->drops[TERN_DROP_TCP_RST_NO_CONN]);
	}
	if (s->mode == MODE_STREAM) {
		put_real(o, "payload_gbit_up_per_second", 8e-9 * f->up_rate);
		put_real(o, "payload_gbit_down_per_second", 8e-9 * f->down_rate);
	}
	if (s->http_path != NULL)
		put_real(o, "non_2xx_share", f->non_2xx_share);
	put_real(o, "not_started_share", f->not_started_share);
	packets = json_object();
	put_real(packets, "out", f->packets_out);
	put_real(packets, "in", f->packets_in);
	put_text(packets, "per", settings_by_request(s) ? "request" : "connection");
	json_object_set_new(o, settings_by_request(s) ? "packets_per_request" : "packets_per_connection", packets);
	json_object_set_new(o, "setup_latency_us", latency(w->latency[LATENCY_SETUP]));
	json_object_set_new(o, "answer_latency_us",
			    s->mode == MODE_CC ? json_null() : latency(w->latency[LATENCY_HEADLINE]));
	json_object_set_new(o, "latency_from_intended_start_us",
			    settings_open_loop(s) ? latency(w->latency[LATENCY_HEADLINE]) : json_null());
	json_object_set_new(o, "undisturbed_latency_us", latency(w->latency[LATENCY_UNDISTURBED]));
	json_object_set_new(o, "latency_from_send_us", latency(w->latency[LATENCY_SENT]));
	json_object_set_new(o, "lateness_us", latency(w->latency[LATENCY_LATENESS]));
	json_object_set_new(o, "counts", json_of_counts(&w->counts, s));
}

static const char *const side_names[] = { "client", "server" };

json_t *
json_of_sides(const struct window *w)
{
	json_t *o = json_object();

	for (int i = 0; i < SIDES; i++)
		if (w->side[i].cores > 0)
			json_object_set_new(o, side_names[i], side(&w->side[i], w->seconds));
	return o;
}

json_t *
json_of_whole_sides(const struct report *rep)
{
	json_t *o = json_object();

	for (int i = 0; i < SIDES; i++)
		if (rep->window->side[i].cores > 0)
			json_object_set_new(o, side_names[i], json_pack("{s:o}", "counters", stats(&rep->side[i])));
	return o;
}
