/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "core/mbuf.h"
#include "world.h"

#define POOL_MBUFS 1023u
#define TURNS 4000u
#define STEPS 100u             /* of time, a call */
#define START_NS UINT64_C(1000000000000)
#define TICK_NS UINT64_C(1000000)
#define MINUTE_NS UINT64_C(60000000000)
#define RING 64u

static const uint8_t host_mac[6] = { 2, 0, 0x5e, 0, 0x53, 1 }, peer_mac[6] = { 2, 0, 0x5e, 0, 0x53, 2 };

void
world_broken(const char *what)
{
	fprintf(stderr, "invariant: %s\n", what);
	abort();
}

struct tern_addr
world_address(bool v6, uint8_t last)
{
	struct tern_addr a = { .b = { [10] = 0xff, [11] = 0xff, [12] = 198, [13] = 18 } };

	if (v6)
		a = (struct tern_addr){ .b = { 0x20, 0x01, 0, 0x02 } };
	a.b[15] = last;
	return a;
}

/* ---- checks */

void
world_check(struct world *w)
{
	static struct invariants_mbufs set;
	const char *wrong = NULL;

	set.count = set.unseen = 0;
	for (unsigned int i = 0; i < w->stacks && wrong == NULL; i++) {
		struct world_end *e = &w->end[i];

		wrong = invariants_of_stack(e->stack, &e->memory, &set);
		for (uint32_t k = 0; k < e->ins; k++)
			invariants_add(&set, e->in[k]);
		for (uint32_t k = 0; k < e->keeps; k++)
			invariants_add(&set, e->kept[k]);
	}
	for (uint32_t i = 0; i < w->grabs; i++)
		invariants_add(&set, w->grabbed[i]);
	for (uint32_t i = 0; i < w->answers; i++)
		invariants_add(&set, w->answer[i]);
	if (wrong == NULL)
		wrong = invariants_of_pool(w->pool, &set);
	if (wrong != NULL)
		world_broken(wrong);
}

static void
check_octets(struct world *w, const struct packet *p)
{
	if (w->strange_out || p->flags & FLAG_SYN)
		return;
	for (uint32_t i = 0; i < p->payload_length; i++)
		if (p->payload[i] != world_octet(p->seq + i))
			world_broken("octets leave that nobody sent there");
}

/* ---- the wire */

static struct rte_mbuf *
mbuf_of(struct world *w, const uint8_t *frame, uint32_t length)
{
	struct rte_mbuf *m = mbuf_alloc(w->pool);

	if (m == NULL)
		return NULL;
	if (length > rte_pktmbuf_tailroom(m)) {
		mbuf_free(m);
		return NULL;
	}
	memcpy(rte_pktmbuf_append(m, (uint16_t)length), frame, length);
	return m;
}

void
world_inject(struct world *w, unsigned int end, const uint8_t *frame, uint32_t length)
{
	struct world_end *e = &w->end[end % w->stacks];
	struct rte_mbuf *m = e->ins < RTE_DIM(e->in) ? mbuf_of(w, frame, length) : NULL;

	if (m != NULL)
		e->in[e->ins++] = m;
}

static void
advertise(struct world *w, const struct packet *asked)
{
	static struct packet p;
	uint8_t frame[PACKET_FRAME * 2];
	struct rte_mbuf *m;

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
	if (w->answers < RTE_DIM(w->answer) && (m = mbuf_of(w, frame, packet_build(&p, frame))) != NULL)
		w->answer[w->answers++] = m;
}

