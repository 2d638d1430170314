/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The task of the tests of pip-gdb: a private global, a thread-local variable,
 * a static function and a library of its own.  With the argument "threads" it
 * has a second thread; with "execute" the one with rank 1 becomes sleep(1).
 * SIGUSR2 makes it load libm; with "forks" fork a process, which calls
 * work_as_child() 3 times and ends with status 7.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int library_step(int number);

static volatile int rank = -1;
volatile int shared_rank = -1; /* a name that other files see */
static __thread volatile int local_rank;
static volatile long progress;
static volatile sig_atomic_t wants_library;

static void note_wish(int sig)
{
	(void)sig;
	wants_library = 1;
}

static int __attribute__((noinline)) work(int number)
{
	local_rank = number + 1000;
	number = library_step(number);
	progress++; /* and no tail call, which would leave no frame */
	return number;
}

/* A place to stop at when the library is there. */
static void __attribute__((noinline)) report_opened(int opened)
{
	printf("opened %d\n", opened);
	fflush(stdout);
}

static void __attribute__((noinline)) work_as_child(int step)
{
	progress += step;
}

static void __attribute__((noinline)) report_status(int status)
{
	printf("status %d\n", status);
	fflush(stdout);
}

static void run_child(void)
{
	int status = -1;
	pid_t child = fork();

	for (int i = 0; child == 0 && i < 3; i++)
		work_as_child(1);
	if (child == 0)
		_exit(7);
	waitpid(child, &status, 0);
	report_status(WEXITSTATUS(status));
}

static void *run_thread(void *arg)
{
	for (;;)
		library_step(-1);
	return arg;
}

int main(int argc, char **argv)
{
	const char *text = getenv("PIP_TEST_RANK");
	struct sigaction action = { .sa_handler = note_wish };
	struct timespec now;
	pthread_t thread;

	sigaction(SIGUSR2, &action, NULL);
	rank = shared_rank = text != NULL ? atoi(text) : -1;
	if (argc > 1 && strcmp(argv[1], "threads") == 0 &&
	    pthread_create(&thread, NULL, run_thread, NULL) != 0)
		return 99;
	if (argc > 1 && strcmp(argv[1], "execute") == 0 && rank == 1) {
		printf("task %d %d\n", rank, (int)getpid());
		fflush(stdout);
		execlp("sleep", "sleep", "3000", (char *)NULL);
		return 99;
	}
	printf("task %d %d\n", rank, (int)getpid());
	fflush(stdout);
	for (;;) {
		work(rank);
		clock_gettime(CLOCK_MONOTONIC, &now); /* in the vDSO */
		if (wants_library) {
			wants_library = 0;
			if (argc > 1 && strcmp(argv[1], "forks") == 0)
				run_child();
			else
				report_opened(dlopen("libm.so.6", RTLD_NOW) != NULL);
		}
	}
}
