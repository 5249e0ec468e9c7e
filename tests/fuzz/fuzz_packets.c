/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Packets, time and calls into a live stack that has a listener and one active
 * open. The input is a little program: see enum op. A part of its frames is
 * completed with addresses, lengths, checksums and sequence numbers that fit,
 * so that mutation gets behind the first checks. What must hold: no crash, no
 * report of a sanitizer, every frame that comes out is well-formed, "closed" is
 * a connection's last event, and in the end every mbuf is back.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "core/mbuf.h"
#include "scenario/packet.h"
#include "scenario/packet_bytes.h"
#include "sim/host.h"

#define MAX_OPS 200
#define TURNS 10000
#define FRAME_ROOM 1600u
#define QUEUE 64u
#define CONNS 64u
#define START_NS UINT64_C(1000000000000)
#define TICK_NS 1000000u

enum op { OP_RAW, OP_FIXED, OP_SEGMENT, OP_TIME, OP_CALL, OP_NEIGHBOUR, OPS };
enum call { CALL_SEND, CALL_RECV, CALL_SHUTDOWN, CALL_CLOSE, CALL_ABORT, CALL_CONNECT, CALL_LISTEN, CALL_SET, CALLS };

/* low bits of the first byte are the op; this bit: more comes in the same burst */
#define MORE 0x80

struct input {
	const uint8_t *at, *end;
};

struct flow {
	struct tern_addr remote, local;
	uint16_t rport, lport;
	uint32_t peer_next, host_next;   /* what would come next from either side */
	uint32_t peer_tsval, host_tsval;
	bool timestamps;
};

enum { PASSIVE, ACTIVE, FLOWS };

struct world {
	struct tern_link link;
	struct tern_stack *stack;
	uint64_t now_ns;
	struct rte_mbuf *in[QUEUE];
	unsigned int in_count;
	struct flow flow[FLOWS];
	bool v6;
	struct { tern_conn id; bool closed; } conn[CONNS];
	unsigned int conns;
	tern_listener listener;
	struct rte_mbuf *answer[QUEUE];  /* to solicitations, for the next turn */
	unsigned int answers;
};

static const uint8_t host_mac[6] = { 2, 0, 0x5e, 0, 0x53, 1 }, peer_mac[6] = { 2, 0, 0x5e, 0, 0x53, 2 };

static void
broken(const char *what)
{
	fprintf(stderr, "invariant: %s\n", what);
	abort();
}

static uint8_t
byte(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static uint16_t
half(struct input *in)
{
	uint8_t high = byte(in);

	return (uint16_t)(high << 8 | byte(in));
}

static uint32_t
take(struct input *in, uint8_t *to, uint32_t wanted)
{
	uint32_t left = (uint32_t)(in->end - in->at), n = wanted < left ? wanted : left;

	memcpy(to, in->at, n);
	in->at += n;
	return n;
}

static struct tern_addr
address(bool v6, uint8_t last)
{
	struct tern_addr a = { .b = { [10] = 0xff, [11] = 0xff, [12] = 198, [13] = 18 } };

	if (v6)
		a = (struct tern_addr){ .b = { 0x20, 0x01, 0, 0x02 } };
	a.b[15] = last;
	return a;
}

static struct rte_mbuf *
mbuf_of(const uint8_t *frame, uint32_t length)
{
	struct rte_mbuf *m = host_mbuf(frame, length);

	if (m == NULL)
		broken("the pool is empty");
	return m;
}

static void
inject(struct world *w, const uint8_t *frame, uint32_t length)
{
	if (w->in_count < QUEUE)
		w->in[w->in_count++] = mbuf_of(frame, length);
}

static void
build_and_inject(struct world *w, const struct packet *p)
{
	uint8_t frame[PACKET_FRAME * 2];

	inject(w, frame, packet_build(p, frame));
}

static void
answer(struct world *w, const struct packet *asked)
{
	static struct packet p;
	uint8_t frame[PACKET_FRAME * 2];

	memset(&p, 0, sizeof(p));
	p.kind = PACKET_ADVERTISE;
	p.v4 = asked->v4;
	p.vlan = PACKET_NO_VLAN;
	p.ttl = 255;
	memcpy(p.dst_mac, host_mac, 6);
	memcpy(p.src_mac, peer_mac, 6);
	memcpy(p.link_address, peer_mac, 6);
	p.has_link_address = p.solicited = p.override = true;
	p.target = p.src = asked->target;
	p.sender = p.dst = asked->sender;
	if (w->answers < QUEUE)
		w->answer[w->answers++] = mbuf_of(frame, packet_build(&p, frame));
}

static void
learn(struct world *w, const struct packet *p)
{
	for (unsigned int i = 0; i < FLOWS; i++) {
		struct flow *f = &w->flow[i];
		uint32_t end = p->seq + p->payload_length + !!(p->flags & FLAG_SYN) + !!(p->flags & FLAG_FIN);

		if (f->rport != p->dport || (f->lport != p->sport && f->lport != 0) || p->flags & FLAG_RST)
			continue;
		f->lport = p->sport;
		f->host_next = end;
		if (p->flags & FLAG_ACK)
			f->peer_next = p->ack;
		if (p->options.timestamp)
			f->host_tsval = p->options.tsval;
	}
}

static uint16_t
link_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct world *w = (struct world *)(void *)link;
	static struct packet p;

	for (uint16_t i = 0; i < n; i++) {
		const char *wrong = packet_parse(&p, rte_pktmbuf_mtod(frames[i], const uint8_t *), frames[i]->data_len);

		if (wrong != NULL)
			broken(wrong);
		if (p.kind == PACKET_SOLICIT)
			answer(w, &p);
		else if (p.kind == PACKET_TCP)
			learn(w, &p);
		mbuf_free(frames[i]);
	}
	return n;
}

