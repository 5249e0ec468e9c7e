/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Programs against live stacks: segments by what a record expects, or a little
 * beside it; calls, time, errors of the network, a device that takes little and a
 * pool that is short. The first two bytes choose the host, each op is a byte and
 * what it reads. After each the invariants are checked; in the end all is closed
 * and nothing may be left.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include <tern/mbuf.h>

#include "core/mbuf.h"
#include "scenario/packet_bytes.h"
#include "world.h"

#define MAX_OPS 150u
#define DATA (256u * 1024)

enum op {
	OP_SEGMENT, OP_SYN, OP_HANDSHAKE, OP_ACK_ALL, OP_CALL, OP_CONNECT, OP_LISTEN, OP_TIME, OP_ICMP, OP_DEVICE, OP_POOL,
	OP_RAW_TCP, OP_RAW_FRAME, OP_STREAM, OP_CUT, OPS
};
enum call {
	CALL_SEND, CALL_SEND_REF, CALL_SEND_URGENT, CALL_SEND_MBUF, CALL_RECV, CALL_PEEK, CALL_DISCARD, CALL_RECV_MBUF,
	CALL_SHUTDOWN, CALL_CLOSE, CALL_ABORT, CALL_SET, CALL_GET, CALL_URGENT, CALLS
};

/* high bit of an op's byte: more comes before the stacks turn */
#define MORE 0x80

struct input {
	const uint8_t *at, *end;
};

static uint8_t pattern[DATA + 256];    /* octet of sequence number i at i */
static uint8_t scratch[DATA];

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
word(struct input *in)
{
	uint32_t high = half(in);

	return high << 16 | half(in);
}

static uint32_t
take(struct input *in, uint8_t *to, uint32_t wanted)
{
	uint32_t left = (uint32_t)(in->end - in->at), n = RTE_MIN(wanted, left);

	memcpy(to, in->at, n);
	in->at += n;
	return n;
}

/* A length: mostly of a few kinds that matter, else any up to 64 Ki. */
static uint32_t
length_of(struct input *in)
{
	static const uint16_t lengths[] = { 0, 1, 2, 10, 100, 536, 1000, 1448, 1460, 2000, 2896, 5000, 20000, 60000 };
	uint8_t which = byte(in);

	return which % 16 < RTE_DIM(lengths) ? lengths[which % 16] : half(in);
}

/* A sequence number near `base`, whose window ends at `edge`. */
static uint32_t
near(struct input *in, uint32_t base, uint32_t edge)
{
	switch (byte(in) % 16) {
	default:
		return base;
	case 5:
		return base + 1;
	case 6:
		return base - 1;
	case 7:
		return edge;
	case 8:
		return edge - 1;
	case 9:
		return edge + 1;
	case 10:
		return base + (edge - base) / 2;
	case 11:
		return base + 1448u * (byte(in) % 16);
	case 12:
		return base - 1448u * (byte(in) % 16);
	case 13:
		return base + (uint32_t)(int16_t)half(in);
	case 14:
		return base + word(in);
	case 15:
		return edge - byte(in);
	}
}

/* ---- packets */

static void
put_packet(struct world *w, struct input *in, const struct packet *p)
{
	static uint8_t frame[PACKET_FRAME * 2];
	uint32_t length = packet_build(p, frame);

	(void)in;
	world_inject(w, p->sport ^ p->seq, frame, length);
}

static void
add_option(struct packet *p, const uint8_t *option, uint32_t length)
{
	if (p->option_length + length <= PACKET_OPTIONS)
		memcpy(p->option_bytes + p->option_length, option, length);
	p->option_length = (uint8_t)RTE_MIN(p->option_length + length, PACKET_OPTIONS);
}

static void
add_timestamp(struct packet *p, uint32_t tsval, uint32_t tsecr)
{
	uint8_t o[12] = { 1, 1, 8, 10 };

	put32(o + 4, tsval);
	put32(o + 8, tsecr);
	add_option(p, o, sizeof(o));
}

