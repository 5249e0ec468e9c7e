/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Options of level SOL_SOCKET. */

#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>

#include "sock/option.h"

/* Linux tells twice what was set, and no less than this: the half of it is what we set */
#define LEAST_RCVBUF 2304u
#define LEAST_SNDBUF 4608u
#define MOST_BUFFER (1u << 30)

OPTION_GET(get_error)
{
	(void)set, (void)o;
	return sock_option_tell_int(sock_take_error(s), value, length);
}

OPTION_GET(get_constant)
{
	(void)set, (void)s;
	return sock_option_tell_int((int)o->low, value, length);
}

OPTION_GET(get_domain)
{
	(void)set, (void)o;
	return sock_option_tell_int(s->flags & TS_V6 ? AF_INET6 : AF_INET, value, length);
}

OPTION_GET(get_listening)
{
	(void)set, (void)o;
	return sock_option_tell_int(s->state == TS_LISTENING, value, length);
}

OPTION_SET(set_switch)
{
	int on;

	(void)length;
	memcpy(&on, value, sizeof(on));
	return sock_keep(set, s, o->id, on != 0);
}

OPTION_SET(set_zerocopy)
{
	int on;

	memcpy(&on, value, sizeof(on));
	return on < 0 || on > 1 ? -EINVAL : sock_set_flag(set, s, o, value, length);
}

/* ---- buffers */

OPTION_SET(set_buffer)
{
	uint32_t least = (uint32_t)o->low / 2, bytes;
	int number;

	(void)length;
	memcpy(&number, value, sizeof(number));
	/* a negative one is as large as can be, as with Linux */
	bytes = number < 0 ? MOST_BUFFER : RTE_MIN((uint32_t)number, MOST_BUFFER);
	return sock_keep(set, s, o->id, RTE_MAX(bytes, least));
}

OPTION_GET(get_buffer)
{
	uint64_t bytes = 2 * sock_kept(set, s, o->id);

	return sock_option_tell_int((int)RTE_MIN(bytes, (uint64_t)INT_MAX), value, length);
}

OPTION_SET(set_lowat)
{
	int number, error;

	(void)length;
	memcpy(&number, value, sizeof(number));
	number = number < 0 ? (int)MOST_BUFFER : RTE_MAX(number, 1);
	error = sock_keep(set, s, o->id, (uint64_t)RTE_MIN(number, (int)MOST_BUFFER));
	if (error < 0)
		return error;
	s->flags = number > 1 ? s->flags | TS_LOWAT : s->flags & ~(uint32_t)TS_LOWAT;
	s->ready |= READY_LOOK;  /* whether it is enough has to be looked at anew */
	return 0;
}

/* ---- times */

