/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/prf.h"

/* SipHash-2-4 under the key 00..0f of the bytes 00, 01, 02 ..., as in its authors' paper and in `openssl mac` */
static void
siphash_gives_the_reference_values(void **state)
{
	static const struct {
		size_t length;
		uint64_t hash;
	} vectors[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) }, { 1, UINT64_C(0x74f839c593dc67fd) },
		{ 7, UINT64_C(0xab0200f58b01d137) }, { 8, UINT64_C(0x93f5f5799a932462) },
		{ 15, UINT64_C(0xa129ca6149be45e5) }, { 16, UINT64_C(0x3f2acc7f57c29bdb) },
		{ 63, UINT64_C(0x958a324ceb064572) },
	};
	uint8_t key[16], data[64];

	(void)state;
	for (uint8_t i = 0; i < sizeof(data); i++) {
		data[i] = i;
		key[i % 16] = i % 16;
	}
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		assert_true(siphash(key, data, vectors[i].length) == vectors[i].hash);
}

static void
siphash_reads_data_at_any_address(void **state)
{
	uint8_t key[16] = { 1 }, data[40] = { 0 };
	uint64_t expected;

	(void)state;
	memset(data, 7, 20);
	expected = siphash(key, data, 20);
	for (size_t shift = 1; shift < 8; shift++) {
		memset(data, 9, sizeof(data));
		memset(data + shift, 7, 20);
		assert_true(siphash(key, data + shift, 20) == expected);
	}
}

/*
 * The first block, the remote address, and the key are FIPS 197's example. Expected: the last block's first half of
 * `openssl enc -aes-128-cbc -nopad` of both blocks.
 */
static void
the_function_of_a_flow_is_the_CBC_MAC_of_AES_or_SipHash(void **state)
{
	struct flow_key key = { .local = 0x01020304, .lport = 0x1122, .rport = 0x3344 };
	uint8_t secret[16];
	struct prf f;

	(void)state;
	for (uint8_t i = 0; i < 16; i++) {
		secret[i] = i;
		key.remote[i] = (uint8_t)(i * 0x11);
	}
	prf_init(&f, secret);
#ifdef __AES__
	assert_true(prf(&f, &key) == UINT64_C(0x7ce27f1b8989668b));
#else
	assert_true(prf(&f, &key) == siphash(secret, &key, sizeof(key)));
#endif
}

static void
every_part_of_a_flow_and_of_the_secret_changes_its_function(void **state)
{
	struct flow_key key = { .local = 1, .lport = 2, .rport = 3 }, other;
	uint8_t secret[16] = { 1 };
	struct prf f, g;

	(void)state;
	prf_init(&f, secret);
	for (size_t byte = 0; byte < sizeof(key); byte++) {
		other = key;
		((uint8_t *)&other)[byte] ^= 0x80;
		assert_true(prf(&f, &other) != prf(&f, &key));
	}
	for (size_t byte = 0; byte < sizeof(secret); byte++) {
		secret[byte] ^= 0x80;
		prf_init(&g, secret);
		assert_true(prf(&g, &key) != prf(&f, &key));
		secret[byte] ^= 0x80;
	}
}

static void
mix64_gives_the_reference_values_of_splitmix64(void **state)
{
	uint64_t seed = 0;

	(void)state;
	assert_true(mix64(&seed) == UINT64_C(0xe220a8397b1dcdaf));
	assert_true(mix64(&seed) == UINT64_C(0x6e789e6aa1b965f4));
}

static void
a_seed_gives_the_same_secret_every_time(void **state)
{
	struct secret a, b;

	(void)state;
	secret_from_seed(&a, 42);
	secret_from_seed(&b, 42);
	assert_memory_equal(&a, &b, sizeof(a));
	secret_from_seed(&b, 43);
	assert_memory_not_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(a.isn, a.tsoff, sizeof(a.isn));
}

static void
two_random_secrets_differ_in_every_part(void **state)
{
	struct secret a, b;

	(void)state;
	assert_int_equal(secret_random(&a), 0);
	assert_int_equal(secret_random(&b), 0);
	assert_memory_not_equal(a.flow, b.flow, sizeof(a.flow));
	assert_memory_not_equal(a.isn, b.isn, sizeof(a.isn));
	assert_memory_not_equal(a.tsoff, b.tsoff, sizeof(a.tsoff));
	assert_memory_not_equal(a.port, b.port, sizeof(a.port));
	assert_memory_not_equal(a.cookie, b.cookie, sizeof(a.cookie));
}