static void
add_sacks(struct packet *p, struct input *in, const struct world_view *v)
{
	uint8_t o[28] = { 1, 1, 5 };
	uint32_t n = 1 + byte(in) % 3;

	o[3] = (uint8_t)(2 + 8 * n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t left = near(in, v->snd_una + 1448, v->snd_nxt);

		put32(o + 4 + 8 * i, left);
		put32(o + 8 + 8 * i, near(in, left + 1448, v->snd_nxt));
	}
	add_option(p, o, 4 + 8 * n);
}

static void
fill_options(struct packet *p, struct input *in, const struct world_view *v)
{
	uint8_t how = byte(in);
	uint32_t raw;

	switch (how & 7) {
	default:
		if (v->opt & CONN_TS)
			add_timestamp(p, v->ts_recent + (how >> 6), v->tsval - (how & 0x20 ? 10 : 0));
		break;
	case 6:
		add_timestamp(p, near(in, v->ts_recent, v->ts_recent + 1000), near(in, v->tsval, v->tsval));
		break;
	case 7:
		break;
	}
	if (how & 8)
		add_sacks(p, in, v);
	if (how & 16) {
		raw = byte(in) % (PACKET_OPTIONS + 1u - p->option_length);
		p->option_length = (uint8_t)(p->option_length + take(in, p->option_bytes + p->option_length, raw));
		p->option_length = (uint8_t)((p->option_length + 3) & ~3);
	}
}

static void
fill_text(struct packet *p, uint32_t length)
{
	uint32_t seq = p->seq + !!(p->flags & FLAG_SYN);

	p->payload_length = RTE_MIN(length, 1460u - p->option_length);
	for (uint32_t i = 0; i < p->payload_length; i++)
		p->payload[i] = world_octet(seq + i);
}

static uint8_t
flags_of(struct input *in)
{
	static const uint8_t usual[] = {
		FLAG_ACK, FLAG_ACK | FLAG_PSH, FLAG_ACK, FLAG_ACK | FLAG_PSH, FLAG_ACK | FLAG_FIN, FLAG_RST, FLAG_RST | FLAG_ACK,
		FLAG_SYN, FLAG_SYN | FLAG_ACK, FLAG_ACK | FLAG_URG, FLAG_ACK | FLAG_FIN | FLAG_PSH, FLAG_ACK | FLAG_ECE,
		FLAG_ACK | FLAG_CWR, FLAG_SYN | FLAG_ECE | FLAG_CWR,
	};
	uint8_t which = byte(in) % 16;

	return which < RTE_DIM(usual) ? usual[which] : byte(in);
}

static void
op_segment(struct world *w, struct input *in)
{
	static struct packet p;
	struct world_view v;
	uint8_t how;

	if (!world_view(w, byte(in), &v))
		return;
	world_prepare(w, &p, &v);
	p.kind = PACKET_TCP;
	how = byte(in);
	p.tos = how >> 6;
	p.flags = flags_of(in);
	p.seq = near(in, v.rcv_nxt, v.rcv_nxt + v.window);
	p.ack = how & 1 ? near(in, v.snd_una, v.snd_nxt) : near(in, v.snd_nxt, v.snd_nxt);
	p.window = how & 2 ? half(in) : how & 4 ? 0 : 20000;
	p.urgent = p.flags & FLAG_URG ? half(in) : 0;
	fill_options(&p, in, &v);
	fill_text(&p, how & 8 ? length_of(in) : 0);
	put_packet(w, in, &p);
}

/* Text of a peer that sends in order, or leaves holes: as many segments as asked for. */
static void
op_stream(struct world *w, struct input *in)
{
	static struct packet p;
	struct world_view v;
	uint32_t seq, n;
	uint8_t how;

	if (!world_view(w, byte(in), &v) || v.kind != FLOW_OPEN)
		return;
	how = byte(in);
	n = 1 + how % 16;
	seq = v.rcv_nxt;
	for (uint32_t i = 0; i < n; i++, seq += 1448) {
		if (how & 32 && i % 3 == 0)
			continue;
		world_prepare(w, &p, &v);
		p.kind = PACKET_TCP;
		p.flags = FLAG_ACK | (i + 1 == n && how & 64 ? FLAG_FIN : 0);
		p.seq = how & 16 ? v.rcv_nxt + (n - 1 - i) * 1448 : seq;
		p.ack = v.snd_una;
		p.window = 20000;
		if (v.opt & CONN_TS)
			add_timestamp(&p, v.ts_recent, v.tsval);
		fill_text(&p, how & 128 ? 100 : 1448);
		put_packet(w, in, &p);
	}
}

