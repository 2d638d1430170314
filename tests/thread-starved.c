/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread mode: a task ends while threads that it has just made do not get the
 * CPU.  Its memory stays until they have ended, too, however long that takes,
 * and they disturb nobody who has its PIPID afterwards.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#include "role.h"
#include "self.h"

#define NTHREADS 4
#define ROUNDS 10
#define BUSY_PER_CPU 2

static void *do_nothing(void *arg)
{
	return arg;
}

static void set_policy(int policy)
{
	struct sched_param none = { 0 };

	/* Not everybody may go back from SCHED_IDLE (sched(7)). */
	if (sched_setscheduler(0, policy, &none) != 0)
		NEED(errno == EPERM && policy == SCHED_OTHER);
}

/* Its threads run when nobody else wants to. */
static int play_hasty(int argc, char **argv)
{
	pthread_t threads[NTHREADS];

	(void)argc;
	set_policy(SCHED_IDLE);
	for (int i = 0; i < NTHREADS; i++)
		NEED(pthread_create(&threads[i], NULL, do_nothing, NULL) == 0);
	set_policy(SCHED_OTHER);
	if (strcmp(argv[1], "system-call") == 0)
		syscall(SYS_exit, 0);
	_exit(7);
}

/* Whoever has the PIPID next finds its memory as it should be. */
static int play_next(int argc, char **argv)
{
	char *block = calloc(1, 1 << 20);

	(void)argc, (void)argv;
	CHECK_OR_STOP(block != NULL);
	for (int i = 0; i < 20; i++) {
		for (int at = 0; at < 1 << 20; at += 4)
			CHECK_OR_STOP(*(int *)(void *)(block + at) == 0);
		check_sleep_ms(1);
	}
	return check_finish();
}

static int play_root(int argc, char **argv)
{
	int ntasks = 2, status, pipid;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, PIP_MODE_PTHREAD), 0);
	for (int i = 0; i < ROUNDS; i++) {
		pipid = 0;
		CHECK_ERROR(role_spawn(&pipid, "hasty",
				       i % 5 == 4 ? "system-call" : "_exit",
				       NULL), 0);
		CHECK_ERROR(pip_wait(pipid, &status), 0);
		CHECK_STATUS(status, EXITED(i % 5 == 4 ? 0 : 7));
		CHECK_ERROR(role_spawn(&pipid, "next", NULL), 0);
		CHECK_ERROR(pip_wait(pipid, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	return role_finish();
}

static int play_test(int argc, char **argv)
{
	long ncpus = sysconf(_SC_NPROCESSORS_ONLN), n = 0;
	pid_t busy[64];

	(void)argc, (void)argv;
	unsetenv("PIP_MODE");
	while (n < 64 && n < ncpus * BUSY_PER_CPU)
		busy[n++] = role_busy();
	CHECK_STATUS(role_join(role_exec("root", NULL)), EXITED(0));
	while (n-- > 0) {
		NEED(kill(busy[n], SIGKILL) == 0);
		CHECK_STATUS(role_join(busy[n]), KILLED(SIGKILL));
	}
	return check_finish();
}

static const struct role roles[] = {
	{ "test", play_test },	 { "root", play_root },
	{ "hasty", play_hasty }, { "next", play_next },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
