/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tern/tern.h>

#include "run/configure.h"
#include "run/option_table.h"
#include "run/options.h"
#include "run/placement.h"

static struct options o;
static struct complaint why;

#define ONE "--dev tap:t0 --ip 198.18.0.1/24 "

/* The words of a line, as argv. */
static int
parse_with(int (*parser)(struct options *, int, char **, struct complaint *), const char *line)
{
	static char copy[1024];
	char *argv[64] = { (char []){ "test" } };
	int argc = 1;
	char *rest = NULL;

	memset(&o, 0, sizeof(o));
	why.text[0] = '\0';
	assert_true((size_t)snprintf(copy, sizeof(copy), "%s", line) < sizeof(copy));
	for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
		assert_true(argc < 63);
		argv[argc++] = word;
	}
	return parser(&o, argc, argv, &why);
}

static int
parse(const char *line)
{
	return parse_with(options_parse, line);
}

static void
assert_taken(const char *line)
{
	if (parse(line) != 0)
		fail_msg("\"%s\" is refused: %s", line, why.text);
}

/* Refused, and the message has these in it, each in its turn up to NULL. */
static void
assert_refused(const char *line, const char *first, const char *second)
{
	if (parse(line) == 0)
		fail_msg("\"%s\" is taken", line);
	if (strstr(why.text, first) == NULL || strstr(why.text, second) == NULL)
		fail_msg("\"%s\": \"%s\" lacks \"%s\" or \"%s\"", line, why.text, first, second);
}

static void
assert_addr(const struct tern_addr *addr, const char *text)
{
	struct tern_addr wanted;

	assert_int_equal(tern_addr_parse(text, &wanted), 0);
	assert_memory_equal(addr, &wanted, sizeof(wanted));
}

static void
numbers_have_decimal_and_binary_units(void **state)
{
	static const struct { const char *text; uint64_t value; } good[] = {
		{ "0", 0 }, { "64", 64 }, { "64k", 64000 }, { "1M", 1000000 }, { "2G", UINT64_C(2000000000) },
		{ "1T", UINT64_C(1000000000000) }, { "4Ki", 4096 }, { "1Mi", 1048576 }, { "1Gi", 1073741824 },
		{ "1.5k", 1500 }, { "0.5Ki", 512 }, { "18446744073709551615", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t value = 1;

		assert_int_equal(tern_parse_number(good[i].text, &value), 0);
		assert_int_equal(value, good[i].value);
	}
}

static void
what_is_no_number_is_refused_and_leaves_the_value(void **state)
{
	static const char *const bad[] = { "", "k", "-1", "+1", " 1", "1 ", "1.5", "1.", ".5", "1.2.3k", "1kk", "0x10", "1Kib",
					   "18446744073709551616", "99999999999999999999999999999999999999999", "20000000T",
					   "0.0000000000000000000000000000000000000000000001k" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t value = 77;

		if (tern_parse_number(bad[i], &value) == 0)
			fail_msg("\"%s\" is taken as %llu", bad[i], (unsigned long long)value);
		assert_int_equal(value, 77);
	}
}

static void
times_have_units_and_a_bare_number_counts_seconds(void **state)
{
	static const struct { const char *text; uint64_t ns; } good[] = {
		{ "0", 0 }, { "10", UINT64_C(10000000000) }, { "1ns", 1 }, { "500us", 500000 }, { "40ms", 40000000 },
		{ "1.5s", 1500000000 }, { "2m", UINT64_C(120000000000) }, { "4min", UINT64_C(240000000000) },
		{ "2h", UINT64_C(7200000000000) }, { "1d", UINT64_C(86400000000000) },
	};
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(tern_parse_time(good[i].text, &ns), 0);
		assert_int_equal(ns, good[i].ns);
	}
	assert_int_equal(tern_parse_time("10x", &ns), -EINVAL);
	assert_int_equal(tern_parse_time("10k", &ns), -EINVAL);
	assert_int_equal(tern_parse_time("1.5ns", &ns), -EINVAL);
	assert_int_equal(tern_parse_time("1000000d", &ns), -ERANGE);
}

static void
both_forms_of_a_word_mean_the_same(void **state)
{
	(void)state;
	assert_taken(ONE "--mtu 1400");
	assert_int_equal(o.side[0].mtu, 1400);
	assert_taken(ONE "--mtu=1400");
	assert_int_equal(o.side[0].mtu, 1400);
}

