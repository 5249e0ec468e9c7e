/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../app/tern/flood.h"
#include "../../app/tern/options.h"
#include "../../app/tern/settings.h"

/* ---- a command line, from words to settings */

struct line {
	struct options options;
	struct settings settings;
	struct problem why;
	int rc;
};

static void
read_line(struct line *l, enum command command, const char *text)
{
	char copy[512], *words[32], *save = NULL;
	int n = 0;

	*l = (struct line){ .why.text = "" };
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *p = strtok_r(copy, " ", &save); p != NULL; p = strtok_r(NULL, " ", &save))
		words[n++] = p;
	assert_int_equal(options_init(&l->options, command, &l->why), 0);
	l->rc = options_read(&l->options, n, words, &l->why);
	if (l->rc == 0)
		l->rc = settings_read(&l->settings, &l->options, &l->why);
}

static void
drop(struct line *l)
{
	settings_free(&l->settings);
	options_free(&l->options);
}

static void
assert_refused(enum command command, const char *text, const char *part)
{
	struct line l;

	read_line(&l, command, text);
	assert_int_equal(l.rc, -1);
	if (strstr(l.why.text, part) == NULL)
		fail_msg("'%s' said '%s', without '%s'", text, l.why.text, part);
	drop(&l);
}

static char config_path[64];

