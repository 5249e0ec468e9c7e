/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef IP_IP_H
#define IP_IP_H

/*
 * Interfaces as one core sees them: local addresses with their VLANs, routes,
 * neighbours, echo. Each core has its own copy; what one learns it tells the
 * others through `hooks`. Nothing here calls up: TCP asks for a next hop and
 * writes frames behind its template.
 */

#include <assert.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

#include "core/fifo.h"
#include "ip/claim.h"
#include "ip/fragment.h"
#include "ip/path_mtu.h"
#include "wire/wire.h"

#define IP_MAX_LOCALS 64u
#define IP_MAX_ROUTES 128u
#define IP_NEIGHBOURS 4096u       /* the most next hops a core knows; the least used is recycled */
#define IP_NEIGHBOUR_QUEUE 32u    /* packets that wait for one neighbour (RFC 1122, 2.3.2.2: at least one) */
#define IP_REPLIES 64u            /* ARP, NDP and echo answers a turn */

/* A run of consecutive local addresses. Their numbers go on from `number`. */
struct ip_local {
	struct tern_addr first;
	uint32_t count;          /* 1 for --ip; more for a --src pool */
	uint32_t number;         /* of the first; numbers start at 1 */
	uint16_t vlan;           /* VLAN_NONE, or a tag */
	uint8_t prefix;          /* of the mapped form: 96 + IPv4 prefix */
	bool pool;               /* from --src: answered for when on-link, not chosen by default. ip_init() sets
	                          * its prefix from the on-link route that covers it, or to 128 */
};

struct ip_route {
	struct tern_addr net;
	uint8_t prefix;          /* of the mapped form */
	bool via;                /* through gateway, else on-link */
	uint16_t vlan;
	struct tern_addr gateway;
};

struct ip_config {
	struct mac_addr mac;
	uint16_t mtu;            /* of the interface: IP packet, no Ethernet */
	bool tx_ip_checksum;     /* device fills in IPv4 header checksums */
	bool tx_l4_checksum;     /* device fills in TCP checksums (field holds the pseudo header's sum) */
	bool rx_checksum;        /* trust RTE_MBUF_F_RX_..._CKSUM flags; without, or where they say unknown: software */
	unsigned int locals, routes;
	struct ip_local local[IP_MAX_LOCALS];
	struct ip_route route[IP_MAX_ROUTES];   /* on-link routes of the local addresses, gateways, any order */
	uint64_t reachable_ns;   /* 0: 30 s (RFC 4861, 10) */
	uint64_t retrans_ns;     /* 0: 1 s */
};

enum ip_neighbour_state { NEIGHBOUR_FREE, NEIGHBOUR_INCOMPLETE, NEIGHBOUR_FAILED,
			  NEIGHBOUR_REACHABLE, NEIGHBOUR_STALE, NEIGHBOUR_PROBE /* the last three are usable */ };

/* One cache line hot: what output copies. Behind it packets that wait. */
struct ip_neighbour {
	struct ether_template header;  /* meaningful while usable */
	uint8_t state;
	uint8_t used;            /* set by output; read by ageing */
	uint8_t queued;          /* packets */
	uint8_t probes : 4, owes_solicit : 1, listed : 1;  /* sent in a row; to be sent by ip_output(); on its list */
	uint16_t generation;     /* of this entry: an index alone does not name a neighbour */
	uint16_t vlan;
	uint32_t owed_link;      /* belongs to the index: outlives a recycling */
	struct tern_addr addr;
	uint64_t deadline_ns;    /* next state change or solicitation */
	uint32_t chain;          /* next in the look-up chain */
	uint32_t source;         /* local number that asked: source of solicitations */
	struct rte_mbuf *queue[IP_NEIGHBOUR_QUEUE];  /* IP packets without Ethernet header */
} __rte_cache_aligned;

static_assert(offsetof(struct ip_neighbour, queue) == 64, "the first line is all that output and ageing read");

/* A neighbour as connections keep it: index in the low 16 bits, generation above. 0 is none. */
typedef uint32_t ip_nexthop;

