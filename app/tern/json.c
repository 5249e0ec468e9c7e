/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <jansson.h>

#include "report.h"
#include "units.h"

/* Counters are far below 2^63; a figure that could not be computed is null. */
static json_t *
count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *
real(double n)
{
	return isfinite(n) ? json_real(n) : json_null();
}

static void
put_count(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, count(n));
}

static void
put_real(json_t *o, const char *key, double n)
{
	json_object_set_new(o, key, real(n));
}

static void
put_text(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, text != NULL ? json_string(text) : json_null());
}

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

static json_t *
counts(const struct counts *c, const struct settings *s)
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
	if (s->mode == MODE_HOLD)
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

/* Every option of the command with its value in force, as text; a repeated one as a list. */
static json_t *
configuration(const struct options *options)
{
	json_t *o = json_object();

	for (size_t i = 0; i < options->count; i++) {
		const struct known_option *k = &options->list[i];

		if (!k->here || (k->side && k->value_count == 0))
			continue;
		if (k->argument == NULL) {
			json_object_set_new(o, k->name, json_boolean(k->value_count > 0));
		} else if (k->repeat && k->value_count > 0) {
			json_t *list = json_array();

			for (uint32_t v = 0; v < k->value_count; v++)
				json_array_append_new(list, json_string(k->values[v]));
			json_object_set_new(o, k->name, list);
		} else {
			put_text(o, k->name, k->value_count > 0 ? k->values[0] : k->fallback);
		}
	}
	return o;
}

static json_t *
parsed(const struct settings *s, const struct figures *f)
{
	json_t *o = json_object();

	put_real(o, "duration_seconds", (double)s->duration_ns / 1e9);
	put_real(o, "warmup_seconds", (double)s->warmup_ns / 1e9);
	put_real(o, "timeout_seconds", (double)s->timeout_ns / 1e9);
	put_real(o, "connect_timeout_seconds", (double)s->connect_timeout_ns / 1e9);
	put_real(o, "think_seconds", (double)s->think_ns / 1e9);
	put_count(o, "request_bytes", s->request_size);
	put_count(o, "answer_bytes", s->answer_size);
	put_count(o, "connections", f->connections);
	put_count(o, "rate_per_second", s->rate);
	put_count(o, "targets", s->targets.count);
	return o;
}

/* The figures of a window, the same for the report and for an interval. */
static void
put_figures(json_t *o, const struct figures *f, const struct settings *s, const struct window *w)
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
	json_object_set_new(o, "latency_from_send_us", latency(w->latency[LATENCY_SENT]));
	json_object_set_new(o, "lateness_us", latency(w->latency[LATENCY_LATENESS]));
	json_object_set_new(o, "counts", counts(&w->counts, s));
}

static json_t *
sides(const struct window *w)
{
	static const char *const names[] = { "client", "server" };
	json_t *o = json_object();

	for (int i = 0; i < SIDES; i++)
		if (w->side[i].cores > 0)
			json_object_set_new(o, names[i], side(&w->side[i], w->seconds));
	return o;
}

static void
put_conservation(json_t *o, const struct report *rep)
{
	json_t *total = json_object();

	json_object_set_new(total, "counts", counts(&rep->totals, rep->run->settings));
	if (rep->figures.pair) {
		json_t *lost = json_object();

		json_object_set_new(lost, "client_to_server", json_integer(rep->lost[SIDE_CLIENT]));
		json_object_set_new(lost, "server_to_client", json_integer(rep->lost[SIDE_SERVER]));
		json_object_set_new(total, "lost_frames", lost);
	}
	json_object_set_new(o, "whole_run", total);
}

static void
put_verdict(json_t *o, const struct report *rep)
{
	json_t *criteria = json_array();

	put_text(o, "limited_by", verdict_limit_name(rep->verdict.limit));
	put_text(o, "evidence", rep->verdict.evidence);
	json_object_set_new(o, "valid", json_boolean(report_status(rep) == EXIT_VALID ||
						     report_status(rep) == EXIT_CRITERION));
	for (uint32_t i = 0; i < rep->rules.count; i++) {
		json_t *c = json_object();

		put_text(c, "fail_if", rep->rules.list[i].text);
		put_real(c, "value", rep->rule_values[i]);
		json_object_set_new(c, "missed", json_boolean(rep->rule_missed[i]));
		json_array_append_new(criteria, c);
	}
	json_object_set_new(o, "criteria", criteria);
}

