/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key-value pairs of all tasks (pip_coordinate.h): a hash table in memory that
 * belongs to no task, since a pair outlives its publisher.
 *
 * A shard is a part of the table, with a lock and memory of its own.  Its
 * holder may be killed at any point: each change becomes true by one store, and
 * what is lost then is a block of memory.  It cannot be suspended, nor
 * interrupted by a signal handler that publishes, since it blocks all signals.
 */
#ifndef PIP_PUBLISH_H
#define PIP_PUBLISH_H

#include <stddef.h>
#include <stdint.h>

#include "lock.h"

#define PUBLISH_SHARDS 64u
#define PUBLISH_CLASSES 10u /* sizes of blocks: 64, 128, ... 32768 */

struct pip_root;
struct publish_block;
struct publish_pair;

struct publish_shard {
	_Alignas(64) struct pip_lock lock;
	struct publish_block *chunks; /* what was mapped for small blocks */
	size_t chunk_used;            /* of the newest one */
	struct publish_block *free[PUBLISH_CLASSES];
};

struct publish {
	/* PUBLISH_SHARDS times as many as each shard has; NULL: no pair yet. */
	struct publish_pair *_Atomic *_Atomic buckets;
	struct publish_shard shards[PUBLISH_SHARDS];
};

/* At pip_fin(): unmap all. */
__attribute__((visibility("hidden"))) void publish_release(struct pip_root *root);

#endif