static void
the_fallbacks_are_those_of_tcp(void **state)
{
	const struct tcp_config wanted = TCP_CONFIG_DEFAULT;
	struct tcp_config tcp;

	(void)state;
	assert_taken(ONE);
	configure_tcp(&tcp, &o.side[0]);
	assert_int_equal(tcp.max_connections, wanted.max_connections);
	assert_int_equal(tcp.max_half_open, wanted.max_half_open);
	assert_int_equal(tcp.max_time_wait, wanted.max_time_wait);
	assert_int_equal(tcp.rcvbuf, wanted.rcvbuf);
	assert_int_equal(tcp.rcvbuf_max, wanted.rcvbuf_max);
	assert_int_equal(tcp.sndbuf, wanted.sndbuf);
	assert_int_equal(tcp.mss, wanted.mss);
	assert_true(tcp.timestamps && tcp.sack && tcp.wscale && tcp.nodelay);
	assert_int_equal(tcp.ack_every, wanted.ack_every);
	assert_int_equal(tcp.ttl, wanted.ttl);
	assert_int_equal(tcp.tos, wanted.tos);
	assert_string_equal(tcp.congestion, wanted.congestion);
	assert_int_equal(tcp.pacing, wanted.pacing);
	assert_int_equal(tcp.initial_window, wanted.initial_window);
	assert_int_equal(tcp.delayed_ack_ms, wanted.delayed_ack_ms);
	assert_int_equal(tcp.rto_min_ms, wanted.rto_min_ms);
	assert_int_equal(tcp.rto_max_ms, wanted.rto_max_ms);
	assert_int_equal(tcp.rto_initial_ms, wanted.rto_initial_ms);
	assert_int_equal(tcp.syn_timeout_ms, wanted.syn_timeout_ms);
	assert_int_equal(tcp.synack_retries, wanted.synack_retries);
	assert_int_equal(tcp.syn_cookies, wanted.syn_cookies);
	assert_int_equal(tcp.cookie_threshold, wanted.cookie_threshold);
	assert_int_equal(tcp.ecn, wanted.ecn);
	assert_int_equal(tcp.challenge_ms, wanted.challenge_ms);
	assert_int_equal(tcp.user_timeout_ms, wanted.user_timeout_ms);
	assert_int_equal(tcp.pmtu_discovery, wanted.pmtu_discovery);
	assert_int_equal(tcp.pmtu_base, wanted.pmtu_base);
	assert_int_equal(tcp.fin_wait_2_ms, wanted.fin_wait_2_ms);
	assert_int_equal(tcp.time_wait_ms, wanted.time_wait_ms);
}

static void
every_option_reaches_tcp(void **state)
{
	struct tcp_config tcp;

	(void)state;
	assert_taken(ONE "--mss 1000 --window 1Mi --sndbuf 64k --no-timestamps --no-sack --no-wscale --nagle --ecn on --ack-every 4 "
		     "--ttl 9 --tos 184 --congestion none --initial-window 2 --delayed-ack 1500us --rto-min 5ms --rto-max 30s "
		     "--rto-initial 3s --syn-timeout 7s --synack-retries 1 --user-timeout 9s --fin-timeout 2s --time-wait 4s "
		     "--syn-cookies always --cookie-threshold 7 --max-connections 10 --max-half-open 20 --max-time-wait 30 "
		     "--no-pmtu --pacing --pmtu-base 600 --challenge-interval 2s");
	configure_tcp(&tcp, &o.side[0]);
	assert_int_equal(tcp.challenge_ms, 2000);
	assert_int_equal(tcp.mss, 1000);
	assert_int_equal(tcp.rcvbuf, 1048576);
	assert_int_equal(tcp.rcvbuf_max, 1048576);  /* what was said stays */
	assert_int_equal(tcp.sndbuf, 64000);
	assert_false(tcp.timestamps || tcp.sack || tcp.wscale || tcp.nodelay);
	assert_int_equal(tcp.ecn, TCP_ECN_ON);
	assert_int_equal(tcp.ack_every, 4);
	assert_int_equal(tcp.ttl, 9);
	assert_int_equal(tcp.tos, 184);
	assert_string_equal(tcp.congestion, "none");
	assert_true(tcp.pacing);
	assert_int_equal(tcp.initial_window, 2);
	assert_int_equal(tcp.delayed_ack_ms, 2);   /* rounded up: never early */
	assert_int_equal(tcp.rto_min_ms, 5);
	assert_int_equal(tcp.rto_max_ms, 30000);
	assert_int_equal(tcp.rto_initial_ms, 3000);
	assert_int_equal(tcp.syn_timeout_ms, 7000);
	assert_int_equal(tcp.synack_retries, 1);
	assert_int_equal(tcp.syn_cookies, TCP_COOKIES_ALWAYS);
	assert_int_equal(tcp.cookie_threshold, 7);
	assert_int_equal(tcp.user_timeout_ms, 9000);
	assert_int_equal(tcp.fin_wait_2_ms, 2000);
	assert_int_equal(tcp.time_wait_ms, 4000);
	assert_false(tcp.pmtu_discovery);
	assert_int_equal(tcp.pmtu_base, 600);
	assert_int_equal(tcp.max_connections, 10);
	assert_int_equal(tcp.max_half_open, 20);
	assert_int_equal(tcp.max_time_wait, 30);
}