static uint16_t
link_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct world *w = (struct world *)(void *)link;
	uint16_t got = (uint16_t)(w->in_count < n ? w->in_count : n);

	memcpy(frames, w->in, got * sizeof(*frames));
	w->in_count -= got;
	memmove(w->in, w->in + got, w->in_count * sizeof(*frames));
	return got;
}

static void
event(struct world *w, const struct tern_event *e)
{
	unsigned int i = 0;

	while (i < w->conns && w->conn[i].id != e->id)
		i++;
	if (i == CONNS)
		return;
	if (i == w->conns) {
		w->conn[i].id = e->id;
		w->conn[i].closed = false;
		w->conns++;
	}
	if (w->conn[i].closed)
		broken("an event after \"closed\"");
	w->conn[i].closed = e->mask & TERN_CLOSED;
}

static void
turn(struct world *w)
{
	struct tern_event events[16];
	bool worked = true;

	for (unsigned int turns = 0; worked || w->in_count > 0 || stack_owes(w->stack); turns++) {
		int n;

		if (turns == TURNS)
			broken("the stack does not come to rest");
		n = stack_poll(w->stack, w->now_ns, events, 16, &worked);
		for (int i = 0; i < n; i++)
			event(w, &events[i]);
		worked |= n > 0;
		for (unsigned int i = 0; i < w->answers; i++) {
			if (w->in_count < QUEUE)
				w->in[w->in_count++] = w->answer[i];
			else
				mbuf_free(w->answer[i]);
		}
		w->answers = 0;
	}
}

static void
pass_time(struct world *w, uint64_t ns)
{
	uint64_t until_ns = w->now_ns + ns;

	while (w->now_ns < until_ns) {
		uint64_t next = stack_next_ns(w->stack);

		if (next <= w->now_ns)
			next = w->now_ns + TICK_NS;
		w->now_ns = next < until_ns ? next : until_ns;
		turn(w);
	}
}

static void
prepare(struct world *w, struct packet *p, const struct flow *f)
{
	memset(p, 0, sizeof(*p));
	p->kind = PACKET_TCP;
	p->v4 = !w->v6;
	p->vlan = PACKET_NO_VLAN;
	memcpy(p->dst_mac, host_mac, 6);
	memcpy(p->src_mac, peer_mac, 6);
	p->src = f->remote;
	p->dst = f->local;
	p->ttl = 64;
	p->sport = f->rport;
	p->dport = f->lport;
}

