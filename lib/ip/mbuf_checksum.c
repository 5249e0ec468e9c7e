/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "ip/mbuf_checksum.h"

uint64_t
checksum_mbuf(const struct rte_mbuf *m, uint32_t offset, uint32_t length)
{
	uint64_t sum = 0;
	bool odd = false;

	for (; offset >= m->data_len; m = m->next) {
		if (m->next == NULL)
			return 0;
		offset -= m->data_len;
	}
	while (length > 0 && m != NULL) {
		uint32_t here = RTE_MIN(length, m->data_len - offset);
		uint64_t part = checksum_add(0, rte_pktmbuf_mtod_offset(m, const uint8_t *, offset), here);

		sum += odd ? checksum_odd(part) : part;
		odd ^= here & 1;
		length -= here;
		offset = 0;
		m = m->next;
	}
	return sum;
}

bool
ip_l4_checksum_ok(const struct rte_mbuf *m, const struct frame *f)
{
	/* ICMP alone has no pseudo header (RFC 792) */
	uint64_t sum = f->v4 && f->protocol == IP_PROTO_ICMP ? 0 :
		checksum_pseudo(f->v4, &f->src, &f->dst, f->protocol, f->l4_length);

	return checksum_fold(sum + checksum_mbuf(m, f->l4_offset, f->l4_length)) == 0;
}
