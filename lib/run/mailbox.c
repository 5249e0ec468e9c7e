/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "ip/ip.h"
#include "run/core.h"
#include "run/mailbox.h"
#include "stack/stack.h"

int
mailbox_open(struct run_core *c)
{
	char name[RTE_RING_NAMESIZE];

	c->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (c->bell < 0)
		return -1;
	snprintf(name, sizeof(name), "mail_%p", (void *)c);
	c->mailbox = rte_ring_create_elem(name, sizeof(struct mail), MAILBOX_SIZE, c->node, RING_F_SC_DEQ);
	if (c->mailbox == NULL) {
		close(c->bell);
		c->bell = -1;
		errno = rte_errno;
		return -1;
	}
	return 0;
}

void
mailbox_close(struct run_core *c)
{
	if (c->mailbox == NULL)
		return;
	rte_ring_free(c->mailbox);
	c->mailbox = NULL;
	close(c->bell);
}

/* Written first and flagged then: whoever sees the flag finds the count, so that none stays behind unseen. */
void
bell_ring(struct run_core *c)
{
	int saved_errno = errno;
	const uint64_t one = 1;
	ssize_t ignored = write(c->bell, &one, sizeof(one));   /* fails only when 2^64 - 2 have rung already */

	(void)ignored;
	atomic_store_explicit(&c->rang, true, memory_order_release);
	errno = saved_errno;
}

void
bell_clear(struct run_core *c)
{
	uint64_t count;
	ssize_t ignored;

	if (!atomic_load_explicit(&c->rang, memory_order_relaxed))
		return;
	atomic_exchange_explicit(&c->rang, false, memory_order_acquire);
	ignored = read(c->bell, &count, sizeof(count));   /* empty when two rang and one read took both */
	(void)ignored;
}

int
mailbox_post(struct run_core *c, const struct mail *mail)
{
	struct mail copy = *mail;

	if (rte_ring_mp_enqueue_elem(c->mailbox, &copy, sizeof(copy)) != 0)
		return -ENOBUFS;
	bell_ring(c);
	return 0;
}

unsigned int
mailbox_run(struct run_core *c, uint64_t now_ns)
{
	struct mail mail;
	unsigned int handled = 0;

	while (handled < MAILBOX_TURN && rte_ring_sc_dequeue_elem(c->mailbox, &mail, sizeof(mail)) == 0) {
		if (mail.kind == MAIL_CALL)
			mail.call.fn(c->stack, mail.call.arg);
		else if (mail.kind == MAIL_LOST)
			stack_lose(c->stack, &mail.addr, mail.vlan);
		else if (mail.kind == MAIL_PATH_MTU)
			path_mtu_lower(&stack_ip(c->stack)->paths, &mail.addr, mail.mtu, now_ns);
		else
			ip_learn(stack_ip(c->stack), &mail.addr, mail.vlan, &mail.mac, now_ns);
		handled++;
	}
	return handled;
}

int
tern_post(struct tern_stack *stack, void (*fn)(struct tern_stack *stack, void *arg), void *arg)
{
	const struct mail mail = { .kind = MAIL_CALL, .call = { .fn = fn, .arg = arg } };

	return mailbox_post(stack_run(stack), &mail);
}

void
tern_wake(struct tern_stack *stack)
{
	struct run_core *c = stack_run(stack);

	atomic_store_explicit(&c->woken, true, memory_order_release);
	bell_ring(c);
}

int
tern_wait_fd(struct tern_stack *stack)
{
	const struct run_core *c = stack_run(stack);

	return c->bell;
}
