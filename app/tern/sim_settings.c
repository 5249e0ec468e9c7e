/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdlib.h>
#include <string.h>

#include <tern/tern.h>

#include "sim_parse.h"
#include "sim_settings.h"

#define SECOND UINT64_C(1000000000)

/* Of the library's options what asks for a machine's device, core or memory. */
static const char *const of_a_machine[] = {
	"dev", "ip", "gw", "src", "cores", "burst", "mbufs", "capture", "capture-size", "capture-limit", "idle", "no-huge",
	"shared", "pair", "no-dad",
};

bool
sim_of_a_machine(const char *name)
{
	for (size_t i = 0; i < sizeof(of_a_machine) / sizeof(of_a_machine[0]); i++)
		if (strcmp(of_a_machine[i], name) == 0)
			return true;
	return false;
}

/* Defaults of the library's that a simulation has otherwise: sim_words.c. */
static const struct {
	const char *name, *fallback;
} otherwise[] = {
	{ "sndbuf", "by the path" }, { "window-max", "by the path" }, { "max-connections", SIM_ROOM }, { "max-half-open", SIM_ROOM },
	{ "max-time-wait", SIM_ROOM },
};

int
sim_options_init(struct options *o, struct sim_sections *sections, struct problem *why)
{
	size_t count;
	const struct program_option *table = sim_options(&count);

	if (options_init_from(o, COMMAND_SIM, table, count, why) != 0)
		return -1;
	for (size_t i = 0; i < o->count; i++) {
		struct known_option *k = &o->list[i];

		if (k->program == NULL && sim_of_a_machine(k->side ? strchr(k->name, '-') + 1 : k->name))
			k->here = false;
		for (size_t n = 0; n < sizeof(otherwise) / sizeof(otherwise[0]); n++)
			if (k->program == NULL && !k->side && strcmp(k->name, otherwise[n].name) == 0)
				k->fallback = otherwise[n].fallback;
	}
	o->section = sim_sections_take;
	o->section_arg = sections;
	return 0;
}

static const struct {
	const char *word;
	enum sim_section_kind kind;
} kinds[] = {
	{ "host", SIM_HOST }, { "switch", SIM_SWITCH }, { "link", SIM_LINK }, { "flow", SIM_FLOW },
};

static int
begin_section(struct sim_sections *all, enum sim_section_kind kind, const char *title, const char *name,
	      const char *where, struct problem *why)
{
	struct sim_section *list = realloc(all->list, (all->count + 1) * sizeof(*list));
	struct sim_section *s;

	if (list == NULL)
		return problem_say(why, "no memory for the network");
	all->list = list;
	s = &list[all->count++];
	*s = (struct sim_section){ .kind = kind, .title = strdup(title), .name = strdup(name), .where = strdup(where) };
	if (s->title == NULL || s->name == NULL || s->where == NULL)
		return problem_say(why, "no memory for the network");
	/* names stand in tables of text, with commas between the columns */
	if (strpbrk(name, ",\"'") != NULL)
		return problem_say(why, "%s: a name has no commas and no quotes", where);
	return 1;
}

static int
add_word(struct sim_section *s, const char *key, const char *value, struct problem *why)
{
	struct sim_word *words = realloc(s->words, (s->word_count + 1) * sizeof(*words));

	if (words == NULL)
		return problem_say(why, "no memory for the network");
	s->words = words;
	words[s->word_count++] = (struct sim_word){ .key = strdup(key), .value = strdup(value) };
	if (words[s->word_count - 1].key == NULL || words[s->word_count - 1].value == NULL)
		return problem_say(why, "no memory for the network");
	return 1;
}

int
sim_sections_take(void *sections, const char *section, const char *key, const char *value, const char *where,
		  struct problem *why)
{
	struct sim_sections *all = sections;
	size_t length = strcspn(section, " \t");
	const char *name = section + length + strspn(section + length, " \t");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].word) != length || strncmp(kinds[i].word, section, length) != 0)
			continue;
		if (key != NULL)
			return add_word(&all->list[all->count - 1], key, value, why);
		if (*name == 0)
			return problem_say(why, "%s: want [%s %s]", where, kinds[i].word,
					   kinds[i].kind == SIM_LINK ? "A B" : "NAME");
		return begin_section(all, kinds[i].kind, section, name, where, why);
	}
	return 0;
}

void
sim_sections_free(struct sim_sections *sections)
{
	for (unsigned int i = 0; i < sections->count; i++) {
		struct sim_section *s = &sections->list[i];

		for (unsigned int w = 0; w < s->word_count; w++) {
			free(s->words[w].key);
			free(s->words[w].value);
		}
		free(s->words);
		free(s->title);
		free(s->name);
		free(s->where);
	}
	free(sections->list);
	*sections = (struct sim_sections){ 0 };
}

