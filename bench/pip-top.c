/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pip-top: what a refresh costs with 1,000 tasks that sleep: CPU time, user and
 * system, of many refreshes less that of one, in a terminal of 50 x 160.
 *
 * And whether a program that switches all the time, examples/ulp_ring, is slower
 * while it is looked at: CPU time per hop with and without, in turns.
 *
 * Other programs on the machine are looked at, too: stop them for exact
 * figures.
 */
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pip/pip.h>

#include "bench_args.h"

static char *task_argv[] = { "cat", NULL };

static int ntasks = 1000, refreshes = 20, delay_ms = 2000, rounds = 11;
static int hops = 20000000;
static const char *command = "pip-top/pip-top";
static const char *ring = "examples/ulp_ring";
static const struct bench_option options[] = {
	{ "tasks", "Tasks (1000)", &ntasks, PIP_NTASKS_MAX, NULL },
	{ "refreshes", "Refreshes (20)", &refreshes, 100000, NULL },
	{ "delay", "Milliseconds between them (2000)", &delay_ms, 60000,
	  NULL },
	{ "number", "Rounds with and without pip-top (11)", &rounds, 1000,
	  NULL },
	{ "hops", "Hops of the ring in each (20000000)", &hops, 2000000000,
	  NULL },
	{ "example", "The ring (examples/ulp_ring)", NULL, 0, &ring },
	{ "pip-top", "The program (pip-top/pip-top)", NULL, 0, &command },
	{ NULL, NULL, NULL, 0, NULL },
};

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* CPU seconds of so many refreshes, of pip-top alone: what fork(2) copies counts
 * as much for one refresh as for many. */
static double time_refreshes(int count)
{
	struct winsize size = { .ws_row = 50, .ws_col = 160 };
	char number[16], delay[32], screen[65536];
	struct rusage usage;
	int terminal, status;
	pid_t pid;

	snprintf(number, sizeof(number), "%d", count);
	snprintf(delay, sizeof(delay), "%d.%03d", delay_ms / 1000,
		 delay_ms % 1000);
	pid = forkpty(&terminal, NULL, NULL, &size);
	if (pid < 0)
		bench_fail("forkpty: %s", strerror(errno));
	if (pid == 0) {
		setenv("TERM", "xterm-256color", 0);
		execl(command, command, "-n", number, "-d", delay,
		      (char *)NULL);
		_exit(127);
	}
	while (read(terminal, screen, sizeof(screen)) > 0)
		;
	if (wait4(pid, &status, 0, &usage) != pid)
		bench_fail("wait4: %s", strerror(errno));
	close(terminal);
	if (status != 0)
		bench_fail("'%s' failed: run this in the build directory",
			   command);
	return seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
}

/* Its output goes nowhere. */
static pid_t start(char *const *argv)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
					 O_WRONLY, 0);
	error = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error != 0)
		bench_fail("%s: %s", argv[0], strerror(error));
	return pid;
}

/* CPU nanoseconds of a hop; watched: pip-top looks at it, ten times a second. */
static double time_hop(bool watched)
{
	char number[16];
	char *ring_argv[] = { (char *)ring, (char *)"3", number, NULL };
	char *top_argv[] = { (char *)command, (char *)"-b", (char *)"-d",
			     (char *)"0.1", NULL };
	struct rusage usage;
	pid_t program, top = 0;
	int status;

	snprintf(number, sizeof(number), "%d", hops);
	program = start(ring_argv);
	if (watched)
		top = start(top_argv);
	if (wait4(program, &status, 0, &usage) != program || status != 0)
		bench_fail("'%s' failed: run this in the build directory",
			   ring);
	if (top) {
		kill(top, SIGTERM);
		waitpid(top, NULL, 0);
	}
	return (seconds(&usage.ru_utime) + seconds(&usage.ru_stime)) * 1e9 /
	       hops;
}

static void compare_hops(void)
{
	double *without = bench_samples(rounds), *with = bench_samples(rounds);
	double alone, beside;

	for (int i = 0; i < rounds; i++) {
		without[i] = time_hop(false);
		with[i] = time_hop(true);
	}
	alone = bench_median(without, rounds); /* sorts them */
	beside = bench_median(with, rounds);
	printf("a hop of %s: %.2f ns CPU alone (%.2f to %.2f), %.2f ns with "
	       "pip-top (%.2f to %.2f), %+.1f %%\n", ring, alone, without[0],
	       without[rounds - 1], beside, with[0], with[rounds - 1],
	       (beside / alone - 1) * 100);
	free(without);
	free(with);
}

int main(int argc, char **argv)
{
	double one, many, each;
	int input, error, n;

	bench_parse(argc, argv,
		    "Measure the CPU time of pip-top for many tasks.",
		    options);
	bench_print_host();
	compare_hops();
	input = bench_open_input();
	n = ntasks;
	error = pip_init(NULL, &n, NULL, 0);
	if (error != 0)
		bench_fail("pip_init: %s", strerror(error));
	for (int i = 0; i < ntasks; i++) {
		int pipid = PIP_PIPID_ANY;

		error = pip_spawn(task_argv[0], task_argv, NULL,
				  PIP_CPUCORE_ASIS, &pipid, NULL, NULL, NULL);
		if (error != 0)
			bench_fail("pip_spawn %d: %s", i, strerror(error));
	}
	one = time_refreshes(1);
	many = time_refreshes(1 + refreshes);
	each = (many - one) / refreshes;
	printf("pip-top, %d tasks: %.1f ms CPU per refresh (mean of %d), "
	       "%.2f %% of a CPU at %g s\n", ntasks, each * 1e3, refreshes,
	       each * 1e5 / delay_ms, delay_ms / 1e3);
	close(input);
	close(STDIN_FILENO);
	while (pip_wait_any(NULL, NULL) == 0)
		;
	return 0;
}
