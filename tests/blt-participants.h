/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ULPs, a plain thread and the root's context that all do the same, on several
 * kernel threads: for the tests of what contexts wait for.
 *
 * Who includes this has defined NSCHEDULERS, NULPS and NTASKS, struct shared,
 * with members parked and thread_has_ended, the pointer shared to one, and
 * participate().
 */
#ifndef TESTS_BLT_PARTICIPANTS_H
#define TESTS_BLT_PARTICIPANTS_H

#include <pthread.h>

#include "blt-check.h"

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
static void participate_as(const char *kind)
{
	pthread_t thread;

	if (strcmp(kind, "home") == 0)
		pip_couple();
	if (strcmp(kind, "threads") != 0) {
		participate();
		return;
	}
	NEED(pthread_create(&thread, NULL, participate_thread, NULL) == 0);
	participate();
	/* To wait for it elsewhere would keep others there waiting. */
	pip_couple();
	NEED(pthread_join(thread, NULL) == 0);
}

static int play_scheduler(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->parked, NULL, NULL), 0);
	return check_finish();
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

/* More kernel threads than cores: NULPS + NULPS / 4 + 2 participants. */
static void participate_mixed(uint32_t policy)
{
	static const char *const kinds[] = { "ulp", "home", "threads", "ulp" };
	pthread_t thread;

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
}

static void start_schedulers(void)
{
	role_init(NTASKS);
	CHECK_ERROR(pip_export(shared), 0);
	CHECK_ERROR(pip_task_queue_init(&shared->parked, NULL), 0);
	for (int i = 0; i < NSCHEDULERS; i++) {
		int pipid = i;

		CHECK_ERROR(blt_spawn(&pipid, 0, NULL, "scheduler", NULL), 0);
	}
	CHECK_EVENTUALLY(blt_count(&shared->parked) == NSCHEDULERS);
}

#endif
