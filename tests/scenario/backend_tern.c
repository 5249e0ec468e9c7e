/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Tern behind the runner's interface: one stack, two queues of frames and a clock that only wait() moves. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "backend.h"
#include "core/mbuf.h"
#include "sim/host.h"

#define FRAMES 4096u
#define EVENTS 64
#define QUIET_TURNS 100000u      /* turns at one time after which a stack is said never to rest */
#define IDLE_STEP_NS 1000000u    /* when the stack says "now" for ever */

struct host {
	struct tern_link link;
	struct tern_stack *stack;
	uint64_t now_ns;
	unsigned int used_before;   /* mbufs, before there was a host */
	struct rte_mbuf *in[FRAMES];
	unsigned int in_head, in_tail;
	struct {
		uint64_t time_ns;
		uint32_t length;
		uint8_t bytes[2048];
	} out[FRAMES];
	unsigned int out_head, out_tail;
	struct backend_event event[FRAMES];
	unsigned int event_head, event_tail;
	const char *trouble;
};

static uint16_t
link_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct host *h = (struct host *)(void *)link;
	uint16_t got = 0;

	while (got < n && h->in_head != h->in_tail)
		frames[got++] = h->in[h->in_head++ % FRAMES];
	return got;
}

static uint16_t
link_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct host *h = (struct host *)(void *)link;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = frames[i];
		unsigned int at = h->out_tail % FRAMES;

		if (h->out_tail - h->out_head == FRAMES)
			return i;
		if (m->nb_segs != 1 || m->pkt_len > sizeof(h->out[at].bytes))
			h->trouble = "the stack sent a frame that this link cannot take";
		else
			memcpy(h->out[at].bytes, rte_pktmbuf_mtod(m, void *), m->pkt_len);
		h->out[at].length = m->pkt_len;
		h->out[at].time_ns = h->now_ns;
		h->out_tail++;
		mbuf_free(m);
	}
	return n;
}

static void *
tern_backend_open(const struct backend_setup *setup, char *error, size_t size)
{
	struct host *h = calloc(1, sizeof(*h));
	struct host_setup hs = {
		.local = { setup->local4, setup->second4, setup->local6, setup->second6 }, .locals = 4,
		.gateway = { setup->gateway4, setup->gateway6 },
		.vlan = setup->vlan < 0 ? VLAN_NONE : (uint16_t)setup->vlan,
		.seed = setup->seed, .start_ns = setup->start_ns, .tcp = host_tcp_config(),
	};

	if (h == NULL)
		return NULL;
	h->link.receive = link_receive;
	h->link.transmit = link_transmit;
	h->now_ns = setup->start_ns;
	memcpy(hs.mac.b, setup->mac, 6);
	hs.link = &h->link;
	if (setup->congestion[0] != '\0')
		hs.tcp.congestion = setup->congestion;
	for (unsigned int i = 0; i < setup->settings; i++)
		if (!host_set(&hs, setup->setting[i].name, setup->setting[i].value)) {
			snprintf(error, size, "no setting %s", setup->setting[i].name);
			free(h);
			return NULL;
		}
	host_pool();
	h->used_before = host_pool_in_use();
	h->stack = host_stack(&hs);
	if (h->stack == NULL) {
		snprintf(error, size, "stack_new: %s", strerror(errno));
		free(h);
		return NULL;
	}
	return h;
}

static const char *
tern_backend_close(void *host)
{
	static char text[64];
	struct host *h = host;
	unsigned int used;

	stack_free(h->stack);
	while (h->in_head != h->in_tail)
		mbuf_free(h->in[h->in_head++ % FRAMES]);
	used = host_pool_in_use();
	snprintf(text, sizeof(text), "%d mbufs were never given back", (int)(used - h->used_before));
	used -= h->used_before;
	free(h);
	return used != 0 ? text : NULL;
}

static void
tern_backend_inject(void *host, const uint8_t *frame, uint32_t length)
{
	struct host *h = host;
	struct rte_mbuf *m = host_mbuf(frame, length);

	if (m == NULL || h->in_tail - h->in_head == FRAMES) {
		h->trouble = "no room to inject a frame";
		mbuf_free(m);
		return;
	}
	h->in[h->in_tail++ % FRAMES] = m;
}

static uint32_t
tern_backend_collect(void *host, uint8_t *frame, uint32_t size, uint64_t *time_ns)
{
	struct host *h = host;
	unsigned int at = h->out_head % FRAMES;
	uint32_t length;

	if (h->out_head == h->out_tail)
		return 0;
	length = h->out[at].length < size ? h->out[at].length : size;
	memcpy(frame, h->out[at].bytes, length);
	*time_ns = h->out[at].time_ns;
	h->out_head++;
	return length;
}

static uint64_t
tern_backend_now(void *host)
{
	return ((struct host *)host)->now_ns;
}

