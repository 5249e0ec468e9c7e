/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The same seed gives the same packets, byte for byte, wherever memory lies; and recordings tell of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <pcap/pcap.h>

#include "core/hash.h"
#include "sim_flow.h"
#include "wire/checksum.h"
#include "wire/frame.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)
#define HOSTS 4u

static char directory[] = "/tmp/tern-sim-XXXXXX";
static const char *self;

/* Every chance there is, and hosts of both families. */
static struct tern_sim_link_options
bad_model(void)
{
	struct tern_sim_link_options o = TERN_SIM_LINK_INIT;

	o.rate = 20000000;
	o.delay_ns = 5 * MS;
	o.jitter_ns = MS;
	o.queue = TERN_SIM_RED;
	o.ecn = true;
	o.queue_bytes = 60000;
	o.loss = 0.01;
	o.gilbert_p = 0.001;
	o.gilbert_r = 0.3;
	o.reorder = 0.01;
	o.duplicate = 0.01;
	o.corrupt = 0.01;
	return o;
}

static const char *
path(const char *name)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s/%s", directory, name);
	return text;
}

struct digests {
	uint64_t fates;              /* when the last byte of each came, and how much happened */
	uint64_t packets;            /* every byte of the recording, with its times */
};

static uint64_t
digest_of(const char *file)
{
	static const uint8_t key[16] = "recordings";
	uint64_t digest;
	char *bytes;
	size_t size;
	FILE *f = fopen(file, "r");

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	size = (size_t)ftell(f);
	rewind(f);
	bytes = malloc(size);
	assert_int_equal(fread(bytes, 1, size, f), size);
	fclose(f);
	digest = siphash(key, bytes, size);
	free(bytes);
	unlink(file);
	return digest;
}

static struct digests
run(uint64_t seed, bool record)
{
	static const char *const ecn[] = { "--ecn", "on", NULL };
	struct tern_sim_options o = TERN_SIM_INIT;
	struct tern_sim_link_options model = bad_model();
	struct tern_sim_node *left, *right;
	struct tern_sim_link *middle;
	struct digests d = { 0 };
	struct flow f[HOSTS];
	struct tern_sim *sim;

	o.seed = seed;
	o.mbufs = 8192;
	sim = tern_sim_new(&o);
	assert_non_null(sim);
	left = tern_sim_switch(sim, "left");
	right = tern_sim_switch(sim, "right");
	middle = tern_sim_connect(sim, left, right, &model, NULL);
	assert_non_null(middle);
	if (record)
		assert_int_equal(tern_sim_capture(middle, path("entry"), true), 0);
	for (unsigned int i = 0; i < HOSTS; i++) {
		char name[2][8];
		struct tern_sim_node *a, *b;
		bool v6 = i % 2;

		snprintf(name[0], sizeof(name[0]), "a%u", i);
		snprintf(name[1], sizeof(name[1]), "b%u", i);
		a = flow_host(sim, name[0], 1 + i, v6, i < 2 ? ecn : NULL);
		b = flow_host(sim, name[1], 101 + i, v6, ecn);
		assert_true(a != NULL && b != NULL);
		tern_sim_connect(sim, a, left, NULL, NULL);
		tern_sim_connect(sim, right, b, NULL, NULL);
		flow_start(&f[i], sim, a, b, 101 + i, v6, 200000);
	}
	assert_int_equal(tern_sim_run(sim, 1000 * SECOND), 0);
	for (unsigned int i = 0; i < HOSTS; i++) {
		assert_int_equal(f[i].received, 200000);
		assert_false(f[i].wrong);
		d.fates = d.fates * 31 + f[i].done_ns;
	}
	d.fates = d.fates * 31 + tern_sim_events(sim);
	assert_int_equal(tern_sim_free(sim), 0);
	if (record)
		d.packets = digest_of(path("entry"));
	return d;
}

static void
the_same_seed_gives_the_same_packets(void **state)
{
	void *elsewhere[64];
	uint64_t first = run(1, true).packets;

	(void)state;
	/* what is allocated now lies elsewhere */
	for (unsigned int i = 0; i < 64; i++)
		elsewhere[i] = malloc(1000 * (i + 1));
	assert_int_equal(run(1, true).packets, first);
	for (unsigned int i = 0; i < 64; i++)
		free(elsewhere[i]);
}

