/* SPDX-License-Identifier: BSD-2-Clause */
/* Tasks with several threads: which of them ends what, and with what status. */
#include <pthread.h>

#include "role.h"
#include "self.h"

static _Atomic int *witness; /* in the root; counts */

static void *run_exit(void *arg)
{
	(void)arg;
	check_sleep_ms(5);
	exit(31);
}

static void *run_exit_underscore(void *arg)
{
	(void)arg;
	_exit(32);
}

static void *run_fault(void *arg)
{
	*(volatile int *)arg = 1;
	return NULL;
}

static void *run_execve(void *arg)
{
	(void)arg;
	execl("/bin/sh", "sh", "-c", "exit 33", (char *)NULL);
	return NULL;
}

static void *run_pip_exit(void *arg)
{
	(void)arg;
	pip_exit(34);
}

/* Goes on when the first thread has ended. */
static void *run_on(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20; i++) {
		check_sleep_ms(5);
		++*witness;
	}
	return NULL;
}

static void *run_on_and_exit(void *arg)
{
	run_on(arg);
	exit(35);
}

static void *run_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static const struct way {
	const char *name;
	void *(*run)(void *);
	int status;
	int counted; /* by run_on() */
	enum { JOIN, LEAVE, RETURN } first_thread;
} ways[] = {
	{ "exit", run_exit, EXITED(31), 0, JOIN },
	{ "_exit", run_exit_underscore, EXITED(32), 0, JOIN },
	{ "fault", run_fault, KILLED(SIGSEGV), 0, JOIN },
	{ "execve", run_execve, EXITED(33), 0, JOIN },
	{ "pip_exit", run_pip_exit, EXITED(34), 0, JOIN },
	{ "leave", run_on, EXITED(0), 20, LEAVE },
	{ "leave-exit", run_on_and_exit, EXITED(35), 20, LEAVE },
	{ "leave-fault", run_fault, KILLED(SIGSEGV), 0, LEAVE },
	{ "leave-execve", run_execve, EXITED(33), 0, LEAVE },
	{ "return", run_for_ever, EXITED(36), 0, RETURN },
};
#define NWAYS (sizeof(ways) / sizeof(ways[0]))

static int play_root(int argc, char **argv)
{
	static _Atomic int counter;

	(void)argc, (void)argv;
	role_init(2);
	CHECK_ERROR(pip_export(&counter), 0);
	for (size_t i = 0; i < NWAYS; i++) {
		int pipid = (int)i % 2, status = -1, which = -1;

		counter = 0;
		CHECK_ERROR(role_spawn(&pipid, "task", ways[i].name, NULL), 0);
		if (i % 3) {
			CHECK_ERROR(pip_wait(pipid, &status), 0);
		} else {
			CHECK_ERROR(pip_wait_any(&which, &status), 0);
			CHECK_INT(which, pipid);
		}
		if ((status & ~0x80) != ways[i].status)
			check_say("the way is '%s':", ways[i].name);
		CHECK_STATUS(status, ways[i].status);
		CHECK_INT(counter, ways[i].counted);
	}
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	const struct way *way = ways;
	pthread_t thread, other;

	(void)argc;
	witness = role_shared();
	while (strcmp(way->name, argv[1]) != 0)
		way++;
	if (way->first_thread == JOIN)
		NEED(pthread_create(&other, NULL, run_for_ever, NULL) == 0);
	NEED(pthread_create(&thread, NULL, way->run, NULL) == 0);
	switch (way->first_thread) {
	case JOIN:
		pthread_join(thread, NULL);
		break;
	case LEAVE:
		pthread_exit(NULL);
	case RETURN:
		return 36;
	}
	return 99;
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
