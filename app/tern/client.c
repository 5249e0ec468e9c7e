/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "memory.h"

#define EVENTS 64
#define MAX_SLEEP_NS 1000000u  /* how long a launch in closed loop, a look for what is overdue or a change of phase may wait */

/*
 * Starts a turn. In the steady state a closed loop replaces what a turn ended;
 * at first, and behind a stall, few at a time, so that no burst fills a ring.
 */
#define STARTS_STEADY 64u
#define STARTS_RAMP 8u
#define STARTS_OPEN 32u
#define STARTS_FLOOD 128u
#define STALL_NS 50000u   /* arrivals that are later than this are not only a turn's */
/* handshakes under way at once while the connections are opened that come first */
#define FIRST_HANDSHAKES 256u

/* 0 or -1 without memory. */
static int
prepare_http(struct client *c)
{
	c->request = http_request_text(c->settings);
	c->responses = calloc(c->limit > 0 ? c->limit : 1, sizeof(*c->responses));
	if (c->request == NULL || c->responses == NULL)
		return -1;
	c->request_size = (uint32_t)strlen(c->request);
	return 0;
}

/* Here, on the core itself, so that the pages are on its node; they come when a flight is used. 0 or -1. */
static int
prepare_flights(struct client *c)
{
	uint32_t flights = c->limit + c->held_limit, ring = 1;

	while (ring < flights)
		ring *= 2;
	c->flights_size = (size_t)(flights + 1) * sizeof(*c->flights);
	c->flights = memory_map(c->flights_size);
	c->watch.mask = ring - 1;
	c->watch.ring = memory_map(ring * sizeof(*c->watch.ring));
	return c->flights != NULL && c->watch.ring != NULL ? 0 : -1;
}

static int
prepare(struct client *c, struct tern_stack *stack, struct run *r)
{
	const struct settings *s = r->settings;
	unsigned int core = tern_stack_index(stack), cores = r->clients;
	uint64_t limit = settings_connections_of(s, core, cores);

	*c = (struct client){
		.stack = stack, .run = r, .settings = s, .meter = &run_core(r, stack)->meter,
		.mode = (uint32_t)s->mode, .request_size = (uint32_t)s->request_size,
		.answer_size = (uint32_t)s->answer_size, .requests_limit = (uint32_t)s->requests,
		.timeout_ns = s->timeout_ns, .think_ns = s->mode == MODE_HOLD ? s->every_ns : s->think_ns, .open_loop = settings_open_loop(s),
		.closer_server = s->closer_server, .close_rst = s->close_rst, .verify = s->verify,
		.opens_first = settings_opens_first(s), .sends = s->direction != DIRECTION_DOWN,
		.reads = s->direction != DIRECTION_UP,
		.limit = (uint32_t)limit, .held_limit = (uint32_t)settings_hold_of(s, core, cores),
		.in_flight = (uint32_t)settings_in_flight_of(s, core, cores), .free_head = FLIGHT_NONE,
		.idle = { FLIGHT_NONE, FLIGHT_NONE }, .thinking = { FLIGHT_NONE, FLIGHT_NONE },
		.budget = settings_count_of(s, core, cores), .next_target = core % s->targets.count,
		.phase = PHASE_PREPARE,
	};
	c->connect = (struct tern_connect_options)TERN_CONNECT_INIT;
	c->connect.timeout_ns = s->connect_timeout_ns;
	c->connect.source_pool = s->source_pool;
	c->connect.fastopen = s->fastopen;
	if (s->http_path != NULL && prepare_http(c) != 0)
		return run_fail(r, "no memory for %u connections on core %u", c->limit, tern_stack_core(stack));
	if (s->mode == MODE_CRR)
		c->connect.data_length = c->request_size < PATTERN_CHUNK / 4 ? c->request_size : PATTERN_CHUNK / 4;
	c->pick.random = s->arrival_seed + core;
	if (prepare_flights(c) != 0)
		return run_fail(r, "no memory for %u connections on core %u", c->limit + c->held_limit, tern_stack_core(stack));
	return 0;
}

