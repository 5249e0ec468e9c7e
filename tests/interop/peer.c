/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * A program of libtern's that opens one connection, sends so many bytes of the
 * pattern and reads until the end of the stream, comparing every byte. What it
 * found it prints as one line of JSON; whether that is right the caller says.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tern/tern.h>

#include "pattern.h"

#define SECOND UINT64_C(1000000000)

enum closing { CLOSE_BOTH, CLOSE_HALF, CLOSE_RESET, CLOSE_URGENT /* as HALF; the last byte is urgent */ };

struct peer {
	/* what to do */
	struct tern_endpoint target;
	uint64_t send, receive;    /* bytes; of those to read: when to close or reset without waiting for the end */
	uint64_t pause_ns;         /* how long nothing is read at first */
	enum closing closing;
	/* how it went */
	tern_conn conn;
	uint64_t sent, received, wrong_at;
	uint64_t read_from_ns;
	bool connected, finished_sending, end, closed;
	uint16_t reason;
	uint64_t mss;
};

static uint8_t pattern[PATTERN_PERIOD + PATTERN_CHUNK];

static const uint8_t *
pattern_at(uint64_t offset)
{
	return pattern + offset % PATTERN_PERIOD;
}

static void
write_some(struct tern_stack *stack, struct peer *p)
{
	while (p->sent < p->send) {
		uint64_t left = p->send - p->sent;
		size_t length = left < PATTERN_CHUNK ? left : PATTERN_CHUNK;
		ssize_t n = p->closing == CLOSE_URGENT && length == left ?
			    tern_send_urgent(stack, p->conn, pattern_at(p->sent), length) :
			    tern_send(stack, p->conn, pattern_at(p->sent), length);

		if (n <= 0)
			return;
		p->sent += (uint64_t)n;
	}
	if (!p->finished_sending && (p->closing == CLOSE_HALF || p->closing == CLOSE_URGENT))
		tern_shutdown(stack, p->conn);
	p->finished_sending = true;
}

static void
compare(struct peer *p, const uint8_t *bytes, size_t length)
{
	const uint8_t *expected = pattern_at(p->received);

	for (size_t i = 0; i < length && p->wrong_at == UINT64_MAX; i++)
		if (bytes[i] != expected[i])
			p->wrong_at = p->received + i;
	p->received += length;
}

static void
read_some(struct tern_stack *stack, struct peer *p)
{
	static uint8_t bytes[PATTERN_CHUNK];
	ssize_t n;

	while ((n = tern_recv(stack, p->conn, bytes, sizeof(bytes))) > 0)
		compare(p, bytes, (size_t)n);
	if (n == 0)
		p->end = true;
}

static void
finish(struct tern_stack *stack, struct peer *p)
{
	bool enough = p->receive != 0 && p->received >= p->receive;

	if (!p->finished_sending || (!p->end && !(enough && (p->closing == CLOSE_BOTH || p->closing == CLOSE_RESET))))
		return;
	if (p->closing == CLOSE_RESET)
		tern_abort(stack, p->conn);
	else
		tern_close(stack, p->conn);
}

static void
handle(struct tern_stack *stack, struct peer *p, const struct tern_event *event)
{
	if (event->mask & TERN_CONNECTED) {
		p->connected = true;
		p->read_from_ns = tern_now(stack) + p->pause_ns;
		if (p->pause_ns != 0)
			tern_timer_set(stack, p->read_from_ns, 0);
	}
	if (event->mask & TERN_CLOSED) {
		p->closed = true;
		p->reason = event->reason;
		/* told together when nothing was left to read */
		p->end = p->end || (event->mask & TERN_PEER_CLOSED);
		return;
	}
	if (!p->connected)
		return;
	tern_get(stack, p->conn, TERN_OPT_MSS, &p->mss);
	write_some(stack, p);
	if (tern_now(stack) >= p->read_from_ns)
		read_some(stack, p);
	finish(stack, p);
}

