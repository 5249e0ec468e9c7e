/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* lib/tcp/features.md says what is done and what is left out: is that what a peer sees? */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pair.h"
#include "tcp/cc.h"
#include "wire/tcp.h"

#define MAX_ROWS 128
#define COLUMNS 6
#define TCP_AT 34u             /* in a frame of IPv4 without options */

enum { FEATURE, RFC, STATE, WIRE, SWITCH, REMARKS };

struct row {
	char text[512];
	char *column[COLUMNS];
	bool there;                /* done or partly */
};

static struct row rows[MAX_ROWS];
static unsigned int row_count;

static char *
trimmed(char *s)
{
	char *end = s + strlen(s);

	while (end > s && end[-1] == ' ')
		*--end = '\0';
	return s + strspn(s, " ");
}

static void
take_row(const char *line)
{
	struct row *r = &rows[row_count];
	char *rest = r->text;

	if (line[0] != '|' || strncmp(line, "| feature |", 11) == 0 || strncmp(line, "| ---", 5) == 0)
		return;
	assert_true(row_count < MAX_ROWS);
	assert_true(strlen(line) < sizeof(r->text));
	strcpy(r->text, line + 1);
	for (unsigned int i = 0; i < COLUMNS; i++) {
		char *bar = strchr(rest, '|');

		if (bar == NULL)
			fail_msg("features.md: a row of %d columns is wanted, found: %s", COLUMNS, line);
		*bar = '\0';
		r->column[i] = trimmed(rest);
		rest = bar + 1;
	}
	row_count++;
}

static int
read_file(void **state)
{
	FILE *f = fopen(FEATURES_FILE, "r");
	char line[1024];

	(void)state;
	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL)
		take_row(line);
	fclose(f);
	return row_count > 20 ? 0 : -1;
}

static void
every_row_names_a_known_state(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < row_count; i++) {
		struct row *r = &rows[i];
		const char *s = r->column[STATE];

		if (strcmp(s, "done") != 0 && strcmp(s, "partly") != 0 && strcmp(s, "left out") != 0)
			fail_msg("%s: state '%s' is none of done, partly, left out", r->column[FEATURE], s);
		if (strcmp(s, "partly") == 0 && r->column[REMARKS][0] == '\0')
			fail_msg("%s: partly done, and the remarks do not say what is missing", r->column[FEATURE]);
	}
}

/* Does any row of that state name this on the wire? */
static bool
named(const char *what, bool there)
{
	for (unsigned int i = 0; i < row_count; i++) {
		const char *at = strstr(rows[i].column[WIRE], what);

		if (at != NULL && strchr(", ", at[strlen(what)]) != NULL &&
		    (strcmp(rows[i].column[STATE], "left out") != 0) == there)
			return true;
	}
	return false;
}

static bool
option_named(unsigned int kind, bool there)
{
	char what[16];

	snprintf(what, sizeof(what), "option %u", kind);
	return named(what, there);
}

/* ---- what is carried */

struct seen {
	bool option[256];
	uint8_t flags;
};

static void
look_at(const struct rte_mbuf *m, struct seen *seen)
{
	const uint8_t *tcp = rte_pktmbuf_mtod_offset(m, const uint8_t *, TCP_AT);
	uint32_t end = (tcp[12] >> 4) * 4u;

	seen->flags |= tcp[13];
	for (uint32_t i = TCP_HEADER; i < end && tcp[i] != 0; i += tcp[i] == 1 ? 1 : tcp[i + 1]) {
		seen->option[tcp[i]] = true;
		assert_true(tcp[i] == 1 || tcp[i + 1] >= 2);
	}
}

/* Every frame that waits for a side; those stay. */
static struct seen
waiting_for(const struct pair *p, unsigned int side)
{
	struct seen seen = { .flags = 0 };

	assert_true(p->end[side].frames > 0);
	for (uint32_t i = 0; i < p->end[side].frames; i++)
		look_at(p->end[side].frame[i], &seen);
	return seen;
}

static void
only_named_options(const struct seen *seen, const char *where)
{
	for (unsigned int kind = 2; kind < 256; kind++)
		if (seen->option[kind] && !option_named(kind, true))
			fail_msg("%s carries option %u, which features.md does not call done", where, kind);
}

