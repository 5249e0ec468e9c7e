/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The stack of a script, its clock, and calls that sleep until it tells them something. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_common.h>

#include "core/mbuf.h"
#include "stack/internal.h"
#include "world.h"

#define START_NS UINT64_C(1000000000000000)  /* any time, but not zero: the age of things is told from it */
#define SEED 1
#define EVENTS 64
#define QUIET_TURNS 100000u      /* turns at one time after which a stack is said never to rest */
#define IDLE_STEP_NS 1000000u    /* when the stack says "now" for ever */
#define NOBODY_COMES_NS (UINT64_C(100) * 1000000000)  /* until a call on the first thread, for which nobody moves the clock, is given up */

struct world *the_world;

void
world_fail(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "tern-packetdrill: ");
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n");
	/* the tool's other thread may be anywhere: no destructor runs */
	fflush(NULL);
	_exit(EXIT_FAILURE);
}

/* ---- turns */

/* Nothing but the handshake's ACK is owed: who waits for it may have something to send, which takes it along. */
static bool
is_opened(struct world *w, const struct tern_event *e)
{
	struct tern_info info = TERN_INFO_INIT;

	return (e->mask & TERN_CONNECTED) && tern_info(w->stack, e->id, &info) == 0 && info.unsent == 0;
}

/* Ends early where a connection was opened. */
static void
turn(struct world *w)
{
	struct tern_event events[EVENTS];
	bool worked = true, opened = false;

	for (unsigned int turns = 0; worked || w->in_head != w->in_tail || stack_owes(w->stack); turns++) {
		int n = stack_poll(w->stack, w->now_ns, events, EVENTS, &worked);

		for (int i = 0; i < n; i++) {
			if (w->event_tail - w->event_head == WORLD_EVENTS)
				world_fail("more than %u events at one time", WORLD_EVENTS);
			opened |= is_opened(w, &events[i]);
			w->event[w->event_tail++ % WORLD_EVENTS] = events[i];
		}
		if (opened)
			return;
		worked |= n > 0;
		if (turns == QUIET_TURNS)
			world_fail("the stack does not come to rest");
	}
}

static int
take_events(struct world *w, struct tern_event *events, int max)
{
	int n = 0;

	while (n < max && w->event_head != w->event_tail)
		events[n++] = w->event[w->event_head++ % WORLD_EVENTS];
	return n;
}

/* A sleeper that has a reason to wake does, and is awaited: it comes back, or sleeps again. */
static void
wake(struct world *w)
{
	if (w->call != CALL_SLEEPS || (w->event_head == w->event_tail && w->now_ns < w->wake_ns))
		return;
	w->call = CALL_RUNS;
	pthread_cond_signal(&w->wakes);
	while (w->call == CALL_RUNS || w->call == CALL_RETURNED)
		pthread_cond_wait(&w->slept, &w->lock);
}

void
world_settle(struct world *w)
{
	if (w->stack == NULL)
		return;
	for (;;) {
		turn(w);
		if (w->event_head == w->event_tail && (w->call != CALL_SLEEPS || w->now_ns < w->wake_ns))
			return;
		if (w->call == CALL_SLEEPS) {
			wake(w);
		} else {
			struct tern_event events[EVENTS];
			int n = take_events(w, events, EVENTS);

			tsock_deliver(w->set, events, n);
		}
	}
}

/* ---- the clock */

/* When something happens next without the script, but not after until_ns. */
static uint64_t
next_ns(const struct world *w, uint64_t until_ns)
{
	uint64_t next = w->stack == NULL ? until_ns : stack_next_ns(w->stack);

	if (w->call == CALL_SLEEPS)
		next = RTE_MIN(next, w->wake_ns);
	if (next <= w->now_ns)
		next = w->now_ns + IDLE_STEP_NS;
	return RTE_MIN(next, until_ns);
}

void
world_run(struct world *w, uint64_t until_ns, bool until_packet)
{
	for (;;) {
		world_settle(w);
		if (w->now_ns >= until_ns || (until_packet && w->out_head != w->out_tail))
			return;
		w->now_ns = next_ns(w, until_ns);
	}
}

void
world_advance(struct world *w, uint64_t ns)
{
	if (w->dated)
		return;
	w->now_ns += ns;
	if (w->stack == NULL)
		return;
	if (stack_next_ns(w->stack) <= w->now_ns || (w->call == CALL_SLEEPS && w->wake_ns <= w->now_ns))
		world_settle(w);
	stack_set_time(w->stack, w->now_ns);
}

/* ---- calls that wait: the sockets' turn */

static bool
is_tool(const struct world *w)
{
	return pthread_equal(w->tool, pthread_self());
}

/* On the tool's first thread nobody else moves the clock. */
static int
run_until_told(struct world *w, uint64_t limit_ns)
{
	uint64_t until_ns = w->now_ns + RTE_MIN(limit_ns, NOBODY_COMES_NS);

	while (w->event_head == w->event_tail && w->now_ns < until_ns) {
		w->now_ns = next_ns(w, until_ns);
		turn(w);
	}
	return w->event_head == w->event_tail && limit_ns > NOBODY_COMES_NS ? -EINTR : 0;
}

static void
sleep_until_told(struct world *w, uint64_t limit_ns)
{
	w->wake_ns = limit_ns > UINT64_MAX - w->now_ns ? UINT64_MAX : w->now_ns + limit_ns;
	w->call = CALL_SLEEPS;
	pthread_cond_broadcast(&w->slept);
	while (w->call == CALL_SLEEPS)
		pthread_cond_wait(&w->wakes, &w->lock);
	stack_set_time(w->stack, w->now_ns);
}

