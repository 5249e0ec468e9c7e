/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SOCK_OPTION_H
#define SOCK_OPTION_H

/* Options, by a table a level: option.c finds the row, its functions do the rest. */

#include "sock/sock.h"

struct sock_option {
	int name;
	/* value has at least `least` bytes. 0, or -errno */
	int (*set)(struct tsock_set *set, struct sock *s, const struct sock_option *o, const void *value, socklen_t length);
	/* writes at most *length bytes, which is then how many they were. 0, or -errno */
	int (*get)(struct tsock_set *set, struct sock *s, const struct sock_option *o, void *value, socklen_t *length);
	socklen_t least;
	/* of numbers */
	enum tern_option_id id;
	uint32_t unit;             /* of ours in one of Linux's */
	int64_t low, high;         /* of Linux's: else EINVAL */
	uint32_t flag;             /* TS_x */
};

/* What every getsockopt() does with a value that is too long for its caller. */
int sock_option_tell(const void *from, socklen_t size, void *value, socklen_t *length);
static inline int
sock_option_tell_int(int number, void *value, socklen_t *length)
{
	return sock_option_tell(&number, sizeof(number), value, length);
}

/* Their functions begin so. */
#define OPTION_SET(name) \
	static int name(struct tsock_set *set, struct sock *s, const struct sock_option *o, const void *value, \
			socklen_t length)
#define OPTION_GET(name) \
	static int name(struct tsock_set *set, struct sock *s, const struct sock_option *o, void *value, \
			socklen_t *length)

/* option_socket.c, option_tcp.c, option_ip.c: ended by a row without functions */
extern const struct sock_option sock_options_socket[], sock_options_tcp[], sock_options_ip[], sock_options_ipv6[];

/* option.c: numbers that the stack has, in other units, and flags of the socket's own */
int sock_set_number(struct tsock_set *set, struct sock *s, const struct sock_option *o, const void *value,
		    socklen_t length);
int sock_get_number(struct tsock_set *set, struct sock *s, const struct sock_option *o, void *value, socklen_t *length);
int sock_set_flag(struct tsock_set *set, struct sock *s, const struct sock_option *o, const void *value,
		  socklen_t length);
int sock_get_flag(struct tsock_set *set, struct sock *s, const struct sock_option *o, void *value, socklen_t *length);

/* info.c */
int sock_get_info(struct tsock_set *set, struct sock *s, const struct sock_option *o, void *value, socklen_t *length);

#endif
