/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "run/process.h"

/* Signals are the main thread's: a core that is interrupted is a gap in somebody's latency, and a main thread that
 * is not interrupted sleeps on. Faults are left as they are. */
static void
block_signals(void)
{
	sigset_t set;

	sigfillset(&set);
	sigdelset(&set, SIGSEGV);
	sigdelset(&set, SIGBUS);
	sigdelset(&set, SIGFPE);
	sigdelset(&set, SIGILL);
	sigdelset(&set, SIGABRT);
	sigdelset(&set, SIGTRAP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int
core_main(void *arg)
{
	struct run_core *c = arg;
	int result;

	block_signals();
	if (c->idle == IDLE_SLEEP)
		prctl(PR_SET_TIMERSLACK, 1UL);   /* ns; 50 us by default, as long as the sleep itself */
	c->entered_ns = 0;
	result = c->fn(c->stack, c->arg);
	core_read_device(c);
	atomic_fetch_sub_explicit(&c->process->running, 1, memory_order_release);
	sem_post(&c->process->ended);
	return result;
}

int
tern_start(struct tern *t, int (*fn)(struct tern_stack *stack, void *arg), void *arg)
{
	for (unsigned int i = 0; i < t->stacks; i++)
		if (rte_eal_get_lcore_state(t->core[i]->lcore) != WAIT)
			return -EBUSY;
	t->started = true;
	atomic_store(&t->running, t->stacks);
	for (unsigned int i = 0; i < t->stacks; i++) {
		t->core[i]->fn = fn;
		t->core[i]->arg = arg;
		/* idle ones only refuse when the thread is gone, and then there is nothing to be saved */
		if (rte_eal_remote_launch(core_main, t->core[i], t->core[i]->lcore) != 0) {
			for (unsigned int rest = i; rest < t->stacks; rest++) {
				atomic_fetch_sub(&t->running, 1);
				sem_post(&t->ended);
			}
			tern_stop(t);
			tern_join(t);
			return -EIO;
		}
	}
	return 0;
}

int
tern_join(struct tern *t)
{
	int result = 0;

	if (!t->started)
		return 0;
	/* asleep: rte_eal_wait_lcore() alone would spin, perhaps on a stack's own CPU */
	for (unsigned int i = 0; i < t->stacks; i++)
		while (sem_wait(&t->ended) != 0)
			;
	for (unsigned int i = 0; i < t->stacks; i++) {
		int one = rte_eal_wait_lcore(t->core[i]->lcore);

		if (result == 0)
			result = one;
	}
	/* so that the cores can be started again */
	atomic_store(&t->stop, false);
	t->started = false;
	return result;
}

int
tern_run(struct tern *t, int (*fn)(struct tern_stack *stack, void *arg), void *arg)
{
	int error = tern_start(t, fn, arg);

	return error != 0 ? error : tern_join(t);
}

bool
tern_is_running(const struct tern *t)
{
	return atomic_load_explicit(&t->running, memory_order_acquire) != 0;
}

void
tern_stop(struct tern *t)
{
	atomic_store(&t->stop, true);
	for (unsigned int i = 0; i < t->stacks; i++)
		bell_ring(t->core[i]);
}

unsigned int
tern_stack_count(const struct tern *t)
{
	return t->stacks;
}

struct tern_stack *
tern_stack_at(struct tern *t, unsigned int i)
{
	return i < t->stacks ? t->core[i]->stack : NULL;
}