static struct pair *
with_everything(void)
{
	struct pair_setup setup = pair_setup();

	setup.offload = true;      /* so that an edited frame needs no new sum */
	for (unsigned int side = CLIENT; side <= SERVER; side++) {
		setup.tcp[side].ecn = TCP_ECN_ON;
		setup.tcp[side].fastopen = true;
	}
	return pair_new(&setup);
}

static void
listen_fastopen(struct pair *p)
{
	struct tern_listen_options options = TERN_LISTEN_INIT;

	options.port = PAIR_PORT;
	options.fastopen = 16;
	assert_int_equal(tern_listen(pair_stack(p, SERVER), &options, &p->listener), 0);
}

static tern_conn
connect_fastopen(struct pair *p)
{
	struct tern_connect_options options = pair_target(p);
	tern_conn conn = 0;

	options.fastopen = true;
	options.data = "hello";
	options.data_length = 5;
	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &options, &conn), 0);
	return conn;
}

/* A SYN, and the answer to it, carry what is done. */
static void
a_handshake_carries_what_is_done(void **state)
{
	static const uint8_t of_syns[] = { 2, 3, 4, 8, 34 };
	struct pair *p = with_everything();
	struct seen syn, answer;

	(void)state;
	listen_fastopen(p);
	p->end[SERVER].deaf = true;
	connect_fastopen(p);
	pair_settle(p);
	syn = waiting_for(p, SERVER);
	p->end[CLIENT].deaf = true;
	p->end[SERVER].deaf = false;
	pair_settle(p);
	answer = waiting_for(p, CLIENT);
	only_named_options(&syn, "a SYN");
	only_named_options(&answer, "a SYN-ACK");
	for (unsigned int i = 0; i < sizeof(of_syns); i++) {
		if (option_named(of_syns[i], true) != syn.option[of_syns[i]])
			fail_msg("option %u in a SYN: %d", of_syns[i], syn.option[of_syns[i]]);
		if (option_named(of_syns[i], true) != answer.option[of_syns[i]])
			fail_msg("option %u in a SYN-ACK: %d", of_syns[i], answer.option[of_syns[i]]);
	}
	assert_int_equal((syn.flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR), named("flags ECE CWR", true));
	assert_int_equal((answer.flags & (TCP_ECE | TCP_CWR)) == TCP_ECE, named("flags ECE CWR", true));
	assert_true(pair_free(p));
}

/* An open connection: timestamps with every segment, SACK blocks for a hole, nothing that is left out. */
static void
an_open_connection_carries_what_is_done(void **state)
{
	struct pair *p = with_everything();
	tern_conn client, server;
	struct seen data, acks;

	(void)state;
	pair_open(p, &client, &server);
	assert_int_equal(tern_set(pair_stack(p, CLIENT), client, TERN_OPT_NODELAY, 1), 0);
	p->end[CLIENT].loses = 1;
	p->end[SERVER].deaf = p->end[CLIENT].deaf = true;
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, "lost", 4), 4);
	pair_settle(p);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, "kept", 4), 4);
	pair_settle(p);
	data = waiting_for(p, SERVER);
	p->end[SERVER].deaf = false;
	pair_settle(p);
	acks = waiting_for(p, CLIENT);
	only_named_options(&data, "a data segment");
	only_named_options(&acks, "an ACK");
	assert_int_equal(data.option[8], option_named(8, true));
	assert_int_equal(acks.option[8], option_named(8, true));
	assert_int_equal(acks.option[5], option_named(5, true));
	assert_false(data.option[2]);  /* MUST-65 */
	p->end[CLIENT].deaf = false;
	assert_true(pair_free(p));
}

static struct tern_info
info_after(bool off)
{
	struct pair_setup setup = pair_setup();
	struct tern_info info;
	tern_conn client, server;
	struct pair *p;

	for (unsigned int side = CLIENT; side <= SERVER; side++) {
		setup.tcp[side].ecn = off ? TCP_ECN_OFF : TCP_ECN_ON;
		setup.tcp[side].timestamps = setup.tcp[side].sack = setup.tcp[side].wscale = !off;
	}
	p = pair_new(&setup);
	pair_open(p, &client, &server);
	info = pair_info(p, SERVER, server);
	assert_true(pair_free(p));
	return info;
}