static void
a_stack_asks_for_its_addresses_unless_it_is_told_not_to(void **state)
{
	(void)state;
	assert_taken(ONE);
	assert_false(o.side[0].no_dad);
	assert_taken(ONE "--no-dad");
	assert_true(o.side[0].no_dad);
	assert_taken("--pair --server-no-dad");
	assert_true(o.side[0].no_dad != o.side[1].no_dad);
	assert_refused(ONE "--no-dad=1", "--no-dad is a switch", "\"1\"");
}

static void
the_strict_profile_yields_to_a_word_of_its_own_wherever_it_stands(void **state)
{
	(void)state;
	assert_taken(ONE "--profile strict");
	assert_int_equal(o.side[0].ack_every, 2);
	assert_true(o.side[0].nagle);
	assert_taken(ONE "--ack-every 3 --profile strict");
	assert_int_equal(o.side[0].ack_every, 3);
	assert_taken(ONE "--profile strict --ack-every 3");
	assert_int_equal(o.side[0].ack_every, 3);
}

static void
an_unknown_word_is_named_and_the_nearest_one_offered(void **state)
{
	(void)state;
	assert_refused(ONE "--mtuu 1500", "--mtuu", "did you mean --mtu?");
	assert_refused(ONE "--no-timestamp", "--no-timestamp;", "--no-timestamps");
	assert_refused(ONE "--frobnicate", "--frobnicate", "--help");
	assert_refused(ONE "--client-seed 1", "--client-seed", "unknown");
	assert_refused(ONE "stray", "\"stray\"", "two dashes");
}

static void
a_number_out_of_range_is_told_with_the_range(void **state)
{
	(void)state;
	assert_refused(ONE "--mtu 20", "--mtu \"20\"", "128 to 9728");
	assert_refused(ONE "--mtu 1e3", "--mtu \"1e3\"", "128 to 9728");
	assert_refused(ONE "--burst 65", "--burst \"65\"", "1 to 64");
	assert_refused(ONE "--delayed-ack 500ms", "--delayed-ack \"500ms\"", "1ms to 499ms");
	assert_refused(ONE "--rto-min 10s --rto-max 5s", "--rto-min", "at most 5000ms");
}

static void
a_word_out_of_a_set_is_told_with_the_set(void **state)
{
	(void)state;
	assert_refused(ONE "--idle doze", "--idle \"doze\"", "poll|pause|sleep");
	assert_refused(ONE "--congestion bbr", "--congestion \"bbr\"", "cubic|newreno|none");
	assert_taken(ONE "--idle sleep");
	assert_int_equal(o.idle, IDLE_SLEEP);
}

static void
a_missing_value_is_told(void **state)
{
	(void)state;
	assert_refused(ONE "--mtu", "--mtu lacks its value", "--mtu BYTES");
	assert_refused(ONE "--mtu --nagle", "--mtu lacks its value", "--mtu BYTES");
}

static void
a_switch_takes_no_value(void **state)
{
	(void)state;
	assert_refused(ONE "--nagle=yes", "--nagle is a switch", "\"yes\"");
}

