/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for pairs: blocks of a shard, whose lock the caller holds. */
#ifndef PIP_PUBLISH_MEMORY_H
#define PIP_PUBLISH_MEMORY_H

#include "publish.h"

/* NULL: there is none. */
__attribute__((visibility("hidden"), warn_unused_result)) void *
publish_allocate(struct publish_shard *shard, size_t size);
/* size: as it was allocated with. */
__attribute__((visibility("hidden"))) void
publish_free(struct publish_shard *shard, void *block, size_t size);
/* Unmap the small blocks of a shard. */
__attribute__((visibility("hidden"))) void
publish_free_all(struct publish_shard *shard);

/* Zeroed memory outside of all windows: it goes with no task.  NULL. */
__attribute__((visibility("hidden"), warn_unused_result)) void *
publish_map(size_t size);

#endif
