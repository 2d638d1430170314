/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocking system calls beside computation, without waiting for either: one
 * user-level process couples, that is, goes back to a kernel thread of its
 * own, and blocks there, while the others go on on the root's.
 *
 *     examples/ulp_overlap [COMPUTERS]
 *
 * What it reads is written when all the others have done their work.  If they
 * could not run while it is blocked, this would never end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pip/pip.h>

#define STEPS 1000
#define MAX_COMPUTERS 100

/* In the root's memory. */
struct shared {
	int pipe[2]; /* the same descriptors in all: inherited */
	int computers;
	int reading; /* the reader is about to block */
	int finished;
	long steps; /* of all computers; one kernel thread runs them: no lock */
};

static void check(int err, const char *what)
{
	if (err == 0)
		return;
	fprintf(stderr, "ulp_overlap: %s: %s\n", what, strerror(err));
	exit(1);
}

/* Where the ULPs start; found by their names. */
int reader(void *arg);
int computer(void *arg);

int reader(void *arg)
{
	struct shared *shared = arg;
	long before = shared->steps;
	char text[32] = "";

	shared->reading = 1;
	check(pip_couple(), "pip_couple");
	if (read(shared->pipe[0], text, sizeof(text) - 1) < 0)
		perror("ulp_overlap: read");
	check(pip_decouple(NULL), "pip_decouple"); /* back to the others */
	printf("reader: read \"%s\"; others made %ld steps meanwhile\n", text,
	       shared->steps - before);
	return 0;
}

/* Some arithmetic that takes a while, and gives 1. */
static long compute(long steps)
{
	volatile long x = 27;

	while (steps-- > 0 || x != 1)
		x = x == 1 ? 27 : x % 2 ? 3 * x + 1 : x / 2;
	return x;
}

int computer(void *arg)
{
	struct shared *shared = arg;
	long own = 0;

	while (!shared->reading)
		pip_yield(PIP_YIELD_USER);
	for (int i = 0; i < STEPS; i++) {
		own += compute(1000);
		shared->steps++;
		pip_yield(PIP_YIELD_USER);
	}
	printf("computer: made %ld steps\n", own);
	if (++shared->finished < shared->computers)
		return 0;
	check(pip_couple(), "pip_couple");
	if (write(shared->pipe[1], "all done", 8) < 0)
		perror("ulp_overlap: write");
	return 0;
}

static void start(char *program, char *function, struct shared *shared)
{
	pip_spawn_program_t what;
	pip_task_t *ulp;

	pip_spawn_from_func(&what, program, function, shared, NULL, NULL, NULL);
	check(pip_blt_spawn(&what, PIP_CPUCORE_ASIS, PIP_TASK_INACTIVE, NULL,
			    &ulp, NULL, NULL),
	      function);
	/* Start it in the root's scheduling domain. */
	check(pip_resume(ulp, pip_task_self()), "pip_resume");
}

int main(int argc, char **argv)
{
	static struct shared shared;
	int ntasks, status, failures = 0;

	shared.computers = argc > 1 ? atoi(argv[1]) : 2;
	if (shared.computers < 1 || shared.computers > MAX_COMPUTERS) {
		fprintf(stderr, "ulp_overlap: COMPUTERS must be 1 to %d\n",
			MAX_COMPUTERS);
		return 2;
	}
	ntasks = shared.computers + 1;
	if (pipe(shared.pipe) != 0) {
		perror("ulp_overlap: pipe");
		return 1;
	}
	check(pip_init(NULL, &ntasks, NULL, PIP_OPTS_NONE), "pip_init");
	start(argv[0], "reader", &shared);
	for (int i = 0; i < shared.computers; i++)
		start(argv[0], "computer", &shared);
	while (pip_wait_any(NULL, &status) == 0) /* the root's turn to wait */
		failures += status != 0;
	check(pip_fin(), "pip_fin");
	return failures != 0;
}
