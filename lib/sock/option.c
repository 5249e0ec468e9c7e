/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* getsockopt, setsockopt: the row is found here, and what most rows do is done. */

#include <netinet/in.h>
#include <string.h>

#include "sock/option.h"

/* ---- what rows have in common */

static int64_t
number_in(const void *value)
{
	int number;

	memcpy(&number, value, sizeof(number));
	return number;
}

int
sock_option_tell(const void *from, socklen_t size, void *value, socklen_t *length)
{
	*length = RTE_MIN(*length, size);
	/* of nothing the place may be nowhere */
	if (*length > 0)
		memcpy(value, from, *length);
	return 0;
}

int
sock_set_number(struct tsock_set *set, struct sock *s, const struct sock_option *o, const void *value, socklen_t length)
{
	int64_t number = number_in(value);

	(void)length;
	if (number < o->low || number > o->high)
		return -EINVAL;
	return sock_keep(set, s, o->id, (uint64_t)number * o->unit);
}

int
sock_get_number(struct tsock_set *set, struct sock *s, const struct sock_option *o, void *value, socklen_t *length)
{
	return sock_option_tell_int((int)(sock_kept(set, s, o->id) / o->unit), value, length);
}

int
sock_set_flag(struct tsock_set *set, struct sock *s, const struct sock_option *o, const void *value, socklen_t length)
{
	(void)set, (void)length;
	s->flags = number_in(value) != 0 ? s->flags | o->flag : s->flags & ~o->flag;
	return 0;
}

int
sock_get_flag(struct tsock_set *set, struct sock *s, const struct sock_option *o, void *value, socklen_t *length)
{
	(void)set;
	return sock_option_tell_int((s->flags & o->flag) != 0, value, length);
}

/* ---- finding it */

static const struct sock_option *
find(const struct sock *s, int level, int name)
{
	const struct sock_option *o;

	switch (level) {
	case SOL_SOCKET: o = sock_options_socket; break;
	case IPPROTO_TCP: o = sock_options_tcp; break;
	case IPPROTO_IP: o = sock_options_ip; break;
	case IPPROTO_IPV6:
		if (s->flags & TS_V6) {
			o = sock_options_ipv6;
			break;
		}
		return NULL;
	default: return NULL;
	}
	while (o->get != NULL && o->name != name)
		o++;
	return o->get == NULL ? NULL : o;
}

static bool
is_level(const struct sock *s, int level)
{
	return level == SOL_SOCKET || level == IPPROTO_TCP || level == IPPROTO_IP ||
	       (level == IPPROTO_IPV6 && (s->flags & TS_V6));
}

static int
set_option(int fd, int level, int name, const void *value, socklen_t length)
{
	const struct sock_option *o;
	struct tsock_set *set;
	struct sock *s;
	int error;

	s = sock_get(&set, fd, &error);
	if (s == NULL)
		return error;
	if ((int)length < 0)
		return -EINVAL;
	o = find(s, level, name);
	if (o == NULL || o->set == NULL)
		return -ENOPROTOOPT;
	if (length < o->least)
		return -EINVAL;
	return value == NULL ? -EFAULT : o->set(set, s, o, value, length);
}

static int
get_option(int fd, int level, int name, void *value, socklen_t *length)
{
	const struct sock_option *o;
	struct tsock_set *set;
	struct sock *s;
	int error;

	s = sock_get(&set, fd, &error);
	if (s == NULL)
		return error;
	if (length == NULL)
		return -EFAULT;
	if ((int)*length < 0)
		return -EINVAL;
	if (!is_level(s, level))
		return -EOPNOTSUPP;  /* which setsockopt() does not know either, but says otherwise */
	o = find(s, level, name);
	if (o == NULL)
		return -ENOPROTOOPT;
	return value == NULL && *length > 0 ? -EFAULT : o->get(set, s, o, value, length);
}

int
tsock_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	return (int)sock_result(set_option(fd, level, name, value, length));
}

int
tsock_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
	return (int)sock_result(get_option(fd, level, name, value, length));
}
