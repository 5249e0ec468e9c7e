/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The fields of a case, and its text form: a line an element, a word a field that is not neutral. */

#include <stdlib.h>
#include <string.h>

#include <tern/tern.h>

#include "case.h"

static const char *const ecns[] = { "off", "on", "accept" };
static const char *const congestions[] = { "cubic", "newreno" };
static const char *const cookies[] = { "never", "auto", "always" };

#define NETWORK(name, neutral) { #name, offsetof(struct soak_network, name), neutral, WORD_NONE, NULL }
const struct soak_field soak_network_fields[] = {
	NETWORK(hosts, 2), NETWORK(dumbbell, 0), NETWORK(mbufs, 16384), { .name = NULL },
};

#define DIRECTION(name) { #name, offsetof(struct soak_direction, name), 0, WORD_NONE, NULL }
const struct soak_field soak_direction_fields[] = {
	DIRECTION(rate), DIRECTION(delay_ns), DIRECTION(jitter_ns), DIRECTION(queue), DIRECTION(ecn), DIRECTION(queue_bytes),
	DIRECTION(loss), DIRECTION(gilbert_p), DIRECTION(gilbert_r), DIRECTION(gilbert_bad), DIRECTION(gilbert_good),
	DIRECTION(reorder), DIRECTION(reorder_ns), DIRECTION(duplicate), DIRECTION(corrupt), DIRECTION(mtu), DIRECTION(mtu_icmp),
	DIRECTION(up_ns), DIRECTION(down_ns), { .name = NULL },
};

#define HOST(text, name, neutral, word, names) { text, offsetof(struct soak_host, name), neutral, word, names }
const struct soak_field soak_host_fields[] = {
	HOST("window", window, 0, WORD_NUMBER, NULL),
	HOST("window-max", window_max, 6u << 20, WORD_NUMBER, NULL),
	HOST("sndbuf", sndbuf, 1u << 18, WORD_NUMBER, NULL),
	HOST("mtu", mtu, 1500, WORD_NUMBER, NULL),
	HOST("mss", mss, 0, WORD_NUMBER, NULL),
	HOST("no-timestamps", no_timestamps, 0, WORD_SWITCH, NULL),
	HOST("no-sack", no_sack, 0, WORD_SWITCH, NULL),
	HOST("no-wscale", no_wscale, 0, WORD_SWITCH, NULL),
	HOST("nagle", nagle, 0, WORD_SWITCH, NULL),
	HOST("ecn", ecn, 2, WORD_NAME, ecns),
	HOST("congestion", congestion, 0, WORD_NAME, congestions),
	HOST("pacing", pacing, 0, WORD_SWITCH, NULL),
	HOST("strict", strict, 0, WORD_NONE, NULL),
	HOST("ack-every", ack_every, 8, WORD_NUMBER, NULL),
	HOST("delayed-ack", delayed_ack, 40, WORD_MS, NULL),
	HOST("initial-window", initial_window, 10, WORD_NUMBER, NULL),
	HOST("rto-min", rto_min, 200, WORD_MS, NULL),
	HOST("syn-cookies", syn_cookies, 1, WORD_NAME, cookies),
	HOST("synack-retries", synack_retries, 5, WORD_NUMBER, NULL),
	HOST("time-wait", time_wait, 60000, WORD_MS, NULL),
	HOST("user-timeout", user_timeout, 120000, WORD_MS, NULL),
	HOST("syn-timeout", syn_timeout, 180000, WORD_MS, NULL),
	HOST("fin-timeout", fin_timeout, 60000, WORD_MS, NULL),
	HOST("max-time-wait", max_time_wait, 64, WORD_NUMBER, NULL),
	HOST("backlog", backlog, 16, WORD_NONE, NULL),
	HOST("fastopen", fastopen, 0, WORD_NONE, NULL),
	{ .name = NULL },
};

const struct soak_verb_words soak_verbs[SOAK_VERBS] = {
	[SOAK_OPEN] = { "open", { "conn", "from", "to", "v6", "data", "fastopen", "timeout_ms" } },
	[SOAK_SEND] = { "send", { "conn", "end", "bytes", "how" } },
	[SOAK_SHUTDOWN] = { "shutdown", { "conn", "end" } },
	[SOAK_CLOSE] = { "close", { "conn", "end" } },
	[SOAK_ABORT] = { "abort", { "conn", "end" } },
	[SOAK_STALL] = { "stall", { "conn", "end" } },
	[SOAK_RESUME] = { "resume", { "conn", "end" } },
	[SOAK_READ] = { "read", { "conn", "end", "how" } },
	[SOAK_SET] = { "set", { "conn", "end", "option", "value" } },
	[SOAK_CHANGE] = { "change", { "link", "back", "field", "value" } },
	[SOAK_LISTEN] = { "listen", { "host" } },
	[SOAK_UNLISTEN] = { "unlisten", { "host" } },
};