static void
an_option_given_twice_is_refused_unless_it_may_repeat(void **state)
{
	(void)state;
	assert_refused(ONE "--mtu 1500 --mtu 1400", "--mtu is given twice", "\"1500\" and as \"1400\"");
	assert_refused(ONE "--nagle --nagle", "--nagle", "twice");
	assert_taken(ONE "--ip 2001:2::1/48");
	assert_int_equal(o.side[0].ips, 2);
}

static void
an_address_has_a_prefix_and_perhaps_a_vlan(void **state)
{
	(void)state;
	assert_taken("--dev tap:t0 --ip 198.18.0.1/24@100 --ip 2001:2::1/48");
	assert_addr(&o.side[0].ip[0].addr, "198.18.0.1");
	assert_int_equal(o.side[0].ip[0].prefix, 96 + 24);
	assert_int_equal(o.side[0].ip[0].vlan, 100);
	assert_addr(&o.side[0].ip[1].addr, "2001:2::1");
	assert_int_equal(o.side[0].ip[1].prefix, 48);
	assert_int_equal(o.side[0].ip[1].vlan, VLAN_NONE);
}

static void
bad_addresses_are_told(void **state)
{
	static const char *const bad[] = { "198.18.0.1", "198.18.0/24", "198.18.0.1/33", "198.18.0.1/", "198.18.0.1/24@0",
					   "198.18.0.1/24@4095", "198.18.0.1/24@", "198.18.0.0/24", "198.18.0.255/24",
					   "224.0.0.1/24", "0.0.0.0/0", "127.0.0.1/8", "2001:2::1/129", "::1/128", "ff02::1/64" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char line[128];

		snprintf(line, sizeof(line), "--dev tap:t0 --ip %s", bad[i]);
		assert_refused(line, "--ip", bad[i]);
	}
	assert_taken("--dev tap:t0 --ip 198.18.0.0/31");   /* RFC 3021 */
}

static void
a_side_needs_a_device_and_an_address(void **state)
{
	(void)state;
	assert_refused("", "--dev", "tap:NAME");
	assert_refused("--dev tap:t0", "--ip", "ADDR/PREFIX");
	assert_refused("--dev nic:0 --ip 198.18.0.1/24", "nic:0", "tap:NAME");
}

static void
a_gateway_must_be_on_link(void **state)
{
	(void)state;
	assert_taken(ONE "--gw 198.18.0.254");
	assert_addr(&o.side[0].gateway[0], "198.18.0.254");
	assert_refused(ONE "--gw 198.18.1.254", "--gw 198.18.1.254", "--ip");
	assert_refused(ONE "--gw 198.18.0.1", "--gw 198.18.0.1", "own");
	assert_refused(ONE "--gw 198.18.0.254 --gw 198.18.0.253", "--gw 198.18.0.253", "second");
	assert_refused(ONE "--gw x", "--gw \"x\"", "an address");
}

static void
a_gateway_becomes_a_default_route_on_its_vlan(void **state)
{
	static struct ip_config ip;
	static struct tern_link link;
	const struct port port = { .mtu = 1500, .link = { &link } };

	(void)state;
	assert_taken("--dev tap:t0 --ip 198.18.0.1/24 --ip 198.18.1.1/24@7 --ip 2001:2::1/48@8 --gw 198.18.1.254 --gw 2001:2::ff");
	configure_ip(&ip, &o.side[0], &port);
	assert_int_equal(ip.routes, 5);
	assert_addr(&ip.route[0].net, "198.18.0.0");
	assert_false(ip.route[0].via);
	assert_true(ip.route[3].via);
	assert_int_equal(ip.route[3].prefix, 96);
	assert_int_equal(ip.route[3].vlan, 7);
	assert_addr(&ip.route[3].net, "0.0.0.0");
	assert_true(ip.route[4].via);
	assert_int_equal(ip.route[4].prefix, 0);
	assert_int_equal(ip.route[4].vlan, 8);
}

static void
a_pool_is_a_prefix_a_range_or_one_address(void **state)
{
	(void)state;
	assert_taken(ONE "--src 198.18.4.0/24 --src 198.18.5.10-198.18.5.19 --src 198.18.6.1 --src 198.18.7.0/31");
	assert_int_equal(o.side[0].pools, 4);
	assert_addr(&o.side[0].pool[0].first, "198.18.4.1");
	assert_int_equal(o.side[0].pool[0].count, 254);
	assert_addr(&o.side[0].pool[1].first, "198.18.5.10");
	assert_int_equal(o.side[0].pool[1].count, 10);
	assert_int_equal(o.side[0].pool[2].count, 1);
	assert_int_equal(o.side[0].pool[3].count, 2);
}

