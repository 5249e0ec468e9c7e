/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The probe of where a turn's time goes, as it is where it is compiled in. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#undef TERN_PROBE
#define TERN_PROBE 1
#include "core/probe.h"

static void
what_an_idle_turn_took_is_no_phase_s(void **state)
{
	struct probe p = { 0 };

	(void)state;
	probe_turn(&p, false);
	probe_mark(&p, TERN_PROBE_output);
	probe_turn(&p, false);
	assert_int_equal(p.ticks[TERN_PROBE_output], 0);
	assert_int_equal(p.marks[TERN_PROBE_output], 0);
	probe_mark(&p, TERN_PROBE_output);
	probe_mark(&p, TERN_PROBE_output);
	probe_turn(&p, true);
	assert_int_equal(p.marks[TERN_PROBE_output], 2);
	assert_int_equal(p.marks[TERN_PROBE_application], 1);
	assert_true(p.ticks[TERN_PROBE_output] > 0 && p.ticks[TERN_PROBE_application] > 0);
	assert_int_equal(p.ticks[TERN_PROBE_parse], 0);
}

static void
a_packet_counts_for_its_kind_and_for_its_phase(void **state)
{
	struct probe p = { 0 };

	(void)state;
	probe_turn(&p, false);
	probe_packet(&p, TERN_PROBE_KIND_syn_ack);
	probe_packet(&p, TERN_PROBE_KIND_fin);
	probe_packet(&p, TERN_PROBE_KIND_close_ack);
	probe_packet(&p, TERN_PROBE_KIND_data);
	probe_turn(&p, true);
	assert_int_equal(p.kind_count[TERN_PROBE_KIND_syn_ack], 1);
	assert_int_equal(p.kind_count[TERN_PROBE_KIND_syn], 0);
	assert_int_equal(p.marks[TERN_PROBE_open], 1);
	assert_int_equal(p.marks[TERN_PROBE_close], 2);
	assert_int_equal(p.marks[TERN_PROBE_established], 1);
	assert_int_equal(p.ticks[TERN_PROBE_close], p.kind_ticks[TERN_PROBE_KIND_fin] + p.kind_ticks[TERN_PROBE_KIND_close_ack]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_idle_turn_took_is_no_phase_s),
		cmocka_unit_test(a_packet_counts_for_its_kind_and_for_its_phase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