static void
start_arrivals(struct client *c, uint64_t start_ns)
{
	uint64_t rate = atomic_load_explicit(&c->run->rate, memory_order_relaxed);
	uint32_t core = tern_stack_index(c->stack), cores = c->run->clients;

	c->paced = true;
	c->pacer.rate = 0;
	c->meter->counts.behind = 0;
	c->blocked = false;
	if (rate == 0)
		return;
	/* another stage draws other gaps */
	if (c->settings->poisson)
		pacer_start_poisson(&c->pacer, start_ns, rate, core, cores, c->settings->arrival_seed + 7919 * rate);
	else
		pacer_start(&c->pacer, start_ns, rate, core, cores);
}

/* A ramp or a search goes on. What was due and not taken up belongs to the stage before. */
static void
follow_rate(struct client *c, uint64_t now_ns)
{
	if (c->paced && atomic_load_explicit(&c->run->rate, memory_order_relaxed) != c->pacer.rate)
		/* every core finds the same start, so that arrivals interleave */
		start_arrivals(c, (now_ns / MAX_SLEEP_NS + 2) * MAX_SLEEP_NS);
}

/* The first core that sees the load begin sets its start for all, a little ahead, so that arrivals interleave. */
static void
begin_load(struct client *c, uint64_t now_ns)
{
	uint64_t none = 0;

	atomic_compare_exchange_strong(&c->run->start_ns, &none, now_ns + 1000000);
	if (c->open_loop && !settings_loads_first(c->settings))
		start_arrivals(c, atomic_load(&c->run->start_ns));
	if (c->settings->flood != 0)
		pacer_start(&c->flooder, atomic_load(&c->run->start_ns), c->settings->flood,
			    tern_stack_index(c->stack), c->run->clients);
	if (c->settings->open_rate != 0)
		pacer_start(&c->opener, atomic_load(&c->run->start_ns), c->settings->open_rate,
			    tern_stack_index(c->stack), c->run->clients);
}

static void
change_phase(struct client *c, enum phase phase, uint64_t now_ns)
{
	if (c->phase == PHASE_PREPARE)
		begin_load(c, now_ns);
	c->phase = phase;
	c->meter->longest_gap_ns = 0;
	c->draining = phase == PHASE_DRAIN;
}

static void
end_thinking(struct client *c, uint64_t now_ns)
{
	struct flight *f;

	while ((f = flight_list_peek(c, &c->thinking)) != NULL && f->due_ns <= now_ns) {
		flight_list_pop(c, &c->thinking);
		flight_wake(c, f, now_ns);
	}
}

/* Of those that are opened first: whether one more may begin now. */
static bool
may_open(const struct client *c, uint64_t now_ns)
{
	const struct counts *n = &c->meter->counts;

	/* hold: who is lost stays lost */
	if (c->mode == MODE_HOLD && n->established + n->opening >= c->limit + c->held_limit)
		return false;
	return c->opener.rate != 0 ? c->opener.next_ns <= now_ns : n->opening < FIRST_HANDSHAKES;
}

static void
keep_open(struct client *c, uint64_t now_ns)
{
	unsigned int most = c->ramped ? STARTS_STEADY : STARTS_RAMP;

	if (now_ns < c->retry_ns)
		return;
	for (unsigned int i = 0; i < most; i++) {
		if (c->used == c->limit) {
			c->ramped = true;
			return;
		}
		if (c->budget == 0 || (c->opens_first && !may_open(c, now_ns)) || !flight_open(c, now_ns, now_ns))
			return;
		if (c->opener.rate != 0)
			pacer_advance(&c->opener);
	}
}

/* --hold: the connections beside the load, before it. */
static void
open_held(struct client *c, uint64_t now_ns)
{
	for (unsigned int i = 0; i < STARTS_STEADY && c->held < c->held_limit && now_ns >= c->retry_ns; i++) {
		if (!may_open(c, now_ns) || !flight_hold(c, now_ns))
			return;
		if (c->opener.rate != 0)
			pacer_advance(&c->opener);
	}
}

