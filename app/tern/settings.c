/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#include <tern/tern.h>

#include "options.h"
#include "units.h"

static const char *const mode_names[] = { "crr", "cc", "rr", "stream", "hold", "flood" };
static const char *const app_names[] = { "echo", "discard", "chargen", "http", "answer" };

const char *
settings_mode_name(uint64_t mode)
{
	return mode_names[mode];
}

const char *
settings_app_name(uint64_t app)
{
	return app_names[app];
}

const char *
settings_direction_name(uint64_t direction)
{
	static const char *const names[] = { "up", "down", "both" };

	return names[direction];
}

const char *
settings_unit(const struct settings *s)
{
	return s->mode == MODE_FLOOD ? "SYN" : settings_by_request(s) ? "request" : "conn";
}

static int
read_word(const struct program_option *p, const char *text, uint64_t *value, struct problem *why)
{
	char list[128] = "";

	for (uint64_t i = 0; p->words[i] != NULL; i++) {
		if (strcmp(p->words[i], text) == 0) {
			*value = i;
			return 0;
		}
		if (i > 0)
			strncat(list, ", ", sizeof(list) - strlen(list) - 1);
		strncat(list, p->words[i], sizeof(list) - strlen(list) - 1);
	}
	return problem_say(why, "--%s: there is no '%s'; there are %s", p->name, text, list);
}

static int
read_range(const struct program_option *p, const char *text, uint64_t *value, struct problem *why)
{
	char low[UNITS_STRLEN], high[UNITS_STRLEN];
	bool time = p->kind == OPTION_TIME;

	if ((time ? tern_parse_time(text, value) : tern_parse_number(text, value)) != 0)
		return problem_say(why, "--%s: '%s' is not a %s", p->name, text,
				   time ? "time, as in 500us, 10s, 2h" : "number, as in 100, 64k, 1Mi");
	if (*value >= p->min && *value <= p->max)
		return 0;
	if (time)
		return problem_say(why, "--%s: %s is outside %s to %s", p->name, text,
				   units_time(low, p->min), units_time(high, p->max));
	return problem_say(why, "--%s: %s is outside %s to %s", p->name, text,
			   units_count(low, p->min), units_count(high, p->max));
}

int
settings_store(void *settings, const struct known_option *k, const char *text, struct problem *why)
{
	const struct program_option *p = k->program;
	void *field = (uint8_t *)settings + p->offset;

	switch (p->kind) {
	case OPTION_TEXT:
		*(const char **)field = text;
		return 0;
	case OPTION_SWITCH:
		*(uint64_t *)field = k->value_count > 0;
		return 0;
	case OPTION_WORD:
		return read_word(p, text, field, why);
	default:
		return read_range(p, text, field, why);
	}
}

/* Gaps are drawn from --seed, or from what the report then tells. */
static void
settings_seed(struct settings *s)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	if (s->seed == NULL) {
		if (getrandom(&s->arrival_seed, sizeof(s->arrival_seed), 0) != (ssize_t)sizeof(s->arrival_seed))
			s->arrival_seed = hash;
		s->arrival_seed >>= 11;   /* JSON's numbers are exact to 53 bits */
		return;
	}
	if (tern_parse_number(s->seed, &s->arrival_seed) == 0)
		return;
	/* FNV-1a: the library says what is wrong with it, if anything is */
	for (const char *p = s->seed; *p != 0; p++)
		hash = (hash ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
	s->arrival_seed = hash >> 11;
}

