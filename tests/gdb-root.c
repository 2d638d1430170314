/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root for the tests of pip-gdb: gdb-root COUNT PROGRAM [ARG...].
 *
 * Spawns COUNT tasks of PROGRAM, "self" being this program: each task has its
 * number in PIP_TEST_RANK.  Prints "root PID", each task "task NUMBER PID", and
 * when all are spawned "ready COUNT".  SIGUSR1 makes it spawn one more,
 * SIGUSR2 load libm, printing "opened 1".
 *
 * As a task ("self") it works like gdb-target does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pip/pip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t wants_more, wants_library;
static volatile int rank = -1;
static volatile long progress;

/* One line for the test that reads our output. */
static void say(const char *what, int number)
{
	printf("%s %d\n", what, number);
	fflush(stdout);
}

static void note_wish(int sig)
{
	if (sig == SIGUSR1)
		wants_more = 1;
	else
		wants_library = 1;
}

/* What the tests stop at in a task that runs this program. */
static int __attribute__((noinline)) work_as_task(int step)
{
	progress += step;
	usleep(20000);
	return (int)progress;
}

static int run_task(void)
{
	const char *text = getenv("PIP_TEST_RANK");

	rank = text != NULL ? atoi(text) : -1;
	printf("task %d %d\n", rank, (int)getpid());
	fflush(stdout);
	for (;;)
		work_as_task(1);
	return 0;
}

static int spawn_one(int number, char **argv)
{
	char setting[32], self[4096];
	pip_spawn_program_t program;
	int pipid = PIP_PIPID_ANY;
	char *path = argv[0];
	ssize_t length;

	snprintf(setting, sizeof(setting), "%d", number);
	setenv("PIP_TEST_RANK", setting, 1);
	if (strcmp(path, "self") == 0) {
		length = readlink("/proc/self/exe", self, sizeof(self) - 1);
		if (length < 0)
			return errno;
		self[length] = '\0';
		path = self;
	}
	pip_spawn_from_main(&program, path, argv, NULL, NULL);
	return pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, &pipid, NULL);
}

static int run_root(int count, char **argv)
{
	struct sigaction action = { .sa_handler = note_wish };
	int ntasks = count + 16, error;

	error = pip_init(NULL, &ntasks, NULL, 0);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	if (error == 0)
		say("root", (int)getpid());
	for (int i = 0; i < count && error == 0; i++)
		error = spawn_one(i, argv);
	if (error != 0) {
		fprintf(stderr, "gdb-root: %s\n", strerror(error));
		return 99;
	}
	say("ready", count);
	for (;;) {
		if (wants_more) {
			wants_more = 0;
			if (spawn_one(count++, argv) != 0)
				return 99;
			say("ready", count);
		}
		if (wants_library) {
			wants_library = 0;
			say("opened", dlopen("libm.so.6", RTLD_NOW) != NULL);
		}
		error = pip_trywait_any(NULL, NULL);
		if (error == ECHILD)
			usleep(10000);
	}
}

int main(int argc, char **argv)
{
	if (pip_isa_task())
		return run_task();
	if (argc < 3) {
		fprintf(stderr, "Usage: gdb-root COUNT PROGRAM [ARG...]\n");
		return 99;
	}
	return run_root(atoi(argv[1]), argv + 2);
}
