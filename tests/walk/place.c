/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_mbuf.h>

#include "core/mbuf.h"
#include "place.h"
#include "scenario/packet_bytes.h"

#define START_NS UINT64_C(1000000000000)
#define MS UINT64_C(1000000)
#define DELAYED_ACK_MS 40u
#define TIME_WAIT_MS 1000u
#define RECEIVE_BUFFER 8000u
#define LISTEN_PORT 7
#define CLOSED_PORT 9
#define PEER_ISS 0xfffffff0u       /* so that every window lies over the wrap */
#define PEER_WINDOW 8000u
#define OUTSTANDING 100u
#define TURNS 1000

const char *const place_names[PLACES] = {
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED passive", "SYN-RECEIVED active", "ESTABLISHED", "FIN-WAIT-1",
	"FIN-WAIT-1 after close", "FIN-WAIT-2", "FIN-WAIT-2 after close", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
	"TIME-WAIT without a listener", "ESTABLISHED with a closed window", "FIN-WAIT-1 with a closed window",
	"FIN-WAIT-2 with a closed window",
};

static const uint8_t host_mac[6] = { 2, 0, 0x5e, 0, 0x53, 1 }, peer_mac[6] = { 2, 0, 0x5e, 0, 0x53, 2 };

uint8_t
place_octet(uint32_t seq)
{
	return (uint8_t)((seq - PEER_ISS) * 7 + 3);
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

/* ---- the wire */

static void
put(struct place *p, const struct packet *packet)
{
	uint8_t frame[PACKET_FRAME];
	uint32_t length = packet_build(packet, frame);
	struct rte_mbuf *m = host_mbuf(frame, length);

	if (m == NULL || p->in_count == RTE_DIM(p->in)) {
		p->trouble = "no room for a frame";
		mbuf_free(m);
		return;
	}
	p->in[p->in_count++] = m;
}

static void
prepare(const struct place *p, struct packet *packet)
{
	memset(packet, 0, offsetof(struct packet, payload));
	memset(&packet->wrong, 0, sizeof(*packet) - offsetof(struct packet, wrong));
	packet->v4 = !p->v6;
	packet->vlan = PACKET_NO_VLAN;
	memcpy(packet->dst_mac, host_mac, 6);
	memcpy(packet->src_mac, peer_mac, 6);
	packet->src = address(p->v6, 2);
	packet->dst = address(p->v6, 1);
	packet->ttl = 64;
}

static void
advertise(struct place *p, const struct packet *asked)
{
	static struct packet answer;

	prepare(p, &answer);
	answer.kind = PACKET_ADVERTISE;
	answer.ttl = 255;
	memcpy(answer.link_address, peer_mac, 6);
	answer.has_link_address = answer.solicited = answer.override = true;
	answer.target = answer.src = asked->target;
	answer.sender = answer.dst = asked->sender;
	put(p, &answer);
}

static void
see(struct place *p, const struct packet *packet)
{
	if (packet->kind == PACKET_SOLICIT) {
		advertise(p, packet);
		return;
	}
	if (packet->kind != PACKET_TCP)
		return;
	if (packet->dport != p->peer_port || (p->host_port != 0 && packet->sport != p->host_port))
		p->trouble = "a segment of another conversation";
	if (p->out_count == PLACE_OUT)
		p->trouble = "more segments than anybody could want";
	else
		p->out[p->out_count++] = *packet;
	p->seen = *packet;
}

static uint16_t
link_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct place *p = (struct place *)(void *)link;
	static struct packet packet;

	for (uint16_t i = 0; i < n; i++) {
		const char *wrong = packet_parse(&packet, rte_pktmbuf_mtod(frames[i], const uint8_t *), frames[i]->data_len);

		if (wrong != NULL)
			p->trouble = wrong;
		else
			see(p, &packet);
		mbuf_free(frames[i]);
	}
	return n;
}

