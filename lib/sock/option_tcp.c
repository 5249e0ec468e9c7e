/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Options of level IPPROTO_TCP. */

#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "sock/option.h"

#define NAME_SIZE 16u              /* TCP_CA_NAME_MAX */
#define LEAST_MSS 88               /* TCP_MIN_MSS */
#define MOST_MSS 32767             /* MAX_TCP_WINDOW */
#define MOST_KEEP_S 32767
#define MOST_KEEP_COUNT 127
#define MOST_SYN_COUNT 127
#define SYN_COUNT 6               /* Linux's default */

OPTION_SET(set_nodelay)
{
	int on;

	(void)length;
	memcpy(&on, value, sizeof(on));
	return sock_keep(set, s, o->id, on != 0);
}

OPTION_SET(set_mss)
{
	int mss;

	(void)length;
	memcpy(&mss, value, sizeof(mss));
	if (mss != 0 && (mss < LEAST_MSS || mss > MOST_MSS))
		return -EINVAL;
	/* 0: as large as the path takes */
	if (s->state == TS_LISTENING)
		tern_listen_mss(set->stack, s->id, (uint16_t)mss);
	return sock_keep(set, s, o->id, mss == 0 ? UINT16_MAX : (uint64_t)mss);
}

OPTION_GET(get_mss)
{
	uint64_t mss = sock_kept(set, s, o->id);

	return sock_option_tell_int(mss == UINT16_MAX ? 536 : (int)mss, value, length);
}

/* Kept beside what the connection has: that tells the stack's R2 where nothing was set, and Linux 0. */
OPTION_SET(set_user_timeout)
{
	int error = sock_set_number(set, s, o, value, length);
	struct sock_more *more = error < 0 ? NULL : sock_more_make(set, s);

	if (error < 0)
		return error;
	if (more == NULL)
		return -ENOBUFS;
	memcpy(&more->user_timeout_ms, value, sizeof(more->user_timeout_ms));
	return 0;
}

OPTION_GET(get_user_timeout)
{
	const struct sock_more *more = sock_more(set, s);

	(void)o;
	return sock_option_tell_int(more == NULL ? 0 : (int)more->user_timeout_ms, value, length);
}

/* Kept beside what the connection has, too: where nothing was set Linux tells 0, and the stack what holds then. */
OPTION_SET(set_notsent_lowat)
{
	struct sock_more *more;
	uint32_t bytes;
	int error;

	(void)length;
	memcpy(&bytes, value, sizeof(bytes));
	error = sock_keep(set, s, o->id, bytes);
	more = error < 0 ? NULL : sock_more_make(set, s);
	if (more == NULL)
		return error < 0 ? error : -ENOBUFS;
	more->notsent_lowat = bytes;
	if (bytes == 0 ? set->notsent : bytes != UINT32_MAX)
		s->flags |= TS_NOTSENT;
	else
		s->flags &= ~(uint32_t)TS_NOTSENT;
	return 0;
}

OPTION_GET(get_notsent_lowat)
{
	const struct sock_more *more = sock_more(set, s);

	(void)o;
	return sock_option_tell_int(more == NULL ? 0 : (int)more->notsent_lowat, value, length);
}

OPTION_SET(set_inq)
{
	int on;

	memcpy(&on, value, sizeof(on));
	return on < 0 || on > 1 ? -EINVAL : sock_set_flag(set, s, o, value, length);
}

/* ---- congestion control, by Linux's names */

static const struct { const char *name; enum tern_congestion id; } algorithms[] = {
	{ "cubic", TERN_CONGESTION_CUBIC }, { "reno", TERN_CONGESTION_NEWRENO }, { "newreno", TERN_CONGESTION_NEWRENO },
	{ "none", TERN_CONGESTION_NONE },  /* told, but not to be chosen: for benchmarks alone */
};

OPTION_SET(set_congestion)
{
	char name[NAME_SIZE] = "";

	memcpy(name, value, RTE_MIN((size_t)length, sizeof(name) - 1));
	for (unsigned int i = 0; i < RTE_DIM(algorithms); i++)
		if (strcmp(name, algorithms[i].name) == 0 && algorithms[i].id != TERN_CONGESTION_NONE)
			return sock_keep(set, s, o->id, algorithms[i].id);
	return -ENOENT;
}

OPTION_GET(get_congestion)
{
	uint64_t id = sock_kept(set, s, o->id);
	char name[NAME_SIZE] = "";

	for (unsigned int i = 0; i < RTE_DIM(algorithms) && name[0] == 0; i++)
		if (algorithms[i].id == id)
			strncpy(name, algorithms[i].name, sizeof(name) - 1);
	return sock_option_tell(name, sizeof(name), value, length);
}

/* ---- Fast Open: how many connections of a listener may begin with data in the SYN */

