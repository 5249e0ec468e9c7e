/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef IP_INTERNAL_H
#define IP_INTERNAL_H

/* What the files of this room share. */

#include "core/mbuf.h"
#include "ip/ip.h"

#define IP_TTL 64u

/* ---- route.c */
/* What the look-ups of local addresses read, from the configuration. */
void route_prepare(struct ip *ip);
bool addr_in_prefix(const struct tern_addr *a, const struct tern_addr *net, uint8_t prefix);
/* Longest prefix on this VLAN, or NULL. Link-local IPv6 has no route: see ip_is_on_link(). */
const struct ip_route *ip_route_find(const struct ip *ip, uint16_t vlan, const struct tern_addr *dst);
/* Reached without a gateway, so that ARP or NDP from it can be believed? */
bool ip_is_on_link(const struct ip *ip, uint16_t vlan, const struct tern_addr *addr);
/* ARP and NDP answer for it: ours, and no pool that is routed to us */
bool ip_answers_for(const struct ip *ip, const struct tern_addr *addr, uint16_t vlan);

/* ---- neighbour.c */
struct ip_neighbour *neighbour_find(const struct ip *ip, const struct tern_addr *addr, uint16_t vlan);
/* A new entry, INCOMPLETE; the least useful one makes room when the table is full. */
struct ip_neighbour *neighbour_make(struct ip *ip, const struct tern_addr *addr, uint16_t vlan, uint32_t source);
/* It answered our question: REACHABLE. mac may be NULL: the known one stands. */
void neighbour_confirm(struct ip *ip, struct ip_neighbour *n, const struct mac_addr *mac, uint64_t now_ns);
/* It said so unasked: usable, but STALE when that is news. */
void neighbour_hint(struct ip *ip, struct ip_neighbour *n, const struct mac_addr *mac, uint64_t now_ns);
/* REACHABLE no more; as it was otherwise. */
void neighbour_doubt(struct ip *ip, struct ip_neighbour *n, uint64_t now_ns);
void neighbour_mac(const struct ip_neighbour *n, struct mac_addr *mac);
/* Output phase: solicitations and waiting packets */
void neighbours_output(struct ip *ip, uint64_t now_ns);

/* ---- resolve.c */
/* A solicitation for n: unicast to a known neighbour, else broadcast or multicast. False without an mbuf. */
bool resolve_solicit(struct ip *ip, const struct ip_neighbour *n);
/* Gratuitous ARP, unsolicited NA; there must be room to send it */
void announce(struct ip *ip, const struct tern_addr *addr, uint16_t vlan);
enum { IP_ANSWER = 2 };            /* beside IP_ICMP_ERROR: keep the packet: reply.c answers it */
int arp_input(struct ip *ip, const struct rte_mbuf *m, const struct frame *f, uint64_t now_ns);
int ndp_input(struct ip *ip, const struct rte_mbuf *m, const struct frame *f, uint64_t now_ns);
/* Frames from scratch: Ethernet header for `dst`, then the message. m is empty and has tailroom. */
void arp_frame(const struct ip *ip, struct rte_mbuf *m, const struct mac_addr *dst, uint16_t vlan, const struct arp *a);
void ndp_frame(const struct ip *ip, struct rte_mbuf *m, const struct mac_addr *dst, uint16_t vlan, const struct ndp *n,
	       const struct tern_addr *from, const struct tern_addr *to);

/* ---- error.c */
/* m: the first piece; taken over */
void ip_reassembly_timed_out(struct ip *ip, struct rte_mbuf *m, const struct frame *f, uint64_t now_ns);
struct rte_mbuf *answer_error(struct ip *ip, struct rte_mbuf *m, const struct ip_reply *r);

/* ---- reply.c */
int reply_queue(struct ip *ip, struct rte_mbuf *m, const struct frame *f);
void replies_output(struct ip *ip);

/* ---- tx */
static inline bool
ip_tx_full(const struct ip *ip)
{
	return ip->tx->count == FRAME_QUEUE;
}

/* there must be room */
static inline void
ip_tx_push(struct ip *ip, struct rte_mbuf *m)
{
	ip->tx->frame[ip->tx->count++] = m;
}

#endif