static uint16_t
link_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct place *p = (struct place *)(void *)link;
	uint16_t got = (uint16_t)RTE_MIN((unsigned int)n, p->in_count);

	memcpy(frames, p->in, got * sizeof(*frames));
	p->in_count -= got;
	memmove(p->in, p->in + got, p->in_count * sizeof(*frames));
	return got;
}

/* ---- time */

static void
tell(struct place *p, const struct tern_event *e)
{
	if (e->mask & TERN_ACCEPTED)
		p->id = e->id;
	if (e->id != p->id) {
		p->trouble = "an event of another connection";
		return;
	}
	if (p->mask & TERN_CLOSED)
		p->trouble = "an event behind the last one";
	p->mask |= e->mask;
	if (e->mask & TERN_CLOSED)
		p->reason = e->reason;
}

static void
settle(struct place *p)
{
	struct tern_event events[4];
	bool worked = true;

	for (int turns = 0; worked || p->in_count > 0 || stack_owes(p->stack); turns++) {
		int n = stack_poll(p->stack, p->now_ns, events, RTE_DIM(events), &worked);

		for (int i = 0; i < n; i++)
			tell(p, &events[i]);
		worked |= n > 0;
		if (turns == TURNS) {
			p->trouble = "the stack does not come to rest";
			return;
		}
	}
}

static void
pass(struct place *p, uint64_t ns)
{
	uint64_t until = p->now_ns + ns;

	while (p->now_ns < until) {
		uint64_t next = stack_next_ns(p->stack);

		p->now_ns = RTE_MIN(RTE_MAX(next, p->now_ns + MS), until);
		settle(p);
	}
}

static void
forget(struct place *p)
{
	p->out_count = 0;
	p->mask = p->reason = p->read = 0;
	p->garbled = false;
}

/* ---- what the peer says */

static void
segment(struct place *p, const struct model_segment *s)
{
	static struct packet packet;
	uint8_t *o = packet.option_bytes;

	prepare(p, &packet);
	packet.kind = PACKET_TCP;
	packet.sport = p->peer_port;
	packet.dport = p->host_port;
	packet.flags = s->flags;
	packet.seq = s->seq;
	packet.ack = s->ack;
	packet.window = PEER_WINDOW;
	packet.urgent = s->urgent;
	if (s->flags & M_SYN) {
		static const uint8_t syn[] = { 2, 4, 5, 0xb4, 1, 3, 3, 0 };

		memcpy(o, syn, p->timestamps ? sizeof(syn) : 4);
		o += p->timestamps ? sizeof(syn) : 4;
	}
	if (s->has_timestamp) {
		memcpy(o, (const uint8_t[]){ 1, 1, 8, 10 }, 4);
		put32(o + 4, s->tsval);
		put32(o + 8, s->tsecr);
		o += 12;
	}
	packet.option_length = (uint8_t)(o - packet.option_bytes);
	packet.payload_length = s->length;
	for (uint32_t i = 0; i < s->length; i++)
		packet.payload[i] = place_octet(s->seq + !!(s->flags & M_SYN) + i);
	put(p, &packet);
}

/* the next of a well-behaved peer, acknowledging up to `ack` */
static void
say(struct place *p, uint8_t flags, uint32_t ack)
{
	struct model_segment s = {
		.flags = flags, .seq = p->peer_seq, .ack = ack, .has_timestamp = p->timestamps, .tsval = ++p->peer_tsval,
		.tsecr = p->seen.options.tsval,
	};

	segment(p, &s);
	p->peer_seq += !!(flags & M_SYN) + !!(flags & M_FIN);
	settle(p);
}

static uint32_t
host_end(const struct place *p)
{
	return p->seen.seq + p->seen.payload_length + !!(p->seen.flags & FLAG_SYN) + !!(p->seen.flags & FLAG_FIN);
}

/* ---- ways */

static void
do_listen(struct place *p)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;

	o.port = LISTEN_PORT;
	if (p->listener == 0 && tern_listen(p->stack, &o, &p->listener) != 0)
		p->trouble = "cannot listen";
}

