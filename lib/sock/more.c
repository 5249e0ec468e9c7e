/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Options that were set, for when there is a connection. */

#include "sock/sock.h"

static struct sock_more *
make(struct tsock_set *set, struct sock *s)
{
	uint32_t index = slab_get(&set->mores);
	struct sock_more *more;

	if (index == 0)
		return NULL;
	more = sock_more_at(set, index);
	if (s->more != 0)
		*more = *sock_more(set, s);
	else
		*more = (struct sock_more){ .receive_ns = UINT64_MAX, .send_ns = UINT64_MAX };
	more->users = 1;
	s->more = index;
	return more;
}

struct sock_more *
sock_more_make(struct tsock_set *set, struct sock *s)
{
	struct sock_more *old = s->more == 0 ? NULL : sock_more_at(set, s->more);
	struct sock_more *more;

	if (old != NULL && old->users == 1)
		return old;
	more = make(set, s);
	if (more != NULL && old != NULL)
		old->users--;
	return more;
}

void
sock_more_drop(struct tsock_set *set, struct sock *s)
{
	struct sock_more *more = sock_more_at(set, s->more);

	if (--more->users == 0)
		slab_put(&set->mores, s->more);
	s->more = 0;
}

static bool
has_connection(const struct sock *s)
{
	return s->id != 0 && s->state != TS_LISTENING;
}

/* Linux takes any size, and makes of it what can be. */
static int
set_one(struct tsock_set *set, tern_conn id, enum tern_option_id option, uint64_t value)
{
	struct tern_info info = TERN_INFO_INIT;
	int error = tern_set(set->stack, id, option, value);

	if (likely(error != -EINVAL || option != TERN_OPT_RCVBUF) || tern_info(set->stack, id, &info) < 0)
		return error;
	/* a larger window than its scale can tell */
	return tern_set(set->stack, id, option, RTE_MIN(value, (uint64_t)UINT16_MAX << info.rcv_wscale));
}

int
sock_keep(struct tsock_set *set, struct sock *s, enum tern_option_id option, uint64_t value)
{
	struct sock_more *more;

	if (has_connection(s))
		return set_one(set, s->id, option, value);
	more = sock_more_make(set, s);
	if (more == NULL)
		return -ENOBUFS;
	more->is_kept |= UINT64_C(1) << option;
	more->kept[option] = value;
	return 0;
}

uint64_t
sock_kept(const struct tsock_set *set, const struct sock *s, enum tern_option_id option)
{
	const struct sock_more *more = sock_more(set, s);
	uint64_t value = 0;

	if (has_connection(s) && tern_get(set->stack, s->id, option, &value) == 0)
		return value;
	if (more != NULL && (more->is_kept >> option & 1))
		return more->kept[option];
	tern_get(set->stack, 0, option, &value);
	return value;
}

void
sock_apply(struct tsock_set *set, struct sock *s)
{
	const struct sock_more *more = sock_more_at(set, s->more);

	for (uint64_t rest = more->is_kept; rest != 0; rest &= rest - 1) {
		enum tern_option_id option = (enum tern_option_id)__builtin_ctzll(rest);

		set_one(set, s->id, option, more->kept[option]);
	}
}
