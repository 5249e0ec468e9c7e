/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TERN_MBUF_H
#define TERN_MBUF_H

/**
 * @file
 * The calls that know DPDK's mbufs and ports, kept apart so that other
 * programs do not bind to DPDK's ABI.
 */

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <tern/tern.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Send the chain's data without a copy; takes over the caller's reference when it returns >= 0.
 *  The data must not be written any more. @return bytes, or as tern_send_ref(). */
ssize_t tern_send_mbuf(struct tern_stack *stack, tern_conn conn, struct rte_mbuf *m);

/** Take the next mbuf of in-order payload; the caller frees it, and soon: it is receive memory.
 *  It may be shared: read only. @return bytes, 0 at the end, -EAGAIN, -ENOBUFS while the pool runs low
 *  (tern_recv() copies then), or as tern_recv(). */
ssize_t tern_recv_mbuf(struct tern_stack *stack, tern_conn conn, struct rte_mbuf **m);

/** A stack on the calling thread, for a program that has EAL up: a started port, its queue, and a pool
 *  for what is sent. Words are those of tern_open() without devices and cores. @return NULL: tern_error(). */
struct tern_stack *tern_stack_create(uint16_t port, uint16_t queue, struct rte_mempool *pool, int argc, char **argv);
void tern_stack_destroy(struct tern_stack *stack);

#ifdef __cplusplus
}
#endif
#endif