static void
option_timestamp(struct packet *p, uint32_t tsval, uint32_t tsecr)
{
	uint8_t *o = p->option_bytes + p->option_length;

	memcpy(o, (const uint8_t[]){ 1, 1, 8, 10 }, 4);
	put32(o + 4, tsval);
	put32(o + 8, tsecr);
	p->option_length = (uint8_t)(p->option_length + 12);
}

/* options of a well-behaved peer */
static void
good_options(struct flow *f, struct packet *p)
{
	static const uint8_t syn[12] = { 2, 4, 5, 0xa0, 4, 2, 1, 3, 3, 3, 1, 1 };

	if (p->flags & FLAG_SYN) {
		memcpy(p->option_bytes, syn, sizeof(syn));
		p->option_length = sizeof(syn);
		f->timestamps = true;
	}
	if (f->timestamps)
		option_timestamp(p, ++f->peer_tsval, f->host_tsval);
}

/* flow and kind of options, flags, distances from the numbers that would fit, window, payload */
static void
op_segment(struct world *w, struct input *in)
{
	static struct packet p;
	uint8_t how = byte(in);
	struct flow *f = &w->flow[how % FLOWS];
	uint32_t length;

	prepare(w, &p, f);
	p.flags = byte(in);
	p.seq = f->peer_next + (uint32_t)(int16_t)half(in);
	p.ack = f->host_next + (uint32_t)(int16_t)half(in);
	p.window = half(in);
	p.urgent = p.flags & FLAG_URG ? half(in) : 0;
	if (how & 0x40)
		p.option_length = (uint8_t)take(in, p.option_bytes, byte(in) % (PACKET_OPTIONS + 1));
	else
		good_options(f, &p);
	length = half(in) % 1441;
	if (p.option_length + length > 1440)
		length = 1440 - p.option_length;
	p.payload_length = length;
	memset(p.payload, 0x5a, length);
	build_and_inject(w, &p);
}

/* TCP header and payload as they are in the input; all around it, and the checksum, right */
static void
op_fixed(struct world *w, struct input *in)
{
	static struct packet p;
	uint8_t how = byte(in);
	struct flow *f = &w->flow[how % FLOWS];
	uint32_t length;

	prepare(w, &p, f);
	p.kind = PACKET_OTHER;
	p.protocol = 6;
	length = take(in, p.payload, half(in) % FRAME_ROOM % 1440);
	p.payload_length = length;
	if (length >= 20) {
		put16(p.payload, f->rport);
		put16(p.payload + 2, f->lport);
		put16(p.payload + 16, 0);
		put16(p.payload + 16, (uint16_t)~ones_complement(
			pseudo_header(p.v4, &p.src, &p.dst, 6, length), p.payload, length));
	}
	build_and_inject(w, &p);
}

static void
op_raw(struct world *w, struct input *in)
{
	uint8_t frame[FRAME_ROOM];
	uint32_t length = take(in, frame, half(in) % FRAME_ROOM);

	if (length > 0)
		inject(w, frame, length);
}

static void
op_neighbour(struct world *w, struct input *in)
{
	static const enum packet_kind kinds[] = { PACKET_SOLICIT, PACKET_ADVERTISE, PACKET_ECHO, PACKET_ECHO_REPLY };
	static struct packet p;
	uint8_t how = byte(in);

	prepare(w, &p, &w->flow[PASSIVE]);
	p.kind = kinds[how & 3];
	p.ttl = 255;
	p.target = address(w->v6, byte(in));
	p.sender = how & 4 ? p.dst : p.src;
	p.has_link_address = !(how & 8);
	p.solicited = how & 16;
	p.override = how & 32;
	take(in, p.link_address, how & 64 ? 6 : 0);
	p.payload_length = p.kind >= PACKET_ECHO ? byte(in) : 0;
	build_and_inject(w, &p);
}

static void
open_active(struct world *w)
{
	struct tern_connect_options o = TERN_CONNECT_INIT;
	tern_conn id;

	o.target.addr = w->flow[ACTIVE].remote;
	o.target.port = w->flow[ACTIVE].rport;
	w->flow[ACTIVE].lport = 0;
	if (tern_connect(w->stack, &o, &id) == 0 && w->conns < CONNS) {
		w->conn[w->conns].id = id;
		w->conn[w->conns++].closed = false;
	}
}