/* The ACK of a peer that has received all: what an op then makes of it. */
static bool
begin_ack(struct world *w, struct input *in, struct packet *p, struct world_view *v, uint8_t *how)
{
	if (!world_view(w, byte(in), v))
		return false;
	*how = byte(in);
	world_prepare(w, p, v);
	p->kind = PACKET_TCP;
	p->flags = FLAG_ACK;
	p->seq = v->rcv_nxt;
	p->ack = v->snd_nxt;
	return true;
}

static void
op_ack_all(struct world *w, struct input *in)
{
	static struct packet p;
	struct world_view v;
	uint8_t how;

	if (!begin_ack(w, in, &p, &v, &how))
		return;
	p.flags |= how & 1 ? FLAG_FIN : 0;
	p.ack = how & 2 ? v.snd_una + (v.snd_nxt - v.snd_una) / 2 : v.snd_nxt;
	p.window = how & 4 ? (uint16_t)(how << 4) : 60000;
	if (v.opt & CONN_TS)
		add_timestamp(&p, v.ts_recent, v.tsval);
	for (unsigned int i = 0; i < 1u + (how >> 6); i++)
		put_packet(w, in, &p);
}

static void
begin_syn(struct world *w, struct input *in, struct packet *p, uint8_t how)
{
	world_prepare(w, p, NULL);
	p->kind = PACKET_TCP;
	p->v4 = w->v6 == !!(how & 1);
	p->src = world_address(!p->v4, (uint8_t)(2 + (how >> 1) % 2));
	p->dst = world_address(!p->v4, 1);
	p->sport = (uint16_t)(4000 + (how >> 2) % 8);
	p->flags = FLAG_SYN | (how & 32 ? FLAG_ECE | FLAG_CWR : 0);
	p->seq = how & 64 ? 0xffffff00u : 1000u * byte(in);
	p->window = 20000;
	if (how & 128) {
		fill_text(p, length_of(in));
		p->option_length = (uint8_t)((take(in, p->option_bytes, byte(in) % 41u) + 3) & ~3);
	} else {
		static const uint8_t good[] = { 2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 2, 1, 1 };

		add_option(p, good, sizeof(good));
		add_timestamp(p, 1000, 0);
	}
}

static void
op_syn(struct world *w, struct input *in)
{
	static struct packet p;

	begin_syn(w, in, &p, byte(in));
	put_packet(w, in, &p);
}

/* What would cost three ops: a connection that is open, or as good as. */
static void
op_handshake(struct world *w, struct input *in)
{
	static struct packet p;
	struct world_view v;
	uint8_t how = byte(in) & 0x7f;

	begin_syn(w, in, &p, how);
	put_packet(w, in, &p);
	world_turn(w);
	for (uint32_t i = 0; i < 64 && world_view(w, i, &v); i++) {
		if (v.kind != FLOW_HALF_OPEN || v.rport != p.sport)
			continue;
		world_prepare(w, &p, &v);
		p.kind = PACKET_TCP;
		p.flags = FLAG_ACK;
		p.seq = v.rcv_nxt;
		p.ack = v.snd_nxt;
		p.window = 20000;
		if (v.opt & CONN_TS)
			add_timestamp(&p, v.ts_recent, v.tsval);
		put_packet(w, in, &p);
		return;
	}
}

