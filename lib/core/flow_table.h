/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_FLOW_TABLE_H
#define CORE_FLOW_TABLE_H

#include <stdint.h>

#include "flow_key.h"

/*
 * One core's flows. 64-byte buckets of eight {32-bit tag, 30-bit index, 2-bit
 * kind}; a full bucket overflows into the next one, and each bucket passed over
 * counts that in the low bits of its first tag, so that a look-up knows when to
 * stop and a removal leaves no tombstone. A change of kind overwrites in place.
 * Single writer, no locks. The records are found through `records`, one base
 * and stride a kind, with the key at offset 0 of each.
 */
enum flow_kind { FLOW_NONE, FLOW_HALF_OPEN, FLOW_OPEN, FLOW_TIME_WAIT, FLOW_KINDS };

/* kind in the low 2 bits, index above: 0 is none */
typedef uint32_t flow_ref;
static inline flow_ref flow_ref_make(enum flow_kind kind, uint32_t index) { return index << 2 | (uint32_t)kind; }
static inline enum flow_kind flow_ref_kind(flow_ref r) { return (enum flow_kind)(r & 3); }
static inline uint32_t flow_ref_index(flow_ref r) { return r >> 2; }

struct flow_bucket;
struct flow_table {
	struct flow_bucket *buckets;
	uint32_t mask;             /* buckets - 1 */
	uint32_t used, capacity;   /* entries: now, and at most (load factor 3/4) */
	struct {
		const uint8_t *base;
		uint32_t stride;
	} records[FLOW_KINDS];
	size_t mapped;
};

/* room for `entries` flows at a load factor of at most 3/4, buckets a power of two; 0 or -ENOMEM */
int flow_table_init(struct flow_table *t, uint32_t entries, int node);
void flow_table_free(struct flow_table *t);
/* base: address of index 0 */
void flow_table_set_records(struct flow_table *t, enum flow_kind kind, const void *base, uint32_t stride);

/* static inline below: */
/* void     flow_prefetch(const struct flow_table *t, uint64_t hash)                                          */
/* flow_ref flow_candidate(const struct flow_table *t, uint64_t hash)   first tag match in the home bucket, or 0
 *                                                         (a guess for prefetching; touches no record)         */
/* void     flow_prefetch_record(const struct flow_table *t, flow_ref ref)                                     */
/* const struct flow_key *flow_key_of(const struct flow_table *t, flow_ref ref)                                */
/* flow_ref flow_find(const struct flow_table *t, uint64_t hash, const struct flow_key *key)   whole key, or 0  */
/* int      flow_insert(struct flow_table *t, uint64_t hash, flow_ref ref)     0 or -ENOSPC; no check for twins */
/* void     flow_remove(struct flow_table *t, uint64_t hash, flow_ref ref)     must be there                    */
/* void     flow_replace(struct flow_table *t, uint64_t hash, flow_ref old, flow_ref now)   must be there       */
#endif
