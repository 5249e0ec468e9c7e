/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The estimate of RFC 6298 as rtt.h computes it, against the RFC's own lines. */

#include "cc_fixture.h"
#include "tcp/rtt.h"

#define G_US 1000u

/* As written in RFC 6298, 2.2 and 2.3, in whole microseconds; the least is added to SRTT */
struct rfc {
	uint32_t srtt, rttvar, rto_ms;
};

static uint32_t
max(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static void
rfc_sample(struct rfc *e, uint32_t r, bool first, const struct tcp_config *cfg)
{
	uint32_t distance = e->srtt > r ? e->srtt - r : r - e->srtt, rto_ms;

	e->rttvar = first ? r / 2 : e->rttvar - e->rttvar / 4 + distance / 4;
	e->srtt = first ? r : e->srtt - e->srtt / 8 + r / 8;
	rto_ms = max((e->srtt + max(G_US, 4 * e->rttvar) + 999) / 1000, (e->srtt - 1) / 1000 + cfg->rto_min_ms);
	e->rto_ms = rto_ms < cfg->rto_max_ms ? rto_ms : cfg->rto_max_ms;
}

static void
compare(struct cc_fixture *f, uint32_t rto_min_ms, uint32_t most_us)
{
	struct rfc e = { 0 };
	uint32_t seed = 1;

	f->tcp->config.rto_min_ms = rto_min_ms;
	f->tcp->noisy_rttvar_us = tcp_rtt_noisy_us(rto_min_ms);
	f->c.flags = 0;
	for (unsigned int i = 0; i < 20000; i++) {
		uint32_t rtt_us;

		seed = seed * 1664525u + 1013904223u;
		/* steady for a while, so that RTTVAR goes down to where it has no say, and up again */
		rtt_us = i % 200 < 100 ? most_us / 2 + 1 : 1 + (uint32_t)((uint64_t)seed * most_us >> 32);
		tcp_rtt_sample(f->tcp, &f->c, rtt_us);
		rfc_sample(&e, rtt_us, i == 0, &f->tcp->config);
		assert_int_equal(f->c.srtt_us, e.srtt);
		assert_int_equal(f->c.rttvar_us, e.rttvar);
		assert_int_equal(f->c.rto_ms, e.rto_ms);
	}
}

static void
every_estimate_is_the_rfcs(void **state)
{
	static const uint32_t least_ms[] = { 1, 2, 5, 200, 1000, 60000 };
	static const uint32_t most_us[] = { 1, 20, 999, 1001, 20000, 400000, 3000000, 50000000 };

	for (size_t i = 0; i < sizeof(least_ms) / sizeof(least_ms[0]); i++)
		for (size_t j = 0; j < sizeof(most_us) / sizeof(most_us[0]); j++)
			compare(*state, least_ms[i], most_us[j]);
}

/* Where RTTVAR begins to count, to the microsecond, and at whole milliseconds of SRTT, where rounding could hide it */
static void
rttvar_counts_from_where_it_moves_the_timeout(void **state)
{
	struct cc_fixture *f = *state;

	for (uint32_t least_ms = 1; least_ms < 400; least_ms++) {
		f->tcp->config.rto_min_ms = least_ms;
		f->tcp->noisy_rttvar_us = tcp_rtt_noisy_us(least_ms);
		for (uint32_t rttvar = (least_ms - 1) * 250; rttvar < least_ms * 250 + 2; rttvar++)
			for (f->c.srtt_us = 1999; f->c.srtt_us < 2003; f->c.srtt_us++) {
				uint32_t rto_ms = (f->c.srtt_us + max(G_US, 4 * rttvar) + 999) / 1000;

				f->c.rttvar_us = rttvar;
				tcp_rtt_set_rto(f->tcp, &f->c);
				assert_int_equal(f->c.rto_ms, max(rto_ms, (f->c.srtt_us - 1) / 1000 + least_ms));
			}
	}
}

static void
a_sample_is_no_more_than_the_longest_timeout_and_at_least_a_microsecond(void **state)
{
	struct cc_fixture *f = *state;

	assert_int_equal(tcp_rtt_sample(f->tcp, &f->c, 0), 1);
	assert_int_equal(f->c.srtt_us, 1);
	f->c.flags = 0;
	assert_int_equal(tcp_rtt_sample(f->tcp, &f->c, UINT64_MAX), f->tcp->config.rto_max_ms * 1000);
	assert_int_equal(f->c.rto_ms, f->tcp->config.rto_max_ms);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CC_CASE(every_estimate_is_the_rfcs),
		CC_CASE(rttvar_counts_from_where_it_moves_the_timeout),
		CC_CASE(a_sample_is_no_more_than_the_longest_timeout_and_at_least_a_microsecond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
