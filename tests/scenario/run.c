/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A case from a new host to an empty one: time, packets in and out, and the lines one after the other. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt_write.h"
#include "run.h"

#define START_NS UINT64_C(1000000000000)   /* far enough from 0 that no deadline underflows */
#define DRAIN_NS UINT64_C(600000000000)    /* beyond every timeout there is */
#define ROUTINE_DEPTH 8u

bool
run_fail(struct run *r, const char *format, ...)
{
	size_t used = 0;
	va_list ap;

	if (r->failed)
		return false;
	r->failed = true;
	if (r->line != NULL)
		used = (size_t)snprintf(r->failure, sizeof(r->failure), "%s:%u: %s\n", r->file, r->line->number, r->line->text);
	if (used >= sizeof(r->failure))
		return false;
	va_start(ap, format);
	vsnprintf(r->failure + used, sizeof(r->failure) - used, format, ap);
	va_end(ap);
	return false;
}

void
run_log(struct run *r, const char *format, ...)
{
	char text[600];
	va_list ap;
	int n, at;

	at = snprintf(text, sizeof(text), "%12.6f  ", (double)(r->now_ns - r->start_ns) / 1e9);
	va_start(ap, format);
	n = vsnprintf(text + at, sizeof(text) - (size_t)at - 1, format, ap);
	va_end(ap);
	if (n < 0)
		return;
	n = (int)strlen(text);
	text[n++] = '\n';
	if (r->log_used + (size_t)n + 1 > r->log_size) {
		char *bigger = realloc(r->log, r->log_size * 2 + 4096);

		if (bigger == NULL)
			return;
		r->log = bigger;
		r->log_size = r->log_size * 2 + 4096;
	}
	memcpy(r->log + r->log_used, text, (size_t)n);
	r->log_used += (size_t)n;
	r->log[r->log_used] = '\0';
}

void
run_log_packet(struct run *r, const struct packet *p, const struct flow *f, const char *mark)
{
	bool out = mark[0] == '>';
	struct packet_bases bases = { 0 };
	char text[512];

	if (f != NULL) {
		bases.seq = out ? f->iss : f->isn;
		bases.ack = out ? f->isn : f->iss;
		bases.tsval = out ? f->ts_host : f->ts_peer;
		bases.tsecr = out ? f->ts_peer : f->ts_host;
		bases.wscale = out ? flow_host_shift(f) : flow_peer_shift(f);
	}
	packet_print(p, &bases, text, sizeof(text));
	run_log(r, "%s %s%s%s", mark, text, f != NULL && r->flows > 1 ? " " : "", f != NULL && r->flows > 1 ? f->name : "");
}

bool
run_hold(struct run *r, void *data)
{
	if (r->helds == RUN_HELD) {
		free(data);
		return run_fail(r, "more than %u sends by reference", RUN_HELD);
	}
	r->held[r->helds++] = data;
	return true;
}

void
run_inject(struct run *r, const struct packet *p)
{
	uint8_t frame[PACKET_FRAME * 2];

	if (p->pieces.cut) {
		fragment_inject(r, p);
		return;
	}
	r->ops->inject(r->host, frame, packet_build(p, frame));
}

/* One frame that the host sent: checked, then kept for a line that expects it. True if the host got an answer to it. */
static bool
take_frame(struct run *r, const uint8_t *frame, uint32_t length, uint64_t time_ns)
{
	struct packet *p = &r->queue[r->queued];
	const char *wrong = packet_parse(p, frame, length);
	struct flow *f = wrong == NULL && p->kind == PACKET_TCP ? flow_of(r, p) : NULL;

	p->time_ns = time_ns;
	if (r->draining) {
		neighbour_answer(r, p);
		return p->kind == PACKET_SOLICIT;
	}
	if (wrong != NULL)
		run_fail(r, "the host sent a bad frame: %s", wrong);
	else if (memcmp(p->src_mac, run_host_mac, 6) != 0)
		run_fail(r, "the host sent from a link address that is not its own");
	else if (p->kind == PACKET_TCP && f == NULL)
		run_fail(r, "the host sent a segment of no known flow (%u > %u)", p->sport, p->dport);
	else if (f != NULL)
		flow_host_sent(r, f, p);
	run_log_packet(r, p, f, ">");
	if ((p->kind == PACKET_SOLICIT || p->kind == PACKET_ADVERTISE) && !r->manual_neighbours) {
		neighbour_answer(r, p);
		return p->kind == PACKET_SOLICIT;
	}
	if (++r->queued == RUN_QUEUE - 1) {
		run_fail(r, "more than %u packets that no line expects", r->queued);
		r->queued--;
	}
	return false;
}