/* Frames on their way to the link. What the device does not take waits here. */
#define FRAME_QUEUE 512u
struct frame_queue {
	uint32_t count;
	struct rte_mbuf *frame[FRAME_QUEUE];
};

struct ip_hooks {
	void *context;
	/* another core of this interface should know: addr is at mac (call ip_learn() there) */
	void (*learned)(void *context, const struct tern_addr *addr, uint16_t vlan, const struct mac_addr *mac);
	/* an address of ours is somebody else's, and given up (call ip_lose() there) */
	void (*lost)(void *context, const struct tern_addr *addr, uint16_t vlan);
	/* and this: the way to dst takes no more than mtu (path_mtu_lower() there) */
	void (*path_mtu)(void *context, const struct tern_addr *dst, uint16_t mtu);
};

/* A run of local addresses as look-ups read it: in host order, half a line. */
struct ip_run {
	uint64_t high, low;
	uint32_t count, number;
	uint32_t host_bits;      /* all set in the broadcast address of an IPv4 network; 0: it has none */
	uint16_t vlan;
};

/* A next hop that was found, by the addresses of its packets. */
#define IP_WAYS 256u
struct ip_way {
	struct tern_addr dst;
	uint32_t local;
	ip_nexthop hop;
};

/* The source that was chosen last; number 0: none was. */
struct ip_source {
	struct tern_addr target;
	uint32_t number;
};

#define IP_ADDRESS_TABLE 4096u    /* local addresses that are kept spelled out; larger pools are computed */

struct ip {
	struct ip_config config;
	struct ip_run run[IP_MAX_LOCALS];
	const struct ip_run *run_ipv4;       /* the first of IPv4 without a tag; without any, an empty one */
	struct tern_addr *address;           /* by number, the first `addresses` */
	uint32_t addresses;
	struct ip_way way[IP_WAYS];
	struct ip_source source;             /* forgotten when an address is lost */
	struct path_mtus paths;
	struct fragments fragments;
	struct ip_claim claim[IP_MAX_LOCALS + 1];  /* by run; the last is the link-local address's */
	uint64_t claims_next_ns;             /* nothing happens to them before */
	uint32_t claims_owed;
	bool claims_speak, link_local_lost;
	struct frame_queue *tx;
	struct rte_mempool *pool;
	struct ip_hooks hooks;
	uint64_t *drops;                     /* [TERN_DROP_MAX], the stack's */
	struct tern_addr link_local;         /* IPv6, of config.mac; never an end of a connection, but known to NDP and echo */
	uint16_t ip_id;
	uint32_t neighbours;                 /* entries handed out so far */
	uint32_t age_next;                   /* ageing goes round: the entry that it looks at next */
	uint32_t recycle_next;               /* recycling too */
	uint64_t next_ns;                    /* nothing is due before */
	uint64_t pass_ns;                    /* earliest deadline that this round of ageing has seen */
	uint32_t *chains;                    /* look-up by address: heads */
	struct ip_neighbour *neighbour;      /* [IP_NEIGHBOURS], from 1 */
	struct fifo owed;                    /* neighbours with something to send: solicitation, or what waited */
	uint64_t errors_since_ns;            /* this second's ICMP errors, and how many */
	uint32_t errors;
	uint32_t replies;
	struct ip_reply {
		struct rte_mbuf *m;
		struct frame frame;
		uint8_t type, code;          /* of an ICMP error about it; type 0: the answer that it asks for */
		uint32_t rest;
	} *reply;                            /* [IP_REPLIES], answered in the output phase */
	size_t mapped;
};

/* 0 or -ENOMEM. config is copied. */
int ip_init(struct ip *ip, const struct ip_config *config, struct rte_mempool *pool, struct frame_queue *tx,
	    uint64_t *drops, const struct ip_hooks *hooks, int node);
void ip_free(struct ip *ip);

/* Is the Ethernet destination ours, broadcast, or an IPv6 group that we are in? If not, the frame is dropped
 * as TERN_DROP_NOT_FOR_US_MAC. */
bool ip_frame_for_us(const struct ip *ip, const struct frame *f);

