/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin: what each task allocates, told when it ends.
 *
 * Every task has its own copy of the plugin, and so its own counters.  Blocks
 * that one task frees for another count in both as what they are there: more
 * frees here, a block that is still in use there.
 */
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <pip/pip.h>
#include <pip/pip_plugin.h>

PIP_PLUGIN("malloc-stats");

static _Atomic unsigned long allocations, frees, failures;
static _Atomic long in_use, most; /* bytes */

static void count_block(void *block)
{
	long now, before = atomic_load_explicit(&most, memory_order_relaxed);

	if (block == NULL) {
		atomic_fetch_add_explicit(&failures, 1, memory_order_relaxed);
		return;
	}
	atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
	now = atomic_fetch_add(&in_use, (long)malloc_usable_size(block)) +
	      (long)malloc_usable_size(block);
	while (now > before &&
	       !atomic_compare_exchange_weak(&most, &before, now))
		;
}

static void count_free(size_t size)
{
	atomic_fetch_add_explicit(&frees, 1, memory_order_relaxed);
	atomic_fetch_sub(&in_use, (long)size);
}

void *malloc(size_t size)
{
	void *block = NEXT_FNC(malloc)(size);

	count_block(block);
	return block;
}

void *calloc(size_t count, size_t size)
{
	void *block = NEXT_FNC(calloc)(count, size);

	count_block(block);
	return block;
}

void *realloc(void *old, size_t size)
{
	size_t before = old != NULL ? malloc_usable_size(old) : 0;
	void *block = NEXT_FNC(realloc)(old, size);

	if (old != NULL && (block != NULL || size == 0))
		count_free(before);
	if (block != NULL || size != 0)
		count_block(block);
	return block;
}

int posix_memalign(void **blockp, size_t align, size_t size)
{
	int error = NEXT_FNC(posix_memalign)(blockp, align, size);

	count_block(error == 0 ? *blockp : NULL);
	return error;
}

void *aligned_alloc(size_t align, size_t size)
{
	void *block = NEXT_FNC(aligned_alloc)(align, size);

	count_block(block);
	return block;
}

void free(void *block)
{
	if (block == NULL)
		return;
	count_free(malloc_usable_size(block));
	NEXT_FNC(free)(block);
}

/* At EXIT handlers of the program may allocate still, but TASK_EXIT is for
 * tasks only. */
void pip_event_hook(pip_event_t event, pip_event_data_t *data)
{
	char who[16] = "root";

	if (event == PIP_PLUGIN_EVENT_EXIT) {
		if (data->pipid >= 0)
			snprintf(who, sizeof(who), "PIPID %d", data->pipid);
		dprintf(STDERR_FILENO,
			"malloc-stats %s: %lu allocations, %lu frees, at most %ld bytes, %ld left, %lu failed\n",
			who, allocations, frees, most, in_use, failures);
	}
	PIP_NEXT_EVENT_HOOK(event, data);
}