static void
a_pool_takes_the_vlan_of_the_address_it_lies_with(void **state)
{
	(void)state;
	assert_taken("--dev tap:t0 --ip 198.18.0.1/24 --ip 198.18.1.1/24@7 --src 198.18.1.10-198.18.1.20 --src 198.18.0.9@9");
	assert_int_equal(o.side[0].pool[0].vlan, 7);
	assert_int_equal(o.side[0].pool[1].vlan, 9);
}

static void
pools_that_cannot_work_are_told(void **state)
{
	(void)state;
	assert_refused(ONE "--src 198.18.0.0/24", "--src", "--ip 198.18.0.1");
	assert_refused(ONE "--gw 198.18.0.254 --src 198.18.0.250-198.18.0.254", "--src", "--gw 198.18.0.254");
	assert_refused(ONE "--src 198.18.0.10-198.18.0.20 --src 198.18.0.20", "--src", "overlap");
	assert_refused(ONE "--src 2001:2::10", "2001:2::10", "family");
	assert_refused(ONE "--src 198.18.0.20-198.18.0.10", "--src", "smaller address first");
	assert_refused(ONE "--src 10.0.0.0/8", "--src", "1048576");
	assert_refused(ONE "--src 198.18.0.10-2001:2::1", "--src", "one family");
}

static void
pool_addresses_are_numbered_behind_the_others(void **state)
{
	static struct ip_config ip;
	static struct tern_link link;
	const struct port port = { .mtu = 1500, .link = { &link } };

	(void)state;
	assert_taken(ONE "--ip 2001:2::1/48 --src 198.18.4.0/24 --src 198.18.6.1");
	configure_ip(&ip, &o.side[0], &port);
	assert_int_equal(ip.locals, 4);
	assert_int_equal(ip.local[0].number, 1);
	assert_int_equal(ip.local[1].number, 2);
	assert_int_equal(ip.local[2].number, 3);
	assert_true(ip.local[2].pool);
	assert_int_equal(ip.local[3].number, 3 + 254);
}

static void
ipv6_needs_its_least_mtu(void **state)
{
	(void)state;
	assert_refused("--dev tap:t0 --ip 2001:2::1/48 --mtu 1279", "1280", "--mtu");
	assert_taken("--dev tap:t0 --ip 198.18.0.1/24 --mtu 576");
}

static void
a_pair_without_words_runs_over_loop_with_addresses_of_both_families(void **state)
{
	(void)state;
	assert_taken("--pair");
	assert_true(o.pair);
	for (int side = 0; side < 2; side++) {
		assert_string_equal(o.side[side].device, "loop");
		assert_int_equal(o.side[side].ips, 2);
		assert_true(tern_addr_is_v4(&o.side[side].ip[0].addr));
		assert_false(tern_addr_is_v4(&o.side[side].ip[1].addr));
	}
	assert_int_equal(o.side[0].pools, 2);
	assert_int_equal(o.side[0].pool[0].count, 64);
	assert_int_equal(o.side[1].pools, 0);
	/* each on the other's subnet */
	assert_true(address_in_prefix(&o.side[1].ip[0].addr, &o.side[0].ip[0].addr, o.side[0].ip[0].prefix));
	assert_true(address_in_prefix(&o.side[1].ip[1].addr, &o.side[0].ip[1].addr, o.side[0].ip[1].prefix));
}

static void
a_word_of_one_side_makes_a_pair_and_wins_over_one_for_both(void **state)
{
	(void)state;
	assert_taken("--server-mtu 1400 --mtu 1450");
	assert_true(o.pair);
	assert_int_equal(o.side[0].mtu, 1450);
	assert_int_equal(o.side[1].mtu, 1400);
	assert_taken("--server-no-sack");
	assert_false(o.side[0].no_sack);
	assert_true(o.side[1].no_sack);
}

static void
sources_of_a_pair_are_the_clients(void **state)
{
	(void)state;
	assert_taken("--pair --src 198.18.9.1-198.18.9.4");
	assert_int_equal(o.side[0].pools, 1);
	assert_int_equal(o.side[0].pool[0].count, 4);
	assert_int_equal(o.side[1].pools, 0);
}