static int
sockets_turn(void *arg, struct tern_event *events, int max, uint64_t limit_ns)
{
	struct world *w = arg;
	int n;

	turn(w);
	n = take_events(w, events, max);
	if (n > 0 || limit_ns == 0)
		return n;
	if (is_tool(w))
		n = run_until_told(w, limit_ns);
	else
		sleep_until_told(w, limit_ns);
	return n < 0 ? n : take_events(w, events, max);
}

/* ---- around the tool's calls */

/* Of what sysctls say, that which the next connection asks for: a script may change it on its way. */
static void
reread(struct world *w)
{
	struct tcp_config *live = &w->stack->tcp.config;
	const struct tcp_config *said = &w->profile.host.tcp;

	if (!profile_sysctls(&w->profile))
		return;
	if (w->profile.forgets != w->forgets)
		tcp_fastopen_forget(&w->stack->tcp);
	w->forgets = w->profile.forgets;
	live->timestamps = said->timestamps;
	live->sack = said->sack;
	live->ecn = said->ecn;
	live->push_bursts = said->push_bursts;
	live->fastopen = said->fastopen;
	live->fastopen_client_no_cookie = said->fastopen_client_no_cookie;
	live->fastopen_no_cookie = said->fastopen_no_cookie;
	live->fastopen_listeners = said->fastopen_listeners;
	live->fastopen_keyed = said->fastopen_keyed;
	memcpy(live->fastopen_key, said->fastopen_key, sizeof(live->fastopen_key));
	tcp_conn_init(&w->stack->tcp);   /* what connections begin with */
}


void
world_lock(struct world *w)
{
	pthread_mutex_lock(&w->lock);
	/* a call that has returned is dated first */
	while (is_tool(w) && (w->call == CALL_RUNS || w->call == CALL_RETURNED))
		pthread_cond_wait(&w->slept, &w->lock);
	if (!is_tool(w) && w->call == CALL_RETURNED) {
		w->call = CALL_NONE;
		w->dated = true;
		pthread_cond_broadcast(&w->slept);
	}
}

void
world_unlock(struct world *w)
{
	w->dated = false;
	pthread_mutex_unlock(&w->lock);
}

/*
 * The thread waits for another one, in the kernel, or is over. No clock is asked: on a busy machine it may take as long as it
 * likes to look at what its call returned. Then it sleeps until the tool has another call for it; what it may wait for on the way
 * there, this object's lock or the tool's, the tool has left when it asks to sleep.
 */
static bool
rests(pid_t thread)
{
	char path[48], text[16];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", (int)thread);
	/* not with stdio, for whose memory that thread might wait */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		world_fail("%s tells when a call's thread is through, and cannot be read: %s", path, strerror(errno));
	if (fd < 0)
		return true;
	/* the system call's number first; "running" of a thread that is; nothing of one that is over by now */
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[RTE_MAX(n, 0)] = '\0';
	return n <= 0 || strtol(text, NULL, 10) == SYS_futex;
}

void
world_hand_over(struct world *w)
{
	pid_t thread = w->returned;

	w->returned = 0;
	/* the tool lets that thread also wait until its next call is due */
	if (thread == 0 || thread == gettid())
		return;
	world_unlock(w);
	while (!rests(thread))
		sched_yield();
	world_lock(w);
}

void
world_enter(struct world *w)
{
	world_lock(w);
	if (!is_tool(w))
		w->call = CALL_RUNS;
	if (w->set != NULL)
		tsock_use(w->set);
	if (w->stack != NULL)
		reread(w);
	if (w->stack != NULL)
		stack_set_time(w->stack, w->now_ns);
}

ssize_t
world_leave(struct world *w, ssize_t result)
{
	int error = errno;

	world_settle(w);
	if (!is_tool(w)) {
		w->call = CALL_RETURNED;
		w->returned = gettid();
		pthread_cond_broadcast(&w->slept);
	}
	world_unlock(w);
	errno = error;
	return result;
}

/* ---- making it */

struct world *
world_new(const char *flags)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL)
		world_fail("no memory");
	profile_read(&w->profile, flags);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wakes, NULL);
	pthread_cond_init(&w->slept, NULL);
	w->tool = pthread_self();
	w->now_ns = START_NS;
	w->host_fd = eventfd(0, EFD_CLOEXEC);
	if (w->host_fd < 0)
		world_fail("no descriptor");
	host_pool();
	return w;
}

int
world_start(struct world *w, int domain)
{
	struct tsock_set_options options = TSOCK_SET_INIT;
	struct host_setup *setup = &w->profile.host;

	if (w->stack != NULL || (domain != AF_INET && domain != AF_INET6))
		return 0;
	profile_complete(&w->profile, domain == AF_INET);
	w->forgets = w->profile.forgets;
	world_link(w);
	setup->link = &w->link;
	setup->seed = SEED;
	setup->start_ns = w->now_ns;
	w->stack = host_stack(setup);
	if (w->stack == NULL)
		return -1;
	options.first_descriptor = WORLD_FIRST_DESCRIPTOR;
	options.descriptors = WORLD_DESCRIPTORS;
	options.turn = sockets_turn;
	options.arg = w;
	w->set = tsock_set_new(w->stack, &options);
	if (w->set == NULL)
		return -1;
	tsock_use(w->set);
	return 0;
}

void
world_free(struct world *w)
{
	if (w->set != NULL)
		tsock_set_free(w->set);
	if (w->stack != NULL)
		stack_free(w->stack);
	while (w->in_head != w->in_tail)
		mbuf_free(w->in[w->in_head++ % WORLD_FRAMES]);
	while (w->out_head != w->out_tail)
		free(w->out[w->out_head++ % WORLD_FRAMES].bytes);
	close(w->host_fd);
	free(w);
}