static void
op_raw_tcp(struct world *w, struct input *in)
{
	static struct packet p;
	struct world_view v;
	bool known = world_view(w, byte(in), &v);
	uint32_t length;

	world_prepare(w, &p, known ? &v : NULL);
	p.kind = PACKET_OTHER;
	p.protocol = 6;
	p.payload_length = length = take(in, p.payload, half(in) % 1440u);
	w->strange_in = true;
	if (length >= 20) {
		put16(p.payload, p.sport);
		put16(p.payload + 2, p.dport);
		put16(p.payload + 16, 0);
		put16(p.payload + 16, (uint16_t)~ones_complement(pseudo_header(p.v4, &p.src, &p.dst, 6, length), p.payload, length));
	}
	put_packet(w, in, &p);
}

static void
op_raw_frame(struct world *w, struct input *in)
{
	uint8_t frame[WORLD_FRAME];
	uint32_t length = take(in, frame, half(in) % WORLD_FRAME);

	w->strange_in = true;
	if (length > 0)
		world_inject(w, length, frame, length);
}

/* ---- errors of the network */

/* The packet that the error quotes, as the host sent it, without its Ethernet header. */
static uint32_t
quote(const struct world *w, struct input *in, const struct world_view *v, uint8_t *to)
{
	static struct packet p;
	static uint8_t frame[PACKET_FRAME * 2];
	uint32_t length;

	world_prepare(w, &p, v);
	p.kind = PACKET_TCP;
	p.src = v->local;
	p.dst = v->remote;
	p.sport = v->lport;
	p.dport = v->rport;
	p.flags = FLAG_ACK;
	p.seq = near(in, v->snd_una, v->snd_nxt);
	p.ack = v->rcv_nxt;
	length = packet_build(&p, frame) - 14;
	length -= RTE_MIN(length, (uint32_t)(byte(in) % 32));
	memcpy(to, frame + 14, length);
	return length;
}

static void
op_icmp(struct world *w, struct input *in)
{
	static struct packet p;
	struct world_view v;
	uint8_t *m = p.payload;
	uint16_t sum;

	if (!world_view(w, byte(in), &v))
		return;
	world_prepare(w, &p, &v);
	p.kind = PACKET_OTHER;
	p.protocol = p.v4 ? 1 : 58;
	p.ttl = 255;
	m[0] = p.v4 ? (uint8_t[]){ 3, 3, 11, 12, 4, 5, 8, 13 }[byte(in) % 8] : (uint8_t[]){ 1, 2, 2, 3, 4, 128, 135, 137 }[byte(in) % 8];
	m[1] = byte(in) % 16;
	put16(m + 2, 0);
	put32(m + 4, byte(in) & 1 ? word(in) : 1000u + byte(in) * 2u);
	p.payload_length = 8 + quote(w, in, &v, m + 8);
	sum = p.v4 ? 0 : pseudo_header(false, &p.src, &p.dst, 58, p.payload_length);
	put16(m + 2, (uint16_t)~ones_complement(sum, m, p.payload_length));
	put_packet(w, in, &p);
}

/* ---- calls */

static struct tern_stack *
pick(struct world *w, struct input *in, tern_conn *id)
{
	uint8_t which = byte(in);

	*id = which;
	if (w->conns == 0)
		return w->end[0].stack;
	*id = w->conn[which % w->conns].id;
	return w->end[w->conn[which % w->conns].stack].stack;
}

/* What the next octets that are sent must be; NULL when the numbers come round meanwhile. */
static const uint8_t *
next_octets(struct world *w, struct tern_stack *s, tern_conn id, uint32_t length)
{
	const struct tcp_conn *c = tcp_conn_get(&s->tcp, id);

	if (c != NULL && c->snd_end + length < c->snd_end)
		w->strange_out = true;
	return pattern + (c != NULL ? c->snd_end % 251 : 0);
}

static void
send_mbuf(struct world *w, struct tern_stack *s, tern_conn id, uint32_t length)
{
	struct rte_mbuf *m = mbuf_alloc(w->pool);
	const uint8_t *octets;

	if (m == NULL)
		return;
	length = RTE_MIN(length, (uint32_t)rte_pktmbuf_tailroom(m));
	octets = next_octets(w, s, id, length);
	memcpy(rte_pktmbuf_append(m, (uint16_t)length), octets, length);
	if (tern_send_mbuf(s, id, m) < 0)
		mbuf_free(m);
}

