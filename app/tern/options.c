/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdlib.h>
#include <string.h>

#include <tern/tern.h>

#include "options.h"

static const char group_devices[] = "Devices and addresses";
static const char group_stack[] = "Stack and cores";

static void
add_program(struct options *o, const struct program_option *p)
{
	o->list[o->count++] = (struct known_option){
		.name = p->name, .argument = p->argument, .fallback = p->fallback, .help = p->help,
		.group = p->group, .letter = p->letter, .repeat = p->repeat, .here = (p->commands & o->command) != 0, .program = p,
	};
}

static void
add_library(struct options *o, const struct tern_option *l)
{
	o->list[o->count++] = (struct known_option){
		.name = l->name, .argument = l->argument, .fallback = l->fallback, .help = l->help,
		.group = l->side ? group_devices : group_stack, .repeat = l->repeat, .here = true,
	};
}

static int
add_side(struct options *o, const struct tern_option *l, const char *side)
{
	size_t size = strlen(side) + strlen(l->name) + 2;
	char *name = malloc(size);

	if (name == NULL)
		return -1;
	snprintf(name, size, "%s-%s", side, l->name);
	add_library(o, l);
	o->list[o->count - 1].name = o->list[o->count - 1].owned_name = name;
	o->list[o->count - 1].side = true;
	o->list[o->count - 1].here = (o->command & (COMMAND_PAIR | COMMAND_SIM)) != 0;
	return 0;
}

int
options_init_from(struct options *o, enum command command, const struct program_option *program, size_t programs,
		  struct problem *why)
{
	const struct tern_option *library = tern_options();
	size_t libraries = 0;

	while (library[libraries].name != NULL)
		libraries++;
	*o = (struct options){ .command = command };
	o->list = calloc(programs + 3 * libraries, sizeof(*o->list));
	if (o->list == NULL)
		return problem_say(why, "no memory for the options");
	for (size_t i = 0; i < programs; i++)
		add_program(o, &program[i]);
	for (size_t i = 0; i < libraries; i++) {
		/* --seed is the program's to report and the library's to use; --pair is the command itself */
		if (options_find(o, library[i].name) != NULL || strcmp(library[i].name, "pair") == 0)
			continue;
		add_library(o, &library[i]);
		if (library[i].side &&
		    (add_side(o, &library[i], "client") != 0 || add_side(o, &library[i], "server") != 0)) {
			options_free(o);
			return problem_say(why, "no memory for the options");
		}
	}
	return 0;
}

int
options_init(struct options *o, enum command command, struct problem *why)
{
	size_t count;
	const struct program_option *table = program_options(&count);

	return options_init_from(o, command, table, count, why);
}

const char *
command_name(enum command command)
{
	return command == COMMAND_LOAD ? "load" : command == COMMAND_SERVE ? "serve" :
	       command == COMMAND_PAIR ? "pair" : "sim";
}

static void
forget_values(struct known_option *k)
{
	for (uint32_t i = 0; i < k->value_count; i++)
		free(k->values[i]);
	free(k->values);
	k->values = NULL;
	k->value_count = 0;
}

void
options_free(struct options *o)
{
	for (size_t i = 0; i < o->count; i++) {
		forget_values(&o->list[i]);
		free(o->list[i].owned_name);
	}
	free(o->list);
	free(o->words);
	*o = (struct options){ 0 };
}

const struct known_option *
options_find(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->count; i++)
		if (strcmp(o->list[i].name, name) == 0)
			return &o->list[i];
	return NULL;
}

/* How many single letters turn a into b, 9 for many: enough to guess a typing error. */
static unsigned int
distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned int row[48];

	if (la + 1 > sizeof(row) / sizeof(row[0]) || lb + 1 > sizeof(row) / sizeof(row[0]))
		return 9;
	for (size_t j = 0; j <= lb; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned int best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

static int
say_unknown(const struct options *o, const char *name, const char *where, struct problem *why)
{
	const struct known_option *nearest = NULL;
	unsigned int least = 3;

	for (size_t i = 0; i < o->count; i++) {
		unsigned int d = o->list[i].here ? distance(name, o->list[i].name) : 9;

		if (d < least) {
			least = d;
			nearest = &o->list[i];
		}
	}
	if (nearest != NULL)
		return problem_say(why, "%s: unknown option '%s'; did you mean '%s'?", where, name, nearest->name);
	return problem_say(why, "%s: unknown option '%s'; 'tern %s --help' lists them", where, name,
			   command_name(o->command));
}

static int
say_elsewhere(const struct options *o, const struct known_option *k, const char *where, struct problem *why)
{
	unsigned int commands = k->program != NULL ? k->program->commands :
				o->command == COMMAND_SIM ? COMMAND_LOAD | COMMAND_SERVE | COMMAND_PAIR : COMMAND_PAIR;
	static const enum command all[] = { COMMAND_LOAD, COMMAND_SERVE, COMMAND_PAIR, COMMAND_SIM };
	char owners[64] = "";
	size_t n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && n < sizeof(owners); i++)
		if (commands & all[i])
			n += (size_t)snprintf(owners + n, sizeof(owners) - n, "%s tern %s", n > 0 ? "," : "",
					      command_name(all[i]));
	return problem_say(why, "%s: '%s' is not an option of this command; it belongs to%s", where, k->name, owners);
}

/* A switch in a file has a value: yes keeps it, no takes it away. */
static int
read_switch(const char *name, const char *value, const char *where, bool *on, struct problem *why)
{
	static const char *const yes[] = { "yes", "true", "on", "1", NULL };
	static const char *const no[] = { "no", "false", "off", "0", NULL };

	for (size_t i = 0; yes[i] != NULL; i++) {
		if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
			*on = strcmp(value, yes[i]) == 0;
			return 0;
		}
	}
	return problem_say(why, "%s: '%s' is yes or no, found '%s'", where, name, value);
}

