/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_FLOW_TABLE_H
#define CORE_FLOW_TABLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include <assert.h>
#include <errno.h>

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

#define FLOW_BUCKET_SLOTS 8u
/*
 * The count's bits of tag[0]. A count that reaches this sticks, since it is no
 * longer known: that makes look-ups longer and never wrong. A full table of
 * 1.5 million flows counts 21 at most.
 */
#define FLOW_OVERFLOW_MASK 0xffu

struct flow_bucket {
	uint32_t tag[FLOW_BUCKET_SLOTS];  /* low bits of tag[0]: entries whose home is here or before, and place behind */
	flow_ref ref[FLOW_BUCKET_SLOTS];  /* 0: the slot is empty, whatever its tag says */
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct flow_bucket) == 64, "one cache line a look-up");

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

/* ---- inside of the table */

static inline uint32_t flow_home(const struct flow_table *t, uint64_t hash) { return (uint32_t)(hash >> 32) & t->mask; }
static inline uint32_t flow_overflow(const struct flow_bucket *b) { return b->tag[0] & FLOW_OVERFLOW_MASK; }

/*
 * flow_tags:      bit i: slot i's tag fits the hash, whether it is in use or not
 * flow_match:     bit i: slot i is in use and its tag fits the hash
 * flow_ref_slots: bit i: slot i has this ref; 0 asks for the empty ones
 */
#ifdef __AVX2__
static inline uint32_t
flow_ref_slots(const struct flow_bucket *b, flow_ref ref)
{
	__m256i refs = _mm256_load_si256((const __m256i *)(const void *)b->ref);
	__m256i equal = _mm256_cmpeq_epi32(refs, _mm256_set1_epi32((int)ref));

	return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(equal));
}

static inline uint32_t
flow_tags(const struct flow_bucket *b, uint64_t hash)
{
	const __m256i compared = _mm256_setr_epi32((int)~FLOW_OVERFLOW_MASK, -1, -1, -1, -1, -1, -1, -1);
	__m256i tags = _mm256_load_si256((const __m256i *)(const void *)b->tag);
	__m256i differs = _mm256_xor_si256(tags, _mm256_set1_epi32((int)(uint32_t)hash));
	__m256i equal = _mm256_cmpeq_epi32(_mm256_and_si256(differs, compared), _mm256_setzero_si256());

	return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(equal));
}
#else
static inline uint32_t
flow_ref_slots(const struct flow_bucket *b, flow_ref ref)
{
	uint32_t slots = 0;

	for (uint32_t i = 0; i < FLOW_BUCKET_SLOTS; i++)
		slots |= (uint32_t)(b->ref[i] == ref) << i;
	return slots;
}

static inline uint32_t
flow_tags(const struct flow_bucket *b, uint64_t hash)
{
	uint32_t match = ((b->tag[0] ^ (uint32_t)hash) & ~FLOW_OVERFLOW_MASK) == 0;

	for (uint32_t i = 1; i < FLOW_BUCKET_SLOTS; i++)
		match |= (uint32_t)(b->tag[i] == (uint32_t)hash) << i;
	return match;
}
#endif

static inline uint32_t
flow_match(const struct flow_bucket *b, uint64_t hash)
{
	return flow_tags(b, hash) & ~flow_ref_slots(b, 0);
}

/* The bucket and slot that a ref is in: found by the ref and not by the key, so that no record is touched. */
static inline uint32_t
flow_bucket_of(const struct flow_table *t, uint64_t hash, flow_ref ref, uint32_t *slot)
{
	uint32_t at = flow_home(t, hash), slots;

	while ((slots = flow_ref_slots(&t->buckets[at], ref)) == 0) {
		assert(flow_overflow(&t->buckets[at]) != 0);
		at = (at + 1) & t->mask;
	}
	*slot = (uint32_t)__builtin_ctz(slots);
	return at;
}

/* ---- look-up */

static inline void
flow_prefetch(const struct flow_table *t, uint64_t hash)
{
	__builtin_prefetch(&t->buckets[flow_home(t, hash)]);
}

static inline const struct flow_key *
flow_key_of(const struct flow_table *t, flow_ref ref)
{
	const uint8_t *base = t->records[flow_ref_kind(ref)].base;
	uint32_t stride = t->records[flow_ref_kind(ref)].stride;

	return (const struct flow_key *)(const void *)(base + (uint64_t)flow_ref_index(ref) * stride);
}