int
settings_read(struct settings *s, const struct options *o, struct problem *why)
{
	*s = (struct settings){ .command = o->command };
	for (size_t i = 0; i < o->count; i++) {
		const struct known_option *k = &o->list[i];
		const char *text = options_value(o, k->name);

		if (k->program == NULL || !k->here || k->program->offset == SIZE_MAX || text == NULL)
			continue;
		if (settings_store(s, k, text, why) != 0)
			return -1;
	}
	if (options_find(o, "header") != NULL) {
		s->headers = (const char *const *)options_find(o, "header")->values;
		s->header_count = options_find(o, "header")->value_count;
	}
	settings_seed(s);
	s->connections_given = options_given(o, "connections");
	s->request_size_given = options_given(o, "request-size");
	s->answer_size_given = options_given(o, "answer-size");
	if (s->command == COMMAND_SERVE || s->count != 0) {
		/* what ends by itself, or by the user, has no other end unless one is given */
		if (!options_given(o, "duration"))
			s->duration_ns = UINT64_MAX;
		if (!options_given(o, "warmup"))
			s->warmup_ns = 0;
	}
	s->sleeps = options_value(o, "idle") != NULL && strcmp(options_value(o, "idle"), "sleep") == 0;
	s->device = options_value(o, s->command == COMMAND_PAIR && options_given(o, "client-dev") ? "client-dev" : "dev");
	/* loop brings sources of its own: one address has too few ports for millions of connections in TIME-WAIT */
	s->source_pool = options_given(o, "src") || options_given(o, "client-src") ||
			 (s->command == COMMAND_PAIR && !options_given(o, "client-dev"));
	if (s->connect_timeout_ns == 0)
		s->connect_timeout_ns = s->timeout_ns;
	if (s->listen != NULL && port_ranges_parse(&s->ports, s->listen, why) != 0)
		return -1;
	s->recording = s->device != NULL && strncmp(s->device, "pcap:", 5) == 0;
	if (settings_check_devices(s, o, why) != 0 || settings_check_keepalive(s, o, why) != 0)
		return -1;
	if (s->command == COMMAND_SERVE) {
		if (s->app == APP_HTTP && (s->request_size_given || s->close_rst))
			return problem_say(why, "--app http reads requests of any size and closes with FIN: without %s",
					   s->close_rst ? "--close rst" : "--request-size");
		if (s->app == APP_HTTP)
			return 0;
		if (s->app != APP_ECHO && s->work_ns != 0)
			return problem_say(why, "--work is done for each request, and --app %s has none: --app echo or http",
					   app_names[s->app]);
		if (s->app != APP_ECHO && (s->answer_size_given || s->request_size_given))
			return problem_say(why, "--answer-size and --request-size belong to --app echo, not to %s",
					   app_names[s->app]);
		if (s->app == APP_ECHO && s->answer_size_given)
			s->app = APP_ANSWER;
		else if (s->request_size_given)
			return problem_say(why, "--request-size needs --answer-size: without it an echo answers whatever comes");
		return 0;
	}
	if (s->command == COMMAND_PAIR && s->app != APP_ECHO && s->app != APP_HTTP)
		return problem_say(why, "--app %s: a pair's server does what --mode needs; --app http alone is chosen",
				   app_names[s->app]);
	/* an echo is an answer of the same size: the server then keeps no state for a connection */
	if (s->mode == MODE_STREAM && s->app != APP_HTTP)
		s->app = s->direction == DIRECTION_UP ? APP_DISCARD : APP_CHARGEN;
	else if (s->command == COMMAND_LOAD || s->app != APP_HTTP)
		s->app = s->answer_size == s->request_size && !s->closer_server ? APP_ECHO : APP_ANSWER;
	return settings_check_client(s, o, why);
}

void
settings_free(struct settings *s)
{
	targets_free(&s->targets);
}

/* The part of a whole that the i-th of n gets; the first ones get the remainder. */
static uint64_t
share(uint64_t whole, unsigned int i, unsigned int n)
{
	return whole / n + (i < whole % n ? 1 : 0);
}

uint64_t
settings_connections_of(const struct settings *s, unsigned int core, unsigned int cores)
{
	if (s->connections_given)
		return share(s->connections, core, cores);
	if (s->mode == MODE_STREAM)
		return 1;
	return s->rate != 0 && s->mode != MODE_RR ? 16384 : 64;
}

uint64_t
settings_hold_of(const struct settings *s, unsigned int core, unsigned int cores)
{
	return share(s->hold, core, cores);
}

uint64_t
settings_in_flight_of(const struct settings *s, unsigned int core, unsigned int cores)
{
	uint64_t mine = share(s->in_flight, core, cores);

	return s->in_flight != 0 && mine == 0 ? 1 : mine;
}

uint64_t
settings_count_of(const struct settings *s, unsigned int core, unsigned int cores)
{
	return s->count == 0 ? UINT64_MAX : share(s->count, core, cores);
}
