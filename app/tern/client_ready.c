/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client.h"

#define SECOND UINT64_C(1000000000)
/* The stack itself gives up after its three requests, one a second (RFC 4861, 10); this only bounds the link. */
#define READY_LIMIT (10 * SECOND)
/* Sources that are tried before the load begins. */
#define PROBES_MAX 64u

static const char *
device_of(const struct client *c)
{
	return c->settings->device != NULL ? c->settings->device : "loop";
}

static int
turn(struct client *c)
{
	struct tern_event events[8];

	return tern_poll(c->stack, events, 8) == -ECANCELED ? -ECANCELED : 0;
}

/* A pair's own servers listen before anyone knocks. */
static int
await_servers(struct client *c)
{
	while (atomic_load(&c->run->listening) < c->run->servers)
		if (turn(c) != 0 || atomic_load(&c->run->failed))
			return -ECANCELED;
	return 0;
}

static int
say_not_ready(struct client *c, const struct tern_addr *target, int rc)
{
	char text[TERN_ENDPOINT_STRLEN];
	const char *question = tern_addr_is_v4(target) ? "ARP" : "neighbour discovery";

	tern_addr_format(target, text, sizeof(text));
	switch (rc) {
	case -EINVAL:
		return run_fail(c->run, "%s is an address of this side itself (--ip or --src), and what it sends is never "
				"received here: the target is another host's", text);
	case -ENETUNREACH:
		return run_fail(c->run, "no route to %s: it is outside the subnets of --ip and there is no --gw", text);
	case -ENETDOWN:
		return run_fail(c->run, "%s has no link: nobody came to its other end, or the two ends did not agree", device_of(c));
	case -EHOSTUNREACH:
		return run_fail(c->run, "no answer to %s for %s, or for the gateway to it, on %s: is the peer up and on "
				"this subnet?", question, text, device_of(c));
	default:
		return run_fail(c->run, "%s cannot be reached on %s: %s", text, device_of(c), strerror(-rc));
	}
}

static int
await_target(struct client *c, const struct tern_addr *target, uint64_t until_ns)
{
	bool told = false;
	int rc;

	while ((rc = tern_ready(c->stack, target)) == -EAGAIN || rc == -ENETDOWN) {
		if (tern_clock(c->stack) > until_ns)
			return say_not_ready(c, target, rc == -EAGAIN ? -EHOSTUNREACH : rc);
		if (rc == -ENETDOWN && !told) {
			fprintf(stderr, "waiting for the other end of %s\n", device_of(c));
			told = true;
		}
		if (turn(c) != 0 || atomic_load(&c->run->failed))
			return -ECANCELED;
	}
	return rc == 0 ? 0 : say_not_ready(c, target, rc);
}

static int
say_probe_failed(struct client *c, const struct tern_endpoint *target, uint16_t reason)
{
	char text[TERN_ENDPOINT_STRLEN];
	const char *hint = "";

	if (reason == TERN_CLOSE_REFUSED)
		hint = ": does a server listen there?";
	else if (reason == TERN_CLOSE_CONNECT_TIMEOUT)
		hint = ": is something on the way dropping it?";
	tern_endpoint_format(target, text, sizeof(text));
	return run_fail(c->run, "a first connection to %s failed: %s%s", text,
			tern_close_text((enum tern_close_reason)reason), hint);
}

/* One connection, opened and closed; nothing of it is counted. *source is where it came from. */
static int
probe(struct client *c, const struct tern_endpoint *target, struct tern_addr *source)
{
	struct tern_connect_options options = c->connect;
	struct tern_info info = TERN_INFO_INIT;
	struct tern_event events[8];
	bool connected = false;
	tern_conn id;
	int n, rc;

	options.target = *target;
	options.data = NULL;
	options.data_length = 0;
	rc = tern_connect(c->stack, &options, &id);
	if (rc != 0)
		return run_fail(c->run, "a first connection could not be started: %s", strerror(-rc));
	while ((n = tern_poll(c->stack, events, 8)) >= 0) {
		for (int i = 0; i < n; i++) {
			if (events[i].id != id)
				continue;
			if (events[i].mask & TERN_CONNECTED) {
				connected = true;
				if (tern_info(c->stack, id, &info) == 0)
					*source = info.local.addr;
				tern_abort(c->stack, id);
			}
			if (events[i].mask & TERN_CLOSED)
				return connected ? 0 : say_probe_failed(c, target, events[i].reason);
		}
		if (atomic_load(&c->run->failed))
			break;
	}
	return -ECANCELED;
}

/*
 * From each source in turn, so that the peer knows the way back to all of them:
 * its first answers would else wait for their neighbours, and most be dropped.
 */
static int
probe_sources(struct client *c, const struct tern_endpoint *target)
{
	struct tern_addr seen[PROBES_MAX];
	uint32_t count = 0;

	memset(seen, 0, sizeof(seen));
	while (count < (c->settings->source_pool ? PROBES_MAX : 1)) {
		int rc = probe(c, target, &seen[count]);

		if (rc != 0)
			return rc;
		for (uint32_t i = 0; i < count; i++)
			if (memcmp(&seen[i], &seen[count], sizeof(seen[i])) == 0)
				return 0;
		count++;
	}
	return 0;
}

/* The first target of each family. */
static int
probe_families(struct client *c)
{
	const struct targets *targets = &c->settings->targets;
	bool done[2] = { false, false };

	for (uint32_t i = 0; i < targets->count && !(done[0] && done[1]); i++) {
		bool *family = &done[tern_addr_is_v4(&targets->list[i].addr)];
		int rc = *family ? 0 : probe_sources(c, &targets->list[i]);

		if (rc != 0)
			return rc;
		*family = true;
	}
	return 0;
}

int
client_ready(struct client *c, bool with_probe)
{
	const struct targets *targets = &c->settings->targets;
	int rc = await_servers(c);

	for (uint32_t i = 0; i < targets->count && rc == 0; i++) {
		/* the ports of one address follow each other */
		if (i > 0 && memcmp(&targets->list[i].addr, &targets->list[i - 1].addr, sizeof(struct tern_addr)) == 0)
			continue;
		rc = await_target(c, &targets->list[i].addr, tern_clock(c->stack) + READY_LIMIT);
	}
	return rc == 0 && with_probe ? probe_families(c) : rc;
}
