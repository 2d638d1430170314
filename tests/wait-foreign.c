/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Children of the root that are no tasks are never collected, whenever they
 * end: before, between and during the waits for tasks.
 */
#include <pthread.h>

#include "role.h"
#include "self.h"

#define NTASKS 8
#define NCHILDREN 6

/* An ordinary child that exits with a code after a while. */
static pid_t make_child(int code, long ms)
{
	pid_t pid = fork();

	NEED(pid >= 0);
	if (pid == 0) {
		check_sleep_ms(ms);
		_exit(code);
	}
	return pid;
}

static void wait_until_zombie(pid_t pid)
{
	siginfo_t info;

	NEED(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
}

static void spawn_tasks(int n, const char *ms)
{
	for (int i = 0; i < n; i++)
		CHECK_ERROR(role_spawn(NULL, "task", ms, NULL), 0);
}

/* All zombies are there before the first task. */
static void check_zombies_before(int (*wait_any)(int *, int *))
{
	pid_t children[NCHILDREN];
	int status, seen = 0;

	for (int i = 0; i < NCHILDREN; i++) {
		children[i] = make_child(50 + i, 0);
		wait_until_zombie(children[i]);
	}
	spawn_tasks(NTASKS, "3");
	for (int i = 0; i < NTASKS; i++) {
		int pipid = -1, error;

		while ((error = wait_any(&pipid, &status)) == ECHILD &&
		       wait_any == pip_trywait_any)
			check_sleep_ms(1);
		CHECK_ERROR(error, 0);
		CHECK_STATUS(status, EXITED(9));
		CHECK((seen & 1 << pipid) == 0);
		seen |= 1 << pipid;
	}
	CHECK_ERROR(wait_any(NULL, NULL), ECHILD);
	for (int i = 0; i < NCHILDREN; i++)
		CHECK_STATUS(role_join(children[i]), EXITED(50 + i));
}

/* They end one after the other, while tasks do. */
static void check_zombies_between(void)
{
	pid_t children[NCHILDREN];
	int status, left = NCHILDREN;

	for (int i = 0; i < NCHILDREN; i++) {
		children[i] = make_child(60 + i, 3 * i);
		CHECK_ERROR(role_spawn(NULL, "task", i % 2 ? "1" : "8", NULL),
			    0);
	}
	while (left > 0) {
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(9));
		left--;
		while (pip_trywait_any(NULL, &status) == 0)
			left--;
	}
	CHECK_INT(left, 0);
	CHECK_ERROR(pip_wait_any(NULL, NULL), ECHILD);
	for (int i = 0; i < NCHILDREN; i++)
		CHECK_STATUS(role_join(children[i]), EXITED(60 + i));
}

/* A zombie that nobody collects must not make the wait busy. */
static void check_does_not_spin(void)
{
	struct timespec before, after;
	pid_t child = make_child(70, 0);
	int status = -1;
	long ms;

	wait_until_zombie(child);
	CHECK_ERROR(role_spawn(NULL, "task", "400", NULL), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	CHECK_ERROR(pip_wait_any(NULL, &status), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	CHECK_STATUS(status, EXITED(9));
	ms = (after.tv_sec - before.tv_sec) * 1000 +
	     (after.tv_nsec - before.tv_nsec) / 1000000;
	if (ms > 200)
		check_fail("waiting for 400 ms took %ld ms of CPU", ms);
	CHECK_STATUS(role_join(child), EXITED(70));
}

/* Other threads wait for them meanwhile. */
static void *join_child(void *arg)
{
	int status = -1;

	NEED(waitpid(*(pid_t *)arg, &status, 0) == *(pid_t *)arg);
	return (void *)(long)status;
}

static void check_other_thread(void)
{
	pid_t children[NCHILDREN];
	pthread_t threads[NCHILDREN];
	void *result;
	int status;

	spawn_tasks(NTASKS, "5");
	for (int i = 0; i < NCHILDREN; i++) {
		children[i] = make_child(80 + i, i);
		NEED(pthread_create(&threads[i], NULL, join_child,
				    &children[i]) == 0);
	}
	for (int i = 0; i < NTASKS; i++) {
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(9));
	}
	for (int i = 0; i < NCHILDREN; i++) {
		NEED(pthread_join(threads[i], &result) == 0);
		CHECK_STATUS((int)(long)result, EXITED(80 + i));
	}
}

/* system(3) and popen(3) of the root, at any time. */
static void check_system(void)
{
	FILE *stream;
	int status;

	spawn_tasks(2, "2");
	CHECK_INT(system("exit 5"), EXITED(5));
	stream = popen("cat >/dev/null; exit 6", "we");
	NEED(stream != NULL);
	CHECK_ERROR(pip_wait_any(NULL, &status), 0);
	CHECK_INT(pclose(stream), EXITED(6));
	CHECK_INT(system("exit 7"), EXITED(7));
	CHECK_ERROR(pip_wait_any(NULL, &status), 0);
	CHECK_STATUS(status, EXITED(9));
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	role_init(NTASKS);
	check_zombies_before(pip_wait_any);
	check_zombies_before(pip_trywait_any);
	check_zombies_between();
	check_does_not_spin();
	check_other_thread();
	check_system();
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	(void)argc;
	check_sleep_ms(atol(argv[1]));
	return 9;
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