static void
tern_info_tells_what_was_negotiated(void **state)
{
	struct tern_info on = info_after(false), off = info_after(true);

	(void)state;
	assert_int_equal(on.timestamps, option_named(8, true));
	assert_int_equal(on.sack, option_named(4, true));
	assert_int_equal(on.wscale_on, option_named(3, true));
	assert_int_equal(on.ecn, named("flags ECE CWR", true));
	assert_false(off.timestamps || off.sack || off.wscale_on || off.ecn || off.fastopen);
}

/* ---- what is left out */

/* The SYN's options become MSS and one other, with as much in it as there is room for. */
static void
offer_alone(struct rte_mbuf *m, uint8_t kind)
{
	uint8_t *tcp = rte_pktmbuf_mtod_offset(m, uint8_t *, TCP_AT);
	uint32_t options = (tcp[12] >> 4) * 4u - TCP_HEADER;
	static const uint8_t mss[] = { 2, 4, 0x05, 0xb4 };

	assert_true(options >= sizeof(mss) + 4);
	memset(tcp + TCP_HEADER, 0x5a, options);
	memcpy(tcp + TCP_HEADER, mss, sizeof(mss));
	tcp[TCP_HEADER + sizeof(mss)] = kind;
	tcp[TCP_HEADER + sizeof(mss) + 1] = (uint8_t)(options - sizeof(mss));
}

static void
answer_to(uint8_t kind, struct seen *answer)
{
	struct pair_setup setup = pair_setup();
	struct pair *p;

	setup.offload = true;
	p = pair_new(&setup);
	listen_fastopen(p);
	p->end[SERVER].deaf = true;
	pair_connect(p);
	pair_settle(p);
	for (uint32_t i = 0; i < p->end[SERVER].frames; i++)
		offer_alone(p->end[SERVER].frame[i], kind);
	p->end[CLIENT].deaf = true;
	p->end[SERVER].deaf = false;
	pair_settle(p);
	*answer = waiting_for(p, CLIENT);
	assert_true(pair_free(p));
}

static void
what_is_left_out_is_never_agreed_to(void **state)
{
	unsigned int checked = 0;

	(void)state;
	for (unsigned int kind = 6; kind < 256; kind++) {
		struct seen answer;

		if (!option_named(kind, false))
			continue;
		memset(&answer, 0, sizeof(answer));
		answer_to((uint8_t)kind, &answer);
		assert_int_equal(answer.flags & (TCP_SYN | TCP_ACK | TCP_RST), TCP_SYN | TCP_ACK);
		if (answer.option[kind])
			fail_msg("option %u is left out, and was agreed to", kind);
		checked++;
	}
	assert_true(checked >= 4);
}

static void
congestion_control_is_what_is_named(void **state)
{
	static const char *const known[] = { "newreno", "none", "cubic", "bbr", "reno", "vegas", "dctcp" };

	(void)state;
	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char what[32];

		snprintf(what, sizeof(what), "congestion %s", known[i]);
		if ((tcp_cc_find(known[i]) >= 0) != named(what, true))
			fail_msg("%s: features.md and the code disagree", what);
	}
}

static void
every_switch_is_an_option(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < row_count; i++) {
		const struct tern_option *o = tern_options();
		const char *name = rows[i].column[SWITCH];

		if (strcmp(name, "-") == 0)
			continue;
		while (o->name != NULL && strcmp(o->name, name + 2) != 0)
			o++;
		if (o->name == NULL)
			fail_msg("%s: there is no option %s", rows[i].column[FEATURE], name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_names_a_known_state),
		cmocka_unit_test(a_handshake_carries_what_is_done),
		cmocka_unit_test(an_open_connection_carries_what_is_done),
		cmocka_unit_test(tern_info_tells_what_was_negotiated),
		cmocka_unit_test(what_is_left_out_is_never_agreed_to),
		cmocka_unit_test(congestion_control_is_what_is_named),
		cmocka_unit_test(every_switch_is_an_option),
	};

	return cmocka_run_group_tests(tests, read_file, NULL);
}