static void
write_config(const char *text)
{
	int fd;

	snprintf(config_path, sizeof(config_path), "/tmp/test_app_options.XXXXXX");
	fd = mkstemp(config_path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void
without_options_a_pair_runs_crr_for_ten_seconds(void **state)
{
	struct line l;

	(void)state;
	read_line(&l, COMMAND_PAIR, "");
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.settings.mode, MODE_CRR);
	assert_int_equal(l.settings.duration_ns, UINT64_C(10000000000));
	assert_int_equal(l.settings.warmup_ns, UINT64_C(1000000000));
	assert_int_equal(l.settings.request_size, 64);
	assert_int_equal(l.settings.answer_size, 64);
	assert_int_equal(settings_connections_of(&l.settings, 0, 2), 64);
	drop(&l);
}

static void
a_value_may_stand_apart_behind_an_equals_sign_or_at_its_letter(void **state)
{
	static const char *const lines[] = { "--connections 5", "--connections=5", "-c 5", "-c5" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct line l;

		read_line(&l, COMMAND_PAIR, lines[i]);
		assert_int_equal(l.rc, 0);
		assert_int_equal(l.settings.connections, 5);
		drop(&l);
	}
}

static void
connections_are_shared_out_so_that_they_add_up(void **state)
{
	struct settings s = { .connections = 10, .connections_given = true };

	(void)state;
	assert_int_equal(settings_connections_of(&s, 0, 3), 4);
	assert_int_equal(settings_connections_of(&s, 1, 3), 3);
	assert_int_equal(settings_connections_of(&s, 2, 3), 3);
}

static void
an_unknown_option_is_refused_with_the_nearest_one(void **state)
{
	(void)state;
	assert_refused(COMMAND_PAIR, "--conections 4", "did you mean 'connections'");
	assert_refused(COMMAND_PAIR, "--xyzzy", "unknown option 'xyzzy'");
}

static void
an_option_of_another_command_is_told_apart_from_an_unknown_one(void **state)
{
	(void)state;
	assert_refused(COMMAND_SERVE, "--dev tap:t0 --rate 5", "tern load, tern pair");
	assert_refused(COMMAND_LOAD, "--dev tap:t0 --client-ip 198.18.0.1/24", "tern pair");
}

static void
bad_values_are_named_with_what_is_wanted(void **state)
{
	(void)state;
	assert_refused(COMMAND_PAIR, "-c 0", "1 to 100,000,000");
	assert_refused(COMMAND_PAIR, "-d soon", "not a time");
	assert_refused(COMMAND_PAIR, "-c many", "not a number");
	assert_refused(COMMAND_PAIR, "--mode streams", "crr, cc, rr, stream, hold, flood");
	assert_refused(COMMAND_PAIR, "-c", "wants a value");
	assert_refused(COMMAND_PAIR, "--fail-if p98>1ms", "p99.9");
}

static void
what_does_not_fit_together_is_refused(void **state)
{
	(void)state;
	assert_refused(COMMAND_PAIR, "--requests 5", "rr");
	assert_refused(COMMAND_PAIR, "--verify --answer-size 65", "must equal");
	assert_refused(COMMAND_PAIR, "--verify --mode cc", "nothing");
	assert_refused(COMMAND_PAIR, "--mode rr --closer server", "client closes");
	assert_refused(COMMAND_PAIR, "--client-dev tap:t0", "--server-dev is missing");
	assert_refused(COMMAND_LOAD, "198.18.0.2:80", "--dev is missing");
	assert_refused(COMMAND_LOAD, "--dev tap:t0", "no target");
	assert_refused(COMMAND_LOAD, "http://198.18.0.2/ --dev tap:t0 --mode cc", "sends no request");
	assert_refused(COMMAND_LOAD, "http://198.18.0.2/ --dev tap:t0 --request-size 5", "what URL and --header make it");
	assert_refused(COMMAND_LOAD, "http://198.18.0.2/ --dev tap:t0 --answer-size 5", "says its length itself");
	assert_refused(COMMAND_LOAD, "198.18.0.2:80 --dev tap:t0 -H Accept:x", "belongs to HTTP");
	assert_refused(COMMAND_LOAD, "http://198.18.0.2/ --dev tap:t0 -H Accept", "NAME: VALUE");
	assert_refused(COMMAND_PAIR, "--ramp 1k..2k", "FROM..TO/+STEP@TIME");
	assert_refused(COMMAND_PAIR, "--ramp 1k..2k/+1k@1s -R 5k", "without --rate");
	assert_refused(COMMAND_PAIR, "--find max -d 5s", "without --count and --duration");
	assert_refused(COMMAND_PAIR, "--find max --loss 5", "no share");
	assert_refused(COMMAND_PAIR, "--trial 5s", "belong to --find");
	assert_refused(COMMAND_PAIR, "--arrival poisson", "only an open loop");
	assert_refused(COMMAND_PAIR, "--mode hold --find max", "no arrivals");
	assert_refused(COMMAND_PAIR, "--mode stream -R 5", "--rate does not go with --mode stream");
	assert_refused(COMMAND_PAIR, "--mode stream --app http", "plain TCP");
	assert_refused(COMMAND_PAIR, "--mode hold --think 5s", "--every");
	assert_refused(COMMAND_PAIR, "--direction up", "--mode stream's");
	assert_refused(COMMAND_PAIR, "--every 5s", "--mode hold's");
	assert_refused(COMMAND_PAIR, "--open-rate 5", "--rate");
	assert_refused(COMMAND_PAIR, "--mode hold --hold 5", "with -c");
	assert_refused(COMMAND_PAIR, "--mode cc --closer server --hold 5", "the server closes");
	assert_refused(COMMAND_PAIR, "--in-flight 5 -c 10", "--mode rr's");
	assert_refused(COMMAND_PAIR, "--mode rr --in-flight 5", "--connections 5 or more");
	assert_refused(COMMAND_PAIR, "--mode rr --in-flight 5 -c 4", "--connections 5 or more");
	assert_refused(COMMAND_PAIR, "--mode rr --in-flight 5 -c 10 -R 5", "open loop");
	assert_refused(COMMAND_PAIR, "--keepalive-count 3", "--keepalive-count belongs to --keepalive TIME");
	assert_refused(COMMAND_SERVE, "--dev tap:t0 --keepalive-interval 3s", "belongs to --keepalive TIME");
	assert_refused(COMMAND_PAIR, "--listen 80-95,443,90", "port 90 stands there twice");
	assert_refused(COMMAND_PAIR, "--app discard", "--app http alone");
	assert_refused(COMMAND_SERVE, "--dev tap:t0 --app http --close rst", "closes with FIN");
	assert_refused(COMMAND_SERVE, "--dev loop", "tern pair");
	assert_refused(COMMAND_SERVE, "--dev tap:t0 --app discard --answer-size 5", "discard");
	assert_refused(COMMAND_SERVE, "--dev tap:t0 --app discard --work 5us", "--app echo or http");
	assert_refused(COMMAND_PAIR, "--mode cc --work 5us", "no requests");
}

static void
a_count_has_no_other_end_unless_one_is_given(void **state)
{
	struct line l;

	(void)state;
	read_line(&l, COMMAND_PAIR, "--count 100");
	assert_true(l.settings.duration_ns == UINT64_MAX);
	assert_int_equal(l.settings.warmup_ns, 0);
	drop(&l);
	read_line(&l, COMMAND_PAIR, "--count 100 -d 3s");
	assert_int_equal(l.settings.duration_ns, UINT64_C(3000000000));
	drop(&l);
}

static void
a_server_with_an_answer_size_answers_instead_of_echoing(void **state)
{
	struct line l;

	(void)state;
	read_line(&l, COMMAND_SERVE, "--dev tap:t0");
	assert_int_equal(l.settings.app, APP_ECHO);
	drop(&l);
	read_line(&l, COMMAND_SERVE, "--dev tap:t0 --answer-size 1Ki");
	assert_int_equal(l.settings.app, APP_ANSWER);
	assert_int_equal(l.settings.answer_size, 1024);
	drop(&l);
}

static void
a_flood_stays_in_the_laboratory(void **state)
{
	static const char *const good[] = { "198.18.0.0/15", "198.18.0.0/16@100", "198.18.1.0-198.19.255.255", "10.0.0.1",
					    "fc00::/8", "2001:2::/64" };
	static const char *const wrong[] = { "198.18.0.0/14", "198.18.1.0-198.20.0.1", "8.8.8.8", "198.17.255.255", "2600::/64",
					     "2001:2::/47", "172.32.0.0/24" };
	struct problem why;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (flood_check_source(good[i], &why) != 0)
			fail_msg("%s", why.text);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (flood_check_source(wrong[i], &why) == 0)
			fail_msg("'%s' was taken", wrong[i]);
	assert_refused(COMMAND_LOAD, "8.8.8.8:80 --dev tap:t0 --mode flood --lab -R 1k --src 198.18.64.0/18", "8.8.8.8 is somebody's");
	assert_refused(COMMAND_LOAD, "198.18.0.1:80 --dev tap:t0 --mode flood --lab -R 1k --src 9.9.9.0/24", "9.9.9.0/24 holds");
	assert_refused(COMMAND_LOAD, "198.18.0.1:80 --dev tap:t0 --mode flood --lab -R 1k", "from --src");
	assert_refused(COMMAND_LOAD, "198.18.0.1:80 --dev tap:t0 --mode flood -R 1k --src 198.18.64.0/18", "--lab");
	assert_refused(COMMAND_LOAD, "198.18.0.1:80 --dev tap:t0 --mode flood --lab --src 198.18.64.0/18", "its rate");
	assert_refused(COMMAND_PAIR, "--lab", "--mode flood's");
	assert_refused(COMMAND_PAIR, "--flood 1k", "--flood sends SYNs");
	assert_refused(COMMAND_PAIR, "--mode flood --lab -R 1k --flood 1k", "it is one");
}

static void
a_pairs_server_does_what_the_mode_needs(void **state)
{
	static const struct {
		const char *line;
		enum app app;
	} lines[] = {
		{ "--mode stream", APP_DISCARD }, { "--mode stream --direction down", APP_CHARGEN },
		{ "--mode stream --direction both", APP_CHARGEN }, { "--mode hold", APP_ECHO },
		{ "--mode hold --app http", APP_HTTP }, { "--mode rr --answer-size 65", APP_ANSWER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct line l;

		read_line(&l, COMMAND_PAIR, lines[i].line);
		assert_int_equal(l.rc, 0);
		assert_int_equal(l.settings.app, lines[i].app);
		drop(&l);
	}
}

static void
a_file_gives_what_no_flag_gives(void **state)
{
	struct line l;
	char text[128];

	(void)state;
	write_config("[load]\nconnections = 7\nmode = rr\nverify = yes\n; a comment\n[other]\nrate = 20k\n");
	snprintf(text, sizeof(text), "-c 9 --config %s", config_path);
	read_line(&l, COMMAND_PAIR, text);
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.settings.connections, 9);
	assert_int_equal(l.settings.mode, MODE_RR);
	assert_int_equal(l.settings.rate, 20000);
	assert_int_equal(l.settings.verify, 1);
	drop(&l);
	unlink(config_path);
}

static void
an_unknown_key_is_refused_with_file_section_and_key(void **state)
{
	char text[128];

	(void)state;
	write_config("[load]\nconnexions = 7\n");
	snprintf(text, sizeof(text), "--config %s", config_path);
	assert_refused(COMMAND_PAIR, text, config_path);
	assert_refused(COMMAND_PAIR, text, "[load]");
	assert_refused(COMMAND_PAIR, text, "'connexions'");
	unlink(config_path);
	assert_refused(COMMAND_PAIR, "--config /nonexistent.ini", "No such file");
	assert_refused(COMMAND_PAIR, "--config /tmp", "Is a directory");
}

static void
a_repeated_key_is_a_list_and_a_flag_replaces_it_whole(void **state)
{
	struct line l;
	char text[160];
	char **words;
	int n;

	(void)state;
	write_config("ip = 198.18.0.1/24,198.18.0.2/24\ndev = tap:t0\n");
	snprintf(text, sizeof(text), "--config %s", config_path);
	read_line(&l, COMMAND_SERVE, text);
	assert_int_equal(options_find(&l.options, "ip")->value_count, 2);
	drop(&l);
	snprintf(text, sizeof(text), "--ip 198.18.0.9/24 --config %s", config_path);
	read_line(&l, COMMAND_SERVE, text);
	words = options_words(&l.options, &n);
	assert_int_equal(n, 5);
	assert_string_equal(words[1], "--dev");
	assert_string_equal(words[2], "tap:t0");
	assert_string_equal(words[3], "--ip");
	assert_string_equal(words[4], "198.18.0.9/24");
	drop(&l);
	unlink(config_path);
}

static void
the_library_is_told_that_it_is_a_pair_and_of_the_seed(void **state)
{
	struct line l;
	char **words;
	int n;

	(void)state;
	read_line(&l, COMMAND_PAIR, "--seed 7 -c 5 --no-sack");
	words = options_words(&l.options, &n);
	assert_int_equal(n, 5);
	assert_string_equal(words[1], "--pair");
	assert_string_equal(words[2], "--seed");
	assert_string_equal(words[3], "7");
	assert_string_equal(words[4], "--no-sack");
	drop(&l);
}

static void
ports_and_targets_are_ranges_and_lists(void **state)
{
	struct port_ranges ports;
	struct targets targets;
	struct problem why;
	char text[TERN_ENDPOINT_STRLEN];

	(void)state;
	assert_int_equal(port_ranges_parse(&ports, "80-95,443", &why), 0);
	assert_int_equal(ports.count, 2);
	assert_int_equal(ports.list[0].last, 95);
	assert_int_equal(ports.list[1].first, 443);
	assert_int_equal(port_ranges_parse(&ports, "95-80", &why), -1);
	assert_int_equal(port_ranges_parse(&ports, "0", &why), -1);
	assert_int_equal(port_ranges_parse(&ports, "65536", &why), -1);
	assert_int_equal(port_ranges_parse(&ports, "80,", &why), -1);
	assert_int_equal(port_ranges_parse(&ports, "80x", &why), -1);

	assert_int_equal(targets_parse(&targets, "198.18.1.1:80-81,[2001:2::1]:7", &why), 0);
	assert_int_equal(targets.count, 3);
	assert_string_equal(tern_endpoint_format(&targets.list[1], text, sizeof(text)), "198.18.1.1:81");
	assert_string_equal(tern_endpoint_format(&targets.list[2], text, sizeof(text)), "[2001:2::1]:7");
	targets_free(&targets);
	assert_int_equal(targets_parse(&targets, "198.18.1.1", &why), -1);
	assert_int_equal(targets_parse(&targets, "198.18.1:80", &why), -1);
	assert_int_equal(targets_parse(&targets, "2001:2::1:80", &why), -1);
	assert_int_equal(targets_parse(&targets, "http://198.18.1.1/", &why), -1);
	assert_non_null(strstr(why.text, "stands alone"));
}

static void
assert_url(const char *text, const char *endpoint, const char *path)
{
	struct targets targets = { 0 };
	const char *found = NULL;
	struct problem why = { "" };
	char here[TERN_ENDPOINT_STRLEN];
	int rc = target_parse_url(&targets, &found, text, &why);

	if (endpoint == NULL) {
		if (rc == 0)
			fail_msg("'%s' was taken", text);
		return;
	}
	if (rc != 0)
		fail_msg("'%s': %s", text, why.text);
	assert_int_equal(targets.count, 1);
	assert_string_equal(tern_endpoint_format(&targets.list[0], here, sizeof(here)), endpoint);
	assert_string_equal(found, path);
	targets_free(&targets);
}

static void
a_url_is_an_address_a_port_and_a_path(void **state)
{
	(void)state;
	assert_url("http://198.18.1.1", "198.18.1.1:80", "/");
	assert_url("http://198.18.1.1/a?b=c,d", "198.18.1.1:80", "/a?b=c,d");
	assert_url("http://198.18.1.1:8080/", "198.18.1.1:8080", "/");
	assert_url("http://[2001:2::1]/x", "[2001:2::1]:80", "/x");
	assert_url("http://[2001:2::1]:81/x", "[2001:2::1]:81", "/x");
	assert_url("http:///x", NULL, NULL);
	assert_url("http://example.org/", NULL, NULL);
	assert_url("http://198.18.1.1:0/", NULL, NULL);
	assert_url("http://198.18.1.1:80-81/", NULL, NULL);
	assert_url("http://198.18.1.1:80,198.18.1.2:80/", NULL, NULL);
	assert_url("http://2001:2::1/", NULL, NULL);
	assert_url("http://198.18.1.1/a b", NULL, NULL);
	assert_url("http://198.18.1.1/#a", NULL, NULL);
	assert_url("http://198.18.1.1?a", NULL, NULL);
}

static void
fields_of_a_request_keep_their_commas(void **state)
{
	struct line l;

	(void)state;
	read_line(&l, COMMAND_LOAD, "http://198.18.0.2/ --dev tap:t0 -H Accept:a,b --header=X:y");
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.settings.header_count, 2);
	assert_string_equal(l.settings.headers[0], "Accept:a,b");
	assert_string_equal(l.settings.headers[1], "X:y");
	drop(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_a_pair_runs_crr_for_ten_seconds),
		cmocka_unit_test(a_value_may_stand_apart_behind_an_equals_sign_or_at_its_letter),
		cmocka_unit_test(connections_are_shared_out_so_that_they_add_up),
		cmocka_unit_test(an_unknown_option_is_refused_with_the_nearest_one),
		cmocka_unit_test(an_option_of_another_command_is_told_apart_from_an_unknown_one),
		cmocka_unit_test(bad_values_are_named_with_what_is_wanted),
		cmocka_unit_test(what_does_not_fit_together_is_refused),
		cmocka_unit_test(a_count_has_no_other_end_unless_one_is_given),
		cmocka_unit_test(a_server_with_an_answer_size_answers_instead_of_echoing),
		cmocka_unit_test(a_flood_stays_in_the_laboratory),
		cmocka_unit_test(a_pairs_server_does_what_the_mode_needs),
		cmocka_unit_test(a_file_gives_what_no_flag_gives),
		cmocka_unit_test(an_unknown_key_is_refused_with_file_section_and_key),
		cmocka_unit_test(a_repeated_key_is_a_list_and_a_flag_replaces_it_whole),
		cmocka_unit_test(the_library_is_told_that_it_is_a_pair_and_of_the_seed),
		cmocka_unit_test(ports_and_targets_are_ranges_and_lists),
		cmocka_unit_test(a_url_is_an_address_a_port_and_a_path),
		cmocka_unit_test(fields_of_a_request_keep_their_commas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