static void
read_some(struct world *w, struct tern_stack *s, tern_conn id, uint32_t length, bool take_them)
{
	const struct tcp_conn *c = tcp_conn_get(&s->tcp, id);
	uint32_t from = c != NULL ? c->rcv_nxt - !!(c->flags & CONN_FIN_RECEIVED) - c->unread : 0;
	ssize_t n = take_them ? tern_recv(s, id, scratch, length) : tern_peek(s, id, scratch, length);

	for (ssize_t i = 0; i < n && !w->strange_in; i++)
		if (scratch[i] != world_octet(from + (uint32_t)i))
			world_broken("octets are read that nobody sent there");
}

static void
read_mbuf(struct tern_stack *s, tern_conn id)
{
	struct rte_mbuf *m = NULL;

	if (tern_recv_mbuf(s, id, &m) > 0)
		mbuf_free(m);
}

static void
op_call(struct world *w, struct input *in)
{
	uint8_t what = byte(in);
	tern_conn id;
	struct tern_stack *s = pick(w, in, &id);
	struct tern_info info = TERN_INFO_INIT;
	uint32_t n, ahead;
	uint64_t value;

	switch ((enum call)(what % CALLS)) {
	case CALL_SEND:
		n = length_of(in);
		tern_send(s, id, next_octets(w, s, id, n), n);
		break;
	case CALL_SEND_REF:
		n = length_of(in) * (what & 0x80 ? 3 : 1);
		w->refs += tern_send_ref(s, id, next_octets(w, s, id, n), n, 1) >= 0;
		break;
	case CALL_SEND_URGENT:
		n = length_of(in);
		tern_send_urgent(s, id, next_octets(w, s, id, n), n);
		break;
	case CALL_SEND_MBUF:
		send_mbuf(w, s, id, length_of(in));
		break;
	case CALL_RECV:
		read_some(w, s, id, length_of(in), true);
		break;
	case CALL_PEEK:
		read_some(w, s, id, length_of(in), false);
		break;
	case CALL_DISCARD:
		tern_discard(s, id, length_of(in));
		break;
	case CALL_RECV_MBUF:
		read_mbuf(s, id);
		break;
	case CALL_SHUTDOWN:
		tern_shutdown(s, id);
		break;
	case CALL_CLOSE:
		tern_close(s, id);
		break;
	case CALL_ABORT:
		tern_abort(s, id);
		break;
	case CALL_SET:
		tern_set(s, id, (enum tern_option_id)(byte(in) % (TERN_OPT_DF + 2)), what & 0x80 ? word(in) : half(in) % 200u);
		break;
	case CALL_GET:
		tern_get(s, id, (enum tern_option_id)(byte(in) % (TERN_OPT_DF + 2)), &value);
		tern_info(s, id, &info);
		break;
	default:
		tern_urgent(s, id, &ahead);
		break;
	}
}

static void
op_connect(struct world *w, struct input *in)
{
	struct tern_connect_options o = TERN_CONNECT_INIT;
	uint8_t how = byte(in);
	unsigned int stack = how % w->stacks;
	tern_conn id;

	o.target = (struct tern_endpoint){ world_address(w->v6 != !!(how & 2), (uint8_t)(2 + (how >> 2) % 2)), (uint16_t)(80 + (how >> 3) % 2) };
	o.source_pool = how & 16;
	o.fastopen = how & 32;
	o.source_port = how & 64 ? (uint16_t)(5000 + byte(in) % 4) : 0;
	o.timeout_ns = how & 128 ? UINT64_C(1000000) * half(in) : 0;
	if (o.fastopen || how % 7 == 3) {
		o.data = pattern;
		o.data_length = byte(in);
		w->strange_out = true;     /* the number that it will have is not known yet */
	}
	if (w->conns == WORLD_CONNS && !w->conn[0].closed)
		return;
	if (tern_connect(w->end[stack].stack, &o, &id) == 0)
		world_remember(w, id, stack);
}

