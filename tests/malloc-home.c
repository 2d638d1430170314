/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks that another one has freed are their owner's to use again: when it
 * only allocates, when it only frees, and when the root calls pip_fin(); with
 * the root as the owner and with a task.
 */
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "role.h"

#define NBLOCKS 1000
#define SIZE 200
#define BATCHES 100
/* What may be in use when each batch has been freed: libc's, one batch. */
#define KEPT_MAX (4 * NBLOCKS * SIZE)

struct shared {
	void *blocks[NBLOCKS];
	_Atomic int full; /* blocks[] are for the other one to free */
	_Atomic bool over;
};

static void allocate(struct shared *shared)
{
	for (int i = 0; i < NBLOCKS; i++) {
		shared->blocks[i] = malloc(SIZE);
		CHECK_OR_STOP(shared->blocks[i] != NULL);
	}
}

static void have_freed(struct shared *shared)
{
	atomic_store(&shared->full, 1);
	while (atomic_load(&shared->full) != 0)
		sched_yield();
}

static void free_for_others(struct shared *shared)
{
	while (!atomic_load(&shared->over)) {
		if (atomic_load(&shared->full) == 0) {
			sched_yield();
			continue;
		}
		for (int i = 0; i < NBLOCKS; i++)
			free(shared->blocks[i]);
		atomic_store(&shared->full, 0);
	}
}

static long bytes_used(void)
{
	return (long)mallinfo2().uordblks;
}

static void check_home(struct shared *shared, const char *who)
{
	long before = bytes_used();
	void *volatile last; /* or the compiler leaves it out */

	for (int i = 0; i < BATCHES; i++) {
		allocate(shared);
		have_freed(shared);
	}
	if (bytes_used() - before > KEPT_MAX)
		check_fail("%s only allocates: %ld of %ld bytes not back", who,
			   bytes_used() - before, (long)BATCHES * NBLOCKS * SIZE);
	for (int i = 0; i < BATCHES; i++) {
		last = malloc(SIZE);
		allocate(shared);
		have_freed(shared);
		before = bytes_used();
		free(last);
		if (before - bytes_used() < NBLOCKS * SIZE)
			check_fail("%s only frees: %ld bytes back", who,
				   before - bytes_used());
	}
}

static int play_consumer(int argc, char **argv)
{
	struct shared *shared = NULL;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_init(NULL, NULL, (void **)&shared, 0), 0);
	free_for_others(shared);
	return check_finish();
}

static int play_producer(int argc, char **argv)
{
	struct shared *shared = NULL;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_init(NULL, NULL, (void **)&shared, 0), 0);
	check_home(shared, "a task that");
	atomic_store(&shared->over, true);
	return check_finish();
}

static void test_root_produces(struct shared *shared)
{
	void *exp = shared;
	long before;

	CHECK_ERROR(pip_init(NULL, NULL, &exp, 0), 0);
	CHECK_ERROR(role_spawn(NULL, "consumer", NULL), 0);
	check_home(shared, "a root that");
	allocate(shared);
	have_freed(shared);
	atomic_store(&shared->over, true);
	CHECK_ERROR(pip_wait_any(NULL, NULL), 0);
	before = bytes_used();
	CHECK_ERROR(pip_fin(), 0);
	if (before - bytes_used() < NBLOCKS * SIZE)
		check_fail("pip_fin: %ld bytes back", before - bytes_used());
}

static void test_task_produces(struct shared *shared)
{
	void *exp = shared;
	int status = -1;

	atomic_store(&shared->over, false);
	CHECK_ERROR(pip_init(NULL, NULL, &exp, 0), 0);
	CHECK_ERROR(role_spawn(NULL, "producer", NULL), 0);
	free_for_others(shared);
	CHECK_ERROR(pip_wait_any(NULL, &status), 0);
	CHECK_INT(status, 0);
	CHECK_ERROR(pip_fin(), 0);
}

static int play_test(int argc, char **argv)
{
	static struct shared shared;

	(void)argc, (void)argv;
	test_root_produces(&shared);
	test_task_produces(&shared);
	/* A second life of the root. */
	atomic_store(&shared.over, false);
	test_root_produces(&shared);
	return check_finish();
}

int main(int argc, char **argv)
{
	static const struct role roles[] = {
		{ "test", play_test },
		{ "consumer", play_consumer },
		{ "producer", play_producer },
		{ NULL, NULL },
	};

	return role_main(argc, argv, roles);
}