static void
open_passive(struct world *w)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;

	o.port = 7;
	o.backlog = 4;
	tern_listen(w->stack, &o, &w->listener);
}

static void
op_call(struct world *w, struct input *in)
{
	static uint8_t data[8192];
	uint8_t what = byte(in), which = byte(in);
	uint16_t n = half(in);
	tern_conn id = w->conns > 0 ? w->conn[which % w->conns].id : which;
	struct tern_info info = TERN_INFO_INIT;

	switch ((enum call)(what % CALLS)) {
	case CALL_SEND:
		tern_send(w->stack, id, data, n % sizeof(data));
		break;
	case CALL_RECV:
		if (what & 0x40)
			tern_peek(w->stack, id, data, n % sizeof(data));
		else
			tern_recv(w->stack, id, data, n % sizeof(data));
		break;
	case CALL_SHUTDOWN:
		tern_shutdown(w->stack, id);
		break;
	case CALL_CLOSE:
		tern_close(w->stack, id);
		break;
	case CALL_ABORT:
		tern_abort(w->stack, id);
		break;
	case CALL_CONNECT:
		open_active(w);
		break;
	case CALL_LISTEN:
		if (tern_unlisten(w->stack, w->listener) != 0)
			open_passive(w);
		break;
	default:
		tern_set(w->stack, id, (enum tern_option_id)(which % (TERN_OPT_MSS + 1)), n);
		tern_info(w->stack, id, &info);
		break;
	}
}

static void
op_time(struct world *w, struct input *in)
{
	uint8_t how = byte(in);

	pass_time(w, (UINT64_C(1000) << (how & 15)) * (how & 0x80 ? 1000 : 1));
}

static bool
start(struct world *w, uint8_t how)
{
	struct host_setup hs = {
		.link = &w->link, .locals = 2, .vlan = VLAN_NONE, .seed = 1, .start_ns = START_NS, .tcp = host_tcp_config(),
	};

	memset(w, 0, sizeof(*w));
	w->v6 = how & 1;
	w->now_ns = START_NS;
	w->link.transmit = link_transmit;
	w->link.receive = link_receive;
	memcpy(hs.mac.b, host_mac, 6);
	hs.local[0] = address(false, 1);
	hs.local[1] = address(true, 1);
	/* small bounds, so that they are met */
	hs.tcp.max_connections = how & 2 ? 3 : 32;
	hs.tcp.max_half_open = 8;
	hs.tcp.max_time_wait = 2;
	hs.tcp.rcvbuf = how & 4 ? 4000 : 65536;
	hs.tcp.sndbuf = how & 8 ? 4000 : 65536;
	hs.tcp.nodelay = !(how & 16);
	hs.tcp.timestamps = !(how & 32);
	w->stack = host_stack(&hs);
	for (unsigned int i = 0; i < FLOWS; i++) {
		w->flow[i] = (struct flow){
			.remote = address(w->v6, 2), .local = address(w->v6, 1), .rport = (uint16_t)(4000 + i),
			.lport = i == PASSIVE ? 7 : 0, .peer_next = 0xfffff000u,
		};
	}
	return w->stack != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const ops[OPS])(struct world *, struct input *) = {
		op_raw, op_fixed, op_segment, op_time, op_call, op_neighbour,
	};
	struct input in = { data, data + size };
	static struct world w;
	unsigned int before;

	host_pool();
	before = host_pool_in_use();
	if (!start(&w, byte(&in)))
		broken("no stack");
	open_passive(&w);
	open_active(&w);
	turn(&w);
	for (unsigned int i = 0; i < MAX_OPS && in.at < in.end; i++) {
		uint8_t op = byte(&in);

		ops[(op & 0x7f) % OPS](&w, &in);
		if (!(op & MORE))
			turn(&w);
	}
	turn(&w);
	stack_free(w.stack);
	if (w.in_count > 0 || host_pool_in_use() != before)
		broken("mbufs were never given back");
	return 0;
}
