/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small blocks are cut from chunks, in sizes that are powers of two, and kept
 * in lists when they are free.  Larger ones are mappings of their own.
 */
#include "publish_memory.h"

#include <stdbool.h>
#include <sys/mman.h>

#include "arch.h"

#define SIZE_MIN 64ul
#define SIZE_MAX_SMALL (SIZE_MIN << (PUBLISH_CLASSES - 1))
#define CHUNK_SIZE (1ul << 20) /* only what is used of it is memory */

/* A free block, and the first bytes of a chunk. */
struct publish_block {
	struct publish_block *next;
};

static unsigned class_of(size_t size)
{
	unsigned class = 0;

	while (SIZE_MIN << class < size)
		class++;
	return class;
}

static size_t whole_pages(size_t size)
{
	return (size + 4095) & ~4095ul;
}

void *publish_map(size_t size)
{
	long at = arch_syscall6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
				0);

	return at < 0 && at > -4096 ? NULL : (void *)at;
}

static bool add_chunk(struct publish_shard *shard)
{
	struct publish_block *chunk = publish_map(CHUNK_SIZE);

	if (chunk == NULL)
		return false;
	chunk->next = shard->chunks;
	shard->chunk_used = CHUNK_SIZE; /* nothing, should we die here */
	shard->chunks = chunk;
	shard->chunk_used = SIZE_MIN;
	return true;
}

static void *cut(struct publish_shard *shard, size_t size)
{
	void *block;

	if ((shard->chunks == NULL || CHUNK_SIZE - shard->chunk_used < size) &&
	    !add_chunk(shard))
		return NULL;
	block = (char *)shard->chunks + shard->chunk_used;
	shard->chunk_used += size;
	return block;
}

void *publish_allocate(struct publish_shard *shard, size_t size)
{
	struct publish_block *block;
	unsigned class;

	if (size > SIZE_MAX_SMALL)
		return publish_map(whole_pages(size));
	class = class_of(size);
	block = shard->free[class];
	if (block == NULL)
		return cut(shard, SIZE_MIN << class);
	shard->free[class] = block->next;
	return block;
}

void publish_free(struct publish_shard *shard, void *memory, size_t size)
{
	struct publish_block *block = memory;
	unsigned class;

	if (size > SIZE_MAX_SMALL) {
		arch_syscall2(SYS_munmap, memory, whole_pages(size));
		return;
	}
	class = class_of(size);
	block->next = shard->free[class];
	shard->free[class] = block;
}

void publish_free_all(struct publish_shard *shard)
{
	struct publish_block *chunk = shard->chunks, *next;

	for (; chunk != NULL; chunk = next) {
		next = chunk->next;
		arch_syscall2(SYS_munmap, chunk, CHUNK_SIZE);
	}
}
