/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn: how long spawning and waiting for a trivial program takes, as a task
 * and with posix_spawn(3), for 1, 8, 64 and 512 at once.
 */
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pip/pip.h>

#include "bench_args.h"

static char *program_argv[2];

static double time_pip(int n)
{
	double start = bench_now_ns();

	for (int i = 0; i < n; i++) {
		int pipid = PIP_PIPID_ANY;
		int error = pip_spawn(program_argv[0], program_argv, NULL,
				      PIP_CPUCORE_ASIS, &pipid, NULL, NULL,
				      NULL);

		if (error != 0)
			bench_fail("pip_spawn: %s", strerror(error));
	}
	for (int i = 0; i < n; i++)
		if (pip_wait_any(NULL, NULL) != 0)
			bench_fail("pip_wait_any: no task left");
	return (bench_now_ns() - start) / n;
}

static double time_posix_spawn(int n)
{
	double start = bench_now_ns();

	for (int i = 0; i < n; i++) {
		pid_t pid;
		int error = posix_spawn(&pid, program_argv[0], NULL, NULL,
					program_argv, environ);

		if (error != 0)
			bench_fail("posix_spawn: %s", strerror(error));
	}
	for (int i = 0; i < n; i++)
		if (wait(NULL) < 0)
			bench_fail("wait: no child left");
	return (bench_now_ns() - start) / n;
}

static void compare(int at_once, int n)
{
	double *pip = bench_samples(n), *posix = bench_samples(n);
	double pip_median, posix_median;

	for (int i = 0; i < n; i++) {
		pip[i] = time_pip(at_once);
		posix[i] = time_posix_spawn(at_once);
	}
	pip_median = bench_median(pip, n);
	posix_median = bench_median(posix, n);
	printf("%8d %12.1f %12.1f %8.3f\n", at_once, pip_median / 1e3,
	       posix_median / 1e3, pip_median / posix_median);
	fflush(stdout);
	free(pip);
	free(posix);
}

static int rounds = 512;
static const char *program;
static const struct bench_option options[] = {
	{ "rounds", "Rounds of one at a time (512)", &rounds, 10000000, NULL },
	{ "program", "The program (trivial, beside this one)", NULL, 0,
	  &program },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	int ntasks = 512, error;
	char trivial[4096];

	bench_parse(argc, argv,
		    "Time spawning and waiting for tasks of a program, beside "
		    "posix_spawn.",
		    options);
	bench_print_host();
	/* Beside this program, unless another one is named. */
	snprintf(trivial, sizeof(trivial), "%.*strivial",
		 (int)(strrchr(argv[0], '/') != NULL ?
			       strrchr(argv[0], '/') - argv[0] + 1 :
			       0),
		 argv[0]);
	program_argv[0] = program != NULL ? (char *)program : trivial;
	error = pip_init(NULL, &ntasks, NULL, PIP_OPTS_NONE);
	if (error != 0)
		bench_fail("pip_init: %s", strerror(error));
	printf("spawn + wait of %s, medians\n", program_argv[0]);
	printf("%8s %12s %12s %8s\n", "at once", "pip us each",
	       "posix us each", "ratio");
	compare(1, rounds);
	compare(8, rounds / 8 > 0 ? rounds / 8 : 1);
	compare(64, rounds / 32 > 0 ? rounds / 32 : 1);
	compare(512, rounds / 128 > 0 ? rounds / 128 : 1);
	return pip_fin();
}
