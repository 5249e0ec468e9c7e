/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_MEMORY_H
#define APP_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Memory of this process, resident and in hugepages; 0 where the kernel does not say. */
uint64_t memory_now(void);
/* In hugepages alone. */
uint64_t memory_hugepages(void);

/* Zeroed memory that is touched when it is used, in large pages where the kernel has some. NULL without memory. */
void *memory_map(size_t size);
void memory_unmap(void *p, size_t size);

#endif
