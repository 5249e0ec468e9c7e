/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../app/tern/sim_figures.h"
#include "../../app/tern/svg.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

/* ---- a command line and a file, up to the plan */

struct line {
	struct options options;
	struct sim_sections sections;
	struct sim_settings settings;
	struct sim_plan plan;
	struct problem why;
	int rc;
};

static void
read_words(struct line *l, int n, char **words)
{
	*l = (struct line){ .why.text = "" };
	assert_int_equal(sim_options_init(&l->options, &l->sections, &l->why), 0);
	l->rc = options_read(&l->options, n, words, &l->why);
	if (l->rc == 0)
		l->rc = sim_settings_read(&l->settings, &l->options, &l->sections, &l->why);
	if (l->rc == 0)
		l->rc = sim_plan_make(&l->plan, &l->settings, &l->options, &l->sections, &l->why);
}

static void
read_line(struct line *l, const char *text)
{
	char copy[512], *words[40], *save = NULL;
	int n = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *p = strtok_r(copy, " ", &save); p != NULL; p = strtok_r(NULL, " ", &save))
		words[n++] = p;
	read_words(l, n, words);
}

/* The text as a file behind --config, and flags. */
static void
read_file(struct line *l, const char *text, const char *flags)
{
	char path[] = "/tmp/test_app_sim.XXXXXX", line[256];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	snprintf(line, sizeof(line), "--config %s %s", path, flags);
	read_line(l, line);
	unlink(path);
}

static void
drop(struct line *l)
{
	sim_plan_free(&l->plan);
	sim_sections_free(&l->sections);
	options_free(&l->options);
}

static void
assert_says(struct line *l, const char *text, const char *part)
{
	assert_int_equal(l->rc, -1);
	if (strstr(l->why.text, part) == NULL)
		fail_msg("'%s' said '%s', without '%s'", text, l->why.text, part);
	drop(l);
}

static void
assert_refused(const char *text, const char *part)
{
	struct line l;

	read_line(&l, text);
	assert_says(&l, text, part);
}

static void
assert_file_refused(const char *text, const char *part)
{
	struct line l;

	read_file(&l, text, "");
	assert_says(&l, text, part);
}

static const struct sim_link *
link_of(const struct line *l, const char *name)
{
	for (uint32_t i = 0; i < l->plan.link_count; i++)
		if (strcmp(l->plan.links[i].name, name) == 0)
			return &l->plan.links[i];
	fail_msg("no link %s", name);
	return NULL;
}

/* ---- values */

static void
a_rate_is_a_decimal_number_of_bits_with_a_prefix(void **state)
{
	static const struct {
		const char *text;
		uint64_t bits;
	} good[] = {
		{ "1gbit", 1000000000 }, { "100mbit", 100000000 }, { "10kbit", 10000 }, { "2.5Gbit", 2500000000 }, { "64000", 64000 },
		{ "9600bit", 9600 }, { "1Gbit/s", 1000000000 }, { "10Mbps", 10000000 }, { "1.5m", 1500000 }, { "1tbit", 1000000000000 },
	};
	static const char *const wrong[] = { "", "fast", "1xbit", "-1gbit", "0", "1gbits", "nan", "0x10", " 1gbit", "1e9", "1..5k" };
	uint64_t bits;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(sim_parse_rate(good[i].text, &bits));
		assert_int_equal(bits, good[i].bits);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (sim_parse_rate(wrong[i], &bits))
			fail_msg("'%s' was taken", wrong[i]);
}

