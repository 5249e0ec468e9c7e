/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The stack's end of a script's wire: of all TCP that leaves the checksum is looked at. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mbuf.h"
#include "wire/checksum.h"
#include "wire/frame.h"
#include "wire/headers.h"
#include "wire/tcp.h"
#include "world.h"

#define TEXT 100u

static jmp_buf failed;
static char why[200];

void
world_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	longjmp(failed, 1);
}

/* A segment with a right checksum, in a frame of the stack's. @return where the segment begins */
static uint32_t
frame_of(uint8_t *frame, uint32_t *length, bool v4)
{
	static const struct mac_addr from = { { 2, 0, 0, 0, 0, 1 } }, to = { { 2, 0, 0, 0, 0, 2 } };
	struct tcp_segment s = { .sport = 80, .dport = 40000, .seq = 1, .ack = 2, .flags = TCP_ACK, .window = 1000 };
	struct tern_addr local, remote;
	struct ether_template ether;
	uint32_t ip, tcp, header;

	assert_int_equal(tern_addr_parse(v4 ? "192.168.0.7" : "fd00::7", &local), 0);
	assert_int_equal(tern_addr_parse(v4 ? "192.0.2.1" : "2001:2::9", &remote), 0);
	ether_template_make(&ether, &from, &to, VLAN_NONE, v4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
	memcpy(frame, ether.bytes, ether.length);
	ip = ether.length;
	tcp = ip + (v4 ? IPV4_HEADER : IPV6_HEADER);
	header = tcp_emit(frame + tcp, &s);
	memset(frame + tcp + header, 'x', TEXT);
	ip_emit(frame + ip, v4, &local, &remote, IP_PROTO_TCP, header + TEXT, 0, 64, 1, false);
	tcp_set_checksum(frame + tcp, checksum_fold(checksum_add(
		checksum_pseudo(v4, &local, &remote, IP_PROTO_TCP, header + TEXT), frame + tcp, header + TEXT)));
	*length = tcp + header + TEXT;
	return tcp;
}

/* @return whether the script goes on */
static bool
leaves(struct world *w, const uint8_t *frame, uint32_t length)
{
	struct rte_mbuf *m = host_mbuf(frame, length);
	bool passes;

	assert_non_null(m);
	if (setjmp(failed) != 0) {
		mbuf_free(m);
		return false;
	}
	passes = w->link.transmit(&w->link, &m, 1) == 1;
	return passes;
}

static void
a_segment_with_a_wrong_checksum_ends_the_script(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	bool v4 = *(bool *)*state;
	uint8_t frame[2048];
	uint32_t length, tcp = frame_of(frame, &length, v4);

	assert_non_null(w);
	world_link(w);
	assert_true(leaves(w, frame, length));
	assert_int_equal(w->out_tail, 1);
	/* each bit of the segment is covered */
	for (uint32_t at = tcp; at < length; at++) {
		if (at == tcp + 12)
			continue;      /* the header's length: another one is no segment */
		frame[at] ^= 1;
		why[0] = '\0';
		assert_false(leaves(w, frame, length));
		assert_non_null(strstr(why, "wrong TCP checksum"));
		frame[at] ^= 1;
	}
	assert_int_equal(w->out_tail, 1);
	assert_true(leaves(w, frame, length));
	assert_int_equal(w->out_tail, 2);
	free(w->out[0].bytes);
	free(w->out[1].bytes);
	free(w);
}

int
main(void)
{
	static bool families[] = { false, true };
	const struct CMUnitTest tests[] = {
		{ "a_segment_with_a_wrong_checksum_ends_the_script [v4]", a_segment_with_a_wrong_checksum_ends_the_script,
		  NULL, NULL, &families[1] },
		{ "a_segment_with_a_wrong_checksum_ends_the_script [v6]", a_segment_with_a_wrong_checksum_ends_the_script,
		  NULL, NULL, &families[0] },
	};

	host_pool();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
