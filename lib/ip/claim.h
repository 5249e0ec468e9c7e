/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef IP_CLAIM_H
#define IP_CLAIM_H

/*
 * Is anybody else at our addresses (RFC 5227, RFC 4862, 5.4)? Asked in the background: the addresses serve from the start, as
 * RFC 4429 allows, with what it asks for: no neighbour's entry is overridden, and no link-layer address offered, before the
 * question is through. An address that is another's is given up; one that was ours first is defended, at most once in ten
 * seconds, and kept (RFC 5227, 2.4 (c)).
 */

#include <stdbool.h>
#include <stdint.h>

#include <tern/addr.h>

struct ip;

enum claim_state { CLAIM_HELD, CLAIM_PROBING, CLAIM_ANNOUNCING, CLAIM_LOST };

/* Of a run of local addresses; pools are held without a question. */
struct ip_claim {
	uint8_t state;               /* enum claim_state */
	uint8_t sent;                /* in this state */
	bool owed;                   /* a probe or an announcement is to be sent */
	bool defended;               /* once, at: */
	uint64_t defended_ns;
	uint64_t due_ns;             /* of the next step */
};

/* Begin. speak: this core asks; the others only take part in the answer. */
void ip_claim(struct ip *ip, uint64_t now_ns, bool speak);
/* An address is another's: given up. @return false when it is not ours (any more), or not in question */
bool ip_lose(struct ip *ip, const struct tern_addr *addr, uint16_t vlan);
/* Is it asked about just now? */
bool claim_is_probing(const struct ip *ip, const struct tern_addr *addr, uint16_t vlan);
/* Another link-layer address claims one of ours. @return -TERN_DROP_ARP_CONFLICT */
int claim_conflict(struct ip *ip, const struct tern_addr *addr, uint16_t vlan, uint64_t now_ns);
void claims_expire(struct ip *ip, uint64_t now_ns);
void claims_output(struct ip *ip, uint64_t now_ns);

#endif
