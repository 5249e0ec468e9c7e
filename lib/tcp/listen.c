/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Listeners, found by port: one array of all ports, and a walk only where several share one (MUST-42). */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "tcp/tcp.h"

#define DEFAULT_BACKLOG 4096u
#define BY_PORT_SHARED UINT16_MAX  /* several listeners have this port, told apart by address */

static bool
covers(const struct tcp_listener *l, uint16_t port)
{
	return l->live && (uint16_t)(port - l->port) < l->ports;
}

/* Of those that cover its port. */
static inline bool
takes(const struct tcp *tcp, const struct tcp_listener *l, uint32_t local)
{
	struct tern_addr addr;

	if (l->local != 0)
		return l->local == local;
	if (likely(l->family == 0))
		return true;
	ip_local_address(tcp->ip, local, &addr);
	return tern_addr_is_v4(&addr) == (l->family == 4);
}

static struct tcp_listener *
search(struct tcp *tcp, uint32_t local, uint16_t port)
{
	struct tcp_listener *any = NULL;

	for (uint32_t i = 1; i <= tcp->listeners; i++) {
		struct tcp_listener *l = &tcp->listener[i];

		if (!covers(l, port) || !takes(tcp, l, local))
			continue;
		if (l->local == local)
			return l;
		any = l;
	}
	return any;
}

struct tcp_listener *
tcp_listener_for(struct tcp *tcp, uint32_t local, uint16_t port)
{
	uint16_t index = tcp->by_port[port];
	struct tcp_listener *l;

	if (index == BY_PORT_SHARED)
		return search(tcp, local, port);
	l = &tcp->listener[index];
	return index != 0 && takes(tcp, l, local) ? l : NULL;
}

static void
index_port(struct tcp *tcp, uint16_t port)
{
	uint16_t found = 0;

	for (uint32_t i = 1; i <= tcp->listeners; i++)
		if (covers(&tcp->listener[i], port))
			found = found == 0 ? (uint16_t)i : BY_PORT_SHARED;
	tcp->by_port[port] = found;
}

static void
index_ports(struct tcp *tcp, const struct tcp_listener *l)
{
	for (uint32_t i = 0; i < l->ports; i++)
		index_port(tcp, (uint16_t)(l->port + i));
}

static bool
in_use(const struct tcp *tcp, uint32_t local, uint8_t family, uint16_t port, uint16_t ports)
{
	for (uint32_t i = 1; i <= tcp->listeners; i++) {
		const struct tcp_listener *l = &tcp->listener[i];

		if (l->family != 0 && family != 0 && l->family != family)
			continue;
		if (l->live && l->local == local && port < l->port + l->ports && l->port < port + ports)
			return true;
	}
	return false;
}

static uint32_t
free_listener(struct tcp *tcp)
{
	for (uint32_t i = 1; i < TCP_MAX_LISTENERS; i++)
		if (!tcp->listener[i].live && tcp->listener[i].waiting == 0 && tcp->listener[i].fastopen_pending == 0)
			return i;
	return 0;
}

int
tcp_listen(struct tcp *tcp, const struct tern_listen_options *options, tern_listener *out)
{
	static const struct tern_addr any;
	uint16_t ports = options->ports == 0 ? 1 : options->ports;
	uint32_t local = 0, index;
	struct tcp_listener *l;
	int cc = tcp->default_cc;

	if (options->port == 0 || (uint32_t)options->port + ports - 1 > UINT16_MAX)
		return -EINVAL;
	if (options->congestion != NULL && (cc = tcp_cc_find(options->congestion)) < 0)
		return -EINVAL;
	if (memcmp(&options->addr, &any, sizeof(any)) != 0) {
		for (unsigned int i = 0; i < tcp->ip->config.locals && local == 0; i++)
			local = ip_local_number(tcp->ip, &options->addr, tcp->ip->config.local[i].vlan);
		if (local == 0)
			return -EADDRNOTAVAIL;
	}
	if (options->family != 0 && options->family != 4 && options->family != 6)
		return -EINVAL;
	if (in_use(tcp, local, options->family, options->port, ports))
		return -EADDRINUSE;
	index = free_listener(tcp);
	if (index == 0)
		return -ENOBUFS;
	l = &tcp->listener[index];
	*l = (struct tcp_listener){
		.addr = options->addr, .generation = l->generation + 1, .local = local, .port = options->port,
		.ports = ports, .live = true, .cc = (uint8_t)cc, .family = options->family, .held = options->held,
		.backlog = options->backlog == 0 ? DEFAULT_BACKLOG : options->backlog, .user = options->user,
		.mss = options->mss,
		.fastopen = tcp->config.fastopen ? options->fastopen : 0,
	};
	if (l->fastopen == 0 && tcp->config.fastopen && tcp->config.fastopen_listeners)
		l->fastopen = l->backlog;
	tcp->listeners = RTE_MAX(tcp->listeners, index);
	index_ports(tcp, l);
	tcp->stats->listeners_now++;
	*out = (uint64_t)l->generation << 32 | index;
	return 0;
}

static struct tcp_listener *
get(struct tcp *tcp, tern_listener id)
{
	uint32_t index = (uint32_t)id;
	struct tcp_listener *l;

	if (index == 0 || index >= TCP_MAX_LISTENERS)
		return NULL;
	l = &tcp->listener[index];
	return l->live && l->generation == (uint32_t)(id >> 32) ? l : NULL;
}

int
tcp_listen_fastopen(struct tcp *tcp, tern_listener listener, uint32_t most)
{
	struct tcp_listener *l = get(tcp, listener);

	if (l == NULL)
		return -EBADF;
	l->fastopen = tcp->config.fastopen ? most : 0;
	return 0;
}

int
tcp_listen_backlog(struct tcp *tcp, tern_listener listener, uint32_t backlog)
{
	struct tcp_listener *l = get(tcp, listener);

	if (l == NULL)
		return -EBADF;
	l->backlog = backlog == 0 ? DEFAULT_BACKLOG : backlog;
	return 0;
}

int
tcp_listen_mss(struct tcp *tcp, tern_listener listener, uint16_t mss)
{
	struct tcp_listener *l = get(tcp, listener);

	if (l == NULL)
		return -EBADF;
	l->mss = mss;
	return 0;
}

int
tcp_unlisten(struct tcp *tcp, tern_listener id)
{
	struct tcp_listener *l = get(tcp, id);

	if (l == NULL)
		return -EBADF;
	l->live = false;
	index_ports(tcp, l);
	tcp_unlisten_half_open(tcp, (uint16_t)id);
	tcp->stats->listeners_now--;
	return 0;
}
