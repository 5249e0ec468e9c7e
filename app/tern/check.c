/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>

#include <tern/tern.h>

#include "options.h"
#include "units.h"

static const char *const sources[] = { "default", "file", "flag" };

static void
print_option(FILE *out, const struct known_option *k)
{
	if (k->value_count == 0 && k->fallback == NULL)
		return;
	fprintf(out, "  %-25s ", k->name);
	for (uint32_t i = 0; i < k->value_count; i++)
		fprintf(out, "%s%s", i > 0 ? "," : "", k->values[i]);
	if (k->value_count == 0)
		fputs(k->fallback, out);
	fprintf(out, "  (%s)\n", sources[k->value_count > 0 ? k->source : SOURCE_DEFAULT]);
}

static void
print_client(FILE *out, const struct settings *s)
{
	char a[UNITS_STRLEN], b[UNITS_STRLEN], d[UNITS_STRLEN];

	if (s->find)
		fprintf(out, "  search for the highest rate with a loss of %.3g %% at most, trials of %s", 100 * s->loss,
			units_time(a, s->trial_ns));
	else if (s->ramp.stage_ns != 0)
		fprintf(out, "  open loop: %s to %s %s/s in steps of %s", units_count(a, s->ramp.from),
			units_count(b, s->ramp.to), settings_unit(s), units_time(d, s->ramp.stage_ns));
	else if (s->rate != 0)
		fprintf(out, "  open loop: %s %s/s, %s", units_count(a, s->rate), settings_unit(s),
			s->poisson ? "a Poisson process" : "evenly spaced");
	else
		fprintf(out, "  closed loop");
	if (s->connections_given)
		fprintf(out, ", at most %s connections\n", units_count(a, s->connections));
	else
		fprintf(out, ", at most %s connections a core\n", units_count(a, settings_connections_of(s, 0, 1)));
	if (s->in_flight != 0)
		fprintf(out, "  at most %s requests under way, on connections picked at random\n", units_count(a, s->in_flight));
	if (s->hold != 0)
		fprintf(out, "  beside %s connections that are opened first and stay idle\n", units_count(a, s->hold));
	if (s->http_path != NULL)
		fprintf(out, "  HTTP: GET %s, %s\n", s->http_path, s->mode == MODE_CRR ? "a connection a request" :
			"connections are kept");
	else if (s->mode == MODE_STREAM)
		fprintf(out, "  bytes without end, %s\n", settings_direction_name(s->direction));
	else if (s->mode == MODE_FLOOD)
		fprintf(out, "  SYNs from --src without connections; answers are %s\n", s->silent ? "left alone" : "reset");
	else if (s->mode == MODE_HOLD && s->every_ns == 0)
		fputs("  connections are kept, without requests\n", out);
	else if (s->mode != MODE_CC)
		fprintf(out, "  request %" PRIu64 " bytes, answer %" PRIu64 " bytes%s\n", s->request_size, s->answer_size,
			s->verify ? ", compared" : ", length checked");
	if (s->work_ns != 0)
		fprintf(out, "  the server works %s on each request\n", units_time(a, s->work_ns));
	if (s->fastopen)
		fputs("  Fast Open: the first connection asks each target for a cookie, the next ones bring data on the SYN\n", out);
	fprintf(out, "  the %s closes, with %s\n", s->closer_server ? "server" : "client", s->close_rst ? "RST" : "FIN");
	fprintf(out, "  warm-up %s, measured %s, timeout %s\n", units_time(a, s->warmup_ns),
		s->find || s->ramp.stage_ns != 0 ? "rate by rate" : s->duration_ns == UINT64_MAX ? "until --count is reached" : units_time(b, s->duration_ns),
		units_time(d, s->timeout_ns));
	for (uint32_t i = 0; i < s->targets.count && i < 16; i++) {
		char text[TERN_ENDPOINT_STRLEN];

		tern_endpoint_format(&s->targets.list[i], text, sizeof(text));
		fprintf(out, "  target %s\n", text);
	}
	if (s->targets.count > 16)
		fprintf(out, "  and %u more\n", s->targets.count - 16);
}

void
check_print_options(FILE *out, const struct options *o)
{
	fputs("Options in force:\n", out);
	for (size_t i = 0; i < o->count; i++)
		if (o->list[i].here && (!o->list[i].side || o->list[i].value_count > 0))
			print_option(out, &o->list[i]);
}

void
check_print(FILE *out, const struct settings *s, const struct options *o)
{
	check_print_options(out, o);
	fputs("What would run:\n", out);
	if (s->command == COMMAND_SERVE)
		fprintf(out, "  serve %s on %u range%s of ports\n", settings_app_name(s->app), s->ports.count,
			s->ports.count == 1 ? "" : "s");
	else
		print_client(out, s);
}