static void
earn_credit(struct client *c, uint64_t now_ns)
{
	uint64_t most_ns = c->pacer.step_ns > 2 * STALL_NS ? c->pacer.step_ns : 2 * STALL_NS;

	c->credit_ns += 2 * (now_ns - c->arrivals_ns);
	if (c->credit_ns > most_ns)
		c->credit_ns = most_ns;
	c->arrivals_ns = now_ns;
}

/*
 * Behind a stall what is due is made up for at twice the rate, not at once: a burst would fill the rings between the
 * ends, and what it measured were itself. false: enough for this turn.
 */
static bool
may_make_up(struct client *c, uint64_t now_ns)
{
	/* who waited for a free connection waited for the peer */
	uint64_t could_ns = c->pacer.next_ns > c->unblocked_ns ? c->pacer.next_ns : c->unblocked_ns;

	if (c->blocked || now_ns - could_ns < STALL_NS)
		return true;
	if (c->credit_ns < c->pacer.step_ns)
		return false;
	c->credit_ns -= c->pacer.step_ns;
	return true;
}

/* Start what is due. An arrival that finds no free connection waits, at most --timeout. */
static void
take_arrivals(struct client *c, uint64_t now_ns)
{
	struct counts *n = &c->meter->counts;
	bool was_blocked = c->blocked;

	earn_credit(c, now_ns);
	for (unsigned int i = 0; i < STARTS_OPEN && c->pacer.next_ns <= now_ns && c->budget > 0 && may_make_up(c, now_ns); i++) {
		uint64_t intended_ns = c->pacer.next_ns;
		struct flight *f = c->mode == MODE_RR ? flight_take_idle(c, now_ns) : NULL;
		bool room = c->mode == MODE_RR ? f != NULL : c->used < c->limit;

		if (now_ns - intended_ns > c->timeout_ns) {
			n->not_started[room && !was_blocked ? NOT_late : NOT_limit]++;
			if (f != NULL)
				flight_rest(c, f, now_ns);
		} else if (!room) {
			c->blocked = true;
			break;
		} else if (f != NULL) {
			flight_ask(c, f, intended_ns, now_ns);
		} else {
			flight_open(c, intended_ns, now_ns);
		}
		n->offered++;
		pacer_advance(&c->pacer);
	}
	n->behind = pacer_behind(&c->pacer, now_ns);
}

/* SYNs of nobody, next to the load's own. */
static void
flood_beside(struct client *c, uint64_t now_ns)
{
	for (unsigned int i = 0; i < STARTS_FLOOD && c->flooder.next_ns <= now_ns; i++) {
		if (tern_send_syn(c->stack, &c->settings->targets.list[0], true) == -EAGAIN)
			return;
		pacer_advance(&c->flooder);
	}
}

static void
flood(struct client *c, uint64_t now_ns)
{
	for (unsigned int i = 0; i < STARTS_FLOOD && c->pacer.next_ns <= now_ns && c->budget > 0; i++) {
		if (!flight_send_syn(c, c->pacer.next_ns, now_ns))
			break;
		c->meter->counts.offered++;
		pacer_advance(&c->pacer);
	}
	c->meter->counts.behind = pacer_behind(&c->pacer, now_ns);
}

/* Of those that are opened first: arrivals begin when the connections are there, or the load's own warm-up is over. */
static void
await_loaded(struct client *c, uint64_t now_ns)
{
	const struct counts *n = &c->meter->counts;
	uint32_t first = c->held_limit + (c->opens_first ? c->limit : 0);

	if (c->meter->loaded || (n->open - n->opening < first && c->phase != PHASE_MEASURE))
		return;
	__atomic_store_n(&c->meter->loaded, 1, __ATOMIC_RELAXED);
	if (c->open_loop)
		start_arrivals(c, now_ns);
}

