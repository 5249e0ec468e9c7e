/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "ip/path_mtu.h"

#include "wire/bytes.h"
#include "wire/frame.h"

/* No secret: an entry costs an attacker a segment of ours in flight to quote, and what he pushes out is only a saving. */
static uint32_t
set_of(const struct tern_addr *dst)
{
	uint64_t h = (get_be64(dst->b) * UINT64_C(0x9e3779b97f4a7c15)) ^ get_be64(dst->b + 8);

	h *= UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 32) % (PATH_MTU_ENTRIES / PATH_MTU_WAYS) * PATH_MTU_WAYS;
}

void
path_mtus_init(struct path_mtus *t)
{
	memset(t, 0, sizeof(*t));
	t->next_ns = UINT64_MAX;
}

uint16_t
path_mtu_find(const struct path_mtus *t, const struct tern_addr *dst)
{
	const struct path_mtu *e;

	if (t->used == 0)
		return 0;
	e = &t->entry[set_of(dst)];
	for (unsigned int i = 0; i < PATH_MTU_WAYS; i++)
		if (e[i].mtu != 0 && addr_equal(&e[i].dst, dst))
			return e[i].mtu;
	return 0;
}

/* Its entry, a free one, or the one that expires first. */
static struct path_mtu *
place_for(struct path_mtus *t, const struct tern_addr *dst)
{
	struct path_mtu *e = &t->entry[set_of(dst)], *best = e;

	for (unsigned int i = 0; i < PATH_MTU_WAYS; i++)
		if (e[i].mtu != 0 && addr_equal(&e[i].dst, dst))
			return &e[i];
	for (unsigned int i = 1; i < PATH_MTU_WAYS && best->mtu != 0; i++)
		if (e[i].mtu == 0 || e[i].expires_ns < best->expires_ns)
			best = &e[i];
	return best;
}

bool
path_mtu_lower(struct path_mtus *t, const struct tern_addr *dst, uint16_t mtu, uint64_t now_ns)
{
	struct path_mtu *e = place_for(t, dst);
	bool known = e->mtu != 0 && addr_equal(&e->dst, dst);

	if (known && mtu > e->mtu)
		return false;
	if (known && mtu == e->mtu) {
		e->expires_ns = now_ns + PATH_MTU_LIFE_NS;
		return false;
	}
	t->used += e->mtu == 0;
	*e = (struct path_mtu){ .dst = *dst, .expires_ns = now_ns + PATH_MTU_LIFE_NS, .mtu = mtu };
	if (e->expires_ns < t->next_ns)
		t->next_ns = e->expires_ns;
	t->version++;
	return true;
}

void
path_mtus_expire(struct path_mtus *t, uint64_t now_ns)
{
	if (now_ns < t->next_ns)
		return;
	t->next_ns = UINT64_MAX;
	for (unsigned int i = 0; i < PATH_MTU_ENTRIES; i++) {
		struct path_mtu *e = &t->entry[i];

		if (e->mtu == 0)
			continue;
		if (e->expires_ns <= now_ns) {
			e->mtu = 0;
			t->used--;
			t->version++;
		} else if (e->expires_ns < t->next_ns) {
			t->next_ns = e->expires_ns;
		}
	}
}

uint16_t
path_mtu_plateau(uint16_t length)
{
	static const uint16_t plateaus[] = { 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296 };

	for (unsigned int i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++)
		if (length > plateaus[i])
			return plateaus[i];
	return PATH_MTU_V4_LEAST;
}
