/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gdb-shared COUNT: COUNT tasks of which all call the same function, that of
 * task 0, again and again.  Prints "root PID", "task NUMBER PID" for each, and
 * "ready COUNT".  The function is not in the way of task 0 itself: it only
 * sleeps.
 */
#include <pip/pip.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile int rank = -1;
static volatile long calls[64];

/* Plain code: no libc, which would be task 0's. */
static void __attribute__((noinline)) step_for(int who)
{
	calls[who]++;
}

static int run_task(char **argv)
{
	void (*step)(int) = step_for;

	rank = atoi(argv[1]);
	if (rank == 0 && pip_named_export(step_for, "step") != 0)
		return 99;
	if (rank != 0 && pip_named_import(0, (void **)&step, "step") != 0)
		return 99;
	printf("task %d %d\n", rank, (int)getpid());
	fflush(stdout);
	for (;;) {
		usleep(20000);
		if (rank != 0)
			step(rank);
	}
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 0, ntasks = count;
	char self[4096] = "", text[16], *arguments[] = { self, text, NULL };

	if (pip_isa_task())
		return run_task(argv);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 ||
	    pip_init(NULL, &ntasks, NULL, 0) != 0)
		return 99;
	printf("root %d\n", (int)getpid());
	for (int i = 0; i < count; i++) {
		pip_spawn_program_t program;
		int pipid = i;

		snprintf(text, sizeof(text), "%d", i);
		pip_spawn_from_main(&program, self, arguments, NULL, NULL);
		if (pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, &pipid,
				   NULL) != 0)
			return 99;
	}
	printf("ready %d\n", count);
	fflush(stdout);
	for (;;)
		usleep(20000);
}