const char *
sim_congestions(void)
{
	for (const struct tern_option *l = tern_options(); l->name != NULL; l++)
		if (strcmp(l->name, "congestion") == 0)
			return l->argument;
	return "";
}

bool
sim_knows_congestion(const char *name)
{
	size_t length = strlen(name);

	for (const char *p = sim_congestions(); *p != 0;) {
		size_t word = strcspn(p, "|");

		if (word == length && strncmp(p, name, length) == 0)
			return true;
		p += word + (p[word] == '|');
	}
	return false;
}

static int
check_congestion(const struct sim_settings *s, struct problem *why)
{
	char name[32];

	for (unsigned int i = 0; s->congestion != NULL && i < sim_list_length(s->congestion); i++)
		if (!sim_list_item(s->congestion, i, name, sizeof(name)) || !sim_knows_congestion(name))
			return problem_say(why, "--congestion: found '%s', want a list of %s", s->congestion,
					   sim_congestions());
	return 0;
}

/* What would be asked for and not happen. */
static int
check_fit(const struct sim_settings *s, const struct options *o, struct problem *why)
{
	static const char *const of_rr[] = { "requests", "request-size", "answer-size" };
	static const char *const of_bulk[] = { "size", "direction" };
	static const char *const files[] = { "csv", "svg", "capture" };

	for (size_t i = 0; i < sizeof(of_rr) / sizeof(of_rr[0]); i++)
		if (s->mode == SIM_BULK && options_given(o, of_rr[i]))
			return problem_say(why, "--%s belongs to --mode rr", of_rr[i]);
	for (size_t i = 0; i < sizeof(of_bulk) / sizeof(of_bulk[0]); i++)
		if (s->mode == SIM_RR && options_given(o, of_bulk[i]))
			return problem_say(why, "--%s belongs to --mode bulk", of_bulk[i]);
	if (s->capture == NULL && (options_given(o, "capture-link") || options_given(o, "capture-at")))
		return problem_say(why, "--capture-link and --capture-at belong to --capture FILE, which is missing");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (options_given(o, files[i]) && strcmp(options_value(o, files[i]), "-") == 0)
			return problem_say(why, "--%s '-': only --json writes to stdout; want a file", files[i]);
	if (s->repeat > 1 && s->capture != NULL)
		return problem_say(why, "--capture belongs to one run: without --repeat");
	if (s->hosts > s->flows)
		return problem_say(why, "--hosts %lu is more than --flows %lu: some would have nothing to do", s->hosts,
				   s->flows);
	return 0;
}

/* A network of one's own has its links, hosts and flows in sections. */
static int
check_own(const struct options *o, struct problem *why)
{
	static const char *const of_dumbbell[] = { "flows", "hosts", "stagger" };
	const char *found = NULL;

	for (size_t i = 0; i < sizeof(of_dumbbell) / sizeof(of_dumbbell[0]); i++)
		if (options_given(o, of_dumbbell[i]))
			found = of_dumbbell[i];
	for (size_t i = 0; i < o->count; i++) {
		const struct known_option *k = &o->list[i];
		bool of_path = strncmp(k->group, "The path", 8) == 0 || strncmp(k->group, "What is bad", 11) == 0;

		if (k->value_count > 0 && ((of_path && strcmp(k->name, "mtu") != 0) || (k->side && k->here)))
			found = k->name;
	}
	if (found == NULL)
		return 0;
	return problem_say(why,
			   "--%s belongs to the dumbbell; the network has sections of its own: [host NAME], [link A B] and "
			   "[flow NAME] take it there",
			   found);
}

int
sim_settings_read(struct sim_settings *s, const struct options *o, const struct sim_sections *sections,
		  struct problem *why)
{
	*s = (struct sim_settings){ .duration_ns = 0 };
	for (size_t i = 0; i < o->count; i++) {
		const struct known_option *k = &o->list[i];
		const char *text = options_value(o, k->name);

		if (k->program != NULL && k->here && k->program->offset != SIZE_MAX && text != NULL &&
		    settings_store(s, k, text, why) != 0)
			return -1;
	}
	s->endless = s->mode == SIM_BULK ? s->size == 0 : s->requests == 0;
	if (s->size == 0)
		s->size = SIM_NO_END;
	if (s->requests == 0)
		s->requests = SIM_NO_END;
	if (check_congestion(s, why) != 0 || check_fit(s, o, why) != 0)
		return -1;
	if (sections->count > 0)
		return check_own(o, why);
	if (s->duration_ns == 0)
		s->duration_ns = s->endless ? 30 * SECOND : SIM_NO_END;
	if (s->warmup_ns >= s->duration_ns)
		return problem_say(why, "--warmup leaves nothing of --duration to measure");
	if (s->endless && s->stagger_ns * (s->flows - 1) >= s->duration_ns)
		return problem_say(why, "--stagger: the last of %lu flows would begin when --duration is over",
				   s->flows);
	return 0;
}
