/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * What takes the usual way, out or in, is held against what takes the general one: the same frames, and the same timers
 * behind them. A connection with a TTL of its own, which is the stack's, goes the general way out; frames that a router
 * has marked, on a connection without ECN, go the general way in. Requests of all lengths, pauses, losses, reads that
 * come late, and ends of all kinds.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/hash.h"
#include "pair.h"
#include "stack/stack.h"
#include "wire/checksum.h"
#include "wire/frame.h"

#define ROUNDS 300u
#define LOG_BYTES (1u << 20)
#define LONGEST 200u
#define MANY_SEGMENTS 6000u

struct log {
	uint8_t *bytes;
	uint32_t length, frames;
};

enum way { USUAL, GENERAL_OUT, GENERAL_IN };

static struct log *now_writing;
static bool marks;             /* a router on the way marks what it forwards */
static bool lengths_count;     /* a device that is handed references does not look at them */
static uint16_t (*wire)(struct tern_link *link, struct rte_mbuf **frames, uint16_t n);

static void
put(struct log *log, const void *data, uint32_t n)
{
	assert_true(log->length + n <= LOG_BYTES);
	memcpy(log->bytes + log->length, data, n);
	log->length += n;
}

/* The bytes, and what the device is told of them */
static void
put_frame(struct log *log, const struct rte_mbuf *m)
{
	uint64_t told = m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, lengths = m->l2_len | m->l3_len << 8 | m->l4_len << 17;
	bool asked = told & (RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_IP_CKSUM);

	put(log, &m->pkt_len, sizeof(m->pkt_len));
	put(log, &told, sizeof(told));
	if (asked && lengths_count)
		put(log, &lengths, sizeof(lengths));
	for (; m != NULL; m = m->next)
		put(log, rte_pktmbuf_mtod(m, uint8_t *), m->data_len);
	log->frames++;
}

/* When each side has something to do next: its timers */
static void
put_deadlines(struct log *log, const struct pair *p)
{
	for (unsigned int side = 0; side < 2; side++) {
		uint64_t next_ns = stack_next_ns(pair_stack(p, side));

		put(log, &next_ns, sizeof(next_ns));
	}
}

static void
mark(struct rte_mbuf *m)
{
	uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, ETHER_HEADER);
	uint16_t sum;

	if (ip[0] >> 4 == 6) {
		ip[1] |= IP_ECN_CE << 4;
	} else if (ip[0] == 0x45) {
		ip[1] |= IP_ECN_CE;
		memset(ip + 10, 0, sizeof(sum));
		sum = checksum_fold(checksum_add(0, ip, IPV4_HEADER));
		memcpy(ip + 10, &sum, sizeof(sum));
	}
}

static uint16_t
transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	for (uint16_t i = 0; now_writing != NULL && i < n; i++) {
		put_frame(now_writing, frames[i]);
		if (marks)
			mark(frames[i]);
	}
	return wire(link, frames, n);
}

static void
act(struct pair *p, unsigned int side, tern_conn conn, uint64_t *seed)
{
	static const uint8_t data[MANY_SEGMENTS];
	char bytes[2 * MANY_SEGMENTS];
	uint64_t z = mix64(seed);

	if (z & 1)
		tern_recv(pair_stack(p, side), conn, bytes, sizeof(bytes));
	if (z & 2)
		tern_send(pair_stack(p, side), conn, data, 1 + (z >> 8) % (z & 4 ? LONGEST : 88));
	if ((z & 0xf8) == 0)
		tern_send(pair_stack(p, side), conn, data, 1);
	if ((z >> 25) % 32 == 0)
		tern_send(pair_stack(p, side), conn, data, sizeof(data));
	p->end[side].loses += (z >> 20) % 32 == 0;
	if (z & UINT64_C(1) << 40)
		pair_settle(p);
	if ((z >> 41) % 16 == 0)
		pair_run(p, (uint32_t)(z >> 48) % 500);
}

