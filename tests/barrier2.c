/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Version 2's pip_barrier_t among the root, tasks and threads of both: nobody
 * passes before all have arrived, round after round without a pause.
 */
#include <pthread.h>
#include <sched.h>

#include "role.h"

#define NTASKS 4
#define THREADS 2 /* of the root and of each task, beside its first */
#define PARTICIPANTS ((NTASKS + 1) * (THREADS + 1))
#define ROUNDS 2000

_Static_assert(sizeof(pip_barrier_t) == 80, "layout of the original's");
_Static_assert(offsetof(pip_barrier_t, count) == 4, "");
_Static_assert(offsetof(pip_barrier_t, gsense) == 8, "");
_Static_assert(offsetof(pip_barrier_t, semaphore) == 16, "");

struct shared {
	pip_barrier_t barrier;
	_Atomic long arrived;
	_Atomic int finished;
	int rounds, participants;
};

static void *participate(void *arg)
{
	struct shared *shared = arg;

	for (long round = 1; round <= shared->rounds; round++) {
		long expected = round * shared->participants, arrived;

		shared->arrived++;
		CHECK_ERROR(pip_barrier_wait(&shared->barrier), 0);
		arrived = shared->arrived;
		/* Those who were released first may have arrived again. */
		CHECK(arrived >= expected &&
		      arrived < expected + shared->participants);
	}
	shared->finished++;
	return NULL;
}

static void participate_with_threads(struct shared *shared)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		NEED(pthread_create(&threads[i], NULL, participate, shared) ==
		     0);
	participate(shared);
	for (int i = 0; i < THREADS; i++)
		NEED(pthread_join(threads[i], NULL) == 0);
}

static int play_task(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc;
	if (argv[1] != NULL)
		participate(shared);
	else
		participate_with_threads(shared);
	return check_finish();
}

static void check_errors(void)
{
	pip_barrier_t barrier;

	CHECK_ERROR(pip_barrier_init(&barrier, 0), EINVAL);
	CHECK_ERROR(pip_barrier_init(&barrier, -1), EINVAL);
	CHECK_ERROR(pip_barrier_init(&barrier, 1), 0);
	for (int i = 0; i < 1000; i++)
		CHECK_ERROR(pip_barrier_wait(&barrier), 0);
	CHECK_ERROR(pip_barrier_fin(&barrier), 0);
}

static void *wait_once(void *barrier)
{
	CHECK_ERROR(pip_barrier_wait(barrier), 0);
	return NULL;
}

static void check_busy(void)
{
	pip_barrier_t barrier;
	pthread_t thread;

	CHECK_ERROR(pip_barrier_init(&barrier, 2), 0);
	NEED(pthread_create(&thread, NULL, wait_once, &barrier) == 0);
	CHECK_EVENTUALLY(pip_barrier_fin(&barrier) == EBUSY);
	CHECK_ERROR(pip_barrier_wait(&barrier), 0);
	NEED(pthread_join(thread, NULL) == 0);
	CHECK_ERROR(pip_barrier_fin(&barrier), 0);
}

static void check_mixed(struct shared *shared)
{
	int status = -1;

	shared->arrived = 0;
	shared->finished = 0;
	shared->rounds = ROUNDS;
	shared->participants = PARTICIPANTS;
	CHECK_ERROR(pip_barrier_init(&shared->barrier, PARTICIPANTS), 0);
	for (int i = 0; i < NTASKS; i++)
		CHECK_ERROR(role_spawn(NULL, "task", NULL), 0);
	participate_with_threads(shared);
	for (int i = 0; i < NTASKS; i++) {
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	CHECK_INT(shared->arrived, (long)ROUNDS * PARTICIPANTS);
	CHECK_INT(shared->finished, PARTICIPANTS);
	CHECK_ERROR(pip_barrier_fin(&shared->barrier), 0);
}

/* Two tasks, each alone on its core, or both on the same one. */
static void check_pair(struct shared *shared, int same_core)
{
	char *argv[] = { role_path, (char *)"task", (char *)"alone", NULL };
	int status = -1;

	shared->arrived = 0;
	shared->finished = 0;
	shared->rounds = 20000;
	shared->participants = 2;
	CHECK_ERROR(pip_barrier_init(&shared->barrier, 2), 0);
	for (int i = 0; i < 2; i++)
		CHECK_ERROR(pip_spawn(role_path, argv, NULL, same_core ? 0 : i,
				      NULL, NULL, NULL, NULL), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	CHECK_INT(shared->finished, 2);
	CHECK_ERROR(pip_barrier_fin(&shared->barrier), 0);
}

static int play_root(int argc, char **argv)
{
	static struct shared shared;
	pip_barrier_t barrier;
	int ntasks = NTASKS;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_barrier_init(&barrier, 0), EPERM);
	CHECK_ERROR(pip_barrier_fin(&barrier), EPERM);
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, 0), 0);
	CHECK_ERROR(pip_export(&shared), 0);
	check_errors();
	check_busy();
	check_mixed(&shared);
	check_pair(&shared, 0);
	check_pair(&shared, 1);
	return role_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