static void
launch(struct client *c, uint64_t now_ns)
{
	if (c->draining || c->budget == 0) {
		flight_end_idle(c, now_ns);
		return;
	}
	end_thinking(c, now_ns);
	if (c->held < c->held_limit && !c->meter->loaded)
		open_held(c, now_ns);
	else if (!c->open_loop || c->opens_first)
		keep_open(c, now_ns);
	if (settings_loads_first(c->settings))
		await_loaded(c, now_ns);
	if (c->in_flight != 0 && c->meter->loaded)
		flight_ask_at_random(c, now_ns);
	follow_rate(c, now_ns);
	if (c->flooder.rate != 0)
		flood_beside(c, now_ns);
	if (c->mode == MODE_FLOOD && c->pacer.rate != 0)
		flood(c, now_ns);
	else if (c->open_loop && c->pacer.rate != 0)
		take_arrivals(c, now_ns);
}

/* A turn; with --idle sleep it may wait for what comes, but not beyond the next launch. */
static int
turn_events(struct client *c, struct tern_event *events)
{
	uint64_t limit_ns = MAX_SLEEP_NS, now_ns;

	if (!c->settings->sleeps)
		return tern_poll(c->stack, events, EVENTS);
	if (settings_open_loop(c->settings) && c->phase != PHASE_PREPARE && !c->draining) {
		now_ns = tern_clock(c->stack);
		if (c->pacer.next_ns - now_ns < limit_ns || c->pacer.next_ns < now_ns)
			limit_ns = c->pacer.next_ns > now_ns ? c->pacer.next_ns - now_ns : 0;
	}
	return tern_wait(c->stack, events, EVENTS, limit_ns);
}

/*
 * What was under way in a gap of either end waited for the machine. One of this core is seen here, before it is counted
 * with the next turn.
 */
static void
look_for_gaps(struct client *c, uint64_t now_ns)
{
	if (now_ns - c->last_turn_ns > TERN_GAP_NS)
		c->gap_end_ns = now_ns;
	for (unsigned int i = 0; c->open_loop && i < c->run->core_count; i++) {
		uint64_t end_ns = tern_gap_end(c->run->cores[i].stack);

		if (end_ns > c->gap_end_ns)
			c->gap_end_ns = end_ns;
	}
}

static void
turn_load(struct client *c)
{
	struct tern_event events[EVENTS];
	int n;

	while ((n = turn_events(c, events)) >= 0) {
		enum phase phase = run_phase(c->run);
		/* once a turn, after the burst: what is measured contains the time in which it was handled */
		uint64_t now_ns = tern_clock(c->stack);

		if (now_ns - c->last_turn_ns > c->meter->longest_gap_ns)
			c->meter->longest_gap_ns = now_ns - c->last_turn_ns;
		look_for_gaps(c, now_ns);
		c->last_turn_ns = now_ns;
		if ((int)phase != c->phase)
			change_phase(c, phase, now_ns);
		/* among a million connections each one's line comes from afar */
		for (int i = 0; i < n; i++)
			__builtin_prefetch(events[i].user, 1);
		for (int i = 0; i < n; i++)
			if (events[i].user != NULL)
				flight_event(c, events[i].user, &events[i], now_ns);
		if (c->phase == PHASE_PREPARE)
			continue;
		launch(c, now_ns);
		flight_find_overdue(c, now_ns);
		__atomic_store_n(&c->meter->done, (c->draining || c->budget == 0) && c->meter->counts.open == 0,
				 __ATOMIC_RELAXED);
	}
}

int
client_core(struct tern_stack *stack, void *arg)
{
	struct run *r = arg;
	struct client *c = aligned_alloc(64, (sizeof(*c) + 63) & ~(size_t)63);
	int rc;

	if (c == NULL)
		return run_fail(r, "no memory for the client of core %u", tern_stack_core(stack));
	rc = prepare(c, stack, r);
	c->meter->thread = gettid();
	if (rc == 0)
		rc = client_ready(c, tern_stack_index(stack) == 0 && !r->settings->no_probe && r->settings->mode != MODE_FLOOD);
	if (rc == 0) {
		atomic_fetch_add(&r->ready, 1);
		c->last_turn_ns = tern_clock(stack);
		turn_load(c);
	}
	free(c->request);
	free(c->responses);
	memory_unmap(c->flights, c->flights_size);
	memory_unmap(c->watch.ring, (c->watch.mask + 1) * sizeof(*c->watch.ring));
	free(c);
	return rc == -ECANCELED ? 0 : rc;
}
