/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pips: what listing 1,000 tasks costs: CPU time, user and system, of pips and,
 * in turns, of ps(1).
 *
 * The tasks are cat(1), and wait for their input.  Other programs on the
 * machine are listed, too: stop them for exact figures.
 */
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pip/pip.h>

#include "bench_args.h"

static char *task_argv[] = { "cat", NULL };

static void start_tasks(int n)
{
	int error = pip_init(NULL, &n, NULL, 0);

	if (error != 0)
		bench_fail("pip_init: %s", strerror(error));
	for (int i = 0; i < n; i++) {
		int pipid = PIP_PIPID_ANY;

		error = pip_spawn(task_argv[0], task_argv, NULL,
				  PIP_CPUCORE_ASIS, &pipid, NULL, NULL, NULL);
		if (error != 0)
			bench_fail("pip_spawn %d: %s", i, strerror(error));
	}
}

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/*
 * CPU milliseconds of a command; negative when it failed.  Not with fork(2):
 * copying the page tables of a thousand tasks would count as the command's.
 */
static double time_command(char *const *argv)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	int status, error;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
					 O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO,
					 STDERR_FILENO);
	error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error != 0)
		return -1;
	if (wait4(pid, &status, 0, &usage) != pid)
		bench_fail("wait4: %s", strerror(errno));
	if (status != 0)
		return -1;
	return (seconds(&usage.ru_utime) + seconds(&usage.ru_stime)) * 1e3;
}

static int ntasks = 1000, rounds = 11;
static const char *command = "pips/pips";
static const struct bench_option options[] = {
	{ "tasks", "Tasks (1000)", &ntasks, PIP_NTASKS_MAX, NULL },
	{ "rounds", "Rounds (11)", &rounds, 100000, NULL },
	{ "pips", "The program (pips/pips)", NULL, 0, &command },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	char *pips[] = { NULL, NULL };
	char *ps[] = { "ps", "-eo", "pid,state,pcpu,rss,time,args", NULL };
	double *with_pips, *with_ps, middle;
	int input;

	bench_parse(argc, argv,
		    "Measure the CPU time of pips for many tasks, beside ps.",
		    options);
	bench_print_host();
	pips[0] = (char *)command;
	with_pips = bench_samples(rounds);
	with_ps = bench_samples(rounds);
	input = bench_open_input();
	start_tasks(ntasks);
	for (int i = -1; i < rounds; i++) {
		/* The first round fills the kernel's caches. */
		int at = i < 0 ? 0 : i;

		with_pips[at] = time_command(pips);
		with_ps[at] = time_command(ps);
		if (with_pips[at] < 0)
			bench_fail("'%s' failed: run this in the build "
				   "directory", pips[0]);
	}
	middle = bench_median(with_pips, rounds);
	printf("pips, %d tasks: %.1f ms CPU (median of %d, %.1f to %.1f)\n",
	       ntasks, middle, rounds, with_pips[0], with_pips[rounds - 1]);
	if (bench_median(with_ps, rounds) > 0)
		printf("ps, same machine: %.1f ms CPU\n",
		       bench_median(with_ps, rounds));
	close(input);
	close(STDIN_FILENO);
	while (pip_wait_any(NULL, NULL) == 0)
		;
	return 0;
}