static void
tell(struct host *h, const struct tern_event *e)
{
	static const uint32_t bits[][2] = {
		{ TERN_ACCEPTED, EVENT_ACCEPTED }, { TERN_CONNECTED, EVENT_CONNECTED }, { TERN_READABLE, EVENT_READABLE },
		{ TERN_WRITABLE, EVENT_WRITABLE }, { TERN_PEER_CLOSED, EVENT_PEER_CLOSED }, { TERN_SENT, EVENT_SENT },
		{ TERN_CLOSED, EVENT_CLOSED }, { TERN_URGENT, EVENT_URGENT }, { TERN_ERROR, EVENT_ERROR },
		{ TERN_OVERDUE, EVENT_OVERDUE },
	};
	struct backend_event *out = &h->event[h->event_tail % FRAMES];
	struct tern_info info = TERN_INFO_INIT;

	if (h->event_tail - h->event_head == FRAMES) {
		h->trouble = "more events than anybody could want";
		return;
	}
	*out = (struct backend_event){ .socket = e->id };
	for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (e->mask & bits[i][0])
			out->mask |= bits[i][1];
	if (out->mask & EVENT_CLOSED)
		out->reason = tern_close_name(e->reason);
	out->error = -(int)e->error;
	if (out->mask == 0)
		return;
	if (tern_info(h->stack, e->id, &info) == 0) {
		out->has_endpoints = true;
		out->local = info.local;
		out->remote = info.remote;
	}
	h->event_tail++;
}

/* Turns until nothing moves any more, the clock standing still. */
static void
turn(struct host *h)
{
	struct tern_event events[EVENTS];
	bool worked = true;

	for (unsigned int turns = 0; worked || h->in_head != h->in_tail || stack_owes(h->stack); turns++) {
		int n = stack_poll(h->stack, h->now_ns, events, EVENTS, &worked);

		for (int i = 0; i < n; i++)
			tell(h, &events[i]);
		worked |= n > 0;
		if (turns == QUIET_TURNS) {
			h->trouble = "the stack does not come to rest";
			return;
		}
	}
}

static const char *
tern_backend_wait(void *host, uint64_t until_ns)
{
	struct host *h = host;

	for (;;) {
		uint64_t next;

		turn(h);
		if (h->trouble != NULL || h->out_head != h->out_tail || h->event_head != h->event_tail || h->now_ns >= until_ns)
			return h->trouble;
		next = stack_next_ns(h->stack);
		if (next <= h->now_ns)
			next = h->now_ns + IDLE_STEP_NS;
		h->now_ns = next < until_ns ? next : until_ns;
	}
}

static bool
tern_backend_event(void *host, struct backend_event *event)
{
	struct host *h = host;

	if (h->event_head == h->event_tail)
		return false;
	*event = h->event[h->event_head++ % FRAMES];
	return true;
}

static int
tern_backend_listen(void *host, const struct tern_endpoint *at, uint32_t backlog, uint32_t fastopen,
		    backend_socket *listener)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;

	o.addr = at->addr;
	o.port = at->port;
	o.backlog = backlog;
	o.fastopen = fastopen;
	return tern_listen(((struct host *)host)->stack, &o, listener);
}

static int
tern_backend_unlisten(void *host, backend_socket listener)
{
	return tern_unlisten(((struct host *)host)->stack, listener);
}

static int
tern_backend_connect(void *host, const struct tern_endpoint *to, const struct tern_endpoint *from, uint64_t timeout_ns,
		     const void *data, size_t length, bool fastopen, backend_socket *socket)
{
	struct tern_connect_options o = TERN_CONNECT_INIT;

	o.target = *to;
	o.source = from->addr;
	o.source_port = from->port;
	o.timeout_ns = timeout_ns;
	o.data = data;
	o.data_length = length;
	o.fastopen = fastopen;
	return tern_connect(((struct host *)host)->stack, &o, socket);
}

static ssize_t
tern_backend_send(void *host, backend_socket socket, const void *data, size_t length, unsigned int flags)
{
	struct tern_stack *stack = ((struct host *)host)->stack;
	ssize_t n;

	if (flags & (SEND_MORE | SEND_NO_MORE))
		tern_set(stack, socket, TERN_OPT_MORE, flags & SEND_MORE ? 1 : 0);
	n = tern_send(stack, socket, data, length);
	if (n > 0 && flags & SEND_RECORD)
		tern_set(stack, socket, TERN_OPT_EOR, 1);
	return n;
}

static ssize_t
tern_backend_send_ref(void *host, backend_socket socket, const void *data, size_t length)
{
	return tern_send_ref(((struct host *)host)->stack, socket, data, length, 1);
}

static ssize_t
tern_backend_send_urgent(void *host, backend_socket socket, const void *data, size_t length)
{
	return tern_send_urgent(((struct host *)host)->stack, socket, data, length);
}

