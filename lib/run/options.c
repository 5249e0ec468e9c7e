/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdlib.h>
#include <string.h>

#include "run/check.h"
#include "run/option_table.h"

/* A word and its value, as found. */
struct given {
	const struct option *option;
	const char *name;        /* as written, with its dashes */
	const char *value;       /* NULL: a switch */
	int side;                /* -1: not said */
	char name_buf[48];
};

struct words {
	unsigned int count;
	struct given *list;
};

#define HOST_CONNECTIONS 2048u
#define HOST_HALF_OPEN 2048u
#define HOST_TIME_WAIT 8192u

static const char client_prefix[] = "client-", server_prefix[] = "server-";

/* The option that a word names, and the side in front of its name. */
static const struct option *
resolve(const char *name, size_t length, int *side)
{
	const struct option *o = option_find(name, length);
	size_t skip = sizeof(client_prefix) - 1;

	*side = -1;
	if (o != NULL || length <= skip)
		return o;
	if (strncmp(name, client_prefix, skip) == 0)
		*side = 0;
	else if (strncmp(name, server_prefix, skip) == 0)
		*side = 1;
	else
		return NULL;
	o = option_find(name + skip, length - skip);
	return o != NULL && o->shown.side ? o : NULL;
}

static int
complain_unknown(struct complaint *why, const char *name, size_t length)
{
	const struct option *nearest = option_nearest(name, length);

	if (nearest != NULL)
		return complain(why, "unknown option --%.*s; did you mean --%s?", (int)length, name, nearest->shown.name);
	return complain(why, "unknown option --%.*s; --help lists those that exist", (int)length, name);
}

/* One word of argv, and the next one if it is its value. @return words taken, or -1 */
static int
take(const char *word, const char *next, struct given *g, struct complaint *why)
{
	const char *name = word + 2;
	size_t length = strcspn(name, "=");

	if (strncmp(word, "--", 2) != 0 || length == 0)
		return complain(why, "\"%s\" is not an option; options begin with two dashes", word);
	g->option = resolve(name, length, &g->side);
	if (g->option == NULL)
		return complain_unknown(why, name, length);
	snprintf(g->name_buf, sizeof(g->name_buf), "--%.*s", (int)length, name);
	g->name = g->name_buf;
	g->value = name[length] == '=' ? name + length + 1 : NULL;
	if (g->option->kind == OPTION_SWITCH) {
		if (g->value != NULL)
			return complain(why, "%s is a switch and takes no value, but \"%s\" was given", g->name, g->value);
		return 1;
	}
	if (g->value != NULL)
		return 1;
	if (next == NULL || strncmp(next, "--", 2) == 0)
		return complain(why, "%s lacks its value; write %s %s", g->name, g->name, g->option->shown.argument);
	g->value = next;
	return 2;
}

static int
collect(struct words *words, int argc, char **argv, struct complaint *why)
{
	for (int i = 1; i < argc;) {
		struct given *g = &words->list[words->count];
		int taken = take(argv[i], i + 1 < argc ? argv[i + 1] : NULL, g, why);

		if (taken < 0)
			return -1;
		i += taken;
		for (unsigned int k = 0; k < words->count; k++) {
			const struct given *other = &words->list[k];

			if (other->option != g->option || other->side != g->side || g->option->shown.repeat)
				continue;
			if (g->value == NULL)
				return complain(why, "%s is given twice", g->name);
			return complain(why, "%s is given twice, as \"%s\" and as \"%s\"; give it once", g->name, other->value,
					g->value);
		}
		words->count++;
	}
	return 0;
}