static uint16_t
link_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct world_end *e = (struct world_end *)(void *)link;
	struct world *w = e->world;
	uint16_t taken = (uint16_t)RTE_MIN(w->takes, (uint32_t)n);
	static uint8_t frame[UINT16_MAX];
	static struct packet p;

	for (uint16_t i = 0; i < taken; i++) {
		struct rte_mbuf *m = frames[i];
		const uint8_t *bytes = rte_pktmbuf_read(m, 0, m->pkt_len, frame);
		const char *wrong = bytes == NULL ? "a frame whose lengths do not fit" : packet_parse(&p, bytes, m->pkt_len);

		if (wrong != NULL)
			world_broken(wrong);
		if (p.kind == PACKET_SOLICIT)
			advertise(w, &p);
		else if (p.kind == PACKET_TCP)
			check_octets(w, &p);
		if (e->keeps == RTE_DIM(e->kept) || e->keeps >= w->keep) {
			mbuf_free_bulk(e->kept, e->keeps);
			e->keeps = 0;
		}
		if (w->keep > 0)
			e->kept[e->keeps++] = m;
		else
			mbuf_free(m);
	}
	return taken;
}

static uint16_t
link_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct world_end *e = (struct world_end *)(void *)link;
	uint16_t got = (uint16_t)RTE_MIN((uint32_t)n, e->ins);

	memcpy(frames, e->in, got * sizeof(*frames));
	e->ins -= got;
	memmove(e->in, e->in + got, e->ins * sizeof(*frames));
	return got;
}

static void
deliver_answers(struct world *w)
{
	for (uint32_t i = 0; i < w->answers; i++) {
		struct world_end *e = &w->end[i % w->stacks];

		if (e->ins < RTE_DIM(e->in))
			e->in[e->ins++] = w->answer[i];
		else
			mbuf_free(w->answer[i]);
	}
	w->answers = 0;
}

/* As run/ does by mail: nobody else runs. */
static void
tell_siblings(void *context, const struct tern_addr *addr, uint16_t vlan, const struct mac_addr *mac)
{
	const struct world_end *from = context;
	struct world *w = from->world;

	for (unsigned int i = 0; i < w->stacks; i++)
		if (&w->end[i] != from)
			ip_learn(stack_ip(w->end[i].stack), addr, vlan, mac, w->now_ns);
}

/* ---- turns */

void
world_remember(struct world *w, tern_conn id, unsigned int stack)
{
	unsigned int at = w->conns;

	for (unsigned int i = 0; i < w->conns; i++)
		if (w->conn[i].closed)
			at = i;            /* the place of one that is gone */
	if (at == WORLD_CONNS)
		world_broken("more connections than the stacks have blocks");
	w->conn[at].id = id;
	w->conn[at].stack = stack;
	w->conn[at].closed = false;
	w->conns += at == w->conns;
}

static void
tell(struct world *w, unsigned int stack, const struct tern_event *e)
{
	unsigned int i = 0;

	if (e->mask & TERN_REF_DONE) {
		if (w->refs-- == 0)
			world_broken("a reference is told back that was never given");
		return;
	}
	while (i < w->conns && (w->conn[i].id != e->id || w->conn[i].stack != stack))
		i++;
	if (e->mask & TERN_ACCEPTED) {
		if (i < w->conns && !w->conn[i].closed)
			world_broken("a connection is accepted twice");
		world_remember(w, e->id, stack);
		for (i = 0; w->conn[i].id != e->id || w->conn[i].stack != stack;)
			i++;
	}
	if (i == w->conns || w->conn[i].closed)
		world_broken("an event of a connection that nobody has");
	w->conn[i].closed = e->mask & TERN_CLOSED;
}

static bool
turn(struct world *w, unsigned int stack)
{
	struct tern_event events[16];
	bool worked;
	int n = stack_poll(w->end[stack].stack, w->now_ns, events, w->batch, &worked);

	for (int i = 0; i < n; i++)
		tell(w, stack, &events[i]);
	return worked || n > 0;
}

static void
settle(struct world *w)
{
	unsigned int turns = 0, quiet = 0;

	/* a device that takes nothing leaves a stack owing: some turns without work are rest too */
	while (quiet < 3) {
		bool worked = false;

		for (unsigned int i = 0; i < w->stacks; i++)
			worked |= turn(w, i) || w->end[i].ins > 0;
		worked |= w->answers > 0;
		deliver_answers(w);
		quiet = worked ? 0 : quiet + 1;
		if (turns++ == TURNS)
			world_broken("the stack does not come to rest");
	}
}

void
world_turn(struct world *w)
{
	settle(w);
	world_check(w);
}