static void
a_pair_says_whose_address_it_is(void **state)
{
	(void)state;
	assert_refused("--pair --ip 198.18.0.1/24", "--ip", "--client-ip or --server-ip");
	assert_refused("--pair --dev tap:t0", "--dev", "--client-dev or --server-dev");
	assert_taken("--pair --dev loop");
}

static void
devices_of_a_pair_fit_together(void **state)
{
	(void)state;
	assert_refused("--client-dev tap:t0", "--client-dev tap:t0", "--server-dev");
	assert_refused("--client-dev loop --server-dev tap:t0", "loop", "both ends");
	assert_refused("--client-dev tap:t0 --server-dev tap:t0 --client-ip 198.18.0.1/24 --server-ip 198.18.0.2/24", "tap:t0",
		       "its own");
	assert_refused("--dev loop --ip 198.18.0.1/24", "--dev loop", "--pair");
	assert_taken("--client-dev tap:t0 --server-dev tap:t1 --client-ip 198.18.0.1/24 --server-ip 198.18.0.2/24");
}

static void
cores_are_listed_in_ranges(void **state)
{
	static const uint16_t wanted[] = { 2, 3, 4, 5, 8 };
	char text[64];

	(void)state;
	assert_taken(ONE "--cores 2-5,8");
	assert_int_equal(o.side[0].cpus.count, 5);
	assert_memory_equal(o.side[0].cpus.cpu, wanted, sizeof(wanted));
	assert_string_equal(cpu_format(o.side[0].cpus.cpu, 5, text, sizeof(text)), "2-5,8");
	assert_refused(ONE "--cores 1,1", "--cores \"1,1\"", "once");
	assert_refused(ONE "--cores 5-2", "--cores \"5-2\"", "smaller");
	assert_refused(ONE "--cores 1,", "--cores", "2-5,8");
	assert_refused(ONE "--cores 5000", "--cores", "1024");
}

static void
a_pair_splits_a_list_of_cores_in_halves(void **state)
{
	(void)state;
	assert_taken("--pair --cores 2-5");
	assert_int_equal(o.side[0].cpus.count, 2);
	assert_int_equal(o.side[0].cpus.cpu[1], 3);
	assert_int_equal(o.side[1].cpus.count, 2);
	assert_int_equal(o.side[1].cpus.cpu[0], 4);
	assert_refused("--pair --cores 2-4", "--cores \"2-4\"", "--client-cores");
}

static const uint16_t four[] = { 0, 1, 2, 3 };
static struct placement place;

static void
cores_that_are_not_named_are_chosen_apart(void **state)
{
	(void)state;
	assert_taken("--pair");
	assert_int_equal(placement_make_over(&place, &o, four, 2, &why), 0);
	assert_int_equal(place.cpu[0], 0);
	assert_int_equal(place.cpu[1], 1);
	assert_false(place.any_shared);
	/* with CPUs to spare the first one is left alone */
	assert_int_equal(placement_make_over(&place, &o, four, 4, &why), 0);
	assert_int_equal(place.cpu[0], 1);
	assert_int_equal(place.cpu[1], 2);
}

static void
the_client_leaves_the_server_the_cores_it_named(void **state)
{
	(void)state;
	assert_taken("--pair --server-cores 0");
	assert_int_equal(placement_make_over(&place, &o, four, 2, &why), 0);
	assert_int_equal(place.cpu[0], 1);
	assert_int_equal(place.cpu[1], 0);
}

static void
too_few_cpus_are_shared_and_that_is_known(void **state)
{
	(void)state;
	assert_taken("--pair");
	assert_int_equal(placement_make_over(&place, &o, four, 1, &why), 0);
	assert_int_equal(place.count, 2);
	assert_true(place.any_shared && place.shared[0] && place.shared[1]);
}

static void
a_core_that_does_not_exist_is_told_with_those_that_do(void **state)
{
	(void)state;
	assert_taken(ONE "--cores 1,9");
	assert_int_equal(placement_make_over(&place, &o, four, 4, &why), -1);
	assert_non_null(strstr(why.text, "--cores: there is no CPU 9"));
	assert_non_null(strstr(why.text, "0-3"));
}

