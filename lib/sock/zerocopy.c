/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * SO_ZEROCOPY and MSG_ZEROCOPY, as programs of Linux's use them: each such call has a number, and the error queue tells
 * which are through. Here the bytes are copied by the call, so that it is through at once and said to be a copy
 * (SO_EE_CODE_ZEROCOPY_COPIED), as Linux says it over loopback. What is sent by reference is tern_send_ref()'s.
 */

#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include <linux/errqueue.h>

#include "sock/data.h"

void
sock_zerocopy_sent(struct tsock_set *set, struct sock *s)
{
	struct sock_more *more = sock_more_make(set, s);

	if (more == NULL)
		return;
	more->zerocopy_next++;
	sock_tell(set, s, EPOLLERR);
}

bool
sock_zerocopy_waits(const struct tsock_set *set, const struct sock *s)
{
	const struct sock_more *more = sock_more(set, s);

	return more != NULL && more->zerocopy_told != more->zerocopy_next;
}

static void
tell(const struct sock *s, const struct sock_extended_err *told, struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	size_t room = msg->msg_controllen;

	msg->msg_controllen = 0;
	if (c == NULL || room < CMSG_LEN(sizeof(*told))) {
		msg->msg_flags |= MSG_CTRUNC;
		return;
	}
	c->cmsg_level = s->flags & TS_V6 ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = s->flags & TS_V6 ? IPV6_RECVERR : IP_RECVERR;
	c->cmsg_len = CMSG_LEN(sizeof(*told));
	memcpy(CMSG_DATA(c), told, sizeof(*told));
	msg->msg_controllen = RTE_MIN(room, CMSG_SPACE(sizeof(*told)));
}

/* All that are through are told at once: they follow each other. */
ssize_t
sock_recv_errors(int fd, struct msghdr *msg)
{
	struct sock_extended_err told = { .ee_origin = SO_EE_ORIGIN_ZEROCOPY, .ee_code = SO_EE_CODE_ZEROCOPY_COPIED };
	struct tsock_set *set;
	struct sock_more *more;
	struct sock *s;
	int error;

	s = sock_get(&set, fd, &error);
	if (s == NULL)
		return error;
	if (!sock_zerocopy_waits(set, s))
		return -EAGAIN;
	more = sock_more_make(set, s);
	if (more == NULL)
		return -ENOBUFS;
	told.ee_info = more->zerocopy_told;
	told.ee_data = more->zerocopy_next - 1;
	more->zerocopy_told = more->zerocopy_next;
	msg->msg_flags = MSG_ERRQUEUE;
	msg->msg_namelen = 0;
	tell(s, &told, msg);
	return 0;
}
