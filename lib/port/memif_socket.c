/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "port/memif_socket.h"

#define MESSAGE_BYTES 256u       /* memif's are of 128 */
#define MESSAGE_FDS 4u           /* memif's carry one at most */

socklen_t
memif_address(const struct memif_word *w, struct sockaddr_un *to)
{
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	memcpy(to->sun_path + w->abstract, w->path, strnlen(w->path, sizeof(to->sun_path) - 1));
	return w->abstract ? (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(w->path)) : sizeof(*to);
}

int
memif_connect_to(const struct memif_word *w, int flags)
{
	struct sockaddr_un to;
	socklen_t length = memif_address(w, &to);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, length) != 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

bool
memif_is_own_process(int fd)
{
	struct ucred who;
	socklen_t length = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0 && who.pid == getpid();
}

int
memif_listen(const struct memif_word *w, unsigned int backlog, int *listener)
{
	struct sockaddr_un at;
	socklen_t length = memif_address(w, &at);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, length) != 0 || listen(fd, (int)backlog) != 0) {
		int error = errno;

		if (fd >= 0)
			close(fd);
		return error;
	}
	*listener = fd;
	return 0;
}

enum memif_passed
memif_pass(int from, int to, uint16_t *type, struct memif_map *map)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(MESSAGE_FDS * sizeof(int))];
	} control;
	char bytes[MESSAGE_BYTES] = { 0 };
	struct iovec part = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t size = recvmsg(from, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int file = -1;
	ssize_t sent;

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return MEMIF_PASSED_NOTHING;
	if (size <= 0)
		return MEMIF_PASSED_END;
	part.iov_len = (size_t)size;
	message.msg_flags = 0;
	if (map != NULL) {
		const struct cmsghdr *c = CMSG_FIRSTHDR(&message);

		if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len >= CMSG_LEN(sizeof(file)))
			memcpy(&file, CMSG_DATA(c), sizeof(file));
		memif_map_hear(map, bytes, (size_t)size, file);
	}
	sent = sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= c->cmsg_len; at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
			close(fd);
		}
	}
	memcpy(type, bytes, sizeof(*type));
	return sent == size ? MEMIF_PASSED : MEMIF_PASSED_LOST;
}
