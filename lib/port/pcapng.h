/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_PCAPNG_H
#define PORT_PCAPNG_H

/*
 * Writing pcapng (draft-ietf-opsawg-pcapng). Not by rte_pcapng: that knows DPDK's
 * ports alone, which loop is not, and the processor's clock alone, which is not
 * the stack's when time is virtual. libpcap reads the format and writes only the
 * older one, without interfaces and directions.
 *
 * A file is whole at every moment: blocks are written together, and never a part.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/complaint.h"
#include "wire/ether.h"

/* What tells in a comment by how much the stacks' time is behind the frames'; written and read. */
#define PCAPNG_CLOCK "stack clock = time - %" PRIu64 " ns"
#define PCAPNG_CLOCK_SCANNED "stack clock = time - %" SCNu64 " ns"

struct pcapng;

enum pcapng_direction { PCAPNG_IN = 1, PCAPNG_OUT = 2 };

/* What is there already is replaced. `comment` is for people. NULL with why. */
struct pcapng *pcapng_create(const char *path, const char *comment, struct complaint *why);
/* Interfaces count from 0, in the order in which they are added: before the first frame. */
void pcapng_interface(struct pcapng *p, const char *name, const char *description, const struct mac_addr *mac,
		      uint32_t most_bytes);
/* `captured` bytes of a frame of `length`; time in nanoseconds since 1970. */
void pcapng_frame(struct pcapng *p, uint32_t interface, uint64_t time_ns, enum pcapng_direction direction,
		  const void *bytes, uint32_t captured, uint32_t length);
/* For the end: frames that passed the interface, and those of them that are missing here. */
void pcapng_counts(struct pcapng *p, uint32_t interface, uint64_t time_ns, uint64_t passed, uint64_t missing);
/* Hand what is waiting to the kernel. 0, or -errno of the first failure: nothing is written after it. */
int pcapng_flush(struct pcapng *p);
/* Bytes of the file. */
uint64_t pcapng_size(const struct pcapng *p);
/* The comment of such a file, cut to what fits; false when it is none, or has none. */
bool pcapng_comment(const char *path, char *buf, size_t size);
/* As pcapng_flush(). */
int pcapng_close(struct pcapng *p);

#endif