static void
a_share_is_a_percentage_or_a_fraction(void **state)
{
	static const char *const wrong[] = { "", "101%", "1.1", "-1%", "1%%", "one", "inf" };
	double share;

	(void)state;
	assert_true(sim_parse_share("0.1%", &share));
	assert_float_equal(share, 0.001, 1e-12);
	assert_true(sim_parse_share("0.001", &share));
	assert_float_equal(share, 0.001, 1e-12);
	assert_true(sim_parse_share("100%", &share));
	assert_float_equal(share, 1, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (sim_parse_share(wrong[i], &share))
			fail_msg("'%s' was taken", wrong[i]);
}

static void
a_queue_is_bytes_packets_or_a_share_of_what_fits_on_the_path(void **state)
{
	struct line l;

	(void)state;
	/* 100 Mbit/s times 40 ms are 500,000 bytes */
	read_line(&l, "--link-rate 100mbit --rtt 40ms");
	assert_int_equal(link_of(&l, "bottleneck")->model[0].link.queue_bytes, 500000);
	drop(&l);
	read_line(&l, "--link-rate 100mbit --rtt 40ms --queue 0.5bdp");
	assert_int_equal(link_of(&l, "bottleneck")->model[0].link.queue_bytes, 250000);
	drop(&l);
	read_line(&l, "--queue 100p --mtu 9000");
	assert_int_equal(link_of(&l, "bottleneck")->model[0].link.queue_bytes, 100 * 9014);
	drop(&l);
	read_line(&l, "--queue 64Ki");
	assert_int_equal(link_of(&l, "bottleneck")->model[0].link.queue_bytes, 65536);
	drop(&l);
	/* a path that holds less than a first window has a queue for one */
	read_line(&l, "--link-rate 1mbit --rtt 1ms");
	assert_int_equal(link_of(&l, "bottleneck")->model[0].link.queue_bytes, 20 * 1514);
	drop(&l);
	assert_refused("--queue 0", "--queue: found '0'");
	assert_refused("--queue 1.5p", "100p (full packets)");
	assert_refused("--queue much", "1bdp");
}

/* ---- the dumbbell */

static void
without_options_one_flow_fills_a_bottleneck_for_half_a_minute(void **state)
{
	struct line l;

	(void)state;
	read_line(&l, "");
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.plan.node_count, 2);
	assert_int_equal(l.plan.link_count, 1);
	assert_int_equal(l.plan.flow_count, 1);
	assert_int_equal(l.plan.duration_ns, 30 * SECOND);
	assert_int_equal(l.plan.flows[0].rtt_ns, 40 * MS);
	assert_int_equal(l.plan.flows[0].rate, 100000000);
	/* what a window and a send queue may hold does not limit the flow */
	assert_true(l.plan.buffer_bytes >= 2 * 1000000);
	drop(&l);
}

static void
each_flow_has_two_hosts_and_its_own_round_trip(void **state)
{
	struct line l;

	(void)state;
	read_line(&l, "--flows 4 --rtt 10ms,40ms --stagger 5s");
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.plan.node_count, 10);
	assert_int_equal(l.plan.link_count, 9);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(l.plan.flows[i].rtt_ns, i % 2 == 0 ? 10 * MS : 40 * MS);
		assert_int_equal(l.plan.flows[i].start_ns, i * 5 * SECOND);
		assert_string_equal(l.plan.links[l.plan.flows[i].narrow[0]].name, "bottleneck");
		assert_false(l.plan.flows[i].narrow_back[0]);
		assert_true(l.plan.flows[i].narrow_back[1]);
	}
	/* the queue is sized for the longest */
	assert_int_equal(link_of(&l, "bottleneck")->model[0].link.queue_bytes, 500000);
	drop(&l);
}

static void
hosts_are_shared_when_there_are_fewer_of_them(void **state)
{
	struct line l;

	(void)state;
	read_line(&l, "--flows 5 --hosts 2");
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.plan.node_count, 6);
	assert_int_equal(l.plan.flows[0].from, l.plan.flows[4].from);
	assert_int_not_equal(l.plan.flows[0].from, l.plan.flows[1].from);
	drop(&l);
}

static void
congestion_controls_go_round(void **state)
{
	struct line l;

	(void)state;
	read_line(&l, "--flows 3 --congestion newreno,none");
	assert_int_equal(l.rc, 0);
	assert_string_equal(l.plan.flows[0].congestion, "newreno");
	assert_string_equal(l.plan.flows[1].congestion, "none");
	assert_string_equal(l.plan.flows[2].congestion, "newreno");
	drop(&l);
	assert_refused("--congestion newreno,vegas", "found 'newreno,vegas', want a list of ");
}