static void
do_unlisten(struct place *p)
{
	if (p->listener != 0)
		tern_unlisten(p->stack, p->listener);
	p->listener = 0;
}

static void
do_connect(struct place *p)
{
	struct tern_connect_options o = TERN_CONNECT_INIT;

	o.target = (struct tern_endpoint){ address(p->v6, 2), p->peer_port };
	p->host_port = 0;
	if (tern_connect(p->stack, &o, &p->id) != 0)
		p->trouble = "cannot connect";
	settle(p);
	p->host_port = p->seen.sport;
}

static void
do_send(struct place *p)
{
	static const uint8_t data[OUTSTANDING];

	if (tern_send(p->stack, p->id, data, sizeof(data)) != (ssize_t)sizeof(data))
		p->trouble = "cannot send";
	settle(p);
}

static void
accepted(struct place *p)
{
	say(p, M_SYN, 0);
	p->model.iss = p->seen.seq;
	p->wscale = p->seen.options.wscale ? p->seen.options.wscale_value : 0;
	say(p, M_ACK, host_end(p));
}

/* Text until the window is closed, which nobody reads. */
static void
fill_window(struct place *p)
{
	uint32_t right = p->peer_seq + p->seen.window;  /* of a SYN-ACK, so it is not scaled */

	for (unsigned int n = 0; n < 64; n++) {
		struct model_segment s = {
			.flags = M_ACK, .seq = p->peer_seq, .ack = host_end(p), .has_timestamp = p->timestamps,
			.tsval = ++p->peer_tsval, .tsecr = p->seen.options.tsval, .length = RTE_MIN(right - p->peer_seq, 1400u),
		};

		if (s.length == 0) {
			say(p, M_ACK, host_end(p));
			return;
		}
		segment(p, &s);
		settle(p);
		p->peer_seq += s.length;
		pass(p, (DELAYED_ACK_MS + 1) * MS);
		if (p->seen.window > 0)
			right = p->seen.ack + ((uint32_t)p->seen.window << p->wscale);
	}
	p->trouble = "the window does not close";
}

/* as tern_shutdown() leaves it, or tern_close() */
static void
half_closed(struct place *p, bool close)
{
	accepted(p);
	do_send(p);
	p->model.app_closed = close;
	if ((close ? tern_close(p->stack, p->id) : tern_shutdown(p->stack, p->id)) != 0)
		p->trouble = "cannot close";
	settle(p);
}

static void
go(struct place *p, enum place_id id)
{
	switch (id) {
	case PLACE_SYN_SENT:
	case PLACE_SYN_RECEIVED_ACTIVE:
		do_connect(p);
		p->model.iss = p->seen.seq;
		if (id == PLACE_SYN_RECEIVED_ACTIVE)
			say(p, M_SYN, 0);
		break;
	case PLACE_SYN_RECEIVED:
		say(p, M_SYN, 0);
		p->model.iss = p->seen.seq;
		break;
	case PLACE_ESTABLISHED:
		accepted(p);
		do_send(p);
		break;
	case PLACE_FIN_WAIT_1:
	case PLACE_FIN_WAIT_1_CLOSED:
		half_closed(p, id == PLACE_FIN_WAIT_1_CLOSED);
		break;
	case PLACE_FIN_WAIT_2:
	case PLACE_FIN_WAIT_2_CLOSED:
		half_closed(p, id == PLACE_FIN_WAIT_2_CLOSED);
		say(p, M_ACK, host_end(p));
		break;
	case PLACE_CLOSE_WAIT:
	case PLACE_LAST_ACK:
		accepted(p);
		say(p, M_FIN | M_ACK, host_end(p));
		do_send(p);
		if (id == PLACE_LAST_ACK)
			tern_shutdown(p->stack, p->id);
		settle(p);
		break;
	case PLACE_CLOSING:
		half_closed(p, false);
		say(p, M_FIN | M_ACK, p->model.iss + 1);
		break;
	case PLACE_TIME_WAIT:
	case PLACE_TIME_WAIT_DEAF:
		half_closed(p, false);
		say(p, M_ACK, host_end(p));
		say(p, M_FIN | M_ACK, host_end(p));
		if (id == PLACE_TIME_WAIT_DEAF)
			do_unlisten(p);
		break;
	case PLACE_ESTABLISHED_FULL:
	case PLACE_FIN_WAIT_1_FULL:
	case PLACE_FIN_WAIT_2_FULL:
		accepted(p);
		fill_window(p);
		do_send(p);
		if (id == PLACE_ESTABLISHED_FULL)
			break;
		tern_shutdown(p->stack, p->id);
		settle(p);
		if (id == PLACE_FIN_WAIT_2_FULL)
			say(p, M_ACK, host_end(p));
		break;
	default:
		break;
	}
}

