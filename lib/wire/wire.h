/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

/*
 * Bytes <-> values. Pure functions: no state, no clock, no mbuf. Network order
 * ends here; every value outside is in host order. Addresses are 16 bytes
 * (struct tern_addr), IPv4 mapped. Parsers take what there is and never read
 * beyond; they return 0 or -TERN_DROP_x.
 */

#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/ether.h"
#include "wire/icmp.h"
#include "wire/frame.h"
#include "wire/ndp.h"
#include "wire/tcp.h"

#endif