static void
converse(const struct pair_setup *setup, enum way way, uint64_t seed, struct log *log)
{
	bool together = seed & 1;
	struct pair *p = pair_new(setup);
	tern_conn conn[2];

	log->length = log->frames = 0;
	lengths_count = setup->tso;
	wire = p->end[CLIENT].link.transmit;
	p->end[CLIENT].link.transmit = p->end[SERVER].link.transmit = transmit;
	pair_open(p, &conn[CLIENT], &conn[SERVER]);
	for (unsigned int side = 0; way == GENERAL_OUT && side < 2; side++)
		assert_int_equal(tern_set(pair_stack(p, side), conn[side], TERN_OPT_TTL, setup->tcp[side].ttl), 0);
	now_writing = log;
	marks = way == GENERAL_IN;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		unsigned int side = mix64(&seed) & 1;

		act(p, side, conn[side], &seed);
		put_deadlines(log, p);
	}
	/* one with what was sent last, the other alone */
	act(p, SERVER, conn[SERVER], &seed);
	tern_shutdown(pair_stack(p, SERVER), conn[SERVER]);
	/* or both at once */
	if (!together)
		pair_run(p, 10);
	tern_close(pair_stack(p, CLIENT), conn[CLIENT]);
	pair_run(p, 1000);
	now_writing = NULL;
	assert_true(pair_free(p));
}

static void
compare(const struct pair_setup *setup)
{
	struct log usual = { .bytes = malloc(LOG_BYTES) }, other = { .bytes = malloc(LOG_BYTES) };

	assert_non_null(usual.bytes);
	assert_non_null(other.bytes);
	for (uint64_t seed = 1; seed <= 8; seed++) {
		converse(setup, USUAL, seed, &usual);
		assert_in_range(usual.frames, ROUNDS / 6, UINT32_MAX);
		for (enum way way = GENERAL_OUT; way <= GENERAL_IN; way++) {
			converse(setup, way, seed, &other);
			assert_int_equal(usual.frames, other.frames);
			assert_int_equal(usual.length, other.length);
			assert_memory_equal(usual.bytes, other.bytes, usual.length);
		}
	}
	free(usual.bytes);
	free(other.bytes);
}

static void
frames_are_the_same_with_checksums_in_software(void **state)
{
	struct pair_setup setup = pair_setup();

	(void)state;
	compare(&setup);
	setup.v6 = true;
	compare(&setup);
}

static void
frames_are_the_same_where_nobody_looks_at_checksums(void **state)
{
	struct pair_setup setup = pair_setup();

	(void)state;
	setup.offload = true;
	compare(&setup);
	setup.v6 = true;
	compare(&setup);
}

static void
frames_are_the_same_for_a_device_that_completes_them(void **state)
{
	struct pair_setup setup = pair_setup();

	(void)state;
	setup.tso = true;
	compare(&setup);
	setup.v6 = true;
	compare(&setup);
}

static void
frames_are_the_same_without_timestamps_and_with_nagle(void **state)
{
	struct pair_setup setup = pair_setup();

	(void)state;
	for (unsigned int side = 0; side < 2; side++)
		setup.tcp[side].timestamps = setup.tcp[side].nodelay = false;
	compare(&setup);
	setup.offload = true;
	compare(&setup);
}

static void
frames_are_the_same_with_windows_of_a_few_segments(void **state)
{
	struct pair_setup setup = pair_setup();

	(void)state;
	for (unsigned int side = 0; side < 2; side++) {
		setup.tcp[side].rcvbuf = setup.tcp[side].rcvbuf_max = 600;
		setup.tcp[side].sack = false;
	}
	compare(&setup);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_the_same_with_checksums_in_software),
		cmocka_unit_test(frames_are_the_same_where_nobody_looks_at_checksums),
		cmocka_unit_test(frames_are_the_same_for_a_device_that_completes_them),
		cmocka_unit_test(frames_are_the_same_without_timestamps_and_with_nagle),
		cmocka_unit_test(frames_are_the_same_with_windows_of_a_few_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