/* Takes what the host has sent and told. True if it has something to react to. */
static bool
collect(struct run *r)
{
	uint8_t frame[PACKET_FRAME];
	struct backend_event e;
	uint64_t time_ns;
	uint32_t length;
	bool again = false;

	r->now_ns = r->ops->now(r->host);
	while ((length = r->ops->collect(r->host, frame, sizeof(frame), &time_ns)) != 0)
		again |= take_frame(r, frame, length, time_ns);
	while (r->ops->event(r->host, &e))
		verb_event(r, &e);
	again |= verb_writes_go_on(r);
	return again;
}

static bool
is_queued(const struct run *r, bool (*wanted)(const struct run *r, const struct packet *p))
{
	for (unsigned int i = 0; wanted != NULL && i < r->queued; i++)
		if (wanted(r, &r->queue[i]))
			return true;
	return false;
}

bool
run_until(struct run *r, uint64_t until_ns, bool (*wanted)(const struct run *r, const struct packet *p))
{
	for (;;) {
		const char *trouble = r->ops->wait(r->host, until_ns);
		bool again;

		if (trouble != NULL)
			return run_fail(r, "%s", trouble);
		again = collect(r);
		if (r->failed)
			return false;
		if (is_queued(r, wanted) && until_ns > r->now_ns)
			until_ns = r->now_ns;   /* what was answered with it may have more to follow, but no later */
		if (!again && r->now_ns >= until_ns)
			return true;
	}
}

bool
run_settle(struct run *r)
{
	uint64_t now_ns = r->now_ns;

	/* twice at least: the first may stop at a frame with more behind it */
	return run_until(r, now_ns, NULL) && run_until(r, now_ns, NULL);
}

bool
run_take(struct run *r, uint64_t from_ns, uint64_t to_ns, bool (*wanted)(const struct run *r, const struct packet *p),
	 struct packet *p)
{
	if (!is_queued(r, wanted) && !run_until(r, to_ns, wanted))
		return false;
	for (unsigned int i = 0; i < r->queued; i++) {
		if (!wanted(r, &r->queue[i]))
			continue;
		*p = r->queue[i];
		memmove(&r->queue[i], &r->queue[i + 1], (--r->queued - i) * sizeof(*p));
		if (p->time_ns < from_ns)
			return run_fail(r, "came %.3f ms too early", (double)(from_ns - p->time_ns) / 1e6);
		return true;
	}
	return run_fail(r, "nothing was sent");
}

/* "+200ms" or "+180ms..220ms"; with "@" for the "+" the times are of the case, not from now on */
static bool
read_delay(struct run *r, const char *text, uint64_t *from_ns, uint64_t *to_ns)
{
	char first[64];
	const char *dots = strstr(text, "..");

	snprintf(first, sizeof(first), "%.*s", dots != NULL ? (int)(dots - text - 1) : (int)sizeof(first) - 1, text + 1);
	if (!run_time(r, first, from_ns))
		return false;
	if (dots == NULL && text[0] == '@') {
		*to_ns = *from_ns;
		return true;
	}
	if (dots == NULL) {
		*to_ns = *from_ns + RUN_TIME_TOLERANCE_NS;
		*from_ns -= *from_ns < RUN_TIME_TOLERANCE_NS ? *from_ns : RUN_TIME_TOLERANCE_NS;
		return true;
	}
	return run_time(r, dots + 2, to_ns);
}

