/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

/*
 * What every test of a whole stack needs: EAL without devices and hugepages,
 * a pool, and a stack that stands alone on its wire, with a clock that the test
 * moves.
 */

#include <stdbool.h>
#include <stdint.h>

#include "stack/stack.h"

/* EAL and the pool, made by the first call of a process. */
struct rte_mempool *host_pool(void);
/* A frame in an mbuf of the pool, as a device would hand it over; NULL when there is none. */
struct rte_mbuf *host_mbuf(const void *frame, uint32_t length);
/* mbufs that are in use, in whoever's hands */
unsigned int host_pool_in_use(void);

struct host_setup {
	struct tern_link *link;
	struct mac_addr mac;
	struct tern_addr local[4];       /* the first `locals`; IPv4 as /24, IPv6 as /64 */
	unsigned int locals;
	struct tern_addr gateway[2];     /* IPv4, IPv6; all zero: none */
	uint16_t vlan;
	uint16_t mtu;                    /* 0: 1500 */
	uint64_t seed, start_ns;
	struct tcp_config tcp;
	uint32_t burst;                  /* 0: the stack's */
};

/* TCP_CONFIG_DEFAULT with room for hundreds, not hundred thousands, of connections. */
struct tcp_config host_tcp_config(void);
/* A setting of struct tcp_config by its name, or "mtu". false: there is none. */
bool host_set(struct host_setup *setup, const char *name, long long value);
/* NULL with errno set. */
struct tern_stack *host_stack(const struct host_setup *setup);

#endif