static const struct { enum model_state state; bool passive, fin_sent; uint32_t outstanding; } places[PLACES] = {
	[PLACE_CLOSED] = { M_CLOSED, false, false, 0 },
	[PLACE_LISTEN] = { M_LISTEN, true, false, 0 },
	[PLACE_SYN_SENT] = { M_SYN_SENT, false, false, 1 },
	[PLACE_SYN_RECEIVED] = { M_SYN_RECEIVED, true, false, 1 },
	[PLACE_SYN_RECEIVED_ACTIVE] = { M_SYN_RECEIVED, false, false, 1 },
	[PLACE_ESTABLISHED] = { M_ESTABLISHED, true, false, OUTSTANDING },
	[PLACE_FIN_WAIT_1] = { M_FIN_WAIT_1, true, true, OUTSTANDING + 1 },
	[PLACE_FIN_WAIT_1_CLOSED] = { M_FIN_WAIT_1, true, true, OUTSTANDING + 1 },
	[PLACE_FIN_WAIT_2] = { M_FIN_WAIT_2, true, true, 0 },
	[PLACE_FIN_WAIT_2_CLOSED] = { M_FIN_WAIT_2, true, true, 0 },
	[PLACE_CLOSE_WAIT] = { M_CLOSE_WAIT, true, false, OUTSTANDING },
	[PLACE_CLOSING] = { M_CLOSING, true, true, OUTSTANDING + 1 },
	[PLACE_LAST_ACK] = { M_LAST_ACK, true, true, OUTSTANDING + 1 },
	[PLACE_TIME_WAIT] = { M_TIME_WAIT, true, true, 0 },
	[PLACE_TIME_WAIT_DEAF] = { M_TIME_WAIT, true, true, 0 },
	[PLACE_ESTABLISHED_FULL] = { M_ESTABLISHED, true, false, OUTSTANDING },
	[PLACE_FIN_WAIT_1_FULL] = { M_FIN_WAIT_1, true, true, OUTSTANDING + 1 },
	[PLACE_FIN_WAIT_2_FULL] = { M_FIN_WAIT_2, true, true, 0 },
};

bool
place_enter(struct place *p, enum place_id id)
{
	struct model *m = &p->model;

	p->peer_port = p->peer_port >= 60000 ? 2000 : (uint16_t)(p->peer_port + 1);
	p->host_port = id == PLACE_CLOSED ? CLOSED_PORT : LISTEN_PORT;
	p->peer_seq = PEER_ISS;
	p->peer_tsval = 1000;
	p->id = 0;
	p->seen = (struct packet){ .kind = PACKET_TCP };
	*m = (struct model){ .state = places[id].state };
	forget(p);
	do_listen(p);
	go(p, id);
	m->passive = places[id].passive;
	m->listening = p->listener != 0;
	m->fin_sent = places[id].fin_sent;
	m->snd_nxt = host_end(p);
	m->snd_una = m->snd_nxt - places[id].outstanding;
	m->max_snd_wnd = PEER_WINDOW;
	m->timestamps = p->timestamps;
	m->irs = PEER_ISS;
	if (m->state == M_CLOSED || m->state == M_LISTEN || m->state == M_SYN_SENT) {
		m->rcv_nxt = PEER_ISS;
		m->rcv_wnd = 50000;
	} else {
		m->rcv_nxt = p->seen.ack;
		m->rcv_wnd = (uint32_t)p->seen.window << (p->seen.flags & FLAG_SYN ? 0 : p->wscale);
		m->ts_recent = p->peer_tsval;
		m->last_ack_sent = p->seen.ack;
	}
	forget(p);
	if (p->trouble == NULL && place_state(p) != m->state)
		p->trouble = "the way does not lead to its state";
	return p->trouble == NULL;
}

