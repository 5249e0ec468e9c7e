/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What the short way takes for usual, the general parser says the same of, field by field; and what is usual it takes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/hash.h"
#include "frames.h"
#include "wire/usual.h"

#define ROUNDS 400000u
#define ROOM 128u

static const struct mac_addr us = { { 0x02, 0x00, 0x00, 0x00, 0x00, 0x0a } };

static void
no_difference(const struct l3 *o, const struct frame *f)
{
	struct l3 said;

	l3_of_frame(&said, f);
	assert_int_equal(o->v4, said.v4);
	assert_int_equal(o->tos, said.tos);
	assert_int_equal(o->l3_offset, said.l3_offset);
	assert_int_equal(o->l4_offset, said.l4_offset);
	assert_int_equal(o->l4_length, said.l4_length);
	assert_int_equal(o->dst_high, said.dst_high);
	assert_int_equal(o->dst_low, said.dst_low);
	assert_memory_equal(o->src, said.src, sizeof(o->src));
	assert_memory_equal(f->src.b, o->src, sizeof(o->src));
	assert_int_equal(f->vlan, VLAN_NONE);
	assert_int_equal(f->protocol, IP_PROTO_TCP);
	assert_true(mac_equal(&f->dst_mac, &us));
}

/* What the definition says, by the general parser's words */
static bool
is_usual(const struct frame *f, const uint8_t *data)
{
	return mac_equal(&f->dst_mac, &us) && f->vlan == VLAN_NONE && f->protocol == IP_PROTO_TCP &&
	       f->l3_offset == ETHER_HEADER && f->l4_offset == (f->v4 ? USUAL_IPV4 : USUAL_IPV6) &&
	       (!f->v4 || data[ETHER_HEADER + 12] < 224);
}

/* The short way never reads beyond `contiguous`: the copy ends there. @return whether it took the frame */
static bool
agree(const uint8_t *frame, uint32_t contiguous, uint32_t length)
{
	uint8_t *data = exact_copy(frame, contiguous);
	uint64_t mac = usual_mac(&us);
	struct frame f = { 0 };
	struct l3 o = { 0 };
	bool v4 = usual_ipv4(&o, data, contiguous, length, mac);
	bool taken = v4 || usual_ipv6(&o, data, contiguous, length, mac);
	int error = frame_parse(&f, data, contiguous, length, true);

	if (taken) {
		assert_int_equal(error, 0);
		assert_int_equal(o.v4, v4);
		no_difference(&o, &f);
	} else if (error == 0 && f.ethertype != ETHERTYPE_ARP) {
		/* ::, ::1 and mapped addresses are let go, whether they are good or not */
		assert_false(is_usual(&f, data) && (f.v4 || (get_raw64(f.src.b) != 0 && get_raw64(f.dst.b) != 0)));
	}
	free(data);
	return taken;
}

static void
the_usual_is_taken(void **state)
{
	(void)state;
	assert_true(agree(tcp4_frame, sizeof(tcp4_frame), sizeof(tcp4_frame)));
	assert_true(agree(tcp6_frame, sizeof(tcp6_frame), sizeof(tcp6_frame)));
	/* padding behind it, and payload in the next mbuf */
	assert_true(agree(tcp4_frame, sizeof(tcp4_frame) - 5, sizeof(tcp4_frame) + 3));
	assert_true(agree(tcp6_frame, sizeof(tcp6_frame) - 5, sizeof(tcp6_frame) + 3));
}

static void
what_is_not_tcp_is_left(void **state)
{
	(void)state;
	assert_false(agree(arp_request_frame, sizeof(arp_request_frame), sizeof(arp_request_frame)));
	assert_false(agree(echo4_frame, sizeof(echo4_frame), sizeof(echo4_frame)));
}

static void
every_value_of_every_byte(const uint8_t *frame, uint32_t length, uint32_t headers)
{
	uint8_t changed[ROOM];

	memcpy(changed, frame, length);
	for (uint32_t at = 0; at < headers; at++) {
		for (unsigned int value = 0; value < 256; value++) {
			changed[at] = (uint8_t)value;
			agree(changed, length, length);
		}
		changed[at] = frame[at];
	}
}

static void
every_value_of_every_byte_is_taken_alike(void **state)
{
	(void)state;
	every_value_of_every_byte(tcp4_frame, sizeof(tcp4_frame), ETHER_HEADER + IPV4_HEADER);
	every_value_of_every_byte(tcp6_frame, sizeof(tcp6_frame), ETHER_HEADER + IPV6_HEADER);
}

static void
every_length_is_taken_alike(void **state)
{
	(void)state;
	for (uint32_t length = 0; length <= sizeof(tcp6_frame); length++)
		for (uint32_t contiguous = 0; contiguous <= length; contiguous++) {
			agree(tcp6_frame, contiguous, length);
			if (length <= sizeof(tcp4_frame))
				agree(tcp4_frame, contiguous, length);
		}
}

/* One to four bytes changed, often in fields that decide, now and then to values near those that count */
static void
mutate(uint8_t *frame, uint32_t length, uint64_t *seed)
{
	static const uint8_t values[] = { 0, 1, 4, 5, 6, 0x20, 0x40, 0x45, 0x46, 0x60, 0x7f, 0x80, 0xdf, 0xe0, 0xff };

	for (uint64_t n = 1 + mix64(seed) % 4; n > 0; n--) {
		uint64_t word = mix64(seed);
		uint32_t at = (uint32_t)(word % length);

		frame[at] = word >> 63 ? (uint8_t)(word >> 32) : values[(word >> 32) % sizeof(values)];
	}
}

static void
whatever_comes_is_taken_alike(void **state)
{
	uint32_t taken = 0;
	uint64_t seed = 1;

	(void)state;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		bool v4 = mix64(&seed) & 1;
		uint32_t length = v4 ? sizeof(tcp4_frame) : sizeof(tcp6_frame);
		uint32_t contiguous = length - (uint32_t)(mix64(&seed) % 8 == 0 ? mix64(&seed) % length : 0);
		uint8_t frame[ROOM];

		memcpy(frame, v4 ? tcp4_frame : tcp6_frame, length);
		mutate(frame, length, &seed);
		taken += agree(frame, contiguous, length);
	}
	/* neither nothing nor all: else nothing was compared */
	assert_in_range(taken, ROUNDS / 10, ROUNDS - ROUNDS / 10);
}

static void
another_mac_is_left(void **state)
{
	struct mac_addr other = us;
	struct l3 o;

	(void)state;
	for (unsigned int i = 0; i < sizeof(other.b); i++) {
		other.b[i] ^= 0x80;
		assert_false(usual_ipv4(&o, tcp4_frame, sizeof(tcp4_frame), sizeof(tcp4_frame), usual_mac(&other)));
		assert_false(usual_ipv6(&o, tcp6_frame, sizeof(tcp6_frame), sizeof(tcp6_frame), usual_mac(&other)));
		other.b[i] ^= 0x80;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_is_taken),
		cmocka_unit_test(what_is_not_tcp_is_left),
		cmocka_unit_test(every_value_of_every_byte_is_taken_alike),
		cmocka_unit_test(every_length_is_taken_alike),
		cmocka_unit_test(whatever_comes_is_taken_alike),
		cmocka_unit_test(another_mac_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
