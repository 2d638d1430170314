/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks are killed at random moments of their start: pip_spawn() answers with
 * an error or with a task that was killed, and the next spawn works.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "role.h"
#include "self.h"

#define ROUNDS 600

static const struct pip_table_entry *entry;
static _Atomic int stop;
static _Atomic long shots;

/* Shoots at whatever task is there, after a time that varies. */
static void *shoot(void *arg)
{
	unsigned delay = 1;

	(void)arg;
	while (!stop) {
		pid_t pid = __atomic_load_n(&entry->pid, __ATOMIC_RELAXED);
		uint32_t state = __atomic_load_n(&entry->state,
						 __ATOMIC_RELAXED);

		if (pid <= 0 || state == PIP_STATE_ENDED) {
			sched_yield();
			continue;
		}
		delay = delay * 1103515245 + 12345;
		for (unsigned i = 0; i < (delay >> 8) % 60000; i++)
			__asm__ volatile("pause");
		/* It may have been collected by now; nobody else gets its PID
		 * within 32768 processes. */
		if (kill(pid, SIGKILL) == 0)
			shots++;
	}
	return NULL;
}

static int play_root(int argc, char **argv)
{
	long spawned = 0, refused = 0, killed = 0, ended = 0, maps = 0;
	pthread_t shooter;
	int fds = 0;

	(void)argc, (void)argv;
	setenv("PIP_QUIET", "", 1);
	role_init(1);
	entry = self_entry(0);
	CHECK_STATUS(role_run("task", NULL), EXITED(5));
	NEED(pthread_create(&shooter, NULL, shoot, NULL) == 0);
	for (int i = 0; i < ROUNDS; i++) {
		int pipid = 0, status = -1, error;

		error = role_spawn(&pipid, "task", NULL);
		if (error != 0) {
			CHECK_ERROR(error, ELIBEXEC);
			CHECK_ERROR(pip_wait(0, NULL), ECHILD);
			refused++;
			continue;
		}
		spawned++;
		CHECK_ERROR(pip_wait(0, &status), 0);
		CHECK(status == KILLED(SIGKILL) || status == EXITED(5));
		killed += status == KILLED(SIGKILL);
		ended += status == EXITED(5);
		if (i == ROUNDS / 4) {
			maps = self_count_maps();
			fds = self_count_fds();
		}
	}
	stop = 1;
	NEED(pthread_join(shooter, NULL) == 0);
	check_say("%ld shots: %ld while loading, %ld later, %ld missed",
		  shots, refused, killed, ended);
	CHECK(refused + killed > 0);
	CHECK_STATUS(role_run("task", NULL), EXITED(5));
	CHECK_INT(self_table()->spawned_total, spawned + 2);
	CHECK_INT(self_table()->ended_total, spawned + 2);
	if (maps != 0) {
		CHECK(self_count_maps() <= maps + 4);
		CHECK_INT(self_count_fds(), fds);
	}
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 5;
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