static bool run_lines(struct run *r, const struct script_block *block, unsigned int from, unsigned int to);

static bool
use_routine(struct run *r, const char *name)
{
	const struct script_block *routine = script_routine(r->script, name);
	const struct script_line *line = r->line;
	const char *file = r->file;
	bool ok;

	if (routine == NULL)
		return run_fail(r, "no routine %s", name);
	if (r->depth == ROUTINE_DEPTH)
		return run_fail(r, "routines that use each other too deeply");
	r->depth++;
	ok = run_lines(r, routine, 0, routine->lines);
	r->depth--;
	r->line = line;
	r->file = file;
	return ok;
}

/* From and to count from base_ns. In real time all may be somewhat late, or have come while the line before was at work. */
static bool
expect_packet(struct run *r, const struct words *w, unsigned int i, uint64_t base_ns, uint64_t from_ns, uint64_t to_ns)
{
	if (!r->ops->virtual_time) {
		/* the kernel's timers are late by up to an eighth of their time */
		to_ns += r->tolerance_ns > to_ns / 8 ? r->tolerance_ns : to_ns / 8;
		from_ns -= from_ns < r->tolerance_ns ? from_ns : r->tolerance_ns;
	}
	to_ns += base_ns;
	from_ns = from_ns == 0 && !r->ops->virtual_time ? 0 : from_ns + base_ns;
	if (i + 1 < w->count && (neighbour_is(w->word[i + 1]) || icmp_is(w->word[i + 1])))
		pkt_write_line(r, "of what is sent, scripts are written with segments");
	if (i + 1 < w->count && neighbour_is(w->word[i + 1]))
		return neighbour_expect(r, w, i + 1, from_ns, to_ns);
	if (i + 1 < w->count && icmp_is(w->word[i + 1]))
		return icmp_expect(r, w, i + 1, from_ns, to_ns);
	return segment_expect(r, w, i + 1, from_ns, to_ns);
}

/* A line without its time and conditions, which took `skip` words. */
static bool
run_words(struct run *r, struct words *w, unsigned int skip)
{
	const char *word = w->word[skip];

	w->count -= skip;
	memmove(w->word, w->word + skip, w->count * sizeof(w->word[0]));
	if (strcmp(word, "<") == 0 || strcmp(word, "<<") == 0) {
		if (w->count > 1 && neighbour_is(w->word[1])) {
			pkt_write_line(r, "scripts begin above the link");
			return neighbour_inject(r, w, 1);
		}
		if (w->count > 1 && icmp_is(w->word[1]))
			return icmp_inject(r, w, 1);
		return segment_inject(r, w, 1, word[1] == '<');
	}
	if (strcmp(word, ">") == 0)
		return expect_packet(r, w, 0, r->now_ns, 0, 0);
	if (strcmp(word, "?>") == 0 || strcmp(word, "fill") == 0 || strcmp(word, "iss") == 0 || strcmp(word, "flow") == 0)
		pkt_write_line(r, "has no like in packetdrill's language");
	if (strcmp(word, "?>") == 0)
		return !segment_came(r) || segment_expect(r, w, 1, 0, r->now_ns);
	if (strcmp(word, "fill") == 0)
		return fill_run(r);
	if (strcmp(word, "iss") == 0)
		return iss_run(r, w);
	if (strcmp(word, "use") == 0 && w->count == 2)
		return use_routine(r, w->word[1]);
	if (strcmp(word, "flow") == 0)
		return flow_statement(r, w);
	if (!verb_known(word))
		return run_fail(r, "no such statement: %s", word);
	return verb_run(r, w);
}