/* A segment may set a RST or the end of the conversation free; what waits to be read is read, unless the reader is gone. */
static void
read_all(struct place *p, uint32_t from)
{
	uint8_t octets[4096];
	ssize_t n;

	while (p->id != 0 && (n = tern_recv(p->stack, p->id, octets, sizeof(octets))) > 0)
		for (ssize_t i = 0; i < n; i++)
			p->garbled |= octets[i] != place_octet(from + p->read++);
}

void
place_inject(struct place *p, const struct model_segment *s)
{
	segment(p, s);
	settle(p);
	/* the window is to stay as it is where it is closed */
	if (!p->model.app_closed && p->model.rcv_wnd > 0)
		read_all(p, p->model.state == M_SYN_SENT ? s->seq + 1 : p->model.rcv_nxt);
	settle(p);
	pass(p, (DELAYED_ACK_MS + 1) * MS);
}

enum model_state
place_state(const struct place *p)
{
	const struct tern_stats *stats = stack_stats(p->stack);
	struct tern_info info = TERN_INFO_INIT;

	if (stats->half_open_now > 0)
		return M_SYN_RECEIVED;
	if (stats->time_wait_now > 0)
		return M_TIME_WAIT;
	if (p->id != 0 && tern_info(p->stack, p->id, &info) == 0)
		return (enum model_state)info.state;
	/* of no connection at all: as the port is */
	return p->host_port == LISTEN_PORT && p->listener != 0 && p->model.state != M_CLOSED && p->id == 0 ? M_LISTEN :
													     M_CLOSED;
}

void
place_leave(struct place *p)
{
	const struct tern_stats *stats = stack_stats(p->stack);

	if (p->id != 0 && !(p->mask & TERN_CLOSED))
		tern_abort(p->stack, p->id);
	do_unlisten(p);
	settle(p);
	/* past TIME-WAIT, and into a new second of challenge ACKs */
	pass(p, (TIME_WAIT_MS + 2) * MS);
	if (p->trouble == NULL && stats->open_now + stats->half_open_now + stats->time_wait_now != 0)
		p->trouble = "something is left of a connection that has ended";
}

void
place_open(struct place *p, bool v6, bool timestamps)
{
	struct host_setup hs = {
		.link = &p->link, .locals = 2, .vlan = VLAN_NONE, .seed = 1, .start_ns = START_NS, .tcp = host_tcp_config(),
		.local = { address(false, 1), address(true, 1) },
	};

	memset(p, 0, sizeof(*p));
	host_pool();
	p->used_before = host_pool_in_use();
	p->v6 = v6;
	p->timestamps = timestamps;
	p->now_ns = START_NS;
	p->link.transmit = link_transmit;
	p->link.receive = link_receive;
	memcpy(hs.mac.b, host_mac, 6);
	hs.tcp.delayed_ack_ms = DELAYED_ACK_MS;
	hs.tcp.time_wait_ms = TIME_WAIT_MS;
	hs.tcp.rcvbuf = RECEIVE_BUFFER;
	p->stack = host_stack(&hs);
	if (p->stack == NULL) {
		printf("Bail out! no stack\n");
		exit(1);
	}
}

const char *
place_close(struct place *p)
{
	stack_free(p->stack);
	mbuf_free_bulk(p->in, p->in_count);
	return host_pool_in_use() != p->used_before ? "mbufs were never given back" : NULL;
}
