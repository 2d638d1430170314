// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reading another process's memory faults its pages in, and a page may be
 * served by somebody who does not answer: a userfaultfd(2), a file system in
 * user space.  The kernel then waits, and only a fatal signal ends the wait.
 * So a thread watches each such read, and when one takes too long it says
 * which process is at fault and ends the program.
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WATCH_LIMIT_S 5

static pthread_once_t watch_once = PTHREAD_ONCE_INIT;
static _Atomic(pid_t) watch_pid; /* being read; 0 = none */
static _Atomic(unsigned) watch_reads; /* counts them: the same one still? */

void (*observer_on_hang)(pid_t pid);

static void watch_give_up(pid_t pid)
{
	char text[128];
	int length;

	if (observer_on_hang)
		observer_on_hang(pid);
	length = snprintf(text, sizeof(text), "%s: process %d: its memory does "
			  "not answer within %d s\n",
			  program_invocation_short_name, (int)pid,
			  WATCH_LIMIT_S);
	(void)!write(STDERR_FILENO, text, (size_t)length);
	_exit(2);
}

static void *watch_main(void *unused)
{
	struct timespec pause = { .tv_nsec = 500000000 };
	unsigned reads = 0, same = 0;

	(void)unused;
	for (;;) {
		pid_t pid = atomic_load(&watch_pid);

		if (pid == 0 || atomic_load(&watch_reads) != reads)
			same = 0;
		else if (++same == 2 * WATCH_LIMIT_S)
			watch_give_up(pid);
		reads = atomic_load(&watch_reads);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* Without a thread there is no watch; all else works. */
static void watch_start(void)
{
	sigset_t all, before;
	pthread_t thread;

	/* The program's signals are for its own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, watch_main, NULL) == 0)
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void watch_begin(pid_t pid)
{
	pthread_once(&watch_once, watch_start);
	atomic_fetch_add(&watch_reads, 1);
	atomic_store(&watch_pid, pid);
}

void watch_end(void)
{
	atomic_store(&watch_pid, 0);
}
