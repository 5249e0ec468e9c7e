/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The Linux kernel behind the runner's interface, in real time. A frame that is
 * written to the tap interface has been through the kernel when write() returns, its
 * answers included; what timers send later is waited for.
 *
 * Each host takes the calling process into a network namespace of its own, so
 * each case wants a process of its own.
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "linux.h"
#include "packet_bytes.h"

static uint64_t
linux_now(void *host)
{
	struct timespec t;

	(void)host;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static const char *
linux_close(void *host)
{
	struct linux_host *h = host;

	for (unsigned int i = 0; i < h->sockets; i++)
		if (h->socket[i].fd >= 0)
			close(h->socket[i].fd);
	if (h->epoll >= 0)
		close(h->epoll);
	if (h->tap >= 0)
		close(h->tap);
	free(h);
	return NULL;
}

static void *
linux_open(const struct backend_setup *setup, char *error, size_t size)
{
	struct linux_host *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->setup = *setup;
	h->tap = h->epoll = -1;
	if (linux_net_open(h, error, size) != 0) {
		linux_close(h);
		return NULL;
	}
	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	return h;
}

static void
linux_inject(void *host, const uint8_t *frame, uint32_t length)
{
	struct linux_host *h = host;

	if (write(h->tap, frame, length) != (ssize_t)length)
		h->trouble = "the tap interface did not take a frame";
}

/* What a kernel's IPv6 says about itself to the groups of its link: listener reports and solicitations of routers. */
static bool
is_chatter(const uint8_t *frame, uint32_t length)
{
	uint32_t at = 14 + 40;
	uint8_t next;

	if (length < at + 8 || get16(frame + 12) != 0x86dd)
		return false;
	next = frame[14 + 6];
	if (next == 0) {
		next = frame[at];
		at += 8;
	}
	return next == 58 && length > at && (frame[at] == 143 || (frame[at] >= 130 && frame[at] <= 133));
}

/* Takes all that has come out of the interface. */
static void
read_frames(struct linux_host *h)
{
	for (;;) {
		unsigned int at = h->out_tail % LINUX_FRAMES;
		ssize_t n;

		if (h->out_tail - h->out_head == LINUX_FRAMES)
			return;
		n = read(h->tap, h->out[at].bytes, LINUX_FRAME);
		if (n <= 0)
			return;
		if (is_chatter(h->out[at].bytes, (uint32_t)n))
			continue;
		h->out[at].length = (uint32_t)n;
		h->out[at].time_ns = linux_now(h);
		h->out_tail++;
	}
}

static uint32_t
linux_collect(void *host, uint8_t *frame, uint32_t size, uint64_t *time_ns)
{
	struct linux_host *h = host;
	unsigned int at = h->out_head % LINUX_FRAMES;
	uint32_t length;

	if (h->out_head == h->out_tail)
		return 0;
	length = h->out[at].length < size ? h->out[at].length : size;
	memcpy(frame, h->out[at].bytes, length);
	*time_ns = h->out[at].time_ns;
	h->out_head++;
	return length;
}

static const char *
linux_wait(void *host, uint64_t until_ns)
{
	struct linux_host *h = host;

	for (;;) {
		struct pollfd p[2] = { { h->tap, POLLIN, 0 }, { h->epoll, POLLIN, 0 } };
		uint64_t now_ns;
		struct timespec t;

		read_frames(h);
		linux_look(h);
		now_ns = linux_now(h);
		if (h->trouble != NULL || h->out_head != h->out_tail || h->event_head != h->event_tail || now_ns >= until_ns)
			return h->trouble;
		t.tv_sec = (time_t)((until_ns - now_ns) / 1000000000);
		t.tv_nsec = (long)((until_ns - now_ns) % 1000000000);
		ppoll(p, 2, &t, NULL);
	}
}

static bool
linux_next_event(void *host, struct backend_event *event)
{
	struct linux_host *h = host;

	if (h->event_head == h->event_tail)
		return false;
	*event = h->event[h->event_head++ % LINUX_EVENTS];
	return true;
}

const struct backend_ops backend_linux = {
	.name = "linux",
	.lacks = linux_lacks,
	.open = linux_open,
	.close = linux_close,
	.inject = linux_inject,
	.collect = linux_collect,
	.now = linux_now,
	.wait = linux_wait,
	.event = linux_next_event,
	.listen = linux_listen,
	.unlisten = linux_unlisten,
	.connect = linux_connect,
	.send = linux_send,
	.send_ref = linux_send_ref,
	.send_urgent = linux_send_urgent,
	.urgent = linux_urgent,
	.recv = linux_recv,
	.peek = linux_peek,
	.discard = linux_discard,
	.shutdown = linux_shutdown,
	.shutdown_read = linux_shutdown_read,
	.ready = linux_ready,
	.close_socket = linux_close_socket,
	.abort = linux_abort,
	.set = linux_set,
	.get = linux_get,
	.state = linux_state,
	.info = linux_info,
	.counter = linux_counter,
};
