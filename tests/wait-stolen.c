/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root that waits for any child by itself, or ignores SIGCHLD, gets the
 * statuses that it takes, never hangs in pip_wait(), and keeps its PIPIDs.
 */
#include <pthread.h>

#include "role.h"
#include "self.h"

#define NTASKS 4
#define ROUNDS 50

/* Nothing is left: what was taken is gone for us. */
static void check_all_gone(void)
{
	for (int i = 0; i < NTASKS; i++)
		CHECK_ERROR(pip_wait(i, NULL), ECHILD);
	CHECK_ERROR(pip_wait_any(NULL, NULL), ECHILD);
	CHECK_ERROR(pip_trywait_any(NULL, NULL), ECHILD);
}

static void spawn_all(const char *ms)
{
	for (int i = 0; i < NTASKS; i++) {
		int pipid = i;

		CHECK_ERROR(role_spawn(&pipid, "task", ms, NULL), 0);
	}
}

/* wait(2) sees the tasks; the guardian it does not see. */
static void check_wait_null(void)
{
	int status, n = 0;

	spawn_all("1");
	while (wait(&status) > 0) {
		CHECK_STATUS(status, EXITED(9));
		n++;
	}
	CHECK_ERROR(errno, ECHILD);
	CHECK_INT(n, NTASKS);
	check_all_gone();
}

static void check_ignored(void)
{
	NEED(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	spawn_all("3");
	for (int i = 0; i < NTASKS; i++) {
		int error = i % 2 ? pip_wait_any(NULL, NULL) :
				    pip_wait(i, NULL);

		/* There is no status to be had, but it is waited for. */
		CHECK_ERROR(error, ECHILD);
	}
	check_all_gone();
	NEED(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

static void *take_all(void *arg)
{
	int status;

	while (*(_Atomic int *)arg == 0)
		if (waitpid(-1, &status, WNOHANG) <= 0)
			sched_yield();
	return NULL;
}

/* A thief at work all the time. */
static void check_race(void)
{
	_Atomic int stop = 0;
	pthread_t thief;

	NEED(pthread_create(&thief, NULL, take_all, &stop) == 0);
	for (int round = 0; round < ROUNDS; round++) {
		spawn_all(round % 2 ? "0" : "1");
		for (int i = 0; i < NTASKS; i++) {
			int status = EXITED(9);
			int error = round % 3 ? pip_wait_any(NULL, &status) :
						pip_wait(i, &status);

			CHECK(error == 0 || error == ECHILD);
			CHECK_STATUS(status, EXITED(9));
		}
		check_all_gone();
	}
	stop = 1;
	NEED(pthread_join(thief, NULL) == 0);
}

/*
 * What was taken does not hold pip_wait_any() up, either, while a child that is
 * no task lives on.
 */
static void check_other_child_lives(void)
{
	pid_t child = role_exec("sleep", NULL);

	spawn_all("0");
	for (int i = 0; i < NTASKS; i++)
		NEED(waitpid(self_entry(i)->pid, NULL, 0) > 0);
	CHECK_ERROR(pip_wait_any(NULL, NULL), ECHILD);
	check_all_gone();
	check_race();
	NEED(kill(child, SIGKILL) == 0);
	NEED(waitpid(child, NULL, 0) == child || errno == ECHILD);
}

static void collect_in_handler(int sig)
{
	int saved = errno;

	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = saved;
}

/* The classic SIGCHLD handler. */
static void check_handler(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = collect_in_handler;
	NEED(sigaction(SIGCHLD, &action, NULL) == 0);
	for (int round = 0; round < ROUNDS; round++) {
		spawn_all("0");
		for (int i = 0; i < NTASKS; i++) {
			int error = pip_wait(i, NULL);

			CHECK(error == 0 || error == ECHILD);
		}
		check_all_gone();
	}
	NEED(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

static int play_root(int argc, char **argv)
{
	int status = -1;

	(void)argc, (void)argv;
	role_init(NTASKS);
	check_wait_null();
	check_ignored();
	check_handler();
	check_race();
	check_other_child_lives();
	/* As good as new. */
	spawn_all("0");
	for (int i = 0; i < NTASKS; i++) {
		CHECK_ERROR(pip_wait(i, &status), 0);
		CHECK_STATUS(status, EXITED(9));
	}
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	(void)argc;
	if (atol(argv[1]) > 0)
		check_sleep_ms(atol(argv[1]));
	return 9;
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
