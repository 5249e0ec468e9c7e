/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_MEMORY_H
#define APP_MEMORY_H

#include <stdint.h>

/* Memory of this process, resident and in hugepages; 0 where the kernel does not say. */
uint64_t memory_now(void);

#endif
