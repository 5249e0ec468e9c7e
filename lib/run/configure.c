/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <string.h>

#include "run/configure.h"

#define MAPPED_BITS 96u   /* before an IPv4 address in its mapped form */

_Static_assert(SIDE_MAX_IPS + SIDE_MAX_POOLS <= IP_MAX_LOCALS, "every address has its place");
_Static_assert(SIDE_MAX_IPS + SIDE_MAX_GATEWAYS <= IP_MAX_ROUTES, "every subnet and gateway has its route");

/* A timer that fires early breaks a promise to the peer, one that fires late does not. */
static uint32_t
ms_of(uint64_t ns)
{
	return (uint32_t)((ns + 999999) / 1000000);
}

void
configure_tcp(struct tcp_config *tcp, const struct side_options *s)
{
	*tcp = (struct tcp_config)TCP_CONFIG_DEFAULT;
	tcp->max_connections = (uint32_t)s->max_connections;
	tcp->max_half_open = (uint32_t)s->max_half_open;
	tcp->max_time_wait = (uint32_t)s->max_time_wait;
	tcp->rcvbuf_max = (uint32_t)s->window_max;
	if (s->window != 0)
		tcp->rcvbuf = tcp->rcvbuf_max = (uint32_t)s->window;
	else if (tcp->rcvbuf > tcp->rcvbuf_max)
		tcp->rcvbuf = tcp->rcvbuf_max;
	tcp->sndbuf = (uint32_t)s->sndbuf;
	tcp->notsent_lowat = s->notsent_lowat == 0 ? UINT32_MAX : (uint32_t)s->notsent_lowat;
	tcp->mss = (uint16_t)s->mss;
	tcp->timestamps = !s->no_timestamps;
	tcp->sack = !s->no_sack;
	tcp->wscale = !s->no_wscale;
	tcp->ecn = (uint8_t)s->ecn;
	tcp->nodelay = !s->nagle;
	tcp->pmtu_discovery = !s->no_pmtu;
	tcp->pmtu_base = (uint16_t)s->pmtu_base;
	tcp->ack_every = (uint8_t)s->ack_every;
	tcp->ttl = (uint8_t)s->ttl;
	tcp->tos = (uint8_t)s->tos;
	tcp->congestion = s->congestion;
	tcp->pacing = s->pacing;
	tcp->account = s->account;
	tcp->initial_window = (uint32_t)s->initial_window;
	tcp->delayed_ack_ms = ms_of(s->delayed_ack_ns);
	tcp->rto_min_ms = ms_of(s->rto_min_ns);
	tcp->rto_max_ms = ms_of(s->rto_max_ns);
	tcp->rto_initial_ms = ms_of(s->rto_initial_ns);
	tcp->syn_timeout_ms = ms_of(s->syn_timeout_ns);
	tcp->synack_retries = (uint32_t)s->synack_retries;
	tcp->syn_cookies = (uint8_t)s->syn_cookies;
	tcp->cookie_threshold = (uint32_t)s->cookie_threshold;
	tcp->challenge_ms = ms_of(s->challenge_ns);
	tcp->user_timeout_ms = ms_of(s->user_timeout_ns);
	tcp->fin_wait_2_ms = ms_of(s->fin_timeout_ns);
	tcp->time_wait_ms = ms_of(s->time_wait_ns);
}

static void
add_local(struct ip_config *ip, const struct tern_addr *first, uint32_t count, uint8_t prefix, uint16_t vlan, bool pool)
{
	struct ip_local *l = &ip->local[ip->locals];

	l->number = ip->locals == 0 ? 1 : l[-1].number + l[-1].count;
	l->first = *first;
	l->count = count;
	l->prefix = prefix;
	l->vlan = vlan;
	l->pool = pool;
	ip->locals++;
}

static void
add_gateway(struct ip_config *ip, const struct side_options *s, const struct tern_addr *gateway)
{
	struct ip_route *r = &ip->route[ip->routes++];

	r->via = true;
	r->gateway = *gateway;
	r->prefix = tern_addr_is_v4(gateway) ? MAPPED_BITS : 0;
	address_network(&r->net, gateway, r->prefix);
	/* it was checked that there is one */
	for (unsigned int i = 0; i < s->ips; i++)
		if (tern_addr_is_v4(gateway) == tern_addr_is_v4(&s->ip[i].addr) &&
		    address_in_prefix(gateway, &s->ip[i].addr, s->ip[i].prefix))
			r->vlan = s->ip[i].vlan;
}

void
configure_ip(struct ip_config *ip, const struct side_options *s, const struct port *port)
{
	memset(ip, 0, sizeof(*ip));
	ip->mac = port->mac;
	ip->mtu = port->mtu;
	ip->tx_ip_checksum = port->link[0]->capabilities.tx_ip_checksum;
	ip->tx_l4_checksum = port->link[0]->capabilities.tx_l4_checksum;
	ip->rx_checksum = port->link[0]->capabilities.rx_checksum;
	for (unsigned int i = 0; i < s->ips; i++) {
		struct ip_route *r = &ip->route[ip->routes++];

		add_local(ip, &s->ip[i].addr, 1, s->ip[i].prefix, s->ip[i].vlan, false);
		r->prefix = s->ip[i].prefix;
		r->vlan = s->ip[i].vlan;
		address_network(&r->net, &s->ip[i].addr, r->prefix);
	}
	for (unsigned int i = 0; i < s->gateways; i++)
		add_gateway(ip, s, &s->gateway[i]);
	/* whether a pool is on a subnet of ours, so that it must be answered for, ip/ finds by the routes */
	for (unsigned int i = 0; i < s->pools; i++)
		add_local(ip, &s->pool[i].first, s->pool[i].count, 128, s->pool[i].vlan, true);
}
