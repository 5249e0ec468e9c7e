/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

static int
wrong(struct script *script, const char *path, unsigned int number, const char *what, const char *found)
{
	snprintf(script->error, sizeof(script->error), "%s:%u: %s: %s", path, number, what, found);
	return -1;
}

static char *
trim(char *text)
{
	char *end;
	bool quoted = false;

	for (char *p = text; *p != '\0'; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (*p == '#' && !quoted) {
			*p = '\0';
			break;
		}
	}
	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

static char *
copy(const char *text)
{
	char *p = strdup(text);

	if (p == NULL)
		abort();
	return p;
}

/* Room for one more, in steps that double. */
static void *
grow(void *array, unsigned int count, size_t size)
{
	if (count != 0 && (count & (count - 1)) != 0)
		return array;
	array = realloc(array, (count == 0 ? 1 : count * 2u) * size);
	if (array == NULL)
		abort();
	return array;
}

struct script_block *
script_add_block(struct script *script, const char *file, unsigned int number, const char *name, bool routine)
{
	struct script_block *b;

	script->block = grow(script->block, script->blocks, sizeof(*script->block));
	b = &script->block[script->blocks++];
	*b = (struct script_block){ .name = copy(name), .routine = routine, .file = file, .number = number };
	return b;
}

void
script_add_line(struct script_block *b, unsigned int number, const char *text)
{
	b->line = grow(b->line, b->lines, sizeof(*b->line));
	b->line[b->lines++] = (struct script_line){ .number = number, .text = copy(text) };
}

void
script_rotate(struct script_block *b, unsigned int first)
{
	for (unsigned int i = first; i < b->lines; i++) {
		struct script_line line = b->line[i];

		memmove(&b->line[i - first + 1], &b->line[i - first], first * sizeof(line));
		b->line[i - first] = line;
	}
}

const char *
script_add_file(struct script *script, const char *path)
{
	script->file = grow(script->file, script->files, sizeof(*script->file));
	return script->file[script->files++] = copy(path);
}

static int
include(struct script *script, const char *from, unsigned int number, const char *name)
{
	const char *slash = strrchr(from, '/');
	char path[512];
	int n = snprintf(path, sizeof(path), "%.*s%s", slash != NULL ? (int)(slash - from + 1) : 0, from, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return wrong(script, from, number, "path too long", name);
	for (unsigned int i = 0; i < script->files; i++)
		if (strcmp(script->file[i], path) == 0)
			return 0;
	return script_load(script, path);
}

/* -1: error; 0: not a line of structure; 1: done */
static int
structure(struct script *script, const char *file, unsigned int number, char *text)
{
	if (strncmp(text, "scenario ", 9) == 0) {
		for (unsigned int i = 0; i < script->blocks; i++)
			if (!script->block[i].routine && strcmp(script->block[i].name, trim(text + 9)) == 0)
				return wrong(script, file, number, "a scenario of this name exists", text + 9);
		script_add_block(script, file, number, trim(text + 9), false);
		return 1;
	}
	if (strncmp(text, "routine ", 8) == 0) {
		script_add_block(script, file, number, trim(text + 8), true);
		return 1;
	}
	if (strncmp(text, "include ", 8) == 0)
		return include(script, file, number, trim(text + 8)) == 0 ? 1 : -1;
	return 0;
}

int
script_load(struct script *script, const char *path)
{
	char buffer[1024];
	const char *file;
	unsigned int number = 0;
	bool in_block = false;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return wrong(script, path, 0, "cannot be read", path);
	file = script_add_file(script, path);
	while (fgets(buffer, sizeof(buffer), f) != NULL) {
		char *text = trim(buffer);
		int done;

		number++;
		if (*text == '\0')
			continue;
		done = structure(script, file, number, text);
		if (done == 0 && !in_block)
			done = wrong(script, file, number, "a line before the first scenario or routine", text);
		if (done < 0) {
			fclose(f);
			return -1;
		}
		if (done != 0) {
			in_block = strncmp(text, "include ", 8) != 0;
			continue;
		}
		script_add_line(&script->block[script->blocks - 1], number, text);
	}
	fclose(f);
	return 0;
}

void
script_free(struct script *script)
{
	for (unsigned int i = 0; i < script->blocks; i++) {
		for (unsigned int k = 0; k < script->block[i].lines; k++)
			free(script->block[i].line[k].text);
		free(script->block[i].line);
		free(script->block[i].name);
	}
	for (unsigned int i = 0; i < script->files; i++)
		free(script->file[i]);
	free(script->block);
	free(script->file);
}

const struct script_block *
script_routine(const struct script *script, const char *name)
{
	for (unsigned int i = 0; i < script->blocks; i++)
		if (script->block[i].routine && strcmp(script->block[i].name, name) == 0)
			return &script->block[i];
	return NULL;
}

bool
words_split(struct words *w, const char *line)
{
	char *out = w->text, *limit = w->text + sizeof(w->text) - 1;
	const char *p = line;

	w->count = 0;
	for (;;) {
		char closing = '\0';

		while (isspace((unsigned char)*p))
			p++;
		if (*p == '\0')
			return true;
		if (w->count == WORDS)
			return false;
		w->word[w->count++] = out;
		if (*p == '"')
			closing = '"';
		else if (*p == '<' && p[1] != '\0' && p[1] != '<' && !isspace((unsigned char)p[1]))
			closing = '>';   /* a lone < or << is the mark of a segment that arrives */
		if (closing == '"')
			p++;
		while (*p != '\0' && (closing != '\0' ? *p != closing : !isspace((unsigned char)*p))) {
			if (out == limit)
				return false;
			*out++ = *p++;
		}
		if (closing != '\0') {
			if (*p != closing || out == limit)
				return false;
			if (closing == '>')
				*out++ = *p;
			p++;
		}
		if (out == limit)
			return false;
		*out++ = '\0';
	}
}

void
words_copy(struct words *to, const struct words *from)
{
	*to = *from;
	for (unsigned int i = 0; i < to->count; i++)
		to->word[i] = to->text + (from->word[i] - from->text);
}