/* 1, 0, or -1 for a condition that is not known; the stacks' names are conditions, too */
static int
condition_holds(const struct run *r, const char *name)
{
	if (strcmp(name, backend_tern.name) == 0 || strcmp(name, backend_linux.name) == 0)
		return strcmp(name, r->ops->name) == 0;
	return variant_has(&r->variant, name);
}

/* "[v6 nots]" before a line: only under these conditions. -1: unknown one */
static int
conditions_hold(const struct run *r, const char *text, const char **rest)
{
	char name[32];
	int hold = 1;

	while (*text == '[' || *text == ' ') {
		size_t n = strcspn(++text, " ]");

		if (n == 0 || n >= sizeof(name))
			return -1;
		memcpy(name, text, n);
		name[n] = '\0';
		if (condition_holds(r, name) < 0)
			return -1;
		hold &= condition_holds(r, name);
		text += n;
	}
	*rest = text + (*text == ']');
	return hold;
}

static bool
run_line(struct run *r)
{
	const char *text = r->line->text;
	uint64_t from_ns, to_ns, base_ns;
	struct words w;

	if (text[0] == '[') {
		int hold = conditions_hold(r, text, &text);

		if (hold <= 0)
			return hold == 0 || run_fail(r, "unknown condition");
	}
	if (!words_split(&w, text))
		return run_fail(r, "line too long, or a bracket stays open");
	if (settings_is(w.word[0]))
		return true;
	if (w.word[0][0] != '+' && w.word[0][0] != '@')
		return run_words(r, &w, 0);
	base_ns = w.word[0][0] == '@' ? r->start_ns : r->now_ns;
	if (!read_delay(r, w.word[0], &from_ns, &to_ns))
		return false;
	if (w.count > 1 && strcmp(w.word[1], ">") == 0)
		return expect_packet(r, &w, 1, base_ns, from_ns, to_ns);
	if (!run_time(r, w.word[0] + 1, &from_ns) || !run_until(r, base_ns + from_ns, NULL))
		return false;
	return w.count == 1 || run_words(r, &w, 1);
}

static unsigned int
matching_end(const struct script_block *block, unsigned int from, unsigned int to)
{
	unsigned int depth = 0;

	for (unsigned int i = from; i < to; i++) {
		if (strncmp(block->line[i].text, "repeat ", 7) == 0)
			depth++;
		else if (strcmp(block->line[i].text, "end") == 0 && depth-- == 0)
			return i;
	}
	return to;
}

static bool
run_lines(struct run *r, const struct script_block *block, unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++) {
		int64_t times, outer = r->index;
		unsigned int end;

		r->line = &block->line[i];
		r->file = block->file;
		if (strncmp(r->line->text, "repeat ", 7) != 0) {
			if (!run_line(r) || r->failed)
				return false;
			continue;
		}
		end = matching_end(block, i + 1, to);
		if (end == to)
			return run_fail(r, "repeat without end");
		if (!run_number(r, r->line->text + 7, &times))
			return false;
		for (int64_t n = 0; n < times; n++) {
			r->index = n;
			if (!run_lines(r, block, i + 1, end))
				return false;
		}
		r->index = outer;
		i = end;
	}
	return true;
}

/*
 * Sequence numbers of the host at the wrap: its numbers are keyed, but they run
 * with its clock (MUST-8). Two trials show how fast; the case then begins at
 * the time at which they come round.
 */
static bool
trial_iss(struct run *r, uint64_t start_ns, bool active, uint32_t *iss)
{
	struct words connect, listen, syn;

	words_split(&connect, "connect");
	words_split(&listen, "listen");
	words_split(&syn, "S 0");
	r->setup.start_ns = r->start_ns = start_ns;
	r->flows = r->sockets = r->listeners = r->queued = 0;
	r->host = r->ops->open(&r->setup, r->failure, sizeof(r->failure));
	if (r->host == NULL)
		return run_fail(r, "no host");
	r->now_ns = r->ops->now(r->host);
	r->now_flow = flow_new(r, "a");
	if (active ? verb_run(r, &connect) : verb_run(r, &listen) && segment_inject(r, &syn, 0, false))
		*iss = r->flow[0].iss;
	r->ops->close(r->host);
	r->host = NULL;
	return !r->failed && (r->flow[0].iss_known || run_fail(r, "no SYN to learn the initial sequence number from"));
}

