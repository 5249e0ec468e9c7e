/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_CHECKSUM_COPY_H
#define WIRE_CHECKSUM_COPY_H

/*
 * For frames that are copied on their way in, out of memory that another process writes: they are summed while they
 * pass through the registers. No byte is read again to be checked, and what was summed is what was copied, whatever
 * the other process does meanwhile.
 */

#include <stdbool.h>
#include <stdint.h>

#define CHECKSUM_LINE 64u

/*
 * Copies `length` bytes, at most 64 KiB, and what is behind them up to the end of a line of 64 or less: both ends have
 * so much. @return the sum of the `length` bytes, as checksum_add()'s from 0
 */
uint64_t checksum_copy(uint8_t *to, const uint8_t *from, uint32_t length);
/* The same where there is AVX2, and anywhere */
uint64_t checksum_copy_avx2(uint8_t *to, const uint8_t *from, uint32_t length);
uint64_t checksum_copy_words(uint8_t *to, const uint8_t *from, uint32_t length);

/*
 * Is this frame, of a sum by checksum_copy(), TCP right behind Ethernet and an IP header without options, no fragment,
 * and filled to its end, and are all checksums right? All that is not is for others to look at, and to say why.
 */
bool checksum_frame_is_right(const uint8_t *frame, uint32_t length, uint64_t sum);

#endif
