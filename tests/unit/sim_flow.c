/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdio.h>
#include <string.h>

#include "sim_flow.h"

#define PIECE 16384u

static uint8_t
byte_at(uint64_t place)
{
	return (uint8_t)(place * 31 + place / 251);
}

struct tern_addr
flow_address(unsigned int number, bool v6)
{
	struct tern_addr a = { .b = { [10] = 0xff, [11] = 0xff, 198, 18, (uint8_t)(number >> 8), (uint8_t)number } };

	if (v6)
		a = (struct tern_addr){ .b = { 0x20, 0x01, 0, 0x02, [14] = (uint8_t)(number >> 8), [15] = (uint8_t)number } };
	return a;
}

struct tern_sim_node *
flow_host(struct tern_sim *sim, const char *name, unsigned int number, bool v6, const char *const *more)
{
	const char *words[32] = { "--ip" };
	char ip[48];
	int n = 2;

	if (v6)
		snprintf(ip, sizeof(ip), "2001:2::%x/48", number);
	else
		snprintf(ip, sizeof(ip), "198.18.%u.%u/15", number >> 8, number & 255);
	words[1] = ip;
	for (; more != NULL && *more != NULL; more++)
		words[n++] = *more;
	return tern_sim_host(sim, name, n, words);
}

static void
send_on(struct flow *f, struct tern_stack *stack, tern_conn id)
{
	uint8_t piece[PIECE];

	while (f->sent < f->to_send) {
		size_t n = f->to_send - f->sent < PIECE ? (size_t)(f->to_send - f->sent) : PIECE;
		ssize_t taken;

		for (size_t i = 0; i < n; i++)
			piece[i] = byte_at(f->sent + i);
		taken = tern_send(stack, id, piece, n);
		if (taken < 0)
			return;
		f->sent += (uint64_t)taken;
		if ((size_t)taken < n)
			return;
	}
	tern_close(stack, id);
}

static void
client(struct tern_stack *stack, const struct tern_event *events, int n, void *arg)
{
	struct flow *f = arg;

	for (int i = 0; i < n; i++) {
		f->connected |= (events[i].mask & TERN_CONNECTED) != 0;
		if (events[i].mask & TERN_CLOSED) {
			f->client_closed = true;
			f->client_reason = events[i].reason;
		} else if (events[i].mask & (TERN_CONNECTED | TERN_WRITABLE)) {
			send_on(f, stack, events[i].id);
		}
	}
}

static void
read_on(struct flow *f, struct tern_stack *stack, tern_conn id)
{
	uint8_t piece[PIECE];
	ssize_t n;

	while ((n = tern_recv(stack, id, piece, sizeof(piece))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			f->wrong |= piece[i] != byte_at(f->received + (uint64_t)i);
		f->received += (uint64_t)n;
	}
	if (n == 0) {
		f->done_ns = tern_now(stack);
		tern_close(stack, id);
	}
}

static void
server(struct tern_stack *stack, const struct tern_event *events, int n, void *arg)
{
	struct flow *f = arg;

	for (int i = 0; i < n; i++) {
		if (events[i].mask & TERN_CLOSED) {
			f->server_closed = true;
			f->server_reason = events[i].reason;
		} else if (events[i].mask & TERN_READABLE) {
			read_on(f, stack, events[i].id);
		}
	}
}

void
flow_start(struct flow *f, struct tern_sim *sim, struct tern_sim_node *from, struct tern_sim_node *to,
	   unsigned int number, bool v6, uint64_t bytes)
{
	struct tern_listen_options l = TERN_LISTEN_INIT;
	struct tern_connect_options c = TERN_CONNECT_INIT;
	tern_listener listener;

	*f = (struct flow){ .sim = sim, .client = from, .server = to, .to_send = bytes };
	tern_sim_on(from, client, f);
	tern_sim_on(to, server, f);
	l.port = FLOW_PORT;
	tern_listen(tern_sim_stack(to), &l, &listener);
	c.target.addr = flow_address(number, v6);
	c.target.port = FLOW_PORT;
	tern_connect(tern_sim_stack(from), &c, &f->id);
}