const struct soak_option soak_options[] = {
	{ "nodelay", TERN_OPT_NODELAY }, { "user-timeout", TERN_OPT_USER_TIMEOUT }, { "sndbuf", TERN_OPT_SNDBUF },
	{ "rcvbuf", TERN_OPT_RCVBUF }, { "sndlowat", TERN_OPT_SNDLOWAT }, { "rcvlowat", TERN_OPT_RCVLOWAT },
	{ "notify-sent", TERN_OPT_NOTIFY_SENT }, { "mss", TERN_OPT_MSS }, { "keepalive", TERN_OPT_KEEPALIVE },
	{ "keepidle", TERN_OPT_KEEPIDLE }, { "keepintvl", TERN_OPT_KEEPINTVL }, { "keepcnt", TERN_OPT_KEEPCNT },
	{ "linger", TERN_OPT_LINGER }, { "account", TERN_OPT_ACCOUNT }, { "r1", TERN_OPT_R1 }, { "dscp", TERN_OPT_DSCP },
	{ "congestion", TERN_OPT_CONGESTION }, { "pacing", TERN_OPT_PACING }, { "max-pacing-rate", TERN_OPT_MAX_PACING_RATE },
	{ "cork", TERN_OPT_CORK }, { "more", TERN_OPT_MORE }, { "eor", TERN_OPT_EOR }, { "quickack", TERN_OPT_QUICKACK },
	{ "notsent-lowat", TERN_OPT_NOTSENT_LOWAT }, { "df", TERN_OPT_DF },
};
const unsigned int soak_options_count = sizeof(soak_options) / sizeof(soak_options[0]);

static void
set_neutral(const struct soak_field *f, void *of)
{
	for (; f->name != NULL; f++)
		*soak_value(f, of) = f->neutral;
}

void
soak_case_init(struct soak_case *c)
{
	memset(c, 0, sizeof(*c));
	set_neutral(soak_network_fields, &c->network);
	for (unsigned int i = 0; i < SOAK_HOSTS; i++)
		set_neutral(soak_host_fields, &c->host[i]);
}

unsigned int
soak_links(const struct soak_case *c)
{
	return c->network.hosts == 2 ? 1 : (unsigned int)c->network.hosts + (c->network.dumbbell != 0);
}

/* ---- printing */

static void
print_fields(const struct soak_field *f, const void *of, FILE *to)
{
	for (; f->name != NULL; f++)
		if (soak_get(f, of) != f->neutral)
			fprintf(to, " %s=%llu", f->name, (unsigned long long)soak_get(f, of));
	fputc('\n', to);
}

static void
print_step(const struct soak_step *s, FILE *to)
{
	const struct soak_verb_words *v = &soak_verbs[s->verb];

	fprintf(to, "at %llu %s", (unsigned long long)s->at_ns, v->name);
	for (unsigned int i = 0; i < SOAK_ARGS && v->arg[i] != NULL; i++) {
		if (s->verb == SOAK_SET && i == SET_OPTION)
			fprintf(to, " option=%s", soak_options[s->arg[i]].name);
		else if (s->verb == SOAK_CHANGE && i == CHANGE_FIELD)
			fprintf(to, " field=%s", soak_direction_fields[s->arg[i]].name);
		else if (s->arg[i] != 0 || i < 2)
			fprintf(to, " %s=%llu", v->arg[i], (unsigned long long)s->arg[i]);
	}
	fputc('\n', to);
}

void
soak_print(const struct soak_case *c, FILE *to)
{
	fprintf(to, "case seed=%llu\nnetwork", (unsigned long long)c->seed);
	print_fields(soak_network_fields, &c->network, to);
	for (unsigned int i = 0; i < c->network.hosts; i++) {
		fprintf(to, "host %u", i);
		print_fields(soak_host_fields, &c->host[i], to);
	}
	for (unsigned int i = 0; i < soak_links(c); i++)
		for (unsigned int back = 0; back < 2; back++) {
			fprintf(to, "link %u %u", i, back);
			print_fields(soak_direction_fields, &c->link[i][back], to);
		}
	for (unsigned int i = 0; i < c->steps; i++)
		print_step(&c->step[i], to);
}

/* ---- parsing */

/* NAME=VALUE: cut in two. @return false when it is none */
static bool
split(char *word, char **value)
{
	*value = strchr(word, '=');
	if (*value == NULL)
		return false;
	*(*value)++ = '\0';
	return **value != '\0';
}

static bool
number(const char *text, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0';
}

static const char *
parse_fields(const struct soak_field *fields, void *of, char **rest)
{
	char *word, *value;

	while ((word = strtok_r(NULL, " \t\n", rest)) != NULL) {
		const struct soak_field *f = fields;

		if (!split(word, &value))
			return "want NAME=NUMBER";
		while (f->name != NULL && strcmp(f->name, word) != 0)
			f++;
		if (f->name == NULL)
			return "no such field";
		if (!number(value, soak_value(f, of)))
			return "want a number";
	}
	return NULL;
}