/* Local, or the link-local address of a VLAN that has IPv6 */
bool ip_is_ours(const struct ip *ip, const struct tern_addr *addr, uint16_t vlan);

/* Number of a local address that packets to dst on this VLAN belong to; 0 if it is none of ours, as broadcast
 * and multicast addresses never are (MUST-57). */
uint32_t ip_local_number(const struct ip *ip, const struct tern_addr *dst, uint16_t vlan);
/* The same by the words of dst in host order */
uint32_t ip_local_search(const struct ip *ip, uint64_t high, uint64_t low, uint16_t vlan);

static inline bool
ip_run_spans(const struct ip_run *r, uint64_t high, uint64_t low, uint16_t vlan)
{
	return low - r->low < r->count && high == r->high && r->vlan == vlan;
}

/* A run may sweep over the broadcast address of its network: that is none of ours. */
static inline uint32_t
ip_run_number(const struct ip_run *r, uint64_t low)
{
	return r->host_bits != 0 && (~low & r->host_bits) == 0 ? 0 : r->number + (uint32_t)(low - r->low);
}

/* The same of an untagged IPv4 address in host order: the first such run, which is all that most have, without a call. */
static inline uint32_t
ip_local_ipv4(const struct ip *ip, uint32_t dst)
{
	const struct ip_run *r = ip->run_ipv4;
	uint32_t place = dst - (uint32_t)r->low;

	if (unlikely(place >= r->count || (r->host_bits != 0 && (~dst & r->host_bits) == 0)))
		return ip_local_search(ip, 0, UINT64_C(0xffff) << 32 | dst, VLAN_NONE);
	return r->number + place;
}

/* Local, on whichever VLAN. */
bool ip_is_local(const struct ip *ip, const struct tern_addr *addr);
/* Why a packet with local number 0 is dropped: -TERN_DROP_VLAN when nothing of ours is on this VLAN, -TERN_DROP_IP_TENTATIVE when
 * the address was given up as somebody else's, else -TERN_DROP_IP_NOT_LOCAL */
int ip_not_local(const struct ip *ip, const struct tern_addr *dst, uint16_t vlan);
/* The address behind a number; the range it lies in. number must be valid. */
const struct ip_local *ip_local_of(const struct ip *ip, uint32_t number);
/* The same where the table of addresses is too short */
void ip_local_address_beyond(const struct ip *ip, uint32_t number, struct tern_addr *addr);
static inline void
ip_local_address(const struct ip *ip, uint32_t number, struct tern_addr *addr)
{
	if (number < ip->addresses)
		*addr = ip->address[number];
	else
		ip_local_address_beyond(ip, number, addr);
}
/* The entry, or NULL if it was recycled since (route again). */
static inline struct ip_neighbour *
ip_nexthop_get(const struct ip *ip, ip_nexthop hop)
{
	struct ip_neighbour *n = &ip->neighbour[hop & 0xffff];

	return n->generation == hop >> 16 ? n : NULL;
}

/* Source address (number) for a target by longest prefix (MUST-44); 0 without a route. Never a pool's.
 * Remembered for the last target: routes do not change. */
uint32_t ip_source_anew(struct ip *ip, const struct tern_addr *target);
static inline uint32_t
ip_source_for(struct ip *ip, const struct tern_addr *target)
{
	if (likely(ip->source.number != 0 && addr_equal(&ip->source.target, target)))
		return ip->source.number;
	return ip_source_anew(ip, target);
}

/* Next hop towards dst from a local address: longest prefix among the routes of its VLAN. Finds or makes
 * the neighbour's entry (INCOMPLETE; a solicitation goes with the first packet queued or ip_solicit()). 0: no route,
 * or dst is no unicast address (MUST-46): multicast, broadcast of its network too, unspecified, loopback.
 * The way that was found last for these two addresses is still the way, unless its neighbour was recycled: an open on
 * either side asks once. */