static ssize_t
tern_backend_urgent(void *host, backend_socket socket)
{
	uint32_t ahead;
	int got = tern_urgent(((struct host *)host)->stack, socket, &ahead);

	return got < 0 ? got : (ssize_t)ahead;
}

static ssize_t
tern_backend_recv(void *host, backend_socket socket, void *data, size_t length)
{
	return tern_recv(((struct host *)host)->stack, socket, data, length);
}

static ssize_t
tern_backend_peek(void *host, backend_socket socket, void *data, size_t length)
{
	return tern_peek(((struct host *)host)->stack, socket, data, length);
}

static ssize_t
tern_backend_discard(void *host, backend_socket socket, size_t length)
{
	return tern_discard(((struct host *)host)->stack, socket, length);
}

static int
tern_backend_shutdown(void *host, backend_socket socket)
{
	return tern_shutdown(((struct host *)host)->stack, socket);
}

/* The peer's FIN has come. */
static bool
peer_has_ended(unsigned int state)
{
	static const char *const ended[] = { "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT" };

	for (unsigned int i = 0; i < sizeof(ended) / sizeof(ended[0]); i++)
		if (strcmp(tern_state_name(state), ended[i]) == 0)
			return true;
	return false;
}

static int
tern_backend_ready(void *host, backend_socket socket, uint32_t *mask)
{
	struct tern_stack *stack = ((struct host *)host)->stack;
	struct tern_info info = TERN_INFO_INIT;
	uint64_t least = 1;
	uint32_t ahead = 0;
	int error = tern_info(stack, socket, &info);

	if (error != 0)
		return error;
	*mask = 0;
	if (strcmp(tern_state_name(info.state), "SYN-SENT") == 0)
		return 0;
	tern_get(stack, socket, TERN_OPT_RCVLOWAT, &least);
	if (peer_has_ended(info.state))
		*mask |= READY_READABLE | READY_PEER_CLOSED;
	if (info.unread > 0 && info.unread >= least)
		*mask |= READY_READABLE;
	if (tern_writable(stack, socket) > 0)
		*mask |= READY_WRITABLE;
	if (tern_urgent(stack, socket, &ahead) >= 0 && ahead > 0)
		*mask |= READY_URGENT;
	return 0;
}

static int
tern_backend_close_socket(void *host, backend_socket socket)
{
	return tern_close(((struct host *)host)->stack, socket);
}

static int
tern_backend_abort(void *host, backend_socket socket)
{
	return tern_abort(((struct host *)host)->stack, socket);
}

static int
option_of(const char *name)
{
	static const struct { const char *name; enum tern_option_id id; } names[] = {
		{ "nodelay", TERN_OPT_NODELAY }, { "user-timeout", TERN_OPT_USER_TIMEOUT }, { "sndbuf", TERN_OPT_SNDBUF },
		{ "rcvbuf", TERN_OPT_RCVBUF }, { "sndlowat", TERN_OPT_SNDLOWAT }, { "rcvlowat", TERN_OPT_RCVLOWAT },
		{ "notify-sent", TERN_OPT_NOTIFY_SENT }, { "mss", TERN_OPT_MSS }, { "dscp", TERN_OPT_DSCP }, { "ttl", TERN_OPT_TTL },
		{ "r1", TERN_OPT_R1 }, { "keepalive", TERN_OPT_KEEPALIVE }, { "keepidle", TERN_OPT_KEEPIDLE },
		{ "keepintvl", TERN_OPT_KEEPINTVL }, { "keepcnt", TERN_OPT_KEEPCNT }, { "linger", TERN_OPT_LINGER },
		{ "error", TERN_OPT_ERROR }, { "tell-errors", TERN_OPT_TELL_ERRORS }, { "received-tos", TERN_OPT_RECEIVED_TOS },
		{ "account", TERN_OPT_ACCOUNT }, { "congestion", TERN_OPT_CONGESTION },
		{ "pacing", TERN_OPT_PACING }, { "max-pacing-rate", TERN_OPT_MAX_PACING_RATE },
		{ "cork", TERN_OPT_CORK }, { "more", TERN_OPT_MORE }, { "notsent-lowat", TERN_OPT_NOTSENT_LOWAT }, { "df", TERN_OPT_DF },
		{ "quickack", TERN_OPT_QUICKACK }, { "eor", TERN_OPT_EOR },
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i].name) == 0)
			return (int)names[i].id;
	return -1;
}

static int
tern_backend_set(void *host, backend_socket socket, const char *option, uint64_t value)
{
	int id = option_of(option);

	return id < 0 ? -ENOENT : tern_set(((struct host *)host)->stack, socket, (enum tern_option_id)id, value);
}