static bool
starts_active(const struct run *r)
{
	for (unsigned int i = 0; i < r->scenario->lines; i++) {
		const char *text = r->scenario->line[i].text;

		if (strncmp(text, "connect", 7) == 0 || strcmp(text, "use active") == 0)
			return true;
	}
	return false;
}

static bool
find_wrap(struct run *r)
{
	const uint32_t wanted = (uint32_t)-2000;
	bool active = starts_active(r);
	uint32_t first = 0, second = 0, distance, rate;

	if (!trial_iss(r, START_NS, active, &first) || !trial_iss(r, START_NS + 1000000000, active, &second))
		return false;
	rate = second - first;
	if (rate == 0 || rate > 1u << 30)
		return run_fail(r, "the initial sequence number does not run with the clock (MUST-8)");
	distance = wanted - first;
	r->setup.start_ns = START_NS + (uint64_t)distance * 1000000000 / rate;
	r->log_used = 0;
	return true;
}

static bool
converse(struct run *r)
{
	if (!run_lines(r, r->scenario, 0, r->scenario->lines))
		return false;
	r->line = NULL;
	if (!run_settle(r))
		return false;
	return r->queued == 0 || r->may_leave || run_fail(r, "the scenario ends, and something that no line expects was sent");
}

/* Everything goes, and nothing may stay: each socket is told its end once, no block is in use. */
static bool
drain(struct run *r)
{
	static const char *const counters[] = { "open_now", "half_open_now", "time_wait_now", "listeners_now" };
	uint64_t value;

	r->draining = true;
	r->queued = 0;
	for (unsigned int i = 0; i < r->sockets; i++)
		if (!r->socket[i].closed)
			r->ops->abort(r->host, r->socket[i].id);
	for (unsigned int i = 0; i < r->listeners; i++)
		if (r->listener[i].open)
			r->ops->unlisten(r->host, r->listener[i].id);
	if (!run_until(r, r->now_ns + DRAIN_NS, NULL))
		return false;
	for (unsigned int i = 0; i < r->sockets; i++)
		if (!r->socket[i].closed)
			return run_fail(r, "socket %u was never told \"closed\"", i);
	for (unsigned int i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if (r->ops->counter(r->host, counters[i], &value) == 0 && value != 0)
			return run_fail(r, "at the end %s is %llu", counters[i], (unsigned long long)value);
	return true;
}

bool
run_case(struct run *r)
{
	const char *left;

	r->queue = malloc(RUN_QUEUE * sizeof(*r->queue));
	if (r->queue == NULL)
		return run_fail(r, "no memory");
	r->setup.seed = r->seed;
	r->setup.start_ns = START_NS;
	if (!settings_read(r, r->scenario))
		goto out;
	pkt_write_settings(r);
	/* a kernel's clock stands where it stands: there it is the peer's numbers that wrap */
	if (r->variant.wrap && r->ops->virtual_time && !find_wrap(r))
		goto out;
	r->host = r->ops->open(&r->setup, r->failure, sizeof(r->failure));
	if (r->host == NULL) {
		r->failed = true;
		goto out;
	}
	r->start_ns = r->now_ns = r->ops->now(r->host);
	r->flows = r->sockets = r->listeners = r->queued = 0;
	r->now_flow = flow_new(r, "a");
	pkt_write_head(r);
	if (converse(r) && r->ops->virtual_time)
		drain(r);
	left = r->ops->close(r->host);
	if (left != NULL)
		run_fail(r, "%s", left);
out:
	for (unsigned int i = 0; i < r->helds; i++)
		free(r->held[i]);
	free(r->queue);
	return !r->failed;
}