static void
every_bit_of_the_key_changes_every_bit_of_the_hash_half_of_the_time(void **state)
{
	(void)state;
	enum { SAMPLES = 256 };
	struct secret secret;
	uint64_t seed = 3;

	secret_from_seed(&secret, 3);
	for (uint32_t bit = 0; bit < 8 * sizeof(struct flow_key); bit++) {
		uint32_t changed[64] = { 0 };

		for (int i = 0; i < SAMPLES; i++) {
			uint64_t words[3] = { mix64(&seed), mix64(&seed), mix64(&seed) };
			struct flow_key key;
			uint64_t before, difference;

			memcpy(&key, words, sizeof(key));
			before = flow_hash(secret.flow, &key);
			words[bit / 64] ^= UINT64_C(1) << bit % 64;
			memcpy(&key, words, sizeof(key));
			difference = before ^ flow_hash(secret.flow, &key);
			for (uint32_t out = 0; out < 64; out++)
				changed[out] += difference >> out & 1;
		}
		/* half of 256 is 128 with a deviation of 8: six of them either way */
		for (uint32_t out = 0; out < 64; out++)
			assert_in_range(changed[out], 128 - 48, 128 + 48);
	}
}

static void
every_bit_of_the_secret_changes_the_hash(void **state)
{
	const struct flow_key key = { .remote = { 1, 2, 3 }, .local = 1, .lport = 80, .rport = 1024 };
	struct secret secret;
	uint64_t before;
#ifdef __AES__
	const uint32_t bits = 256;
#else
	const uint32_t bits = 128;
#endif

	(void)state;
	secret_from_seed(&secret, 4);
	before = flow_hash(secret.flow, &key);
	for (uint32_t bit = 0; bit < bits; bit++) {
		secret.flow[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(flow_hash(secret.flow, &key) != before);
		secret.flow[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static int
compare(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static void
neighbouring_flows_have_different_hashes_and_spread_over_the_buckets(void **state)
{
	(void)state;
	enum { FLOWS = 1 << 18, BUCKETS = 1 << 12 };
	uint64_t *hashes = malloc(FLOWS * sizeof(*hashes));
	uint32_t *load = calloc(BUCKETS, sizeof(*load));
	struct secret secret;

	secret_from_seed(&secret, 5);
	for (uint32_t i = 0; i < FLOWS; i++) {
		const struct flow_key key = {
			.remote = { [10] = 0xff, 0xff, 198, 18, 0, (uint8_t)(i >> 16) },
			.local = 1, .lport = 80, .rport = (uint16_t)i,
		};

		hashes[i] = flow_hash(secret.flow, &key);
		load[hashes[i] >> 32 & (BUCKETS - 1)]++;
	}
	/* 64 a bucket on average, with a deviation of 8 */
	for (uint32_t i = 0; i < BUCKETS; i++)
		assert_in_range(load[i], 16, 112);
	qsort(hashes, FLOWS, sizeof(*hashes), compare);
	for (uint32_t i = 1; i < FLOWS; i++)
		assert_true(hashes[i] != hashes[i - 1]);
	free(hashes);
	free(load);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_gives_the_reference_values),
		cmocka_unit_test(siphash_reads_data_at_any_address),
		cmocka_unit_test(the_function_of_a_flow_is_the_CBC_MAC_of_AES_or_SipHash),
		cmocka_unit_test(every_part_of_a_flow_and_of_the_secret_changes_its_function),
		cmocka_unit_test(mix64_gives_the_reference_values_of_splitmix64),
		cmocka_unit_test(a_seed_gives_the_same_secret_every_time),
		cmocka_unit_test(two_random_secrets_differ_in_every_part),
		cmocka_unit_test(every_bit_of_the_key_changes_every_bit_of_the_hash_half_of_the_time),
		cmocka_unit_test(every_bit_of_the_secret_changes_the_hash),
		cmocka_unit_test(neighbouring_flows_have_different_hashes_and_spread_over_the_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