void
world_pass(struct world *w, uint64_t ns)
{
	uint64_t until_ns = w->now_ns + ns;

	for (unsigned int steps = 0; w->now_ns < until_ns; steps++) {
		uint64_t next = UINT64_MAX;

		for (unsigned int i = 0; i < w->stacks; i++)
			next = RTE_MIN(next, stack_next_ns(w->end[i].stack));
		next = RTE_MAX(next, w->now_ns + TICK_NS);
		w->now_ns = steps < STEPS ? RTE_MIN(next, until_ns) : until_ns;
		settle(w);
		/* what is wrong mostly stays wrong: not each of many steps is looked at */
		if (steps < 8 || steps % 16 == 0)
			world_check(w);
	}
	world_check(w);
}

void
world_grab(struct world *w, uint32_t leave)
{
	uint32_t available;

	mbuf_free_bulk(w->grabbed, w->grabs);
	w->grabs = 0;
	available = rte_mempool_avail_count(w->pool);
	while (available-- > leave && (w->grabbed[w->grabs] = mbuf_alloc(w->pool)) != NULL)
		w->grabs++;
}

/* ---- what a stack knows */

static void
view_open(const struct tcp *tcp, const struct tcp_conn *c, struct world_view *v)
{
	v->kind = FLOW_OPEN;
	v->rcv_nxt = c->rcv_nxt;
	v->window = c->rcv_adv - c->rcv_nxt;
	v->snd_una = c->snd_una;
	v->snd_nxt = c->snd_nxt;
	v->ts_recent = c->ts_recent;
	v->tsval = tcp->now + c->ts_offset;
	v->opt = c->opt;
	v->snd_wscale = c->snd_wscale;
}

static void
view_half_open(const struct tcp *tcp, const struct tcp_half_open *h, struct world_view *v)
{
	v->kind = FLOW_HALF_OPEN;
	v->rcv_nxt = h->irs + 1;
	v->window = RTE_MIN(tcp->config.rcvbuf, (uint32_t)UINT16_MAX);
	v->snd_una = h->iss;
	v->snd_nxt = h->iss + 1;
	v->ts_recent = h->ts_recent;
	v->tsval = tcp->now + h->ts_offset;
	v->opt = h->opt;
	v->snd_wscale = h->snd_wscale;
}

static void
view_time_wait(const struct tcp *tcp, const struct tcp_time_wait *t, struct world_view *v)
{
	v->kind = FLOW_TIME_WAIT;
	v->rcv_nxt = t->rcv_nxt;
	v->window = t->window;
	v->snd_una = v->snd_nxt = t->snd_nxt;
	v->ts_recent = t->ts_recent;
	v->tsval = tcp->now + t->ts_offset;
	v->opt = t->opt;
	v->snd_wscale = 0;
}

static void
view_key(const struct tern_stack *s, const struct flow_key *key, struct world_view *v)
{
	memcpy(v->remote.b, key->remote, sizeof(v->remote.b));
	ip_local_address(&s->ip, key->local, &v->local);
	v->lport = key->lport;
	v->rport = key->rport;
}

/* The nth of a stack, or how many there are. */
static bool
view_of_stack(const struct tern_stack *s, uint32_t n, struct world_view *v, uint32_t *count)
{
	const struct tcp *tcp = &s->tcp;
	const struct flow_table *t = &tcp->table;

	*count = 0;
	for (uint32_t b = 0; b <= t->mask; b++)
		for (unsigned int i = 0; i < FLOW_BUCKET_SLOTS; i++) {
			flow_ref ref = t->buckets[b].ref[i];

			if (ref == 0 || (*count)++ != n)
				continue;
			view_key(s, flow_key_of(t, ref), v);
			if (flow_ref_kind(ref) == FLOW_OPEN)
				view_open(tcp, tcp_conn_at(tcp, flow_ref_index(ref)), v);
			else if (flow_ref_kind(ref) == FLOW_HALF_OPEN)
				view_half_open(tcp, tcp_half_at(tcp, flow_ref_index(ref)), v);
			else
				view_time_wait(tcp, tcp_time_wait_at(tcp, flow_ref_index(ref)), v);
			return true;
		}
	return false;
}