static int
tern_backend_get(void *host, backend_socket socket, const char *option, uint64_t *value)
{
	int id = option_of(option);

	return id < 0 ? -ENOENT : tern_get(((struct host *)host)->stack, socket, (enum tern_option_id)id, value);
}

static int
tern_backend_state(void *host, backend_socket socket, const char **name)
{
	struct tern_info info = TERN_INFO_INIT;
	int error = tern_info(((struct host *)host)->stack, socket, &info);

	if (error == 0)
		*name = tern_state_name(info.state);
	return error;
}

static int
tern_backend_info(void *host, backend_socket socket, const char *field, int64_t *value)
{
	struct tern_info i = TERN_INFO_INIT;
	int error = tern_info(((struct host *)host)->stack, socket, &i);
	const struct { const char *name; int64_t value; } fields[] = {
#define FIELD(x) { #x, i.x }
		FIELD(timestamps), FIELD(sack), FIELD(wscale_on), FIELD(snd_wscale), FIELD(rcv_wscale), FIELD(in_recovery),
		FIELD(mss), FIELD(srtt_us), FIELD(rttvar_us), FIELD(rto_us), FIELD(min_rtt_us), FIELD(cwnd), FIELD(ssthresh),
		FIELD(snd_wnd), FIELD(rcv_wnd), FIELD(unacked), FIELD(unsent), FIELD(unread), FIELD(retransmits), FIELD(backoff),
		FIELD(ecn), FIELD(fastopen), FIELD(passive), FIELD(closed), FIELD(ttl), FIELD(dscp), FIELD(path_mtu),
		FIELD(announced_mss), FIELD(rcv_mss), FIELD(rcvbuf), FIELD(sndbuf), FIELD(lost), FIELD(ooo_segments),
		FIELD(user_timeout_ms), FIELD(keepalive_ms), FIELD(soft_error), FIELD(segs_out), FIELD(segs_in),
		FIELD(data_segs_out), FIELD(data_segs_in), FIELD(last_sent_ms), FIELD(last_received_ms), FIELD(last_ack_ms),
		FIELD(dsacks), FIELD(sacked), FIELD(reorderings), FIELD(resent), { "missing", i.lost + i.resent }, FIELD(reordering), FIELD(probes), FIELD(delivered),
		{ "busy_us", (int64_t)i.busy_us }, { "rwnd_limited_us", (int64_t)i.rwnd_limited_us },
		{ "sndbuf_limited_us", (int64_t)i.sndbuf_limited_us }, { "bytes_sent", (int64_t)i.bytes_sent }, { "bytes_retransmitted", (int64_t)i.bytes_retransmitted },
		{ "bytes_acked", (int64_t)i.bytes_acked }, { "bytes_received", (int64_t)i.bytes_received },
#undef FIELD
	};

	if (error != 0)
		return error;
	for (unsigned int k = 0; k < sizeof(fields) / sizeof(fields[0]); k++)
		if (strcmp(field, fields[k].name) == 0) {
			*value = fields[k].value;
			return 0;
		}
	return -ENOENT;
}

static int
tern_backend_counter(void *host, const char *name, uint64_t *value)
{
	const struct tern_stats *s = stack_stats(((struct host *)host)->stack);
	const struct { const char *name; uint64_t value; } counters[] = {
#define FIELD(x) { #x, s->x },
		TERN_STATS(FIELD)
#undef FIELD
	};

	for (unsigned int i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if (strcmp(name, counters[i].name) == 0) {
			*value = counters[i].value;
			return 0;
		}
	if (strncmp(name, "drops.", 6) == 0)
		for (unsigned int i = 1; i < TERN_DROP_MAX; i++)
			if (strcmp(name + 6, tern_drop_name((enum tern_drop)i)) == 0) {
				*value = s->drops[i];
				return 0;
			}
	return -ENOENT;
}

const struct backend_ops backend_tern = {
	.name = "tern",
	.virtual_time = true,
	.open = tern_backend_open,
	.close = tern_backend_close,
	.inject = tern_backend_inject,
	.collect = tern_backend_collect,
	.now = tern_backend_now,
	.wait = tern_backend_wait,
	.event = tern_backend_event,
	.listen = tern_backend_listen,
	.unlisten = tern_backend_unlisten,
	.connect = tern_backend_connect,
	.send = tern_backend_send,
	.send_ref = tern_backend_send_ref,
	.send_urgent = tern_backend_send_urgent,
	.urgent = tern_backend_urgent,
	.recv = tern_backend_recv,
	.peek = tern_backend_peek,
	.discard = tern_backend_discard,
	.shutdown = tern_backend_shutdown,
	.ready = tern_backend_ready,
	.close_socket = tern_backend_close_socket,
	.abort = tern_backend_abort,
	.set = tern_backend_set,
	.get = tern_backend_get,
	.state = tern_backend_state,
	.info = tern_backend_info,
	.counter = tern_backend_counter,
};
