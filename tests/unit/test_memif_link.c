/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "eal.h"
#include "port/memif_gate.h"
#include "port/memif_socket.h"

/* ---- the gate, over a device that knows whether somebody is inside */

static struct complaint why;
static struct port device;
static struct tern_link queue;
static unsigned int calls;
static bool device_closed;
static _Atomic bool inside, caught;
static struct memif_gate *gate;
static struct tern_link *core_link;

static uint16_t
device_burst(struct tern_link *l, struct rte_mbuf **frames, uint16_t n)
{
	(void)l;
	(void)frames;
	calls++;
	atomic_store(&inside, true);
	sched_yield();   /* EAL has bound all threads to one CPU: here the other one has its turn */
	atomic_store(&inside, false);
	return n;
}

static void
device_close(struct port *port)
{
	(void)port;
	device_closed = true;
}

static int
make(void **state)
{
	(void)state;
	queue.receive = queue.transmit = device_burst;
	device = (struct port){ .cores = 1, .link = { &queue }, .close = device_close, .node = SOCKET_ID_ANY };
	calls = 0;
	device_closed = false;
	atomic_store(&caught, false);
	gate = memif_gate_over(&device, &why);
	core_link = gate != NULL ? memif_gate_port(gate)->link[0] : NULL;
	return gate != NULL ? 0 : -1;
}

static int
unmake(void **state)
{
	(void)state;
	memif_gate_port(gate)->close(memif_gate_port(gate));
	return device_closed ? 0 : -1;
}

static void
nobody_passes_a_gate_that_is_shut(void **state)
{
	(void)state;
	assert_false(memif_gate_is_tried(gate));
	assert_false(core_link->is_up(core_link));
	assert_int_equal(core_link->receive(core_link, NULL, 3), 0);
	assert_int_equal(core_link->transmit(core_link, NULL, 3), 0);
	assert_int_equal(calls, 0);
	assert_true(memif_gate_is_tried(gate));
	memif_gate_open(gate);
	assert_true(core_link->is_up(core_link));
	assert_int_equal(core_link->receive(core_link, NULL, 3), 3);
	assert_int_equal(core_link->transmit(core_link, NULL, 3), 3);
	assert_int_equal(calls, 2);
}

static void
shutting_waits_for_no_core_that_is_outside(void **state)
{
	(void)state;
	memif_gate_open(gate);
	memif_gate_shut(gate);
	assert_false(memif_gate_is_open(gate));
}

static void *
shut_and_open(void *rounds)
{
	for (unsigned int i = 0; i < *(unsigned int *)rounds; i++) {
		memif_gate_open(gate);
		sched_yield();
		memif_gate_shut(gate);
		if (atomic_load(&inside))
			atomic_store(&caught, true);
	}
	return NULL;
}

static void
the_device_is_used_by_nobody_once_the_gate_is_shut(void **state)
{
	unsigned int rounds = 300;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, shut_and_open, &rounds), 0);
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		core_link->receive(core_link, NULL, 1);
		core_link->transmit(core_link, NULL, 1);
	}
	assert_false(atomic_load(&caught));
}

/* ---- the messages */

static void
a_message_is_passed_on_with_its_file(void **state)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	char text[] = { 4, 0, 'x' }, got[16];
	struct iovec part = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int left[2], right[2], file[2], copy;
	uint16_t type;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, left), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, right), 0);
	assert_int_equal(pipe(file), 0);
	assert_int_equal(memif_pass(left[1], right[0], &type, NULL), MEMIF_PASSED_NOTHING);

	memcpy(CMSG_DATA(&control.header), &file[1], sizeof(int));
	assert_int_equal(sendmsg(left[0], &message, 0), sizeof(text));
	close(file[1]);
	assert_int_equal(memif_pass(left[1], right[0], &type, NULL), MEMIF_PASSED);
	assert_int_equal(type, 4);
	part = (struct iovec){ .iov_base = got, .iov_len = sizeof(got) };
	assert_int_equal(recvmsg(right[1], &message, 0), sizeof(text));
	assert_memory_equal(got, text, sizeof(text));
	assert_non_null(CMSG_FIRSTHDR(&message));
	memcpy(&copy, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(copy));
	assert_int_equal(write(copy, "y", 1), 1);
	close(copy);
	/* no copy has stayed behind: the pipe has ended */
	assert_int_equal(read(file[0], got, sizeof(got)), 1);
	assert_int_equal(read(file[0], got, sizeof(got)), 0);

	assert_int_equal(send(left[0], text, sizeof(text), 0), sizeof(text));
	assert_int_equal(memif_pass(left[1], -1, &type, NULL), MEMIF_PASSED_LOST);
	close(left[0]);
	assert_int_equal(memif_pass(left[1], right[0], &type, NULL), MEMIF_PASSED_END);
	close(left[1]);
	close(right[0]);
	close(right[1]);
	close(file[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nobody_passes_a_gate_that_is_shut, make, unmake),
		cmocka_unit_test_setup_teardown(shutting_waits_for_no_core_that_is_outside, make, unmake),
		cmocka_unit_test_setup_teardown(the_device_is_used_by_nobody_once_the_gate_is_shut, make, unmake),
		cmocka_unit_test(a_message_is_passed_on_with_its_file),
	};

	return cmocka_run_group_tests(tests, eal_for_tests, NULL);
}