static inline void
flow_prefetch_record(const struct flow_table *t, flow_ref ref)
{
	__builtin_prefetch(flow_key_of(t, ref));
}

/*
 * Where a flow may stand, which touches no record: the slot of the first tag that fits, in the home bucket or, if
 * that has overflowed, in the next one; without any, one that is never filled. *slot may be 0.
 */
extern const flow_ref flow_no_slot;

static inline const flow_ref *
flow_slot(const struct flow_table *t, uint64_t hash)
{
	uint32_t home = flow_home(t, hash);
	const struct flow_bucket *b = &t->buckets[home];
	uint32_t fits = flow_tags(b, hash);

	if (__builtin_expect(fits == 0 && flow_overflow(b) != 0, 0)) {
		b = &t->buckets[(home + 1) & t->mask];
		fits = flow_tags(b, hash);
	}
	return fits != 0 ? b->ref + (uint32_t)__builtin_ctz(fits) : &flow_no_slot;
}

/* By the whole key; 0: not there. */
static inline flow_ref
flow_find(const struct flow_table *t, uint64_t hash, const struct flow_key *key)
{
	uint32_t at = flow_home(t, hash);

	/* bounded, since counts that stick may go all around */
	for (uint32_t left = t->mask + 1; left != 0; left--, at = (at + 1) & t->mask) {
		const struct flow_bucket *b = &t->buckets[at];

		for (uint32_t match = flow_match(b, hash); match != 0; match &= match - 1) {
			flow_ref ref = b->ref[__builtin_ctz(match)];

			if (__builtin_expect(flow_key_equal(flow_key_of(t, ref), key), 1))
				return ref;
		}
		if (__builtin_expect(flow_overflow(b) == 0, 1))
			break;
	}
	return 0;
}

/*
 * The same, first looked for in a slot that flow_slot() gave, however much the table has changed since. A record that
 * was freed or serves another flow is never taken: what stands in a slot now is in use, and its key decides.
 */
static inline flow_ref
flow_find_at(const struct flow_table *t, const flow_ref *slot, uint64_t hash, const struct flow_key *key)
{
	flow_ref ref = *slot;

	if (__builtin_expect(ref != 0 && flow_key_equal(flow_key_of(t, ref), key), 1))
		return ref;
	return flow_find(t, hash, key);
}

/* ---- change */

/* 0, or -ENOSPC. Does not look for a twin. */
static inline int
flow_insert(struct flow_table *t, uint64_t hash, flow_ref ref)
{
	uint32_t at = flow_home(t, hash);
	struct flow_bucket *b;
	uint32_t vacant, i;

	if (t->used == t->capacity)
		return -ENOSPC;
	while ((vacant = flow_ref_slots(b = &t->buckets[at], 0)) == 0) {
		if (flow_overflow(b) != FLOW_OVERFLOW_MASK)
			b->tag[0]++;
		at = (at + 1) & t->mask;
	}
	i = (uint32_t)__builtin_ctz(vacant);
	if (i == 0)
		b->tag[0] = ((uint32_t)hash & ~FLOW_OVERFLOW_MASK) | flow_overflow(b);
	else
		b->tag[i] = (uint32_t)hash;
	b->ref[i] = ref;
	t->used++;
	return 0;
}

/* It must be there. */
static inline void
flow_remove(struct flow_table *t, uint64_t hash, flow_ref ref)
{
	uint32_t slot, bucket = flow_bucket_of(t, hash, ref, &slot);

	t->buckets[bucket].ref[slot] = 0;
	for (uint32_t at = flow_home(t, hash); at != bucket; at = (at + 1) & t->mask) {
		if (flow_overflow(&t->buckets[at]) != FLOW_OVERFLOW_MASK)
			t->buckets[at].tag[0]--;
	}
	t->used--;
}

/* The same flow is another kind of record from now on. It must be there. */
static inline void
flow_replace(struct flow_table *t, uint64_t hash, flow_ref old, flow_ref now)
{
	uint32_t slot, bucket = flow_bucket_of(t, hash, old, &slot);

	t->buckets[bucket].ref[slot] = now;
}

#endif