static void
another_process_gives_the_same_packets(void **state)
{
	unsigned long long other = 0;
	char command[200];
	FILE *child;

	(void)state;
	/* its memory lies elsewhere: addresses are drawn at random for each */
	snprintf(command, sizeof(command), "%s digest", self);
	child = popen(command, "r");
	assert_non_null(child);
	assert_int_equal(fscanf(child, "%llu", &other), 1);
	assert_int_equal(pclose(child), 0);
	assert_int_equal(run(1, true).packets, other);
}

static void
another_seed_gives_other_packets(void **state)
{
	(void)state;
	assert_int_not_equal(run(1, true).packets, run(2, true).packets);
}

static void
a_recording_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(run(3, true).fates, run(3, false).fates);
}

/* ---- what stands in a recording */

static void
a_recording_holds_what_entered_and_what_left(void **state)
{
	struct tern_sim_link_options model = TERN_SIM_LINK_INIT;
	struct tern_sim_options o = TERN_SIM_INIT;
	static const char *const file[] = { "exit", "entry" };
	struct tern_sim_link_stats s[2];
	uint64_t counted[2][2] = { { 0 } }, last_ns[2] = { 0 };
	struct tern_sim_link *link;
	struct tern_sim_node *a, *b;
	struct tern_sim *sim;
	struct flow f;

	(void)state;
	o.mbufs = 4096;
	o.start_ns = 1000 * SECOND;
	sim = tern_sim_new(&o);
	assert_non_null(sim);
	a = flow_host(sim, "alice", 1, false, NULL);
	b = flow_host(sim, "bob", 2, false, NULL);
	model.delay_ns = 50 * MS;
	model.loss = 0.02;
	link = tern_sim_connect(sim, a, b, &model, NULL);
	for (unsigned int entry = 0; entry < 2; entry++) {
		assert_int_equal(tern_sim_capture(link, path(file[entry]), entry), 0);
		assert_true(tern_sim_capture(link, path("again"), entry) < 0);
		assert_non_null(strstr(tern_error(), "already"));
	}
	assert_true(tern_sim_capture(link, "/nowhere/file", true) < 0);
	flow_start(&f, sim, a, b, 2, false, 500000);
	tern_sim_run(sim, 2000 * SECOND);
	assert_int_equal(f.received, 500000);
	for (unsigned int way = 0; way < 2; way++) {
		s[way] = (struct tern_sim_link_stats)TERN_SIM_LINK_STATS_INIT;
		tern_sim_link_stats(link, way, &s[way]);
	}
	assert_int_equal(tern_sim_free(sim), 0);
	for (unsigned int entry = 0; entry < 2; entry++) {
		char error[PCAP_ERRBUF_SIZE];
		pcap_t *p = pcap_open_offline_with_tstamp_precision(path(file[entry]), PCAP_TSTAMP_PRECISION_NANO, error);
		struct pcap_pkthdr *header;
		const u_char *bytes;
		struct frame frame;

		assert_non_null(p);
		while (pcap_next_ex(p, &header, &bytes) == 1) {
			uint64_t ns = (uint64_t)header->ts.tv_sec * SECOND + (uint64_t)header->ts.tv_usec;

			assert_true(ns >= last_ns[entry] && ns >= 1000 * SECOND);
			last_ns[entry] = ns;
			/* as a reader of it would check, though the stacks left checksums to their device */
			assert_int_equal(frame_parse(&frame, bytes, header->caplen, header->len, false), 0);
			assert_true(frame.ethertype == ETHERTYPE_ARP ||
				    checksum_fold(checksum_pseudo(frame.v4, &frame.src, &frame.dst, IP_PROTO_TCP, frame.l4_length) +
						  checksum_add(0, bytes + frame.l4_offset, frame.l4_length)) == 0);
			/* a host's number ends its MAC address, which begins with its sender's */
			counted[entry][bytes[11] - 1]++;
		}
		pcap_close(p);
		unlink(path(file[entry]));
	}
	for (unsigned int way = 0; way < 2; way++) {
		assert_int_equal(counted[1][way], s[way].offered);
		assert_int_equal(counted[0][way], s[way].delivered);
		assert_true(s[way].offered > s[way].delivered);
	}
}

static int
make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) != NULL ? 0 : -1;
}

static int
remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_packets),
		cmocka_unit_test(another_process_gives_the_same_packets),
		cmocka_unit_test(another_seed_gives_other_packets),
		cmocka_unit_test(a_recording_changes_nothing),
		cmocka_unit_test(a_recording_holds_what_entered_and_what_left),
	};

	self = argv[0];
	if (argc > 1) {
		make_directory(NULL);
		printf("%llu\n", (unsigned long long)run(1, true).packets);
		return remove_directory(NULL);
	}
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