static void
the_way_back_may_be_another(void **state)
{
	const struct sim_link *b;
	struct line l;

	(void)state;
	read_line(&l, "--link-rate 10mbit --loss 1% --reverse-rate 1mbit --reverse-loss 0 --gilbert 1%,20%,0.5 --reorder 2%,3ms --flap 10s,200ms");
	assert_int_equal(l.rc, 0);
	b = link_of(&l, "bottleneck");
	assert_int_equal(b->model[0].link.rate, 10000000);
	assert_int_equal(b->model[1].link.rate, 1000000);
	assert_float_equal(b->model[0].link.loss, 0.01, 1e-12);
	assert_float_equal(b->model[1].link.loss, 0, 0);
	for (int i = 0; i < 2; i++) {
		assert_float_equal(b->model[i].link.gilbert_p, 0.01, 1e-12);
		assert_float_equal(b->model[i].link.gilbert_r, 0.2, 1e-12);
		assert_float_equal(b->model[i].link.gilbert_bad, 0.5, 1e-12);
		assert_float_equal(b->model[i].link.reorder, 0.02, 1e-12);
		assert_int_equal(b->model[i].link.reorder_ns, 3 * MS);
		assert_int_equal(b->model[i].link.up_ns, 10 * SECOND);
		assert_int_equal(b->model[i].link.down_ns, 200 * MS);
	}
	drop(&l);
}

static void
wrong_values_are_named_with_what_is_wanted(void **state)
{
	(void)state;
	assert_refused("--loss 200%", "--loss: found '200%', want a share");
	assert_refused("--link-rate fast", "--link-rate: found 'fast', want bits a second");
	assert_refused("--rtt soon", "--rtt: found 'soon'");
	assert_refused("--aqm pie", "--aqm: found 'pie', want taildrop, red or codel");
	assert_refused("--gilbert 1%", "P,R[,BAD[,GOOD]]");
	assert_refused("--gilbert 1%,0", "--gilbert: found '1%,0'");
	assert_refused("--flap 1s", "two times");
	assert_refused("--reorder 1%,soon", "SHARE[,TIME]");
	assert_refused("--reverse-rate none", "--reverse-rate: found 'none'");
	assert_refused("--flows 0", "1 to 10,000");
	assert_refused("--mode stream", "bulk, rr");
	assert_refused("--losss 1%", "did you mean 'loss'");
	assert_refused("--capture a.pcapng --capture-link here", "there is no link 'here'");
}

static void
what_does_not_fit_together_is_refused(void **state)
{
	(void)state;
	assert_refused("--ecn", "the bottleneck: ecn without aqm red or codel");
	assert_refused("--red-min 10k --aqm codel", "red-min, red-max and red-probability belong to aqm red");
	assert_refused("--codel-target 5ms", "codel-target and codel-interval belong to aqm codel");
	assert_refused("--csv -", "--csv '-': only --json writes to stdout");
	assert_refused("--size 1M --mode rr", "--size belongs to --mode bulk");
	assert_refused("--requests 5", "--requests belongs to --mode rr");
	assert_refused("--hosts 3 --flows 2", "some would have nothing to do");
	assert_refused("--rtt 1ms,2ms,3ms --flows 2", "3 round trips for 2 hosts");
	assert_refused("--rtt 1ms,", "--rtt: found '1ms,', want a time or several");
	assert_refused("--flows 5 --stagger 10s", "--stagger");
	assert_refused("--warmup 30s", "--warmup leaves nothing");
	assert_refused("--capture-at leave", "belong to --capture");
	assert_refused("--capture a.pcapng --repeat 3", "without --repeat");
	assert_refused("--access-rate 1gbit", "the only link");
	assert_refused("--dev tap:t0", "it belongs to tern load, tern serve, tern pair");
	assert_refused("--client-dev tap:t0", "is not an option of this command");
	assert_refused("--ipv6 --mtu 1000", "1280");
}

static void
hosts_are_told_the_stacks_options_by_side(void **state)
{
	struct sim_words words;
	struct line l;
	char all[2][4096] = { "", "" };

	(void)state;
	read_line(&l, "--no-sack --client-initial-window 3 --server-window 64Ki --aqm codel --ecn --mtu 9000");
	assert_int_equal(l.rc, 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sim_host_words(&words, &l.plan, &l.plan.nodes[i], &l.options, &l.why), 0);
		for (uint32_t w = 0; w < words.count; w++) {
			strcat(all[i], words.list[w]);
			strcat(all[i], " ");
		}
		assert_non_null(strstr(all[i], "--no-sack "));
		assert_non_null(strstr(all[i], "--ecn on "));
		assert_non_null(strstr(all[i], "--mtu 9000 "));
	}
	assert_non_null(strstr(all[0], "--initial-window 3 "));
	assert_null(strstr(all[1], "--initial-window"));
	assert_non_null(strstr(all[1], "--window 64Ki "));
	assert_null(strstr(all[0], "--window 64Ki"));
	assert_non_null(strstr(all[0], "--ip 198.18.0.1/15 "));
	assert_non_null(strstr(all[1], "--ip 198.18.0.2/15 "));
	drop(&l);
}