OPTION_SET(set_timeout)
{
	struct timeval time;
	struct sock_more *more;
	uint64_t ns;

	(void)length;
	memcpy(&time, value, sizeof(time));
	if (time.tv_usec < 0 || time.tv_usec >= 1000000)
		return -EDOM;
	more = sock_more_make(set, s);
	if (more == NULL)
		return -ENOBUFS;
	/* 0 is for ever, and less than that no time at all */
	ns = time.tv_sec < 0 ? 0 : time.tv_sec > INT_MAX ? UINT64_MAX :
	     (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_usec * 1000;
	if (ns == 0 && time.tv_sec >= 0)
		ns = UINT64_MAX;
	*(o->name == SO_RCVTIMEO ? &more->receive_ns : &more->send_ns) = ns;
	return 0;
}

OPTION_GET(get_timeout)
{
	const struct sock_more *more = sock_more(set, s);
	struct timeval time = { 0 };

	if (more != NULL) {
		uint64_t ns = o->name == SO_RCVTIMEO ? more->receive_ns : more->send_ns;

		if (ns != UINT64_MAX)
			time = (struct timeval){ (time_t)(ns / 1000000000), (suseconds_t)(ns % 1000000000 / 1000) };
	}
	return sock_option_tell(&time, sizeof(time), value, length);
}

OPTION_SET(set_linger)
{
	struct sock_more *more;
	struct linger linger;

	(void)length, (void)o;
	memcpy(&linger, value, sizeof(linger));
	more = sock_more_make(set, s);
	if (more == NULL)
		return -ENOBUFS;
	more->lingers = linger.l_onoff != 0;
	if (more->lingers)
		more->linger_s = linger.l_linger < 0 ? INT_MAX : (uint32_t)linger.l_linger;
	return 0;
}

OPTION_GET(get_linger)
{
	const struct sock_more *more = sock_more(set, s);
	struct linger linger = { 0 };

	(void)o;
	if (more != NULL)
		linger = (struct linger){ more->lingers, (int)more->linger_s };
	return sock_option_tell(&linger, sizeof(linger), value, length);
}

/* ---- pacing: bytes a second, of 4 bytes or of 8; all ones: no limit */

OPTION_SET(set_pacing)
{
	const uint64_t least = 1000;  /* the stack's */
	uint64_t rate = 0;
	uint32_t narrow;

	if (length >= sizeof(rate)) {
		memcpy(&rate, value, sizeof(rate));
	} else {
		memcpy(&narrow, value, sizeof(narrow));
		rate = narrow == UINT32_MAX ? UINT64_MAX : narrow;
	}
	return sock_keep(set, s, o->id, rate == UINT64_MAX ? 0 : RTE_MAX(rate, least));
}

OPTION_GET(get_pacing)
{
	uint64_t rate = sock_kept(set, s, o->id);
	uint32_t narrow = rate == 0 ? UINT32_MAX : (uint32_t)RTE_MIN(rate, (uint64_t)UINT32_MAX);

	if (rate == 0)
		rate = UINT64_MAX;
	return *length >= sizeof(rate) ? sock_option_tell(&rate, sizeof(rate), value, length) :
					 sock_option_tell(&narrow, sizeof(narrow), value, length);
}

#define INT sizeof(int)

const struct sock_option sock_options_socket[] = {
	{ .name = SO_ERROR, .get = get_error, .least = INT },
	{ .name = SO_REUSEADDR, .set = sock_set_flag, .get = sock_get_flag, .least = INT, .flag = TS_REUSEADDR },
	{ .name = SO_REUSEPORT, .set = sock_set_flag, .get = sock_get_flag, .least = INT, .flag = TS_REUSEPORT },
	{ .name = SO_KEEPALIVE, .set = set_switch, .get = sock_get_number, .least = INT,
	  .id = TERN_OPT_KEEPALIVE, .unit = 1 },
	{ .name = SO_LINGER, .set = set_linger, .get = get_linger, .least = sizeof(struct linger) },
	{ .name = SO_RCVBUF, .set = set_buffer, .get = get_buffer, .least = INT,
	  .id = TERN_OPT_RCVBUF, .low = LEAST_RCVBUF },
	{ .name = SO_SNDBUF, .set = set_buffer, .get = get_buffer, .least = INT,
	  .id = TERN_OPT_SNDBUF, .low = LEAST_SNDBUF },
	{ .name = SO_RCVTIMEO, .set = set_timeout, .get = get_timeout, .least = sizeof(struct timeval) },
	{ .name = SO_SNDTIMEO, .set = set_timeout, .get = get_timeout, .least = sizeof(struct timeval) },
	{ .name = SO_RCVLOWAT, .set = set_lowat, .get = sock_get_number, .least = INT,
	  .id = TERN_OPT_RCVLOWAT, .unit = 1 },
	{ .name = SO_SNDLOWAT, .get = get_constant, .least = INT, .low = 1 },
	{ .name = SO_OOBINLINE, .set = sock_set_flag, .get = sock_get_flag, .least = INT, .flag = TS_OOBINLINE },
	{ .name = SO_ZEROCOPY, .set = set_zerocopy, .get = sock_get_flag, .least = INT, .flag = TS_ZEROCOPY },
	{ .name = SO_MAX_PACING_RATE, .set = set_pacing, .get = get_pacing, .least = INT,
	  .id = TERN_OPT_MAX_PACING_RATE },
	{ .name = SO_TYPE, .get = get_constant, .least = INT, .low = SOCK_STREAM },
	{ .name = SO_DOMAIN, .get = get_domain, .least = INT },
	{ .name = SO_PROTOCOL, .get = get_constant, .least = INT, .low = IPPROTO_TCP },
	{ .name = SO_ACCEPTCONN, .get = get_listening, .least = INT },
	{ 0 },
};
