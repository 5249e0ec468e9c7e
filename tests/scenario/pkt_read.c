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
	if (*end != '\0')
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
seconds(struct pkt_reader *x, double *value)
{
	const struct pkt_token *t = pkt_now(x);

	if (t->kind != PKT_NUMBER || t->text[0] == '-')
		return pkt_wrong(x, t->line, NULL, "wanted a time in seconds (0, 0.1, +.1, +0~+.1, +0...0.1, *)");
	*value = strtod(t->text, NULL);
	x->at++;
	return true;
}

static bool
read_time(struct pkt_reader *x, struct pkt_time *t)
{
	*t = (struct pkt_time){ .kind = PKT_TIME_ABSOLUTE };
	if (pkt_is_mark(x, '*')) {
		x->at++;
		t->kind = PKT_TIME_ANY;
		return true;
	}
	if (pkt_is_mark(x, '+')) {
		x->at++;
		t->kind = PKT_TIME_RELATIVE;
	}
	if (!seconds(x, &t->from))
		return false;
	t->to = t->from;
	if (!pkt_is_mark(x, '~'))
		return true;
	x->at++;
	t->range = true;
	if (t->kind == PKT_TIME_RELATIVE && !pkt_take_mark(x, '+'))
		return false;
	return seconds(x, &t->to) && (t->to >= t->from || pkt_wrong(x, pkt_now(x)->line, NULL, "a time range that ends before it begins"));
}

void
pkt_when_sent(const struct pkt_reader *x, const struct pkt_time *t, double since, char *text, size_t size)
{
	double base = t->kind == PKT_TIME_RELATIVE && x->known ? x->now : 0;
	double early = x->tolerance, from, to;
	bool absolute = t->kind == PKT_TIME_ABSOLUTE || x->known;

	if (t->kind == PKT_TIME_ANY) {
		snprintf(text, size, "+0s..1h ");
		return;
	}
	if (since * x->tolerance_percent / 100 > early)
		early = since * x->tolerance_percent / 100;
	from = base + t->from - early;
	to = base + t->to + early;
	snprintf(text, size, "%c%.6gms..%.6gms ", absolute ? '@' : '+', from > 0 ? from * 1e3 : 0, to * 1e3);
}

/* The call that waits has returned when what comes now is later than its end, or is a call itself. */
static bool
finish_pending(struct pkt_reader *x, bool call, double until)
{
	struct pkt_call c = x->pending;
	unsigned int at = x->at;
	bool ok;

	if (c.name == NULL || (until <= c.until && !(call && until >= c.until)))
		return true;
	if (call && until < c.until)
		return pkt_wrong(x, pkt_now(x)->line, NULL, "a call while another waits: only one may");
	x->pending.name = NULL;
	c.waits = false;
	snprintf(x->when, sizeof(x->when), "@%.9gs ", c.until);
	ok = pkt_call_run(x, &c);
	x->at = at;
	return ok;
}

/* Where an event that is not a range stands; what is to come before it does. */
static bool
advance(struct pkt_reader *x, const struct pkt_time *t, bool call)
{
	double then = t->kind == PKT_TIME_RELATIVE ? x->now + t->from : t->kind == PKT_TIME_ANY ? x->now : t->from;
	bool known = t->kind == PKT_TIME_ABSOLUTE || (t->kind == PKT_TIME_RELATIVE && x->known);

	x->when[0] = '\0';
	if ((!known || t->range) && x->known && x->now >= x->pending.until && !finish_pending(x, true, x->now))
		return false;
	if (x->pending.name != NULL && (!known || t->range))
		return pkt_wrong(x, pkt_now(x)->line, NULL, "while a call waits, times must be plain ones (not *, and no range)");
	if (t->kind == PKT_TIME_ABSOLUTE && x->known && then < x->now)
		return pkt_wrong(x, pkt_now(x)->line, NULL, "an event before the one above it");
	if (!finish_pending(x, call, then))
		return false;
	x->then = then;
	if (known && (!x->known || then > x->now))
		snprintf(x->when, sizeof(x->when), "@%.9gs ", then);
	else if (!known && t->from > 0)
		snprintf(x->when, sizeof(x->when), "+%.9gs ", t->from);
	return true;
}

/* After an event of this time. */
static void
settle(struct pkt_reader *x, const struct pkt_time *t)
{
	if (t->kind == PKT_TIME_ANY || t->range) {
		x->known = false;
		return;
	}
	if (t->kind == PKT_TIME_ABSOLUTE)
		x->now = t->from;
	else
		x->now += t->from;
	x->known |= t->kind == PKT_TIME_ABSOLUTE;
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
	if (c.waits && (!x->known || c.until < x->then))
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

	if (!read_time(x, &when))
		return false;
	t = pkt_now(x);
	x->line = t->line;
	packet = pkt_is_mark(x, '<') || pkt_is_mark(x, '>');
	if (!advance(x, &when, t->kind == PKT_WORD || t->kind == PKT_DOTS))
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
	settle(x, &when);
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
	return finish_pending(x, true, 1e9);
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
