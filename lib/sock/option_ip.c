/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Options of levels IPPROTO_IP and IPPROTO_IPV6. */

#include <netinet/in.h>
#include <string.h>

#include "sock/option.h"

#define ECN_BITS 3

/* Those of IPPROTO_IP may be given in one byte, or in none. */
static int
number_in(const void *value, socklen_t length)
{
	int number;

	if (length < sizeof(number))
		return length == 0 ? 0 : *(const uint8_t *)value;
	memcpy(&number, value, sizeof(number));
	return number;
}

/* TOS and traffic class: the upper six bits are the user's, the two of ECN are not (RFC 3168, 5). */
OPTION_SET(set_tos)
{
	int tos = number_in(value, length);

	if (o->name == IPV6_TCLASS && tos == -1)
		tos = 0;
	if (o->name == IPV6_TCLASS && (tos < 0 || tos > UINT8_MAX))
		return -EINVAL;
	return sock_keep(set, s, o->id, (uint8_t)tos >> 2);
}

OPTION_GET(get_tos)
{
	return sock_option_tell_int((int)(sock_kept(set, s, o->id) << 2), value, length);
}

/* TTL and hop limit; -1 is the default */
OPTION_SET(set_ttl)
{
	int ttl = number_in(value, length);

	if (ttl == -1) {
		uint64_t usual = 1;

		tern_get(set->stack, 0, o->id, &usual);
		ttl = (int)usual;
	}
	if (ttl < 1 || ttl > UINT8_MAX)
		return -EINVAL;
	return sock_keep(set, s, o->id, (uint64_t)ttl);
}

/*
 * IP_MTU_DISCOVER: without it IPv4's packets may be cut on the way, with it DF is set and what routers report is
 * believed. The modes that believe nothing (IP_PMTUDISC_PROBE and beyond) are for datagrams, and are not had.
 */
OPTION_SET(set_mtu_discover)
{
	int mode = number_in(value, length), error;
	struct sock_more *more;

	if (mode < IP_PMTUDISC_DONT || mode > IP_PMTUDISC_DO)
		return -EINVAL;
	error = sock_keep(set, s, o->id, mode != IP_PMTUDISC_DONT);
	more = error < 0 ? NULL : sock_more_make(set, s);
	if (more == NULL)
		return error < 0 ? error : -ENOBUFS;
	more->mtu_discover = (uint8_t)(1 + mode);
	return 0;
}

OPTION_GET(get_mtu_discover)
{
	const struct sock_more *more = sock_more(set, s);
	int mode = sock_kept(set, s, o->id) ? IP_PMTUDISC_WANT : IP_PMTUDISC_DONT;

	if (more != NULL && more->mtu_discover != 0)
		mode = more->mtu_discover - 1;
	return sock_option_tell_int(mode, value, length);
}

OPTION_SET(set_v6only)
{
	if (s->state != TS_FRESH || (s->flags & TS_BOUND))
		return -EINVAL;
	return sock_set_flag(set, s, o, value, length);
}

OPTION_GET(get_mtu)
{
	struct tern_info info = TERN_INFO_INIT;

	(void)o;
	if (s->state != TS_CONNECTED || tern_info(set->stack, s->id, &info) < 0)
		return -ENOTCONN;
	return sock_option_tell_int(info.path_mtu, value, length);
}

#define INT sizeof(int)

const struct sock_option sock_options_ip[] = {
	{ .name = IP_TOS, .set = set_tos, .get = get_tos, .id = TERN_OPT_DSCP },
	{ .name = IP_TTL, .set = set_ttl, .get = sock_get_number, .id = TERN_OPT_TTL, .unit = 1 },
	{ .name = IP_MTU, .get = get_mtu, .least = INT },
	{ .name = IP_MTU_DISCOVER, .set = set_mtu_discover, .get = get_mtu_discover, .id = TERN_OPT_DF },
	{ 0 },
};

const struct sock_option sock_options_ipv6[] = {
	{ .name = IPV6_V6ONLY, .set = set_v6only, .get = sock_get_flag, .least = INT, .flag = TS_V6ONLY },
	{ .name = IPV6_TCLASS, .set = set_tos, .get = get_tos, .least = INT, .id = TERN_OPT_DSCP },
	{ .name = IPV6_UNICAST_HOPS, .set = set_ttl, .get = sock_get_number, .least = INT,
	  .id = TERN_OPT_TTL, .unit = 1 },
	{ .name = IPV6_MTU, .get = get_mtu, .least = INT },
	{ .name = IPV6_MTU_DISCOVER, .set = set_mtu_discover, .get = get_mtu_discover, .least = INT, .id = TERN_OPT_DF },
	{ 0 },
};