ip_nexthop ip_route_anew(struct ip *ip, struct ip_way *way, uint32_t local, const struct tern_addr *dst);
static inline ip_nexthop
ip_route(struct ip *ip, uint32_t local, const struct tern_addr *dst)
{
	struct ip_way *way = &ip->way[(local * 31 + dst->b[15]) % IP_WAYS];

	if (likely(way->hop != 0 && way->local == local && addr_equal(&way->dst, dst) && ip_nexthop_get(ip, way->hop) != NULL))
		return way->hop;
	return ip_route_anew(ip, way, local, dst);
}

static inline bool
ip_neighbour_usable(const struct ip_neighbour *n)
{
	return n->state >= NEIGHBOUR_REACHABLE;
}

/* Keep an IP packet (no Ethernet header; headroom for one) until the neighbour answers; takes m over.
 * What it makes necessary is sent by the next ip_output(). A full queue drops the oldest (RFC 1122 2.3.2.2 wants the latest kept), a failed neighbour the packet, counted; some seconds
 * after it failed it is asked again. */
void ip_neighbour_wait(struct ip *ip, struct ip_neighbour *n, struct rte_mbuf *m, uint64_t now_ns);
/* Start resolution without a packet; the solicitation leaves with the next ip_output(). */
void ip_solicit(struct ip *ip, struct ip_neighbour *n, uint64_t now_ns);
/* Negative advice from TCP (RFC 9293, MUST-20; RFC 1122, 3.3.1.4): nothing comes back, so the next hop is asked whether it
 * is still there. */
void ip_suspect(struct ip *ip, ip_nexthop hop);
/* Another core learned this. Flushes what waits here. Makes no entry that nobody asked for. */
void ip_learn(struct ip *ip, const struct tern_addr *addr, uint16_t vlan, const struct mac_addr *mac, uint64_t now_ns);

/* An error that somebody on the path reports to one of our addresses, its checksum right: for whoever knows what it
 * quotes (icmp_error_parse()). m is still the caller's. */
enum { IP_ICMP_ERROR = 1 };
/* ARP, ICMP or ICMPv6 that arrived; takes m over. Changes state; answers are built by ip_output().
 * @return 0, -TERN_DROP_x (m is freed then too; the caller counts), or IP_ICMP_ERROR. */
int ip_input(struct ip *ip, struct rte_mbuf *m, const struct frame *f, uint64_t now_ns);
/* Tells the sender by ICMP that a packet's protocol, header or option (f->problem) is not understood here, when that may be
 * told; takes m over. The caller counts the drop. */
void ip_refuse(struct ip *ip, struct rte_mbuf *m, const struct frame *f, uint64_t now_ns);
/* Output phase, every turn: solicitations, packets whose neighbour has answered, and answers to what arrived,
 * turned around in the received mbuf if it is direct and unshared. What finds no room in tx stays owed. */
void ip_output(struct ip *ip, uint64_t now_ns);
/* True if ip_output() has something to send. */
static inline bool
ip_owes(const struct ip *ip)
{
	return ip->replies != 0 || fifo_peek(&ip->owed) != 0 || ip->claims_owed != 0;
}
/* Expiry phase: solicitations due, ageing; looks at a bounded number of entries a call. Builds no packet. */
void ip_expire(struct ip *ip, uint64_t now_ns);
/* Announce the local addresses (gratuitous ARP, unsolicited NA), once at start, where nobody is asked: see ip_claim(). */
void ip_announce(struct ip *ip);
/* When ip_expire() has next something to do, or earlier; 0 while ip_output() has; UINT64_MAX for never. For
 * sleepers and virtual time. */
uint64_t ip_next_ns(const struct ip *ip);

/* The way to dst takes no more than mtu, says the network: known from now on, and told to the other cores. @return whether
 * that is a change */
bool ip_path_mtu_lower(struct ip *ip, const struct tern_addr *dst, uint16_t mtu, uint64_t now_ns);

/* Largest TCP payload plus TCP header minus 20 that fits: the MSS to announce (MUST-67) */
static inline uint16_t
ip_mss(const struct ip *ip, bool v4)
{
	return (uint16_t)(ip->config.mtu - (v4 ? 40 : 60));
}

#endif
