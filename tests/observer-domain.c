// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program for the tests of observers in which task 0 schedules tasks 1 and 2:
 *
 *	observer-domain [YIELDS]
 *
 * These two yield YIELDS times (1009 if it is not given), and are suspended on
 * a queue then.  It prints "ready" and its PID when they are, and ends with its
 * standard input.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pip/pip.h>

#define MEMBERS 2

static struct shared {
	long yields;
	pip_task_queue_t start, parked;
	_Atomic int ready;
} shared;

static void check(int error, const char *what)
{
	if (!error || error == EINTR)
		return;
	fprintf(stderr, "observer-domain: %s: %s\n", what, strerror(error));
	_exit(99);
}

static void wait_for_end(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

/* Found by their names. */
int member(void *arg);
int scheduler(void *arg);

int member(void *arg)
{
	struct shared *root = arg;
	long i;

	for (i = 0; i < root->yields; i++)
		check(pip_yield(PIP_YIELD_USER), "pip_yield");
	check(pip_suspend_and_enqueue(&root->parked, NULL, NULL),
	      "pip_suspend_and_enqueue");
	return 0;
}

int scheduler(void *arg)
{
	struct shared *root = arg;
	int count = 0, all = PIP_TASK_ALL;

	while (count < MEMBERS) {
		pip_yield(PIP_YIELD_USER);
		check(pip_task_queue_count(&root->parked, &count),
		      "pip_task_queue_count");
	}
	root->ready = 1;
	wait_for_end();
	check(pip_dequeue_and_resume_N(&root->parked, pip_task_self(), &all),
	      "pip_dequeue_and_resume_N");
	return 0;
}

static void spawn(char *program, const char *function, int pipid,
		  uint32_t opts)
{
	pip_spawn_program_t what;

	pip_spawn_from_func(&what, program, (char *)function, &shared, NULL,
			    NULL, NULL);
	check(pip_blt_spawn(&what, PIP_CPUCORE_ASIS, opts, &pipid, NULL,
			    &shared.start, NULL), function);
}

int main(int argc, char **argv)
{
	int ntasks = MEMBERS + 1, i;

	shared.yields = argc > 1 ? atol(argv[1]) : 1009;
	check(pip_init(NULL, &ntasks, NULL, PIP_OPTS_NONE), "pip_init");
	check(pip_task_queue_init(&shared.start, NULL), "pip_task_queue_init");
	check(pip_task_queue_init(&shared.parked, NULL),
	      "pip_task_queue_init");
	for (i = 1; i <= MEMBERS; i++)
		spawn(argv[0], "member", i, PIP_TASK_INACTIVE);
	spawn(argv[0], "scheduler", 0, PIP_TASK_ACTIVE);
	while (!shared.ready)
		usleep(1000);
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	wait_for_end();
	while (pip_wait_any(NULL, NULL) == 0)
		;
	check(pip_fin(), "pip_fin");
	return 0;
}