static int
add_value(struct known_option *k, const char *value, size_t length)
{
	char **values = realloc(k->values, (k->value_count + 1) * sizeof(*values));

	if (values == NULL)
		return -1;
	k->values = values;
	values[k->value_count] = strndup(value, length);
	if (values[k->value_count] == NULL)
		return -1;
	k->value_count++;
	return 0;
}

int
options_set(struct options *o, const char *name, const char *value, enum option_source source,
	    const char *where, struct problem *why)
{
	struct known_option *k = NULL;
	bool on = true;

	for (size_t i = 0; i < o->count && k == NULL; i++)
		if (strcmp(o->list[i].name, name) == 0)
			k = &o->list[i];
	if (k == NULL)
		return say_unknown(o, name, where, why);
	if (!k->here)
		return say_elsewhere(o, k, where, why);
	if (k->argument == NULL && value != NULL && read_switch(name, value, where, &on, why) != 0)
		return -1;
	if (k->argument != NULL && (value == NULL || value[0] == 0))
		return problem_say(why, "%s: '%s' wants a value: %s", where, name, k->argument);
	if (source < k->source)
		return 0;
	if (source > k->source || !k->repeat)
		forget_values(k);
	k->source = source;
	if (k->argument == NULL)
		return on && add_value(k, "yes", 3) != 0 ? problem_say(why, "no memory for the options") : 0;
	for (const char *p = value;; p++) {
		/* only what the library lets repeat is a list to us; elsewhere a comma is the value's own */
		size_t length = k->repeat && k->program == NULL ? strcspn(p, ",") : strlen(p);

		if (add_value(k, p, length) != 0)
			return problem_say(why, "no memory for the options");
		p += length;
		if (*p == 0)
			return 0;
	}
}

const char *
options_value(const struct options *o, const char *name)
{
	const struct known_option *k = options_find(o, name);

	if (k == NULL || !k->here)
		return NULL;
	return k->value_count > 0 ? k->values[k->value_count - 1] : k->fallback;
}

bool
options_given(const struct options *o, const char *name)
{
	const struct known_option *k = options_find(o, name);

	return k != NULL && k->value_count > 0;
}

static const char *
name_of_letter(const struct options *o, char letter)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->list[i].letter == letter)
			return o->list[i].name;
	return NULL;
}

/* One flag, at argv[*i]; *i is left at the last word that it took. */
static int
read_flag(struct options *o, int argc, char **argv, int *i, bool config_pass, struct problem *why)
{
	const char *word = argv[*i], *value = NULL, *name;
	const struct known_option *k;
	char long_name[64];

	if (word[1] == '-') {
		size_t length = strcspn(word + 2, "=");

		if (length >= sizeof(long_name))
			return problem_say(why, "command line: unknown option '%s'", word);
		memcpy(long_name, word + 2, length);
		long_name[length] = 0;
		name = long_name;
		if (word[2 + length] == '=')
			value = word + 2 + length + 1;
	} else {
		name = name_of_letter(o, word[1]);
		if (name == NULL)
			return problem_say(why, "command line: unknown option '%s'", word);
		if (word[2] != 0)
			value = word + 2;
	}
	k = options_find(o, name);
	/* at once: whether the next word is its value cannot be known */
	if (k == NULL)
		return say_unknown(o, name, "command line", why);
	if (k->argument != NULL && value == NULL) {
		if (*i + 1 >= argc)
			return problem_say(why, "command line: '%s' wants a value: %s", word, k->argument);
		value = argv[++*i];
	}
	if (config_pass)
		return strcmp(name, "config") == 0 && value != NULL ? config_read(o, value, why) : 0;
	return options_set(o, name, value, SOURCE_FLAG, "command line", why);
}

int
options_read(struct options *o, int argc, char **argv, struct problem *why)
{
	/* files first, so that a flag wins wherever it stands */
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < argc; i++) {
			if (argv[i][0] == '-' && argv[i][1] != 0) {
				if (read_flag(o, argc, argv, &i, pass == 0, why) != 0)
					return -1;
			} else if (o->command != COMMAND_LOAD) {
				return problem_say(why, "command line: '%s' is not an option, and this command takes "
						   "no target", argv[i]);
			} else if (pass == 1) {
				const struct known_option *target = options_find(o, "target");

				if (target->source == SOURCE_FLAG)
					return problem_say(why, "command line: a second target '%s'; several are one "
							   "word with commas", argv[i]);
				if (options_set(o, "target", argv[i], SOURCE_FLAG, "command line", why) != 0)
					return -1;
			}
		}
	}
	return 0;
}

char **
options_words(struct options *o, int *argc)
{
	static char program[] = "tern", pair[] = "--pair";
	size_t room = 3;
	char *text;
	int n = 0;

	for (size_t i = 0; i < o->count; i++)
		room += 2 * (size_t)o->list[i].value_count;
	/* each "--name" is kept behind the array of pointers, in the same block */
	free(o->words);
	o->words = calloc(room, sizeof(char *) + 64);
	if (o->words == NULL)
		return NULL;
	text = (char *)(o->words + room);
	o->words[n++] = program;
	if (o->command == COMMAND_PAIR)
		o->words[n++] = pair;
	for (size_t i = 0; i < o->count; i++) {
		const struct known_option *k = &o->list[i];
		bool ours = k->program != NULL && strcmp(k->name, "seed") != 0;

		for (uint32_t v = 0; v < k->value_count && !ours; v++) {
			snprintf(text, 64, "--%s", k->name);
			o->words[n++] = text;
			text += 64;
			if (k->argument != NULL)
				o->words[n++] = k->values[v];
		}
	}
	*argc = n;
	return o->words;
}