/* ---- a network of one's own */

static const char network[] =
	"duration = 20s\n[sim]\nseed = 7\ninitial-window = 4\n"
	"[host a]\nno-sack = yes\n[host b]\n[host c]\nmtu = 9000\n[switch s]\n[switch t]\n"
	"[link a s]\ndelay = 1ms\n[link b s]\n[link s t]\nrate = 10mbit\ndelay = 20ms\nname = middle\n"
	"[link s t reverse]\nrate = 1mbit\n[link t c]\nloss = 1%\n"
	"[flow one]\nfrom = a\nto = c\nstart = 1s\nsize = 10k\n"
	"[flow two]\nfrom = c\nto = b\ndirection = both\ncongestion = none\nstop = 10s\n";

static void
sections_make_nodes_links_and_flows(void **state)
{
	struct sim_words words;
	struct line l;
	bool found = false;

	(void)state;
	read_file(&l, network, "");
	if (l.rc != 0)
		fail_msg("%s", l.why.text);
	assert_int_equal(l.plan.node_count, 5);
	assert_int_equal(l.plan.link_count, 4);
	assert_int_equal(l.plan.flow_count, 2);
	assert_int_equal(l.plan.duration_ns, 20 * SECOND);
	assert_int_equal(l.settings.seed, 7);
	assert_string_equal(l.plan.links[l.plan.bottleneck].name, "middle");
	assert_int_equal(link_of(&l, "middle")->model[0].link.rate, 10000000);
	assert_int_equal(link_of(&l, "middle")->model[1].link.rate, 1000000);
	assert_int_equal(link_of(&l, "middle")->model[1].link.delay_ns, 20 * MS);
	assert_int_equal(l.plan.flows[0].rtt_ns, 42 * MS);
	assert_int_equal(l.plan.flows[0].size, 10000);
	assert_int_equal(l.plan.flows[0].start_ns, SECOND);
	assert_int_equal(l.plan.flows[1].stop_ns, 10 * SECOND);
	assert_int_equal(l.plan.flows[1].direction, DIRECTION_BOTH);
	/* from c to b the middle is crossed the other way */
	assert_true(l.plan.flows[1].narrow_back[0]);
	assert_int_equal(sim_host_words(&words, &l.plan, &l.plan.nodes[0], &l.options, &l.why), 0);
	for (uint32_t w = 0; w < words.count; w++)
		found |= strcmp(words.list[w], "--no-sack") == 0;
	assert_true(found);
	drop(&l);
}

static void
a_flag_wins_over_the_file(void **state)
{
	struct line l;

	(void)state;
	read_file(&l, network, "--duration 15s --seed 9");
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.plan.duration_ns, 15 * SECOND);
	assert_int_equal(l.settings.seed, 9);
	drop(&l);
}

