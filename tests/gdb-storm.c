/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gdb-storm COUNT [fork]: spawns COUNT tasks of itself, waits for them, prints
 * "done COUNT bad BAD".  Task N calls work() once, or 23 times if N is a
 * multiple of 23, and ends at once.  With "fork" each task also runs true(1),
 * by fork and by vfork.
 */
#include <pip/pip.h>
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

static int run_task(int argc, char **argv)
{
	rank = atoi(argv[1]);
	if (argc > 2 && (run_true(fork()) != 0 || system("true") != 0))
		return 1;
	for (int i = 0; i < (rank % 23 == 0 ? 23 : 1); i++)
		work(1);
	return 0;
}

static int spawn(int number, char *self, char *what)
{
	char text[16], *argv[] = { self, text, what, NULL };
	pip_spawn_program_t program;
	int pipid = number;

	snprintf(text, sizeof(text), "%d", number);
	pip_spawn_from_main(&program, self, argv, NULL, NULL);
	return pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, &pipid, NULL);
}

int main(int argc, char **argv)
{
	int count, ntasks, bad = 0, status;
	char self[4096] = "";

	if (pip_isa_task())
		return run_task(argc, argv);
	if (argc < 2 || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 99;
	count = ntasks = atoi(argv[1]);
	if (pip_init(NULL, &ntasks, NULL, 0) != 0)
		return 99;
	for (int i = 0; i < count; i++)
		if (spawn(i, self, argv[2]) != 0)
			return 99;
	for (int i = 0; i < count; i++)
		bad += pip_wait(i, &status) != 0 || status != 0;
	printf("done %d bad %d\n", count, bad);
	return 0;
}