static bool
named(const struct soak_step *s, unsigned int arg, const char *value, uint64_t *index)
{
	if (s->verb == SOAK_SET && arg == SET_OPTION) {
		for (*index = 0; *index < soak_options_count; (*index)++)
			if (strcmp(soak_options[*index].name, value) == 0)
				return true;
		return false;
	}
	if (s->verb == SOAK_CHANGE && arg == CHANGE_FIELD) {
		for (*index = 0; soak_direction_fields[*index].name != NULL; (*index)++)
			if (strcmp(soak_direction_fields[*index].name, value) == 0)
				return true;
		return false;
	}
	return number(value, index);
}

static const char *
parse_step(struct soak_case *c, char **rest)
{
	struct soak_step *s = &c->step[c->steps];
	char *word = strtok_r(NULL, " \t\n", rest), *value;

	if (c->steps == SOAK_STEPS)
		return "too many steps";
	if (word == NULL || !number(word, &s->at_ns))
		return "want a time in nanoseconds";
	word = strtok_r(NULL, " \t\n", rest);
	for (s->verb = 0; s->verb < SOAK_VERBS; s->verb++)
		if (word != NULL && strcmp(soak_verbs[s->verb].name, word) == 0)
			break;
	if (s->verb == SOAK_VERBS)
		return "no such verb";
	while ((word = strtok_r(NULL, " \t\n", rest)) != NULL) {
		unsigned int i = 0;

		if (!split(word, &value))
			return "want NAME=VALUE";
		while (i < SOAK_ARGS && soak_verbs[s->verb].arg[i] != NULL && strcmp(soak_verbs[s->verb].arg[i], word) != 0)
			i++;
		if (i == SOAK_ARGS || soak_verbs[s->verb].arg[i] == NULL)
			return "the verb has no such argument";
		if (!named(s, i, value, &s->arg[i]))
			return "no such value";
	}
	c->steps++;
	return NULL;
}

static bool
index_below(char **rest, uint64_t most, uint64_t *value)
{
	char *word = strtok_r(NULL, " \t\n", rest);

	return word != NULL && number(word, value) && *value < most;
}

static const char *
parse_line(struct soak_case *c, char *text)
{
	char *rest, *word = strtok_r(text, " \t\n", &rest);
	static const struct soak_field seed[] = { { "seed", offsetof(struct soak_case, seed), 0, WORD_NONE, NULL }, { .name = NULL } };
	uint64_t i, back;

	if (word == NULL || *word == '#')
		return NULL;
	if (strcmp(word, "case") == 0)
		return parse_fields(seed, c, &rest);
	if (strcmp(word, "network") == 0)
		return parse_fields(soak_network_fields, &c->network, &rest);
	if (strcmp(word, "host") == 0)
		return !index_below(&rest, SOAK_HOSTS, &i) ? "no such host" : parse_fields(soak_host_fields, &c->host[i], &rest);
	if (strcmp(word, "link") == 0) {
		if (!index_below(&rest, SOAK_LINKS, &i) || !index_below(&rest, 2, &back))
			return "no such link";
		return parse_fields(soak_direction_fields, &c->link[i][back], &rest);
	}
	return strcmp(word, "at") == 0 ? parse_step(c, &rest) : "want case, network, host, link or at";
}

/* What the run indexes with. */
static const char *
check(const struct soak_case *c)
{
	if (c->network.hosts < 2 || c->network.hosts > SOAK_HOSTS)
		return "want 2 to 4 hosts";
	for (unsigned int i = 0; i < c->steps; i++) {
		const struct soak_step *s = &c->step[i];

		if (i > 0 && s->at_ns < s[-1].at_ns)
			return "a step comes before the one above";
		if (s->verb == SOAK_OPEN && (s->arg[OPEN_FROM] >= c->network.hosts || s->arg[OPEN_TO] >= c->network.hosts))
			return "a step opens where there is no host";
		if (s->verb == SOAK_CHANGE && (s->arg[CHANGE_LINK] >= soak_links(c) || s->arg[CHANGE_BACK] > 1))
			return "a step changes no link";
		if ((s->verb == SOAK_LISTEN || s->verb == SOAK_UNLISTEN) && s->arg[0] >= c->network.hosts)
			return "a step listens where there is no host";
		if (s->verb <= SOAK_SET && (s->arg[STEP_CONN] >= SOAK_CONNS || (s->verb != SOAK_OPEN && s->arg[STEP_END] > 1)))
			return "a step is of no connection";
	}
	return NULL;
}

const char *
soak_parse(struct soak_case *c, FILE *from, unsigned int *line)
{
	char text[1024];
	const char *wrong = NULL;

	soak_case_init(c);
	for (*line = 1; wrong == NULL && fgets(text, sizeof(text), from) != NULL; (*line)++)
		wrong = parse_line(c, text);
	return wrong != NULL ? wrong : check(c);
}