static json_t *
capture(const struct tern_capture *c)
{
	json_t *o = json_object();

	put_text(o, "file", c->file);
	put_count(o, "frames", c->frames);
	put_count(o, "missed", c->missed);
	put_count(o, "beyond_limit", c->beyond);
	return o;
}

static json_t *
stages(const struct stages *list)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < list->count; i++) {
		const struct stage *st = &list->list[i];
		json_t *o = json_object();

		put_count(o, "rate_per_second", st->rate);
		put_real(o, "seconds", st->seconds);
		put_real(o, "completed_per_second", st->completed_rate);
		put_count(o, "failed", st->failed);
		put_count(o, "not_started", st->not_started);
		put_real(o, "loss_share", st->loss);
		put_real(o, "p50_us", (double)st->p50_ns / 1e3);
		put_real(o, "p99_us", (double)st->p99_ns / 1e3);
		put_real(o, "p999_us", (double)st->p999_ns / 1e3);
		put_real(o, "busy_share_max", st->busy);
		json_object_set_new(o, "held", json_boolean(st->held));
		put_text(o, "limited_by", st->limited_by);
		json_array_append_new(rows, o);
	}
	return rows;
}

static json_t *
whole(const struct report *rep)
{
	static const char *const commands[] = { [COMMAND_LOAD] = "load", [COMMAND_SERVE] = "serve", [COMMAND_PAIR] = "pair" };
	const struct settings *s = rep->run->settings;
	json_t *o = json_object(), *system;

	put_count(o, "schema", 1);
	put_text(o, "version", TERN_VERSION);
	put_text(o, "command", commands[s->command]);
	put_text(o, "mode", s->command == COMMAND_SERVE ? NULL : settings_mode_name(s->mode));
	put_text(o, "app", settings_app_name(s->app));
	put_text(o, "seed", s->seed);
	if (s->poisson)
		put_count(o, "arrival_seed", s->arrival_seed);
	if (s->find)
		put_count(o, "found_rate_per_second", report_found(rep));
	if (rep->stages != NULL && rep->stages->count > 0)
		json_object_set_new(o, s->find ? "trials" : "steps", stages(rep->stages));
	json_object_set_new(o, "over_loop", json_boolean(rep->figures.loop));
	json_object_set_new(o, "interrupted", json_boolean(rep->interrupted));
	put_figures(o, &rep->figures, s, rep->window);
	if (s->command != COMMAND_SERVE)
		put_verdict(o, rep);
	json_object_set_new(o, "sides", sides(rep->window));
	put_conservation(o, rep);
	put_count(o, "memory_bytes", rep->memory_bytes);
	if (s->mode == MODE_HOLD)
		put_count(o, "memory_bytes_per_connection", rep->connection_bytes);
	if (rep->capture.file != NULL)
		json_object_set_new(o, "capture", capture(&rep->capture));
	json_object_set_new(o, "configuration", configuration(rep->options));
	json_object_set_new(o, "parsed", parsed(s, &rep->figures));
	system = json_loads(tern_description_json(rep->run->tern), 0, NULL);
	json_object_set_new(o, "system", system != NULL ? system : json_null());
	return o;
}

int
json_write_report(const struct report *rep, const char *path, struct problem *why)
{
	json_t *o = whole(rep);
	bool to_stdout = strcmp(path, "-") == 0;
	FILE *out = to_stdout ? stdout : fopen(path, "we");
	bool good;

	if (out == NULL) {
		json_decref(o);
		return problem_say(why, "--json '%s': %s", path, strerror(errno));
	}
	good = json_dumpf(o, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 && fputc('\n', out) != EOF;
	json_decref(o);
	if ((to_stdout ? fflush(out) : fclose(out)) != 0 || !good)
		return problem_say(why, "--json '%s': %s", path, strerror(errno));
	return 0;
}

bool
json_write_interval(FILE *out, const struct run *r, double elapsed_s, const char *phase, const struct window *w)
{
	json_t *o = json_object();
	struct figures f;
	bool good;

	figures_compute(&f, r, w);
	put_count(o, "schema", 1);
	put_real(o, "elapsed_seconds", elapsed_s);
	put_text(o, "phase", phase);
	put_figures(o, &f, r->settings, w);
	json_object_set_new(o, "sides", sides(w));
	good = json_dumpf(o, out, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0 && fputc('\n', out) != EOF;
	json_decref(o);
	/* to the file at once: an end without warning loses nothing */
	return fflush(out) == 0 && good;
}
