/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Version 3's barrier among ULPs of one and of several domains, coupled tasks,
 * the root and plain threads: nobody passes before all have arrived, round
 * after round without a pause, with fewer cores than kernel threads.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "blt-check.h"

#define NSCHEDULERS 3
#define NULPS 8
#define NTASKS (NSCHEDULERS + NULPS)

struct shared {
	_Atomic bool thread_has_ended;
	pip_task_queue_t parked;
	pip_barrier_t barrier;
	_Atomic long arrived;
	long rounds;
	int participants;
};

static struct shared *shared;

static void participate(void)
{
	for (long round = 1; round <= shared->rounds; round++) {
		long expected = round * shared->participants, arrived;

		shared->arrived++;
		CHECK_ERROR(pip_barrier_wait(&shared->barrier), 0);
		arrived = shared->arrived;
		/* Those who were released first may have arrived again. */
		CHECK(arrived >= expected &&
		      arrived < expected + shared->participants);
	}
}

#include "blt-participants.h"

static int play_task(int argc, char **argv)
{
	const struct pip_table_entry *entry = blt_entry(blt_pipid());
	uint64_t waits = blt_counter(entry, PIP_COUNT_BARRIER_WAITS);

	(void)argc;
	shared = role_shared();
	participate_as(argv[1]);
	if (strcmp(argv[1], "threads") == 0)
		return check_finish();
	CHECK_INT(blt_counter(entry, PIP_COUNT_BARRIER_WAITS) - waits,
		  shared->rounds);
	return check_finish();
}

static void prepare(int participants, long rounds)
{
	shared->participants = participants;
	shared->rounds = rounds;
	shared->arrived = 0;
	CHECK_ERROR(pip_barrier_init(&shared->barrier, participants), 0);
}

static void finish(int first, int n)
{
	for (int i = first; i < first + n; i++)
		CHECK_STATUS(blt_join(i), EXITED(0));
	CHECK_INT(shared->arrived, shared->rounds * shared->participants);
	CHECK_ERROR(pip_barrier_fin(&shared->barrier), 0);
}

/* All on the root's kernel thread. */
static void check_one_domain(int n, long rounds)
{
	prepare(n, rounds);
	for (int i = 0; i < n; i++)
		spawn_ulp(NSCHEDULERS + i, 0, pip_task_self(), "ulp");
	finish(NSCHEDULERS, n);
}

/* With the root's context as one more; alone in its domain, or not. */
static void check_with_root(int n, int domains, long rounds)
{
	prepare(n + 1, rounds);
	for (int i = 0; i < n; i++)
		spawn_ulp(NSCHEDULERS + i, PIP_SYNC_BLOCKING,
			  i % domains == 0 ? pip_task_self() :
					     blt_handle(i % domains - 1), "ulp");
	participate();
	finish(NSCHEDULERS, n);
}

/* Everything at once: more kernel threads than cores. */
static void check_mixed(uint32_t policy, long rounds)
{
	prepare(NULPS + NULPS / 4 + 2, rounds);
	participate_mixed(policy);
	finish(NSCHEDULERS, NULPS);
}

/* Somebody waits: it cannot be ended. */
static void check_busy(void)
{
	prepare(2, 1);
	spawn_ulp(NSCHEDULERS, 0, pip_task_self(), "ulp");
	CHECK_ERROR(pip_barrier_fin(&shared->barrier), 0);
	blt_run_others(NTASKS);
	CHECK_INT(shared->arrived, 1);
	CHECK_ERROR(pip_barrier_fin(&shared->barrier), EBUSY);
	participate();
	finish(NSCHEDULERS, 1);
}

static int play_root(int argc, char **argv)
{
	static struct shared memory;

	(void)argc, (void)argv;
	shared = &memory;
	start_schedulers();
	prepare(1, 1000);
	participate();
	CHECK_ERROR(pip_barrier_fin(&shared->barrier), 0);
	check_busy();
	check_one_domain(2, 20000);
	check_one_domain(NULPS, 5000);
	check_with_root(1, 1, 5000);
	check_with_root(NULPS, 1, 2000);
	check_with_root(NULPS, NSCHEDULERS + 1, 500);
	check_mixed(PIP_SYNC_AUTO, 200);
	check_mixed(PIP_SYNC_BLOCKING, 200);
	check_mixed(PIP_SYNC_YIELD, 100);
	check_mixed(PIP_SYNC_BUSYWAIT, 5);
	CHECK_INT(blt_resume_all(&shared->parked, NULL), NSCHEDULERS);
	for (int i = 0; i < NSCHEDULERS; i++)
		CHECK_STATUS(blt_join(i), EXITED(0));
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "task", play_task },
				     { "scheduler", play_scheduler },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