static void
errors_of_a_network_name_section_and_key(void **state)
{
#define TWO "[host a]\n[host b]\n"
#define LINK "[link a b]\n"
#define FLOW "[flow f]\nfrom = a\nto = b\n"
	struct line l;

	(void)state;
	assert_file_refused("[host a,b]\n", "[host a,b]: a name has no commas");
	assert_file_refused("[host]\n", "[host]: want [host NAME]");
	assert_file_refused(TWO "[host a]\n" LINK FLOW, "[host a]: there is a node 'a' already");
	assert_file_refused("[host a]\nspeed = 5\n", "[host a]: there is no key 'speed' of a host");
	assert_file_refused("[host a]\ndev = tap:t0\n", "[host a]: 'dev' is a machine's");
	assert_file_refused("[host a]\nno-sack = maybe\n", "found 'maybe', want yes or no");
	assert_file_refused("[switch s]\nrate = 1mbit\n", "a switch has no options");
	assert_file_refused(TWO "[link a c]\n" FLOW, "[link a c]: there is no [host c]");
	assert_file_refused(TWO "[link a]\n" FLOW, "want [link A B]");
	assert_file_refused(TWO "[link a b backwards]\n" FLOW, "found 'backwards'");
	assert_file_refused(TWO "[link a b reverse]\n" FLOW, "[link a b] stands before it");
	assert_file_refused(TWO LINK "[link b a]\n" FLOW, "are joined already");
	assert_file_refused(TWO "[link a b]\nrate = fast\n" FLOW, "[link a b]: rate: found 'fast', want bits a second");
	assert_file_refused(TWO "[link a b]\nwidth = 5\n" FLOW, "[link a b]: width: there is no such key");
	assert_file_refused(TWO "[link a b]\nqueue = 5p\n" FLOW, "without a rate");
	assert_file_refused(TWO "[link a b]\nrate = 1mbit\nred-min = 9k\n" FLOW, "[link a b]: red-min, red-max and");
	assert_file_refused("[host a]\n[host b]\n[host c]\n" LINK "[link a c]\n" FLOW, "host a has a link already");
	assert_file_refused("[host a]\n[host b]\n[host c]\n" LINK FLOW, "[host c]: no [link c ...] leads to it");
	assert_file_refused(TWO LINK, "no [flow NAME]");
	assert_file_refused(TWO FLOW, "no [link A B]");
	assert_file_refused(TWO LINK "[flow f]\nfrom = a\n", "[flow f]: 'to = HOST' is missing");
	assert_file_refused(TWO LINK "[flow f]\nfrom = a\nto = z\n", "[flow f]: to: there is no [host z]");
	assert_file_refused(TWO LINK "[flow f]\nfrom = a\nto = a\n", "one host");
	assert_file_refused(TWO LINK FLOW "size = many\n", "[flow f]: size: 'many' is not a number");
	assert_file_refused(TWO LINK FLOW "colour = red\n", "[flow f]: there is no key 'colour' of a flow");
	assert_file_refused(TWO LINK FLOW "congestion = vegas\n", "[flow f]: congestion: found 'vegas'");
	assert_file_refused(TWO LINK FLOW "start = 5s\nstop = 4s\n", "stop is not behind start");
	assert_file_refused("[host a]\n[host b]\n[switch s]\n[switch t]\n[link a s]\n[link b t]\n" FLOW, "no links lead from a to b");
	read_file(&l, TWO LINK FLOW, "--loss 1%");
	assert_says(&l, "--loss 1%", "--loss belongs to the dumbbell");
	read_file(&l, TWO LINK FLOW, "--client-window 64Ki");
	assert_says(&l, "--client-window", "--client-window belongs to the dumbbell");
}

/* ---- figures */

static void
jains_index_is_one_for_equal_shares_and_one_nth_for_one_taker(void **state)
{
	static const double equal[] = { 5, 5, 5, 5 }, one[] = { 8, 0, 0, 0 }, nothing[] = { 0, 0 }, two[] = { 1, 3 };

	(void)state;
	assert_float_equal(sim_jain(equal, 4), 1, 1e-12);
	assert_float_equal(sim_jain(one, 4), 0.25, 1e-12);
	assert_float_equal(sim_jain(two, 2), 0.8, 1e-12);
	assert_true(isnan(sim_jain(nothing, 2)));
}

static void
a_percentile_is_the_value_that_so_many_do_not_exceed(void **state)
{
	uint32_t hundred[100], one[] = { 7 };

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		hundred[i] = 100 - i;
	assert_int_equal(sim_percentile(hundred, 100, 95), 95);
	assert_int_equal(sim_percentile(hundred, 100, 100), 100);
	assert_int_equal(sim_percentile(hundred, 100, 0), 1);
	assert_int_equal(sim_percentile(one, 1, 95), 7);
	assert_int_equal(sim_percentile(NULL, 0, 95), 0);
}