bool
world_view(struct world *w, uint32_t n, struct world_view *v)
{
	uint32_t counts[WORLD_STACKS] = { 0 }, all = 0;

	for (unsigned int i = 0; i < w->stacks; i++) {
		view_of_stack(w->end[i].stack, UINT32_MAX, v, &counts[i]);
		all += counts[i];
	}
	if (all == 0)
		return false;
	n %= all;
	for (unsigned int i = 0; i < w->stacks; i++) {
		if (n < counts[i])
			return view_of_stack(w->end[i].stack, n, v, &counts[i]);
		n -= counts[i];
	}
	return false;
}

void
world_prepare(const struct world *w, struct packet *p, const struct world_view *v)
{
	memset(p, 0, offsetof(struct packet, payload));
	memset((uint8_t *)p + offsetof(struct packet, wrong), 0, sizeof(*p) - offsetof(struct packet, wrong));
	p->v4 = v != NULL ? tern_addr_is_v4(&v->remote) : !w->v6;
	p->vlan = PACKET_NO_VLAN;
	memcpy(p->dst_mac, host_mac, 6);
	memcpy(p->src_mac, peer_mac, 6);
	p->ttl = 64;
	p->src = v != NULL ? v->remote : world_address(w->v6, 2);
	p->dst = v != NULL ? v->local : world_address(w->v6, 1);
	p->sport = v != NULL ? v->rport : 4000;
	p->dport = v != NULL ? v->lport : WORLD_PORT;
}

/* ---- begin and end */

static void
configure_ip(struct ip_config *ip)
{
	memset(ip, 0, sizeof(*ip));
	memcpy(ip->mac.b, host_mac, 6);
	ip->mtu = 1500;
	for (unsigned int i = 0; i < 4; i++) {
		struct ip_local *l = &ip->local[ip->locals++];

		*l = (struct ip_local){
			.first = world_address(i % 2, i < 2 ? 1 : 100), .count = i < 2 ? 1 : 3,
			.number = i < 2 ? i + 1 : 3 + (i - 2) * 3, .vlan = VLAN_NONE, .prefix = i % 2 ? 64 : 120, .pool = i >= 2,
		};
		if (i >= 2)
			continue;
		ip->route[ip->routes] = (struct ip_route){ .prefix = l->prefix, .vlan = VLAN_NONE };
		memcpy(ip->route[ip->routes++].net.b, l->first.b, l->prefix / 8);
	}
}

/* small bounds, so that they are met */
static struct tcp_config
configure_tcp(uint8_t how, uint8_t more)
{
	struct tcp_config tcp = host_tcp_config();

	tcp.max_connections = how & 2 ? 3 : 16;
	tcp.max_half_open = how & 2 ? 2 : 8;
	tcp.max_time_wait = how & 2 ? 1 : 4;
	tcp.rcvbuf = tcp.rcvbuf_max = how & 4 ? 3000 : 100000;
	tcp.sndbuf = how & 8 ? 3000 : 100000;
	tcp.nodelay = !(how & 16);
	tcp.timestamps = !(how & 32);
	tcp.sack = !(how & 64);
	tcp.wscale = !(how & 128);
	tcp.ack_every = more & 4 ? 2 : 8;
	tcp.syn_cookies = more & 8 ? TCP_COOKIES_ALWAYS : TCP_COOKIES_AUTO;
	tcp.ecn = more & 16 ? TCP_ECN_ON : TCP_ECN_ACCEPT;
	if (!(more & 32) && !(how & 4))
		tcp.rcvbuf_max = 1u << 20;
	/* what Linux chooses where RFCs leave a choice */
	if (more & 128) {
		tcp.linux_cwnd = tcp.nagle_minshall = tcp.timestamps_lax = tcp.reset_keeps_unread = tcp.errors_end_opens = true;
		tcp.fastopen_persists = tcp.fastopen_experiment = tcp.fastopen_listeners = true;
		tcp.push_bursts = 2;
		tcp.quick_acks = 16;
		tcp.account = true;
		tcp.pacing = more & 32;
		tcp.fastopen_no_cookie = tcp.fastopen_client_no_cookie = more & 64;
	}
	return tcp;
}

