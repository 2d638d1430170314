/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any task may free what any other has allocated: blocks of random sizes go
 * through mailboxes from task to task, are checked, changed in size at times,
 * passed on, and freed by whoever has them in the end.
 */
#include <malloc.h>
#include <stdatomic.h>

#include "role.h"
#include "self.h"

#define NTASKS 8
#define NBOXES 64
#define BLOCKS_DEFAULT 15000 /* per task */
#define SIZE_MAX_BITS 20

/* At the start of each block; the rest is filled from its seed. */
struct block {
	size_t size;
	uint64_t seed;
	int owner, hops;
};

struct shared {
	_Atomic(struct block *) boxes[NBOXES];
	_Atomic int missing; /* tasks that have not started yet */
	_Atomic long allocated, freed, freed_foreign;
	long blocks;
};

static struct shared *shared;
static int self;
static uint64_t random_state;

/* xorshift64* (Vigna 2016, "An experimental exploration of Marsaglia's
 * xorshift generators, scrambled"). */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

/* 1 byte to 1 MiB beside the header; each power of two as likely as others. */
static size_t random_size(void)
{
	unsigned bits = (unsigned)(next_random(&random_state) %
				   (SIZE_MAX_BITS + 1));
	size_t mask = ((size_t)1 << bits) - 1;

	return sizeof(struct block) + 1 + (next_random(&random_state) & mask);
}

/* Some words of the contents: all of small blocks, a few of each page of
 * large ones, the last byte of all. */
static size_t step(size_t at)
{
	return at < 1024 ? 1 : 509;
}

static void fill(struct block *block)
{
	unsigned char *bytes = (unsigned char *)block;
	uint64_t state = block->seed;

	for (size_t at = sizeof(*block); at < block->size; at += step(at))
		bytes[at] = (unsigned char)next_random(&state);
	if (block->size > sizeof(*block))
		bytes[block->size - 1] = (unsigned char)block->seed;
}

static void verify(const struct block *block)
{
	const unsigned char *bytes = (const unsigned char *)block;
	uint64_t state = block->seed;
	size_t last = block->size - 1;

	for (size_t at = sizeof(*block); at < block->size; at += step(at)) {
		unsigned char want = (unsigned char)next_random(&state);

		if (at != last && bytes[at] != want) {
			check_fail("block %p of task %d, %zu bytes: byte %zu is %d, not %d",
				   (const void *)block, block->owner,
				   block->size, at, bytes[at], want);
			exit(1);
		}
	}
	if (last >= sizeof(*block))
		CHECK_INT(bytes[last], (unsigned char)block->seed);
}

static struct block *allocate(void)
{
	size_t size = random_size();
	struct block *block;

	switch (next_random(&random_state) % 8) {
	case 0:
		block = calloc(1, size);
		break;
	case 1:
		block = memalign(64, size);
		break;
	default:
		block = malloc(size);
	}
	CHECK_OR_STOP(block != NULL);
	CHECK(malloc_usable_size(block) >= size);
	*block = (struct block){ .size = size, .owner = self };
	block->seed = next_random(&random_state) | 1;
	fill(block);
	shared->allocated++;
	return block;
}

static void release(struct block *block)
{
	verify(block);
	if (block->owner != self)
		shared->freed_foreign++;
	shared->freed++;
	memset(block, 0xdd, sizeof(*block));
	free(block);
}

/* Somebody else's block may also be made larger or smaller. */
static struct block *resize(struct block *block)
{
	size_t size = random_size(), least;

	least = size < block->size ? size : block->size;
	block->seed = 0;
	memset(block + 1, 0x5a, least - sizeof(*block));
	block = realloc(block, size);
	CHECK_OR_STOP(block != NULL);
	for (size_t at = sizeof(*block); at < least; at++)
		if (((unsigned char *)block)[at] != 0x5a) {
			check_fail("realloc lost byte %zu of %zu", at, least);
			exit(1);
		}
	block->size = size;
	block->owner = self; /* from now on */
	block->seed = next_random(&random_state) | 1;
	fill(block);
	return block;
}

static int play_root(int argc, char **argv)
{
	static struct shared root_shared;
	int status;

	(void)argc, (void)argv;
	shared = &root_shared;
	shared->blocks = self_number("PIP_TEST_BLOCKS", BLOCKS_DEFAULT);
	role_init(NTASKS);
	CHECK_ERROR(pip_export(shared), 0);
	shared->missing = NTASKS;
	for (int i = 0; i < NTASKS; i++)
		CHECK_ERROR(role_spawn(NULL, "task", NULL), 0);
	for (int i = 0; i < NTASKS; i++) {
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	/* The rest: their owners have ended. */
	self = -1;
	for (int i = 0; i < NBOXES; i++)
		if (shared->boxes[i] != NULL)
			release(shared->boxes[i]);
	check_say("%ld blocks, %ld of them freed by another task",
		  shared->allocated, shared->freed_foreign);
	CHECK_INT(shared->allocated, NTASKS * shared->blocks);
	CHECK_INT(shared->freed, shared->allocated);
	CHECK(shared->freed_foreign > shared->allocated / 10);
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_get_pipid(&self), 0);
	random_state = 0x9e3779b97f4a7c15ull * (uint64_t)(self + 1);
	shared->missing--;
	CHECK_EVENTUALLY(shared->missing == 0);
	for (long i = 0; i < shared->blocks; i++) {
		struct block *block = allocate();

		/* Put it, take out what was there, three times at most. */
		while (block != NULL && block->hops++ < 3) {
			uint64_t box = next_random(&random_state) % NBOXES;

			block = atomic_exchange(&shared->boxes[box], block);
			if (block != NULL)
				verify(block);
			if (block != NULL && block->seed % 16 == 1)
				block = resize(block);
		}
		if (block != NULL)
			release(block);
	}
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
