/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

/*
 * Words of the command line and keys of a file, as text. Two tables make the
 * vocabulary: the program's own and the library's (tern_options()). What a
 * word means is settings.c's business.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "problem.h"
#include "settings.h"

enum option_kind { OPTION_NUMBER, OPTION_TIME, OPTION_WORD, OPTION_SWITCH, OPTION_TEXT };

/* One of the program's options. */
struct program_option {
	const char *group;             /* heading in the help */
	const char *name, *argument, *fallback, *help;
	char letter;                   /* "-c", or 0 */
	uint8_t commands;              /* enum command, or-ed */
	uint8_t kind;                  /* enum option_kind */
	size_t offset;                 /* in struct settings, or the command's own */
	uint64_t min, max;             /* of a number or a time */
	const char *const *words;      /* of a OPTION_WORD, ended by NULL; its place is the value */
	bool repeat;                   /* may be given more than once; a comma is the value's own */
};

const struct program_option *program_options(size_t *count);

enum option_source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_FLAG };

/* An option of either table as this command knows it. */
struct known_option {
	const char *name, *argument, *fallback, *help, *group;
	char letter;
	bool repeat, here;             /* here: this command takes it */
	bool side;                     /* a --client-x or --server-x: the help shows the plain one alone */
	const struct program_option *program;  /* NULL: the library's */
	char *owned_name;              /* of a side's option */
	/* what was chosen */
	enum option_source source;
	char **values;
	uint32_t value_count;
};

/*
 * A file's section that is no list of options. key and value are NULL at its beginning. 1: it is one, 0: it is not;
 * -1 with *why.
 */
typedef int (*option_section)(void *arg, const char *section, const char *key, const char *value, const char *where,
			      struct problem *why);

struct options {
	enum command command;
	struct known_option *list;
	size_t count;
	char **words;                  /* made by options_words() */
	option_section section;        /* NULL: every section lists options */
	void *section_arg;
};

/* The vocabulary of a command, everything at its default. 0 or -1 with *why. */
int options_init(struct options *o, enum command command, struct problem *why);
/* The same with another table than program_options(). */
int options_init_from(struct options *o, enum command command, const struct program_option *table, size_t count,
		      struct problem *why);
void options_free(struct options *o);

/* Flags, --config files and the one positional word, TARGET. 0 or -1 with *why. */
int options_read(struct options *o, int argc, char **argv, struct problem *why);

/* Set one by its name. A flag wins over a file; repeated within one source, values add up where that makes sense. */
int options_set(struct options *o, const char *name, const char *value, enum option_source source,
		const char *where, struct problem *why);

const struct known_option *options_find(const struct options *o, const char *name);
/* The value of an option, its default, or NULL. */
const char *options_value(const struct options *o, const char *name);
bool options_given(const struct options *o, const char *name);

/* The library's words, for tern_open(): argv[0] and what was chosen of its options. NULL without memory. */
char **options_words(struct options *o, int *argc);

/* settings.c: the text of one of the program's options as a value, at its offset. 0 or -1 with *why. */
int settings_store(void *settings, const struct known_option *k, const char *text, struct problem *why);

const char *command_name(enum command command);

/* config.c: every key of the file as an option. 0 or -1 with *why. */
int config_read(struct options *o, const char *path, struct problem *why);

/* check.c: what --check prints */
void check_print(FILE *out, const struct settings *s, const struct options *o);
void check_print_options(FILE *out, const struct options *o);   /* the first part of it */

/* help.c */
void help_program(FILE *out);
void help_devices(FILE *out);
void help_command(FILE *out, const struct options *o);

#endif
