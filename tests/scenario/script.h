/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SCENARIO_SCRIPT_H
#define SCENARIO_SCRIPT_H

/* Scenario files as blocks of lines, and lines as words. What a line means is not known here. */

#include <stdbool.h>
#include <stddef.h>

struct script_line {
	unsigned int number;
	char *text;               /* no comment, no space at either end, never empty */
};

struct script_block {
	char *name;               /* a scenario's sentence, or a routine's name */
	bool routine;
	const char *file;
	unsigned int number;
	struct script_line *line;
	unsigned int lines;
};

struct script {
	struct script_block *block;
	unsigned int blocks;
	char **file;              /* each file is read once, however often included */
	unsigned int files;
	char error[512];
};

/* 0, or -1 with script->error set. */
int script_load(struct script *script, const char *path);
void script_free(struct script *script);
/* For other readers: the script keeps copies. A file's name, as blocks refer to it; a block; a line of it. */
const char *script_add_file(struct script *script, const char *path);
struct script_block *script_add_block(struct script *script, const char *file, unsigned int number, const char *name, bool routine);
void script_add_line(struct script_block *block, unsigned int number, const char *text);
/* Lines from `first` on become the first ones. */
void script_rotate(struct script_block *block, unsigned int first);
const struct script_block *script_routine(const struct script *script, const char *name);

/* A line's words. Text between < > is one word, and so is text between quotes (without them). */
#define WORDS 32u
struct words {
	char text[512];
	char *word[WORDS];
	unsigned int count;
};
/* false when the line is too long or a bracket stays open */
bool words_split(struct words *w, const char *line);
/* a copy to take apart */
void words_copy(struct words *to, const struct words *from);

/* One combination of the conditions that a scenario is run under. */
struct variant {
	bool v6, no_timestamps, no_wscale, no_sack, wrap;
};
#define VARIANTS 32u
/* Those of the block's "with" lines, by default both families. 0: a condition is unknown, named in error. */
unsigned int script_variants(const struct script_block *block, struct variant variants[VARIANTS], char *error, size_t size);
void variant_name(const struct variant *v, char *text, size_t size);
/* Whether a condition such as "v4", "nots" holds; -1: no such condition. */
int variant_has(const struct variant *v, const char *condition);

/* marks.c. Only virtual time ("virtual") or only Tern ("only tern REASON") can run it. */
bool script_is_left_out(const struct script_block *block);
/* False, and why, when the marks of its head do not fit its lines. */
bool script_marks(const struct script_block *block, char *error, size_t size);

#endif