static void
a_median_leaves_out_what_a_run_does_not_have(void **state)
{
	struct sim_turn turns[4] = { { 0 } };
	struct sim_repeats all = { turns, 4 };

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		turns[i].worth[SIM_WORTH_GOODPUT] = 4 - i;
		turns[i].worth[SIM_WORTH_JAIN] = i == 2 ? NAN : i;
		turns[i].worth[SIM_WORTH_COMPLETION] = NAN;
	}
	assert_float_equal(sim_median(&all, SIM_WORTH_GOODPUT), 2.5, 1e-12);
	assert_float_equal(sim_median(&all, SIM_WORTH_JAIN), 1, 1e-12);
	assert_true(isnan(sim_median(&all, SIM_WORTH_COMPLETION)));
}

static void
ticks_are_round_numbers(void **state)
{
	(void)state;
	assert_float_equal(svg_step(30, 12), 5, 1e-9);
	assert_float_equal(svg_step(10, 12), 1, 1e-9);
	assert_float_equal(svg_step(1000, 5), 200, 1e-9);
	assert_float_equal(svg_step(0.04, 5), 0.01, 1e-9);
	assert_float_equal(svg_step(0, 5), 1, 1e-9);
}

/* A plot of so many points; the text of the SVG, to be freed. */
static char *
draw(uint32_t count, uint32_t peak)
{
	struct svg_point *points = calloc(count, sizeof(*points));
	struct svg_line line = { points, count, "#0072b2", 1.5, false };
	struct svg_panel panel = { "Goodput <&>", SVG_BITS_PER_SECOND, &line, 1, 0 };
	struct svg_legend legend = { "a & b", "#0072b2", false, false };
	struct svg_plot plot = { "title", "subtitle", count, &panel, 1, &legend, 1 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(points);
	for (uint32_t i = 0; i < count; i++)
		points[i] = (struct svg_point){ i, i == peak ? 9e6 : 1e6 };
	assert_true(svg_write(out, &plot));
	fclose(out);
	free(points);
	return text;
}

static void
what_stands_in_a_plot_is_escaped(void **state)
{
	char *text = draw(10, 3);

	(void)state;
	assert_non_null(strstr(text, "Goodput &lt;&amp;&gt;, Mbit/s") != NULL ? text : strstr(text, "Goodput &lt;&amp;&gt;, kbit/s"));
	assert_non_null(strstr(text, "a &amp; b"));
	assert_null(strstr(text, "nan"));
	free(text);
}

static void
a_peak_among_many_points_is_drawn(void **state)
{
	char *with = draw(100000, 77777), *without = draw(100000, UINT32_MAX), *few = draw(500, 77);

	(void)state;
	/* its axis is the same only if somebody drew it; and a hundred thousand points are no hundred thousand lines */
	assert_string_not_equal(with, without);
	assert_true(strlen(with) < 60000);
	assert_non_null(few);
	free(with);
	free(without);
	free(few);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_is_a_decimal_number_of_bits_with_a_prefix),
		cmocka_unit_test(a_share_is_a_percentage_or_a_fraction),
		cmocka_unit_test(a_queue_is_bytes_packets_or_a_share_of_what_fits_on_the_path),
		cmocka_unit_test(without_options_one_flow_fills_a_bottleneck_for_half_a_minute),
		cmocka_unit_test(each_flow_has_two_hosts_and_its_own_round_trip),
		cmocka_unit_test(hosts_are_shared_when_there_are_fewer_of_them),
		cmocka_unit_test(congestion_controls_go_round),
		cmocka_unit_test(the_way_back_may_be_another),
		cmocka_unit_test(wrong_values_are_named_with_what_is_wanted),
		cmocka_unit_test(what_does_not_fit_together_is_refused),
		cmocka_unit_test(hosts_are_told_the_stacks_options_by_side),
		cmocka_unit_test(sections_make_nodes_links_and_flows),
		cmocka_unit_test(a_flag_wins_over_the_file),
		cmocka_unit_test(errors_of_a_network_name_section_and_key),
		cmocka_unit_test(jains_index_is_one_for_equal_shares_and_one_nth_for_one_taker),
		cmocka_unit_test(a_percentile_is_the_value_that_so_many_do_not_exceed),
		cmocka_unit_test(a_median_leaves_out_what_a_run_does_not_have),
		cmocka_unit_test(ticks_are_round_numbers),
		cmocka_unit_test(what_stands_in_a_plot_is_escaped),
		cmocka_unit_test(a_peak_among_many_points_is_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
