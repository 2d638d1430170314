/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks that add up a number together, in memory that one of them got from
 * malloc(): no shared-memory segment, no copying, just a pointer.
 *
 *     pip-exec -n 8 examples/shared_sum [SECONDS]
 *
 * All tasks of the root must run this program.  With SECONDS they go on that
 * long, to be looked at meanwhile.  Under a root of your own, what that root
 * gave to its pip_init() is used as the memory; it must be zeroed and of at
 * least sizeof(struct shared) + ntasks * sizeof(long) bytes.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <pip/pip.h>

/* What all tasks work on. */
struct shared {
	_Atomic long sum;
	_Atomic int finished; /* how many tasks are */
	long parts[];         /* what each of them has added */
};

/* Private: each task has its own copy, at its own address. */
static int rank;
static long rounds;

static void nap(long microseconds)
{
	nanosleep(&(struct timespec){ .tv_nsec = microseconds * 1000 }, NULL);
}

/* Wait until task 0 has exported the memory. */
static struct shared *import_shared(void)
{
	void *shared = NULL;

	while (pip_import(0, &shared) == 0 && shared == NULL)
		nap(100);
	return shared;
}

static struct shared *find_shared(int ntasks, void *given)
{
	struct shared *shared;

	if (given != NULL)
		return given;
	if (rank != 0)
		return import_shared();
	shared = calloc(1, sizeof(*shared) +
			   (size_t)ntasks * sizeof(shared->parts[0]));
	if (shared != NULL)
		pip_export(shared);
	return shared;
}

/* Some arithmetic that takes a while, and gives 1. */
static long compute(long steps)
{
	volatile long x = 27;

	while (steps-- > 0)
		x = x == 1 ? 27 : x % 2 ? 3 * x + 1 : x / 2;
	while (x != 1)
		x = x % 2 ? 3 * x + 1 : x / 2;
	return x;
}

static void work(struct shared *shared)
{
	long part = (rank + 1) * compute(1000000);

	shared->parts[rank] += part; /* nobody else writes this one */
	atomic_fetch_add(&shared->sum, part);
	rounds++;
	nap(20000);
}

/* The last task to finish checks the sum, and frees what task 0 allocated. */
static void finish(struct shared *shared, int ntasks, int mine)
{
	long expected = 0;

	if (atomic_fetch_add(&shared->finished, 1) + 1 < ntasks)
		return;
	for (int i = 0; i < ntasks; i++)
		expected += shared->parts[i];
	printf("sum %ld of %d tasks is %s\n", shared->sum, ntasks,
	       shared->sum == expected ? "right" : "WRONG");
	if (mine)
		free(shared);
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 0);
	int ntasks = 1;
	struct shared *shared;
	void *given = NULL;

	if (!pip_isa_task()) {
		fprintf(stderr, "%s: no task: start it with pip-exec -n 8 %s\n",
			argv[0], argv[0]);
		return 2;
	}
	pip_init(&rank, &ntasks, &given, PIP_OPTS_NONE);
	shared = find_shared(ntasks, given);
	if (shared == NULL) {
		fprintf(stderr, "PIPID %d: no shared memory\n", rank);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("PIPID %d  PID %d  rank = %d at %p  shared at %p\n", rank,
	       (int)getpid(), rank, (void *)&rank, (void *)shared);
	do
		work(shared);
	while (time(NULL) < end);
	finish(shared, ntasks, given == NULL);
	return 0;
}