OPTION_SET(set_fastopen)
{
	struct sock_more *more;
	int most;

	(void)length, (void)o;
	memcpy(&most, value, sizeof(most));
	if (most < 0 || (s->state != TS_FRESH && s->state != TS_LISTENING))
		return -EINVAL;
	if (s->state == TS_LISTENING)
		tern_listen_fastopen(set->stack, s->id, (uint32_t)most);
	more = sock_more_make(set, s);
	if (more == NULL)
		return -ENOBUFS;
	more->fastopen = (uint32_t)most;
	return 0;
}

OPTION_GET(get_fastopen)
{
	const struct sock_more *more = sock_more(set, s);

	(void)o;
	return sock_option_tell_int(more == NULL ? 0 : (int)more->fastopen, value, length);
}

/* Of clients: connect() leaves the SYN to the first write, where a cookie is known */
OPTION_SET(set_fastopen_connect)
{
	struct sock_more *more;
	int on;

	(void)length, (void)o;
	memcpy(&on, value, sizeof(on));
	if (on < 0 || on > 1)
		return -EINVAL;
	if (!tern_fastopen_enabled(set->stack))
		return -EOPNOTSUPP;
	if (s->state != TS_FRESH)
		return -EINVAL;
	more = sock_more_make(set, s);
	if (more == NULL)
		return -ENOBUFS;
	more->fastopen_connect = on;
	return 0;
}

OPTION_GET(get_fastopen_connect)
{
	const struct sock_more *more = sock_more(set, s);

	(void)o;
	return sock_option_tell_int(more != NULL && more->fastopen_connect, value, length);
}

/* ---- SYNs again, at most: R2 of the handshake */

OPTION_SET(set_syn_count)
{
	struct sock_more *more;
	int count;

	(void)length, (void)o;
	memcpy(&count, value, sizeof(count));
	if (count < 1 || count > MOST_SYN_COUNT)
		return -EINVAL;
	more = sock_more_make(set, s);
	if (more == NULL)
		return -ENOBUFS;
	more->syn_count = (uint32_t)count;
	if (s->state == TS_CONNECTING && s->id != 0)
		return tern_set(set->stack, s->id, TERN_OPT_HANDSHAKE_TIMEOUT, 1000 * ((UINT64_C(2) << RTE_MIN(count, 20)) - 1));
	return 0;
}

OPTION_GET(get_syn_count)
{
	const struct sock_more *more = sock_more(set, s);

	(void)o;
	return sock_option_tell_int(more == NULL || more->syn_count == 0 ? SYN_COUNT : (int)more->syn_count, value, length);
}

#define INT sizeof(int)
#define SECOND 1000u  /* the stack's are ms */

const struct sock_option sock_options_tcp[] = {
	{ .name = TCP_NODELAY, .set = set_nodelay, .get = sock_get_number, .least = INT,
	  .id = TERN_OPT_NODELAY, .unit = 1 },
	{ .name = TCP_INFO, .get = sock_get_info },
	{ .name = TCP_MAXSEG, .set = set_mss, .get = get_mss, .least = INT, .id = TERN_OPT_MSS, .unit = 1 },
	{ .name = TCP_KEEPIDLE, .set = sock_set_number, .get = sock_get_number, .least = INT,
	  .id = TERN_OPT_KEEPIDLE, .unit = SECOND, .low = 1, .high = MOST_KEEP_S },
	{ .name = TCP_KEEPINTVL, .set = sock_set_number, .get = sock_get_number, .least = INT,
	  .id = TERN_OPT_KEEPINTVL, .unit = SECOND, .low = 1, .high = MOST_KEEP_S },
	{ .name = TCP_KEEPCNT, .set = sock_set_number, .get = sock_get_number, .least = INT,
	  .id = TERN_OPT_KEEPCNT, .unit = 1, .low = 1, .high = MOST_KEEP_COUNT },
	{ .name = TCP_USER_TIMEOUT, .set = set_user_timeout, .get = get_user_timeout, .least = INT,
	  .id = TERN_OPT_USER_TIMEOUT, .unit = 1, .low = 0, .high = INT_MAX },
	{ .name = TCP_CONGESTION, .set = set_congestion, .get = get_congestion, .least = 1,
	  .id = TERN_OPT_CONGESTION },
	{ .name = TCP_FASTOPEN, .set = set_fastopen, .get = get_fastopen, .least = INT },
	{ .name = TCP_CORK, .set = set_nodelay, .get = sock_get_number, .least = INT, .id = TERN_OPT_CORK, .unit = 1 },
	{ .name = TCP_QUICKACK, .set = set_nodelay, .get = sock_get_number, .least = INT,
	  .id = TERN_OPT_QUICKACK, .unit = 1 },
	{ .name = TCP_INQ, .set = set_inq, .get = sock_get_flag, .least = INT, .flag = TS_INQ },
	{ .name = TCP_FASTOPEN_CONNECT, .set = set_fastopen_connect, .get = get_fastopen_connect, .least = INT },
	{ .name = TCP_NOTSENT_LOWAT, .set = set_notsent_lowat, .get = get_notsent_lowat, .least = INT,
	  .id = TERN_OPT_NOTSENT_LOWAT },
	{ .name = TCP_SYNCNT, .set = set_syn_count, .get = get_syn_count, .least = INT },
	{ 0 },
};
