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

static void *participate_thread(void *arg)
{
	(void)arg;
	participate();
	return NULL;
}

static void *participate_beside_root(void *arg)
{
	(void)arg;
	participate();
	shared->thread_has_ended = true;
	return NULL;
}

/* "ulp": stays where it is; "home": couples; "threads": with a plain thread
 * beside it. */
static int play_task(int argc, char **argv)
{
	const struct pip_table_entry *entry = blt_entry(blt_pipid());
	uint64_t waits = blt_counter(entry, PIP_COUNT_BARRIER_WAITS);
	pthread_t thread;

	(void)argc;
	shared = role_shared();
	if (strcmp(argv[1], "home") == 0)
		pip_couple();
	if (strcmp(argv[1], "threads") == 0) {
		NEED(pthread_create(&thread, NULL, participate_thread, NULL) ==
		     0);
		participate();
		/* To wait for it elsewhere would keep others there waiting. */
		pip_couple();
		NEED(pthread_join(thread, NULL) == 0);
		return check_finish();
	}
	participate();
	CHECK_INT(blt_counter(entry, PIP_COUNT_BARRIER_WAITS) - waits,
		  shared->rounds);
	return check_finish();
}

static int play_scheduler(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->parked, NULL, NULL), 0);
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

static void spawn_ulp(int pipid, uint32_t policy, pip_task_t *sched,
		      const char *kind)
{
	pip_task_queue_t queue;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE | policy, &queue,
			      "task", kind, NULL), 0);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, sched), 0);
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
	static const char *const kinds[] = { "ulp", "home", "threads", "ulp" };
	pthread_t thread;

	prepare(NULPS + NULPS / 4 + 2, rounds);
	for (int i = 0; i < NULPS; i++)
		spawn_ulp(NSCHEDULERS + i, policy,
			  i % 4 == 3 ? pip_task_self() :
				       blt_handle(i % NSCHEDULERS),
			  kinds[i % 4]);
	shared->thread_has_ended = false;
	NEED(pthread_create(&thread, NULL, participate_beside_root, NULL) == 0);
	participate();
	while (!shared->thread_has_ended) /* let ULPs of this domain run */
		pip_yield(PIP_YIELD_DEFAULT);
	NEED(pthread_join(thread, NULL) == 0);
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
	int pipid;

	(void)argc, (void)argv;
	shared = &memory;
	role_init(NTASKS);
	CHECK_ERROR(pip_export(shared), 0);
	CHECK_ERROR(pip_task_queue_init(&shared->parked, NULL), 0);
	for (int i = 0; i < NSCHEDULERS; i++) {
		pipid = i;
		CHECK_ERROR(blt_spawn(&pipid, 0, NULL, "scheduler", NULL), 0);
	}
	CHECK_EVENTUALLY(blt_count(&shared->parked) == NSCHEDULERS);
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
