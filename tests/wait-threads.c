/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting in several threads of the root: each task is collected exactly once,
 * and every waiter returns.
 */
#include <pthread.h>

#include "role.h"
#include "self.h"

#define NTHREADS 6
#define NTASKS 60
#define ROUNDS 8

static _Atomic int collected[NTASKS];
static const struct pip_table_entry *entries;

/* Tasks exit with their PIPID, so that a mixed-up status is seen. */
static void note(int pipid, int status)
{
	if (pipid < 0 || pipid >= NTASKS || status != EXITED(pipid)) {
		check_fail("PIPID %d with status 0x%x", pipid, status);
		return;
	}
	collected[pipid]++;
}

static void *wait_any(void *arg)
{
	int pipid = -1, status = -1, error;

	(void)arg;
	while ((error = pip_wait_any(&pipid, &status)) == 0)
		note(pipid, status);
	CHECK_ERROR(error, ECHILD);
	return NULL;
}

static void *trywait_any(void *arg)
{
	int pipid = -1, status = -1;

	while (*(_Atomic int *)arg == 0) {
		if (pip_trywait_any(&pipid, &status) == 0)
			note(pipid, status);
		else
			check_sleep_ms(1);
	}
	return NULL;
}

/* All wait for all, one after the other. */
static void *wait_each(void *arg)
{
	(void)arg;
	for (int i = 0; i < NTASKS; i++) {
		int status = -1, error = pip_wait(i, &status);

		if (error == 0)
			note(i, status);
		else
			CHECK_ERROR(error, ECHILD);
	}
	return NULL;
}

static void check_collected_once(const char *what)
{
	for (int i = 0; i < NTASKS; i++) {
		if (collected[i] != 1)
			check_fail("%s: PIPID %d was collected %d times", what,
				   i, collected[i]);
		CHECK_STATUS(entries[i].wait_status, EXITED(i));
		collected[i] = 0;
	}
}

static void run(const char *what, void *(*waiter)(void *))
{
	pthread_t threads[NTHREADS];
	_Atomic int stop = 0;

	for (int i = 0; i < NTASKS; i++) {
		int pipid = i;
		char code[8];

		snprintf(code, sizeof(code), "%d", i);
		CHECK_ERROR(role_spawn(&pipid, "task", code, NULL), 0);
		/* Some wait before all are there. */
		if (i < NTHREADS && waiter != wait_each)
			NEED(pthread_create(&threads[i], NULL, waiter,
					    &stop) == 0);
	}
	for (int i = 0; i < NTHREADS; i++)
		if (waiter == wait_each)
			NEED(pthread_create(&threads[i], NULL, waiter,
					    &stop) == 0);
	wait_any(NULL);
	stop = 1;
	for (int i = 0; i < NTHREADS; i++)
		NEED(pthread_join(threads[i], NULL) == 0);
	CHECK_ERROR(pip_trywait_any(NULL, NULL), ECHILD);
	check_collected_once(what);
}

static void *wait_for_one(void *arg)
{
	int status = -1, error = pip_wait((int)(long)arg, &status);

	return (void *)(long)(error == 0 ? status : -error);
}

/* Several for the same: one gets it, the others learn that it is gone. */
static void check_same_task(void)
{
	pthread_t threads[NTHREADS];
	int pipid = 0, winners = 0;
	void *result;

	CHECK_ERROR(role_spawn(&pipid, "sleep", NULL), 0);
	for (int i = 0; i < NTHREADS; i++)
		NEED(pthread_create(&threads[i], NULL, wait_for_one,
				    (void *)(long)pipid) == 0);
	check_sleep_ms(5);
	NEED(kill(entries[pipid].pid, SIGUSR2) == 0);
	for (int i = 0; i < NTHREADS; i++) {
		NEED(pthread_join(threads[i], &result) == 0);
		winners += (long)result == KILLED(SIGUSR2);
		CHECK((long)result == KILLED(SIGUSR2) ||
		      (long)result == -ECHILD);
	}
	CHECK_INT(winners, 1);
	CHECK_STATUS(entries[pipid].wait_status, KILLED(SIGUSR2));
	CHECK_ERROR(pip_trywait(pipid, NULL), ECHILD);
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	role_init(NTASKS);
	entries = self_entry(0);
	for (int round = 0; round < ROUNDS; round++) {
		run("pip_wait_any", wait_any);
		run("pip_trywait_any", trywait_any);
		run("pip_wait", wait_each);
		check_same_task();
	}
	CHECK_INT(self_table()->spawned_total, self_table()->ended_total);
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	(void)argc;
	return atoi(argv[1]);
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "task", play_task },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
