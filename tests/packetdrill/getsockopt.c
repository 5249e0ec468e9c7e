/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * getsockopt() for the whole process: what a script asserts of TCP_INFO the tool asks of libc, not of the table of calls.
 * Loaded by LD_PRELOAD too, this object answers for descriptors of its own, and the kernel for others.
 */

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <rte_common.h>

#include "world.h"

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif
#ifndef TCP_CC_INFO
#define TCP_CC_INFO 26
#endif

int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict length);

static int
answer(void *value, socklen_t *length, const void *what, size_t size)
{
	*length = (socklen_t)RTE_MIN((size_t)*length, size);
	memcpy(value, what, *length);
	return 0;
}

/* What the host's tools call the memory of a socket: of ours the queues' bytes, and their bounds. */
static int
memory(struct world *w, int fd, void *value, socklen_t *length)
{
	uint32_t words[SK_MEMINFO_VARS] = { 0 };
	struct tern_info info = TERN_INFO_INIT;

	if (tern_info(w->stack, tsock_conn(fd), &info) == 0) {
		words[SK_MEMINFO_RMEM_ALLOC] = info.unread;
		words[SK_MEMINFO_RCVBUF] = info.rcvbuf;
		words[SK_MEMINFO_WMEM_QUEUED] = info.unacked + info.unsent;
		words[SK_MEMINFO_SNDBUF] = 2 * info.sndbuf;
	}
	return answer(value, length, words, sizeof(words));
}

/* TCP_INFO as long as whoever asks knows it: what a newer Linux tells behind ours is 0 here. */
static int
info(int fd, void *value, socklen_t *length)
{
	socklen_t wanted = *length;
	int result = tsock_getsockopt(fd, IPPROTO_TCP, TCP_INFO, value, length);

	if (result == 0 && *length < wanted) {
		memset((uint8_t *)value + *length, 0, wanted - *length);
		*length = wanted;
	}
	return result;
}

static bool
is_ours(const struct world *w, int fd)
{
	return w != NULL && w->set != NULL && fd >= WORLD_FIRST_DESCRIPTOR &&
	       fd < WORLD_FIRST_DESCRIPTOR + (int)WORLD_DESCRIPTORS;
}

int
getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict length)
{
	struct world *w = the_world;
	int result;

	if (!is_ours(w, fd))
		return (int)syscall(SYS_getsockopt, fd, level, name, value, length);
	world_enter(w);
	if (level == SOL_SOCKET && name == SO_MEMINFO)
		result = memory(w, fd, value, length);
	else if (level == IPPROTO_TCP && name == TCP_INFO)
		result = info(fd, value, length);
	else if (level == IPPROTO_TCP && name == TCP_CC_INFO)
		result = answer(value, length, "", 0);  /* CUBIC and NewReno have nothing to say, nor have they on Linux */
	else
		result = tsock_getsockopt(fd, level, name, value, length);
	return (int)world_leave(w, result);
}
