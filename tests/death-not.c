/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is not the end of the root: a thread of it that spawned and ended, the
 * main thread's end, another program by execve(2).  And PIP_KEEP_TASKS: tasks
 * outlive even the real end.
 */
#include <pthread.h>

#include "death.h"
#include "self.h"

#define NTASKS 4

static struct death_report *report;

static int count_living(void)
{
	int living = 0;

	for (int i = 0; i < NTASKS; i++)
		living += report->tasks[i] > 0 &&
			  kill(report->tasks[i], 0) == 0;
	return living;
}

/* They still live after as long as the guardian might need. */
static void check_all_stay(void)
{
	check_sleep_ms(100);
	CHECK_INT(count_living(), NTASKS);
}

static pid_t start(const char *how)
{
	pid_t root;

	memset(report, 0, sizeof(*report));
	root = role_exec("root", how, NULL);
	CHECK_EVENTUALLY(report->started == NTASKS && report->ready);
	return root;
}

static void check_thread(void)
{
	pid_t root = start("thread");

	check_all_stay();
	NEED(kill(root, SIGKILL) == 0);
	CHECK_STATUS(role_join(root), KILLED(SIGKILL));
	CHECK_EVENTUALLY(death_all_gone());
}

/* The process is the same afterwards, and the parent of its tasks. */
static void check_execve(void)
{
	pid_t root = start("execve");

	check_all_stay();
	report->ready = 3;
	CHECK_STATUS(role_join(root), EXITED(8));
	CHECK_EVENTUALLY(death_all_gone());
	CHECK_INT(count_living(), 0);
}

static void check_keep(void)
{
	pid_t root;

	NEED(setenv(PIP_ENV_KEEP_TASKS, "", 1) == 0);
	root = start("kill");
	CHECK_INT(report->guardian, 0);
	NEED(kill(root, SIGKILL) == 0);
	CHECK_STATUS(role_join(root), KILLED(SIGKILL));
	check_all_stay();
	for (int i = 0; i < NTASKS; i++)
		NEED(kill(report->tasks[i], SIGTERM) == 0);
	CHECK_EVENTUALLY(death_all_gone());

	root = start("return");
	CHECK_STATUS(role_join(root), EXITED(0));
	check_all_stay();
	for (int i = 0; i < NTASKS; i++)
		NEED(kill(report->tasks[i], SIGTERM) == 0);
	CHECK_EVENTUALLY(death_all_gone());
	unsetenv(PIP_ENV_KEEP_TASKS);
}

static int play_test(int argc, char **argv)
{
	(void)argc, (void)argv;
	unsetenv(PIP_ENV_KEEP_TASKS);
	report = death_create();
	check_thread();
	check_execve();
	check_keep();
	if (!death_all_gone())
		death_kill_children();
	return check_finish();
}

static void *spawn_all(void *arg)
{
	(void)arg;
	for (int i = 0; i < NTASKS; i++)
		CHECK_ERROR(role_spawn(NULL, "stay", NULL), 0);
	return NULL;
}

static int play_root(int argc, char **argv)
{
	pthread_t thread;

	(void)argc;
	report = death_map();
	role_init(NTASKS);
	if (strcmp(argv[1], "thread") == 0) {
		NEED(pthread_create(&thread, NULL, spawn_all, NULL) == 0);
		NEED(pthread_join(thread, NULL) == 0);
	} else {
		spawn_all(NULL);
	}
	CHECK_EVENTUALLY(report->started == NTASKS);
	report->guardian = self_table()->guardian_pid;
	report->ready = 1;
	if (strcmp(argv[1], "return") == 0)
		return check_finish();
	if (strcmp(argv[1], "execve") == 0)
		execl(role_path, role_path, "execed", (char *)NULL);
	for (;;)
		pause();
}

static int play_execed(int argc, char **argv)
{
	(void)argc, (void)argv;
	report = death_map();
	CHECK_INT(pip_is_initialized(), 0);
	CHECK_EVENTUALLY(report->ready == 3);
	return check_finish() ? 1 : 8;
}

static int play_stay(int argc, char **argv)
{
	int self = -1;

	(void)argc, (void)argv;
	alarm(CHECK_WATCHDOG_SECONDS); /* nobody else may end it */
	CHECK_ERROR(pip_get_pipid(&self), 0);
	report = death_map();
	report->tasks[self] = getpid();
	report->started++;
	for (;;)
		pause();
	return 0;
}

static const struct role roles[] = {
	{ "test", play_test },
	{ "root", play_root },
	{ "execed", play_execed },
	{ "stay", play_stay },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