static void
a_stack_on_a_port_that_is_there_has_no_device_or_cores(void **state)
{
	(void)state;
	assert_int_equal(parse_with(options_parse_stack, "--ip 198.18.0.1/24 --nagle"), 0);
	assert_true(o.side[0].nagle);
	assert_int_equal(parse_with(options_parse_stack, "--ip 198.18.0.1/24 --cores 1"), -1);
	assert_non_null(strstr(why.text, "--cores"));
	assert_int_equal(parse_with(options_parse_stack, "--ip 198.18.0.1/24 --dev tap:t0"), -1);
	assert_non_null(strstr(why.text, "--dev"));
}

static void
a_seed_of_zero_is_a_seed(void **state)
{
	(void)state;
	assert_taken(ONE "--seed 0");
	assert_true(o.seeded);
	assert_taken(ONE);
	assert_false(o.seeded);
}

static void
every_option_has_help_and_a_fallback_that_it_takes(void **state)
{
	(void)state;
	for (const struct tern_option *p = tern_options(); p->name != NULL; p++) {
		char line[160];

		assert_non_null(p->help);
		if (p->fallback == NULL)
			continue;
		snprintf(line, sizeof(line), ONE "--%s %s", p->name, p->fallback);
		assert_taken(line);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_decimal_and_binary_units),
		cmocka_unit_test(what_is_no_number_is_refused_and_leaves_the_value),
		cmocka_unit_test(times_have_units_and_a_bare_number_counts_seconds),
		cmocka_unit_test(both_forms_of_a_word_mean_the_same),
		cmocka_unit_test(the_fallbacks_are_those_of_tcp),
		cmocka_unit_test(every_option_reaches_tcp),
		cmocka_unit_test(a_stack_asks_for_its_addresses_unless_it_is_told_not_to),
		cmocka_unit_test(the_strict_profile_yields_to_a_word_of_its_own_wherever_it_stands),
		cmocka_unit_test(an_unknown_word_is_named_and_the_nearest_one_offered),
		cmocka_unit_test(a_number_out_of_range_is_told_with_the_range),
		cmocka_unit_test(a_word_out_of_a_set_is_told_with_the_set),
		cmocka_unit_test(a_missing_value_is_told),
		cmocka_unit_test(a_switch_takes_no_value),
		cmocka_unit_test(an_option_given_twice_is_refused_unless_it_may_repeat),
		cmocka_unit_test(an_address_has_a_prefix_and_perhaps_a_vlan),
		cmocka_unit_test(bad_addresses_are_told),
		cmocka_unit_test(a_side_needs_a_device_and_an_address),
		cmocka_unit_test(a_gateway_must_be_on_link),
		cmocka_unit_test(a_gateway_becomes_a_default_route_on_its_vlan),
		cmocka_unit_test(a_pool_is_a_prefix_a_range_or_one_address),
		cmocka_unit_test(a_pool_takes_the_vlan_of_the_address_it_lies_with),
		cmocka_unit_test(pools_that_cannot_work_are_told),
		cmocka_unit_test(pool_addresses_are_numbered_behind_the_others),
		cmocka_unit_test(ipv6_needs_its_least_mtu),
		cmocka_unit_test(a_pair_without_words_runs_over_loop_with_addresses_of_both_families),
		cmocka_unit_test(a_word_of_one_side_makes_a_pair_and_wins_over_one_for_both),
		cmocka_unit_test(sources_of_a_pair_are_the_clients),
		cmocka_unit_test(a_pair_says_whose_address_it_is),
		cmocka_unit_test(devices_of_a_pair_fit_together),
		cmocka_unit_test(cores_are_listed_in_ranges),
		cmocka_unit_test(a_pair_splits_a_list_of_cores_in_halves),
		cmocka_unit_test(cores_that_are_not_named_are_chosen_apart),
		cmocka_unit_test(the_client_leaves_the_server_the_cores_it_named),
		cmocka_unit_test(too_few_cpus_are_shared_and_that_is_known),
		cmocka_unit_test(a_core_that_does_not_exist_is_told_with_those_that_do),
		cmocka_unit_test(a_stack_on_a_port_that_is_there_has_no_device_or_cores),
		cmocka_unit_test(a_seed_of_zero_is_a_seed),
		cmocka_unit_test(every_option_has_help_and_a_fallback_that_it_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
