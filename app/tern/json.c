/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <string.h>

#include "json_internal.h"
#include "shortage.h"

/* Every option of the command with its value in force, as text; a repeated one as a list. */
json_t *
json_of_options(const struct options *options)
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
	put_count(o, "work_ns", s->work_ns);
	put_count(o, "request_bytes", s->request_size);
	put_count(o, "answer_bytes", s->answer_size);
	put_count(o, "connections", f->connections);
	put_count(o, "rate_per_second", s->rate);
	put_count(o, "targets", s->targets.count);
	put_count(o, "hold", s->hold);
	put_count(o, "in_flight", s->in_flight);
	return o;
}

static void
put_conservation(json_t *o, const struct report *rep)
{
	json_t *total = json_object();

	json_object_set_new(total, "counts", json_of_counts(&rep->totals, rep->run->settings));
	json_object_set_new(total, "sides", json_of_whole_sides(rep));
	if (rep->figures.pair) {
		json_t *lost = json_object();

		json_object_set_new(lost, "client_to_server", json_integer(rep->lost[SIDE_CLIENT]));
		json_object_set_new(lost, "server_to_client", json_integer(rep->lost[SIDE_SERVER]));
		json_object_set_new(total, "lost_frames", lost);
	}
	json_object_set_new(o, "whole_run", total);
}

/* Over the whole run; empty where nothing ran out. */
static json_t *
shortages(const struct report *rep)
{
	json_t *rows = json_array();

	for (int side = 0; side < SIDES; side++) {
		struct shortage list[SHORTAGES_MOST];
		uint32_t n = shortages_of(list, &rep->side[side], side == SIDE_CLIENT ? &rep->totals : NULL);

		for (uint32_t i = 0; i < n; i++) {
			json_t *o = json_object();

			put_text(o, "side", side == SIDE_CLIENT ? "client" : "server");
			put_text(o, "of", list[i].name);
			put_count(o, "times", list[i].times);
			json_array_append_new(rows, o);
		}
	}
	if (shortages_hugepages(tern_description_json(rep->run->tern)) > 0)
		json_array_append_new(rows, json_pack("{s:s, s:I}", "of", "hugepages", "bytes",
				      (json_int_t)shortages_hugepages(tern_description_json(rep->run->tern))));
	return rows;
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
	json_put_figures(o, &rep->figures, s, rep->window);
	if (s->command != COMMAND_SERVE)
		put_verdict(o, rep);
	json_object_set_new(o, "sides", json_of_sides(rep->window));
	put_conservation(o, rep);
	json_object_set_new(o, "ran_out_of", shortages(rep));
	put_count(o, "memory_bytes", rep->memory_bytes);
	put_count(o, "hugepage_bytes", rep->hugepage_bytes);
	if (s->mode == MODE_HOLD || s->hold != 0) {
		put_count(o, "memory_bytes_per_connection", rep->connection_bytes);
		put_count(o, "load_bytes_per_connection", REPORT_FLIGHT_BYTES);
	}
	if (rep->opened_ns != 0) {
		put_count(o, "opened_first", rep->opened);
		json_object_set_new(o, "opened_first_seconds", json_real((double)rep->opened_ns / 1e9));
	}
	if (rep->capture.file != NULL)
		json_object_set_new(o, "capture", capture(&rep->capture));
	json_object_set_new(o, "configuration", json_of_options(rep->options));
	json_object_set_new(o, "parsed", parsed(s, &rep->figures));
	system = json_loads(tern_description_json(rep->run->tern), 0, NULL);
	json_object_set_new(o, "system", system != NULL ? system : json_null());
	return o;
}

int
json_write(json_t *o, const char *path, struct problem *why)
{
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

int
json_write_report(const struct report *rep, const char *path, struct problem *why)
{
	return json_write(whole(rep), path, why);
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
	json_put_figures(o, &f, r->settings, w);
	json_object_set_new(o, "sides", json_of_sides(w));
	good = json_dumpf(o, out, JSON_COMPACT | JSON_REAL_PRECISION(9)) == 0 && fputc('\n', out) != EOF;
	json_decref(o);
	/* to the file at once: an end without warning loses nothing */
	return fflush(out) == 0 && good;
}
