/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gdb-storm COUNT [WHAT [PROGRAM...]]: spawns COUNT tasks of itself, waits for
 * them, prints "done COUNT bad BAD".  Task N calls work() once, or 23 times if N
 * is a multiple of 23, and ends at once.  WHAT is
 *
 * fork	each task also runs true(1), by fork and by vfork
 * exec	tasks with odd numbers end as true(1)
 * wait	before that, prints "ready PID", and waits for the end of its input
 * nested	each task with an even number spawns the next one
 * again	one after the other in the same slot; the PROGRAMs take turns
 * stay	in the end, waits for the end of its input
 * ever	COUNT at a time, which call work() once, until the end of its input
 *
 * PIP_TEST_PRELOAD is the LD_PRELOAD of the tasks.
 */
#include <pip/pip.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int rank = -1;
static volatile int hits;

static void __attribute__((noinline)) work(int step)
{
	hits += step;
}

static int run_true(pid_t child)
{
	int status = -1;

	if (child == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(127);
	}
	waitpid(child, &status, 0);
	return status;
}

static int is(const char *what, const char *name)
{
	return what != NULL && strcmp(what, name) == 0;
}

static int spawn(int number, int pipid, char *self, char *what)
{
	char text[16], *argv[] = { self, text, what, NULL };
	pip_spawn_program_t program;

	snprintf(text, sizeof(text), "%d", number);
	pip_spawn_from_main(&program, self, argv, NULL, NULL);
	return pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, &pipid, NULL);
}

static int run_task(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : NULL;
	int status = -1;

	rank = atoi(argv[1]);
	if (is(what, "fork") && (run_true(fork()) != 0 || system("true") != 0))
		return 1;
	if (is(what, "nested") && rank % 2 == 0 &&
	    spawn(rank + 1, rank + 1, argv[0], argv[2]) != 0)
		return 2;
	for (int i = 0; i < (rank % 23 == 0 ? 23 : 1); i++)
		work(1);
	if (is(what, "exec") && rank % 2 != 0)
		run_true(0);
	if (is(what, "nested") && rank % 2 == 0 &&
	    (pip_wait(rank + 1, &status) != 0 || status != 0))
		return 3;
	return 0;
}

static void wait_for_end_of_input(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

/* Of a PROGRAM, or of this one. */
static int spawn_again(int number, char *self, char **argv)
{
	int programs = 0;

	while (argv[3 + programs] != NULL)
		programs++;
	if (programs > 0 && number % (programs + 1) != 0)
		self = argv[3 + number % (programs + 1) - 1];
	return spawn(number, 0, self, argv[2]);
}

static int has_ended_input(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&input, 1, 0) > 0;
}

/* How many; *BAD is how many of them ended badly. */
static int spawn_for_ever(int most, char *self, char *what, int *bad)
{
	int spawned = 0, ended = 0, status;

	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	/* All numbers are such that work() is called once. */
	while (!has_ended_input() || ended < spawned) {
		if (spawned - ended < most && !has_ended_input()) {
			if (spawn(spawned * 23 + 1, PIP_PIPID_ANY, self, what))
				exit(99);
			spawned++;
		} else if (pip_wait_any(NULL, &status) == 0) {
			ended++;
			*bad += status != 0;
		}
	}
	return spawned;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : NULL;
	int again = is(what, "again"), step = is(what, "nested") ? 2 : 1;
	int count, ntasks, bad = 0, status;
	char self[4096] = "";

	if (pip_isa_task())
		return run_task(argc, argv);
	if (argc < 2 || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 99;
	if (getenv("PIP_TEST_PRELOAD") != NULL)
		setenv("LD_PRELOAD", getenv("PIP_TEST_PRELOAD"), 1);
	count = ntasks = atoi(argv[1]);
	if (pip_init(NULL, &ntasks, NULL, 0) != 0)
		return 99;
	if (is(what, "wait")) {
		printf("ready %d\n", (int)getpid());
		fflush(stdout);
		wait_for_end_of_input();
	}
	if (is(what, "ever"))
		count = spawn_for_ever(count, self, argv[2], &bad);
	for (int i = 0; i < count && !is(what, "ever"); i += step) {
		if (again ? spawn_again(i, self, argv) != 0 :
			    spawn(i, i, self, argc > 2 ? argv[2] : NULL) != 0)
			return 99;
		if (again)
			bad += pip_wait(0, &status) != 0 || status != 0;
	}
	for (int i = 0; i < count && !again && !is(what, "ever"); i += step)
		bad += pip_wait(i, &status) != 0 || status != 0;
	printf("done %d bad %d\n", count, bad);
	fflush(stdout);
	if (is(what, "stay"))
		wait_for_end_of_input();
	return 0;
}
