/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_CUTTER_H
#define SIM_CUTTER_H

/*
 * What a device with TSO makes of a frame: segments of m->tso_segsz bytes, by
 * the lengths that the mbuf names. It reads what DPDK says that a driver is
 * told, and nothing else; what a driver could not work with fails the program.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define CUTTER_MOST 64u   /* segments, and mbufs, of a frame */

/* Linear frames out of m's pool, with all checksums. @return how many. m stays the caller's. */
uint32_t cutter_cut(const struct rte_mbuf *m, struct rte_mbuf **out, uint32_t most);
/* Fills in the checksums that are left to the device, in place; headers are in the first mbuf. */
void cutter_checksums(struct rte_mbuf *m);
/* CE on an IPv4 frame without VLAN, as a router would set it; whether it carries TCP's CWR */
void cutter_mark(struct rte_mbuf *m);
bool cutter_says_reduced(const struct rte_mbuf *m);

#endif