static const char *
time_text(uint64_t ns, char *buf, size_t size)
{
	static const struct { uint64_t ns; const char *name; } units[] = {
		{ UINT64_C(86400000000000), "d" }, { UINT64_C(3600000000000), "h" }, { UINT64_C(1000000000), "s" },
		{ 1000000, "ms" }, { 1000, "us" }, { 1, "ns" },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (ns >= units[i].ns && ns % units[i].ns == 0) {
			snprintf(buf, size, "%llu%s", (unsigned long long)(ns / units[i].ns), units[i].name);
			return buf;
		}
	return "0";
}

static int
set_number(uint64_t *field, const struct option *o, const char *name, const char *value, struct complaint *why)
{
	uint64_t number;

	if (tern_parse_number(value, &number) == 0 && number >= o->min && number <= o->max) {
		*field = number;
		return 0;
	}
	return complain(why, "%s \"%s\": it takes a whole number of %llu to %llu (k M G are 1000, Ki Mi Gi 1024)", name, value,
			(unsigned long long)o->min, (unsigned long long)o->max);
}

static int
set_time(uint64_t *field, const struct option *o, const char *name, const char *value, struct complaint *why)
{
	char low[24], high[24];
	uint64_t ns;

	if (tern_parse_time(value, &ns) == 0 && ns >= o->min && ns <= o->max) {
		*field = ns;
		return 0;
	}
	return complain(why, "%s \"%s\": it takes a time of %s to %s (500us, 10s, 2h, 1d)", name, value,
			time_text(o->min, low, sizeof(low)), time_text(o->max, high, sizeof(high)));
}

/* The place of a word among those that the option knows. */
static int
find_word(const struct option *o, const char *name, const char *value, struct complaint *why)
{
	for (int i = 0; o->words[i] != NULL; i++)
		if (strcmp(o->words[i], value) == 0)
			return i;
	return complain(why, "%s \"%s\": it is one of %s", name, value, o->shown.argument);
}

static int
append_ip(struct side_options *s, const char *name, const char *value, struct complaint *why)
{
	const char *wanted;

	if (s->ips == SIDE_MAX_IPS)
		return complain(why, "%s \"%s\": at most %u addresses; further ones can be sources (--src)", name, value,
				SIDE_MAX_IPS);
	wanted = ip_word_parse(value, &s->ip[s->ips]);
	if (wanted != NULL)
		return complain(why, "%s \"%s\": it takes %s", name, value, wanted);
	s->ips++;
	return 0;
}

static int
append_gateway(struct side_options *s, const char *name, const char *value, struct complaint *why)
{
	const char *wanted;

	if (s->gateways == SIDE_MAX_GATEWAYS)
		return complain(why, "%s \"%s\": at most %u gateways", name, value, SIDE_MAX_GATEWAYS);
	wanted = gateway_parse(value, &s->gateway[s->gateways]);
	if (wanted != NULL)
		return complain(why, "%s \"%s\": it takes %s", name, value, wanted);
	s->gateways++;
	return 0;
}

static int
append_pool(struct side_options *s, const char *name, const char *value, struct complaint *why)
{
	const char *wanted;

	if (s->pools == SIDE_MAX_POOLS)
		return complain(why, "%s \"%s\": at most %u pools; FIRST-LAST makes one of many addresses", name, value,
				SIDE_MAX_POOLS);
	wanted = pool_word_parse(value, &s->pool[s->pools]);
	if (wanted != NULL)
		return complain(why, "%s \"%s\": it takes %s", name, value, wanted);
	s->pools++;
	return 0;
}

static int
set_device(struct side_options *s, const char *name, const char *value, struct complaint *why)
{
	struct complaint wrong;

	s->kind = device_parse(value, &s->device_argument, &wrong);
	if (s->kind == NULL)
		return complain(why, "%s: %s", name, wrong.text);
	s->device = value;
	return 0;
}

static int
set_cpus(struct cpu_list *list, const char *name, const char *value, struct complaint *why)
{
	const char *wanted = cpu_list_parse(value, list);

	return wanted == NULL ? 0 : complain(why, "%s \"%s\": it takes %s", name, value, wanted);
}

static int
apply(struct options *all, struct side_options *s, const struct option *o, const char *name, const char *value,
      struct complaint *why)
{
	void *field = o->shown.side ? (char *)s + o->offset : (char *)all + o->offset;
	int place;

	switch (o->kind) {
	case OPTION_SWITCH:
		*(bool *)field = true;
		return 0;
	case OPTION_NUMBER:
		return set_number(field, o, name, value, why);
	case OPTION_TIME:
		return set_time(field, o, name, value, why);
	case OPTION_WORD:
	case OPTION_TEXT:
		place = find_word(o, name, value, why);
		if (place < 0)
			return -1;
		if (o->kind == OPTION_WORD)
			*(uint64_t *)field = (uint64_t)place;
		else
			*(const char **)field = o->words[place];
		return 0;
	case OPTION_FILE:
		*(const char **)field = value;
		return *value != '\0' ? 0 : complain(why, "%s: it takes the name of a file, and this one is empty", name);
	case OPTION_DEVICE:
		return set_device(s, name, value, why);
	case OPTION_CPUS:
		return set_cpus(field, name, value, why);
	case OPTION_IP:
		return append_ip(s, name, value, why);
	case OPTION_GATEWAY:
		return append_gateway(s, name, value, why);
	case OPTION_POOL:
		return append_pool(s, name, value, why);
	}
	return -1;
}

void
options_defaults(struct options *all)
{
	struct complaint why;

	memset(all, 0, sizeof(*all));
	for (const struct option *o = option_table; o->shown.name != NULL; o++)
		for (unsigned int side = 0; side < 2 && o->shown.fallback != NULL; side++)
			apply(all, &all->side[side], o, o->shown.name, o->shown.fallback, &why);
}

static void
apply_profile(struct side_options *s)
{
	if (s->profile != PROFILE_STRICT)
		return;
	s->ack_every = 2;                             /* RFC 9293, SHLD-19 */
	s->rto_min_ns = UINT64_C(1000000000);         /* RFC 6298, 2.4 */
	s->time_wait_ns = UINT64_C(240000000000);     /* RFC 9293, 3.6.1: 2 MSL, and 3.4.2: MSL is 2 minutes */
	s->nagle = true;                              /* RFC 9293, SHLD-7 */
}

/* A pair's half of a list that names both sides' cores. */
static int
split_cpus(struct options *all, const struct given *g, struct complaint *why)
{
	struct cpu_list both;

	if (set_cpus(&both, g->name, g->value, why) != 0)
		return -1;
	if (both.count % 2 != 0)
		return complain(why, "%s \"%s\": a pair splits it in two halves, and %u cores are odd; give --client-cores and "
				"--server-cores", g->name, g->value, both.count);
	for (unsigned int side = 0; side < 2; side++) {
		all->side[side].cpus.count = both.count / 2;
		memcpy(all->side[side].cpus.cpu, both.cpu + side * both.count / 2, both.count / 2 * sizeof(both.cpu[0]));
	}
	return 0;
}

static int
apply_given(struct options *all, const struct given *g, struct complaint *why)
{
	const struct option *o = g->option;

	if (!o->shown.side)
		return apply(all, NULL, o, g->name, g->value, why);
	if (g->side >= 0)
		return apply(all, &all->side[g->side], o, g->name, g->value, why);
	if (!all->pair)
		return apply(all, &all->side[0], o, g->name, g->value, why);
	if (o->pair == PAIR_CLIENT)
		return apply(all, &all->side[0], o, g->name, g->value, why);
	if (o->kind == OPTION_CPUS)
		return split_cpus(all, g, why);
	if (o->pair == PAIR_NAMED && !(o->kind == OPTION_DEVICE && strcmp(g->value, "loop") == 0))
		return complain(why, "%s \"%s\": a pair has two sides; say --client-%s or --server-%s", g->name, g->value,
				o->shown.name, o->shown.name);
	for (unsigned int side = 0; side < 2; side++)
		if (apply(all, &all->side[side], o, g->name, g->value, why) != 0)
			return -1;
	return 0;
}

static bool
is_named(const struct given *g, const char *name)
{
	return strcmp(g->option->shown.name, name) == 0;
}

static int
apply_where(struct options *all, const struct words *words, bool profile, bool named, struct complaint *why)
{
	for (unsigned int i = 0; i < words->count; i++) {
		const struct given *g = &words->list[i];

		if (is_named(g, "profile") == profile && (g->side >= 0) == named && apply_given(all, g, why) != 0)
			return -1;
	}
	return 0;
}

/* A profile is a set of defaults, and a side's own word wins over one for both, in whatever order they stand. */
static int
apply_all(struct options *all, const struct words *words, struct complaint *why)
{
	for (unsigned int i = 0; i < words->count; i++) {
		const struct given *g = &words->list[i];

		all->pair |= g->side >= 0 || is_named(g, "pair");
		all->seeded |= is_named(g, "seed");
	}
	if (apply_where(all, words, true, false, why) != 0 || apply_where(all, words, true, true, why) != 0)
		return -1;
	for (unsigned int side = 0; side < 2; side++)
		apply_profile(&all->side[side]);
	if (apply_where(all, words, false, false, why) != 0)
		return -1;
	return apply_where(all, words, false, true, why);
}

static int
parse(struct options *all, int argc, char **argv, struct words *words, struct complaint *why)
{
	words->count = 0;
	words->list = calloc((size_t)argc + 1, sizeof(words->list[0]));
	if (words->list == NULL)
		return complain(why, "out of memory");
	for (int i = 1; i < argc; i++)
		if (argv[i] == NULL)
			return complain(why, "argument %d is a NULL pointer", i);
	if (collect(words, argc, argv, why) != 0)
		return -1;
	return apply_all(all, words, why);
}

int
options_parse(struct options *all, int argc, char **argv, struct complaint *why)
{
	struct words words;
	int result;

	options_defaults(all);
	result = parse(all, argc, argv, &words, why);
	free(words.list);
	return result != 0 ? -1 : check_options(all, why);
}

/* Hundreds of hosts share a machine. */
static void
host_defaults(struct side_options *s)
{
	s->max_connections = HOST_CONNECTIONS;
	s->max_half_open = HOST_HALF_OPEN;
	s->max_time_wait = HOST_TIME_WAIT;
}

/* One side's words, of which some would ask for what is there already; `whose` says who has no such option. */
static int
parse_some(struct options *all, int argc, char **argv, bool host, const char *whose, struct complaint *why)
{
	struct words words;
	int result;

	options_defaults(all);
	if (host)
		host_defaults(&all->side[0]);
	result = parse(all, argc, argv, &words, why);
	for (unsigned int i = 0; i < words.count && result == 0; i++) {
		const struct option *o = words.list[i].option;

		if ((!o->stack && !(host && o->host)) || words.list[i].side >= 0)
			result = complain(why, "%s: %s has no such option; it is one of tern_open()", words.list[i].name, whose);
	}
	free(words.list);
	return result != 0 ? -1 : check_side(all, 0, why);
}

int
options_parse_stack(struct options *all, int argc, char **argv, struct complaint *why)
{
	return parse_some(all, argc, argv, false, "a stack on a port that is there already", why);
}

int
options_parse_host(struct options *all, int argc, char **argv, struct complaint *why)
{
	return parse_some(all, argc, argv, true, "a host of a simulated network", why);
}
