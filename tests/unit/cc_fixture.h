/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TESTS_UNIT_CC_FIXTURE_H
#define TESTS_UNIT_CC_FIXTURE_H

/* One connection and as much of a TCP as congestion control looks at, without packets; time is the test's. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tcp/tcp.h"

#define CC_MSS 1448u
#define CC_START_NS UINT64_C(1000000000)

struct cc_fixture {
	struct tcp *tcp;
	struct tcp_conn c;
};

static inline void
cc_advance(struct cc_fixture *f, uint64_t ns)
{
	tcp_set_time(f->tcp, f->tcp->now_ns + ns);
}

static inline int
cc_setup(void **state)
{
	const struct slab_layout block = { .stride = sizeof(struct tcp_cc_block), .keep_size = sizeof(uint32_t) };
	struct cc_fixture *f = aligned_alloc(64, (sizeof(*f) + 63) / 64 * 64);

	memset(f, 0, sizeof(*f));
	f->tcp = calloc(1, sizeof(*f->tcp));
	f->tcp->config = (struct tcp_config)TCP_CONFIG_DEFAULT;
	assert_int_equal(slab_init(&f->tcp->cc_blocks, &block, 16, -1), 0);
	tcp_set_time(f->tcp, CC_START_NS);
	f->c.mss = CC_MSS;
	f->c.state = TCP_ESTABLISHED;
	f->c.ssthresh = TCP_CC_INFINITE;
	f->c.cwnd = tcp_initial_window(f->tcp, &f->c);
	f->c.srtt_us = 100000;
	*state = f;
	return 0;
}

static inline int
cc_teardown(void **state)
{
	struct cc_fixture *f = *state;
	bool clean;

	tcp_cc_block_free(f->tcp, &f->c);
	clean = f->tcp->cc_blocks.used == 0;
	slab_free(&f->tcp->cc_blocks);
	free(f->tcp);
	free(f);
	return clean ? 0 : -1;
}

#define CC_CASE(name) cmocka_unit_test_setup_teardown(name, cc_setup, cc_teardown)

#endif