/* The other end's interface gets its addresses only after ours has come up. */
static int
await_neighbour(struct tern_stack *stack, const struct peer *p)
{
	uint64_t until_ns = tern_clock(stack) + 10 * SECOND;
	struct tern_event events[8];
	int rc;

	while ((rc = tern_ready(stack, &p->target.addr)) != 0 && tern_clock(stack) < until_ns)
		tern_poll(stack, events, 8);
	return rc;
}

static int
talk(struct tern_stack *stack, void *arg)
{
	struct peer *p = arg;
	struct tern_connect_options options = TERN_CONNECT_INIT;
	struct tern_event events[8];
	int rc = await_neighbour(stack, p), n;

	options.target = p->target;
	if (rc == 0)
		rc = tern_connect(stack, &options, &p->conn);
	if (rc != 0) {
		fprintf(stderr, "peer: cannot connect: %s\n", strerror(-rc));
		return EXIT_FAILURE;
	}
	while (!p->closed && (n = tern_wait(stack, events, 8, SECOND)) >= 0)
		for (int i = 0; i < n; i++)
			handle(stack, p, &events[i]);
	/* what the end owes the other side, a RST or the last ACK, leaves with the next turn */
	for (int i = 0; i < 4; i++)
		tern_poll(stack, events, 8);
	return p->closed ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void
report(struct tern *t, const struct peer *p)
{
	struct tern_stats stats = { .size = sizeof(stats) };

	tern_stats(tern_stack_at(t, 0), &stats);
	printf("{\"connected\": %s, \"sent\": %" PRIu64 ", \"received\": %" PRIu64 ", \"end\": %s, \"reason\": \"%s\", "
	       "\"mss\": %" PRIu64 ", \"retransmits_data\": %" PRIu64 ", \"tlp_probes\": %" PRIu64 ", "
	       "\"zero_window_probes\": %" PRIu64 ", "
	       "\"ooo_segments\": %" PRIu64 ", \"fast_retransmits\": %" PRIu64 ", \"wrong_at\": ",
	       p->connected ? "true" : "false", p->sent, p->received, p->end ? "true" : "false",
	       tern_close_name((enum tern_close_reason)p->reason), p->mss, stats.retransmits_data,
	       stats.tlp_probes, stats.zero_window_probes, stats.ooo_segments, stats.fast_retransmits);
	if (p->wrong_at == UINT64_MAX)
		printf("null}\n");
	else
		printf("%" PRIu64 "}\n", p->wrong_at);
}

static int
usage(void)
{
	fputs("Usage: peer TARGET SEND RECEIVE PAUSE_MS both|half|rst|urgent TERN_OPTION...\n"
	      "Connect to TARGET, send SEND bytes, read nothing for PAUSE_MS, then to the end of the stream, or with\n"
	      "RECEIVE not 0 until that many are there; close both sides, or the sending one first, or reset;\n"
	      "urgent: as half, and the last byte is sent as urgent.\n", stderr);
	return EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	static const char *const closings[] = { "both", "half", "rst", "urgent" };
	struct peer p = { .wrong_at = UINT64_MAX };
	struct tern *t;
	int rc;

	if (argc < 6 || tern_endpoint_parse(argv[1], &p.target) != 0)
		return usage();
	p.send = strtoull(argv[2], NULL, 10);
	p.receive = strtoull(argv[3], NULL, 10);
	p.pause_ns = strtoull(argv[4], NULL, 10) * 1000000;
	while (strcmp(argv[5], closings[p.closing]) != 0)
		if (++p.closing > CLOSE_URGENT)
			return usage();
	pattern_fill(pattern);
	argv[5] = argv[0];
	t = tern_open(argc - 5, argv + 5);
	if (t == NULL) {
		fprintf(stderr, "peer: %s\n", tern_error());
		return EXIT_FAILURE;
	}
	rc = tern_run(t, talk, &p);
	if (rc == 0)
		report(t, &p);
	tern_destroy(t);
	return rc;
}
