/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "wire/icmp.h"

#include <tern/counters.h>

#include "wire/bytes.h"

int
icmp_parse(struct icmp *i, const uint8_t *data, uint32_t length)
{
	if (length < ICMP_HEADER)
		return -TERN_DROP_ICMP_BAD;
	i->type = data[0];
	i->code = data[1];
	i->rest = get_be32(data + 4);
	return 0;
}
