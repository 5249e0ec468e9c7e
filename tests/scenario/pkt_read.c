/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A packetdrill script from its first line to its last: the head, and events with their times. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

bool
pkt_wrong(struct pkt_reader *x, unsigned int line, const char *found, const char *wanted)
{
	char shown[80];

	if (x->failed)
		return false;
	x->failed = true;
	if (found == NULL)
		found = pkt_now(x)->text;
	snprintf(shown, sizeof(shown), "%.*s%s", 60, found, strlen(found) > 60 ? "..." : "");
	for (char *p = shown; *p != '\0'; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	snprintf(x->script->error, sizeof(x->script->error), "%s:%u: found \"%s\"; %s", x->path, line, shown, wanted);
	return false;
}

const struct pkt_token *
pkt_now(const struct pkt_reader *x)
{
	return &x->token[x->at];
}

bool
pkt_is_mark(const struct pkt_reader *x, char mark)
{
	return pkt_now(x)->kind == PKT_MARK && pkt_now(x)->text[0] == mark;
}

bool
pkt_is_word(const struct pkt_reader *x, const char *word)
{
	return pkt_now(x)->kind == PKT_WORD && strcmp(pkt_now(x)->text, word) == 0;
}

bool
pkt_take_mark(struct pkt_reader *x, char mark)
{
	char wanted[32];

	if (pkt_is_mark(x, mark)) {
		x->at++;
		return true;
	}
	snprintf(wanted, sizeof(wanted), "wanted \"%c\"", mark);
	return pkt_wrong(x, pkt_now(x)->line, NULL, wanted);
}

bool
pkt_take_number(struct pkt_reader *x, const char *wanted, int64_t *value)
{
	const struct pkt_token *t = pkt_now(x);
	char *end;

	if (t->kind != PKT_NUMBER)
		return pkt_wrong(x, t->line, NULL, wanted);
	*value = strtoll(t->text, &end, strncmp(t->text, "0x", 2) == 0 ? 16 : 10);
	if (*end != '\0' || strlen(t->text) > 15)   /* beyond what sums and products of it have room for */
		return pkt_wrong(x, t->line, NULL, wanted);
	x->at++;
	return true;
}

void
pkt_say(struct pkt_reader *x, const char *format, ...)
{
	char text[600];
	int used = snprintf(text, sizeof(text), "%s", x->when);
	va_list ap;

	va_start(ap, format);
	vsnprintf(text + used, sizeof(text) - (size_t)used, format, ap);
	va_end(ap);
	while (text[0] != '\0' && text[strlen(text) - 1] == ' ')
		text[strlen(text) - 1] = '\0';
	x->when[0] = '\0';
	script_add_line(x->block, x->line, text);
}

void
pkt_speak(struct pkt_reader *x, struct pkt_flow *f)
{
	if (x->speaks == f)
		return;
	x->speaks = f;
	pkt_say(x, "flow %s", f->name);
}

struct pkt_flow *
pkt_flow_new(struct pkt_reader *x, bool active)
{
	struct pkt_flow *f;

	if (x->flows == PKT_FLOWS) {
		pkt_wrong(x, pkt_now(x)->line, NULL, "more connections than the runner has flows");
		return NULL;
	}
	f = &x->flow[x->flows];
	*f = (struct pkt_flow){ .active = active };
	snprintf(f->name, sizeof(f->name), "%c", 'a' + (int)x->flows++);
	if (x->flows == 1)
		x->speaks = f;   /* every case begins with a */
	x->under_test = f;
	x->listening = false;
	return f;
}

static bool
call_event(struct pkt_reader *x, const struct pkt_time *t)
{
	struct pkt_call c;

	if (t->range)
		return pkt_wrong(x, pkt_now(x)->line, NULL, "a call wants one time, or +FROM...TO when it waits");
	if (!pkt_call_read(x, &c))
		return false;
	if (c.waits && t->kind == PKT_TIME_RELATIVE)
		c.until += x->now;
	if (c.waits && ((!x->known && t->kind != PKT_TIME_ABSOLUTE) || c.until < x->then))
		return pkt_wrong(x, c.line, c.name, "a call that waits must stand at a known time and end after it");
	if (c.until <= x->then)
		c.waits = false;
	return pkt_call_run(x, &c);
}

static bool
event(struct pkt_reader *x)
{
	const struct pkt_token *t;
	struct pkt_time when;
	bool packet, ok;

	if (!pkt_time_read(x, &when))
		return false;
	t = pkt_now(x);
	x->line = t->line;
	packet = pkt_is_mark(x, '<') || pkt_is_mark(x, '>');
	if (!pkt_time_advance(x, &when, t->kind == PKT_WORD || t->kind == PKT_DOTS))
		return false;
	if (packet) {
		ok = pkt_packet(x, &when);
	} else if (t->kind == PKT_COMMAND) {
		x->at++;
		ok = pkt_command(x, t, false);
	} else if (t->kind == PKT_CODE) {
		x->at++;
		ok = pkt_code(x, t);
	} else if (t->kind == PKT_WORD || t->kind == PKT_DOTS) {
		ok = call_event(x, &when);
	} else {
		return pkt_wrong(x, t->line, NULL, "wanted a packet (< or >), a system call, %{ code }% or a `command`");
	}
	if (ok && x->when[0] != '\0')
		pkt_say(x, "%s", "");   /* nothing to do, but time passes */
	pkt_time_settle(x, &when);
	return ok;
}

static bool
read_all(struct pkt_reader *x)
{
	bool first = true;

	while (pkt_now(x)->kind == PKT_OPTION)
		if (!pkt_option(x))
			return false;
	for (; pkt_now(x)->kind != PKT_END; first = false) {
		const struct pkt_token *t = pkt_now(x);

		if (t->kind == PKT_COMMAND) {
			/* before the first event, or behind the last one, to put things back as they were */
			x->at++;
			if (!pkt_command(x, t, first))
				return false;
			continue;
		}
		if (!event(x))
			return false;
	}
	x->when[0] = '\0';
	return pkt_finish_pending(x, true, 1e9);
}

static char *
contents(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t used = 0, size = 0;
	char *text = NULL;

	if (f == NULL)
		return NULL;
	do {
		size = size * 2 + 4096;
		text = realloc(text, size);
		if (text == NULL)
			abort();
		used += fread(text + used, 1, size - used - 1, f);
	} while (used == size - 1);
	text[used] = '\0';
	fclose(f);
	return text;
}

bool
pkt_is(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && strcmp(path + n - 4, ".pkt") == 0;
}

int
pkt_load(struct script *script, const char *path, char *const *define, unsigned int defines)
{
	struct pkt_reader *x = calloc(1, sizeof(*x));
	const char *slash = strrchr(path, '/'), *wrong;
	char *text = contents(path);
	unsigned int line = 0;
	bool ok;

	if (x == NULL)
		abort();
	x->script = script;
	x->path = script_add_file(script, path);
	x->tolerance = 0.004;
	x->tolerance_percent = 12.5;
	x->listener = -1;
	x->known = true;
	if (text == NULL) {
		snprintf(script->error, sizeof(script->error), "%s: cannot be read", path);
		free(x);
		return -1;
	}
	x->block = script_add_block(script, x->path, 1, slash != NULL ? slash + 1 : path, false);
	wrong = pkt_lex(text, &x->token, &line);
	if (wrong != NULL) {
		snprintf(script->error, sizeof(script->error), "%s:%u: %s", path, line, wrong);
		ok = false;
	} else {
		for (unsigned int i = 0; i < defines; i++)
			pkt_define(x->token, define[i]);
		/* the event API counts from when it is asked to: at once, so SYNs are not counted as Linux does */
		x->counts = strstr(text, "tcpi_bytes_") != NULL || strstr(text, "tcpi_data_segs") != NULL ||
			    strstr(text, "tcpi_last_") != NULL || strstr(text, "tcpi_dsack") != NULL;
		ok = read_all(x);
	}
	if (ok) {
		unsigned int conversation = x->block->lines;

		script_add_line(x->block, 1, x->v6 ? "with v6" : "with v4");
		script_add_line(x->block, 1, "may leave");   /* what comes behind the last line the tool does not see */
		pkt_say_config(x);
		script_rotate(x->block, conversation);
	}
	pkt_lex_free(x->token);
	free(text);
	free(x);
	return ok ? 0 : -1;
}

void
pkt_print(const struct script_block *block)
{
	printf("scenario %s\n", block->name);
	for (unsigned int i = 0; i < block->lines; i++)
		printf("\t%s\n", block->line[i].text);
}
