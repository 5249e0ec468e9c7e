/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#define ALLOW_EXPERIMENTAL_API   /* rte_ip_frag_table_del_expired_entries(), unchanged since 18.08 */

#include "ip/fragment_table.h"

#include <rte_ip_frag.h>
#include <rte_malloc.h>

#define BUCKETS 64u
#define BUCKET_WAYS 4u
#define PACKETS (BUCKETS * BUCKET_WAYS)      /* that wait at a time */
#define TIMEOUT_NS UINT64_C(60000000000)     /* RFC 8200, 4.5; RFC 1122, 3.3.2: 60 to 120 s */

struct fragment_table {
	struct rte_ip_frag_tbl *table;
	struct rte_ip_frag_death_row dead;
};

struct fragment_table *
fragment_table_new(int node)
{
	struct fragment_table *t = rte_zmalloc_socket("fragments", sizeof(*t), RTE_CACHE_LINE_SIZE, node);

	if (t == NULL)
		return NULL;
	t->table = rte_ip_frag_table_create(BUCKETS, BUCKET_WAYS, PACKETS, TIMEOUT_NS, node);
	if (t->table != NULL)
		return t;
	rte_free(t);
	return NULL;
}

void
fragment_table_free(struct fragment_table *t)
{
	rte_ip_frag_table_destroy(t->table);
	rte_free(t);
}

struct rte_mbuf *
fragment_table_add(struct fragment_table *t, struct rte_mbuf *m, bool v4, uint64_t now_ns)
{
	void *l3 = rte_pktmbuf_mtod_offset(m, void *, m->l2_len);
	struct rte_ipv6_hdr *v6 = l3;

	t->dead.cnt = 0;
	if (v4)
		return rte_ipv4_frag_reassemble_packet(t->table, &t->dead, m, now_ns, l3);
	return rte_ipv6_frag_reassemble_packet(t->table, &t->dead, m, now_ns, v6, (struct rte_ipv6_fragment_ext *)(v6 + 1));
}

void
fragment_table_expire(struct fragment_table *t, uint64_t now_ns)
{
	t->dead.cnt = 0;
	rte_ip_frag_table_del_expired_entries(t->table, &t->dead, now_ns);
}

struct rte_mbuf **
fragment_table_dead(struct fragment_table *t, uint32_t *n)
{
	*n = t->dead.cnt;
	return t->dead.row;
}