static void
open_rings(struct world *w)
{
	for (unsigned int i = 0; i < w->stacks; i++) {
		char name[RTE_RING_NAMESIZE];

		snprintf(name, sizeof(name), "fuzz_%u", i);
		w->end[i].to[!i] = rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		w->end[!i].from[i] = w->end[i].to[!i];
	}
}

void
world_open(struct world *w, uint8_t how, uint8_t more)
{
	static struct ip_config ip;
	static struct rte_mempool *pool;
	struct tcp_config tcp = configure_tcp(how, more);
	struct secret secret;

	host_pool();           /* EAL */
	if (pool == NULL)
		pool = rte_pktmbuf_pool_create("fuzz", POOL_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	memset(w, 0, sizeof(*w));
	w->pool = pool;
	w->stacks = more & 1 ? 2 : 1;
	w->v6 = how & 1;
	w->now_ns = START_NS;
	w->takes = UINT32_MAX;
	w->batch = 16;
	configure_ip(&ip);
	secret_from_seed(&secret, 1);
	if (w->stacks > 1)
		open_rings(w);
	for (unsigned int i = 0; i < w->stacks; i++) {
		struct world_end *e = &w->end[i];
		struct stack_config config = {
			.link = &e->link, .pool = w->pool, .ip = &ip, .tcp = &tcp, .secret = &secret, .node = SOCKET_ID_ANY,
			.owner = w->stacks > 1 ? &e->owner : NULL, .steer_to = e->to, .steer_from = e->from,
			.hooks = { .context = e, .learned = w->stacks > 1 ? tell_siblings : NULL },
		};

		e->world = w;
		e->link.transmit = link_transmit;
		e->link.receive = link_receive;
		e->link.capabilities.multi_segment = !(more & 2);
		owner_init(&e->owner, w->stacks, i);
		e->stack = stack_new(&config, w->now_ns);
		if (e->stack == NULL)
			world_broken("no stack");
	}
}

static void
end_all(struct world *w)
{
	w->takes = UINT32_MAX;
	w->keep = 0;
	w->batch = 16;
	world_grab(w, POOL_MBUFS);
	for (unsigned int i = 0; i < w->stacks; i++) {
		mbuf_free_bulk(w->end[i].kept, w->end[i].keeps);
		w->end[i].keeps = 0;
	}
	world_turn(w);
	for (unsigned int i = 0; i < w->conns; i++)
		if (!w->conn[i].closed)
			tern_abort(w->end[w->conn[i].stack].stack, w->conn[i].id);
	for (unsigned int i = 0; i < w->stacks; i++)
		tern_unlisten(w->end[i].stack, w->end[i].listener);
	world_turn(w);
	for (int i = 0; i < 3; i++)
		world_pass(w, MINUTE_NS + 5000 * TICK_NS);
}

void
world_close(struct world *w)
{
	end_all(w);
	for (unsigned int i = 0; i < w->stacks; i++) {
		const struct tern_stats *stats = stack_stats(w->end[i].stack);

		if (stats->open_now + stats->half_open_now + stats->time_wait_now != 0)
			world_broken("a record is left when all has ended");
		if (stats->listeners_now != 0)
			world_broken("a listener is left");
	}
	for (unsigned int i = 0; i < w->conns; i++)
		if (!w->conn[i].closed)
			world_broken("a connection was never told closed");
	if (w->refs != 0)
		world_broken("a reference was never told back");
	for (unsigned int i = 0; i < w->stacks; i++) {
		stack_free(w->end[i].stack);
		mbuf_free_bulk(w->end[i].in, w->end[i].ins);
		mbuf_ring_free(w->end[i].to[!i]);
	}
	if (rte_mempool_in_use_count(w->pool) != 0)
		world_broken("mbufs were never given back");
}