static void
listen_on(struct world_end *e, uint32_t backlog, uint32_t fastopen)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;

	o.port = WORLD_PORT;
	o.ports = 2;
	o.backlog = backlog;
	o.fastopen = fastopen;
	tern_listen(e->stack, &o, &e->listener);
}

static void
op_listen(struct world *w, struct input *in)
{
	uint8_t how = byte(in);
	struct world_end *e = &w->end[how % w->stacks];

	if (tern_unlisten(e->stack, e->listener) != 0)
		listen_on(e, 1u + (how >> 4), how & 2 ? 4 : 0);
}

static void
op_time(struct world *w, struct input *in)
{
	static const uint32_t us[] = {
		1, 100, 1000, 5000, 40000, 41000, 200000, 500000, 1000000, 2000000, 10000000, 30000000, 61000000, 130000000, 400000000,
		3600000000u,
	};

	world_pass(w, UINT64_C(1000) * us[byte(in) % RTE_DIM(us)]);
}

static void
op_device(struct world *w, struct input *in)
{
	uint8_t how = byte(in);

	w->takes = how & 1 ? UINT32_MAX : how >> 4;
	w->keep = how & 2 ? how >> 3 : 0;
	w->batch = how & 4 ? 16 : 1 + (how >> 4);
}

static void
op_pool(struct world *w, struct input *in)
{
	uint8_t how = byte(in);

	world_grab(w, how & 1 ? UINT32_MAX : how / 2);
}

/* IPv4 or IPv6 header fields of a good segment put wrong, one at a time. */
static void
op_cut(struct world *w, struct input *in)
{
	static struct packet p;
	struct world_view v;
	uint8_t how;

	if (!begin_ack(w, in, &p, &v, &how))
		return;
	if (v.opt & CONN_TS)
		add_timestamp(&p, v.ts_recent, v.tsval);
	fill_text(&p, 100);
	p.wrong.ip_checksum = how == 1;
	p.wrong.l4_checksum = how == 2;
	p.wrong.fragment = (how & 15) == 3;
	p.wrong.last_fragment = (how & 15) == 4;
	p.wrong.ip_version = (how & 15) == 5 ? how >> 4 : 0;
	p.wrong.data_offset = (how & 15) == 6 ? how >> 4 : 0;
	p.wrong.ip_length = (how & 15) == 7 ? (int8_t)byte(in) : 0;
	p.wrong.truncate = (how & 15) == 8 ? byte(in) : 0;
	p.wrong.pad = (how & 15) == 9 ? byte(in) : 0;
	p.wrong.ethertype = (how & 15) == 10 ? half(in) : 0;
	p.wrong.next_header = (how & 15) == 11 ? byte(in) : 0;
	if ((how & 15) == 12)
		p.ip_options_length = (uint8_t)((take(in, p.ip_options, byte(in) % 41u) + 3) & ~3);
	/* a header that ends elsewhere may be a good one: its text then begins with another octet */
	w->strange_in |= p.wrong.data_offset != 0;
	put_packet(w, in, &p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const ops[OPS])(struct world *, struct input *) = {
		op_segment, op_syn, op_handshake, op_ack_all, op_call, op_connect, op_listen, op_time, op_icmp, op_device, op_pool,
		op_raw_tcp, op_raw_frame, op_stream, op_cut,
	};
	struct input in = { data, data + size };
	static struct world w;
	uint8_t how = byte(&in), more = byte(&in);

	for (uint32_t i = 0; pattern[sizeof(pattern) - 1] == 0 && i < sizeof(pattern); i++)
		pattern[i] = world_octet(i);
	world_open(&w, how, more);
	for (unsigned int i = 0; i < w.stacks; i++)
		listen_on(&w.end[i], 4, more & 64 ? 4 : 0);
	for (unsigned int i = 0; i < MAX_OPS && in.at < in.end; i++) {
		uint8_t op = byte(&in);

		ops[(op & 0x7f) % OPS](&w, &in);
		if (!(op & MORE))
			world_turn(&w);
	}
	world_turn(&w);
	world_close(&w);
	return 0;
}
