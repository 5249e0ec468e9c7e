/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_TCP_OPTIONS_H
#define WIRE_TCP_OPTIONS_H

/* options as they stand in front of what they announce, four bytes at a time */
#define NOP_NOP_TIMESTAMP 0x0101080au
#define SACK_OK_TIMESTAMP 0x0402080au
#define NOP_NOP_SACK_OK 0x01010402u
#define NOP_NOP_SACK 0x01010500u
#define MSS_OPTION 0x02040000u
#define NOP_WSCALE 0x01030300u

#endif
