// SPDX-License-Identifier: BSD-2-Clause
/*
 * A task for the tests of observers; also built with musl and as static PIE.
 * Waits until its standard input ends.
 *
 *	observer-task [WHAT]
 *
 * spin	uses CPU time meanwhile	    zombie	ends at once
 * exec	becomes cat(1)		    fork	has a child with a copy of it
 * touch N	has N more MiB of memory resident
 * threads N	has N more threads, named worker-0 and so on
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile unsigned long spins;
static char *volatile memory; /* or the compiler leaves it out */

static int input_ended(int timeout)
{
	struct pollfd input = { STDIN_FILENO, POLLIN, 0 };

	return poll(&input, 1, timeout) != 0;
}

static void *work(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int start_threads(unsigned long count)
{
	unsigned long i;

	for (i = 0; i < count; i++) {
		pthread_t thread;
		char name[16];

		snprintf(name, sizeof(name), "worker-%lu", i % 1000);
		if (pthread_create(&thread, NULL, work, NULL) != 0)
			return 0;
		pthread_setname_np(thread, name);
	}
	return 1;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	unsigned long number = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	size_t size = number << 20;
	pid_t child = 0;

	if (strcmp(what, "zombie") == 0)
		return 3;
	if (strcmp(what, "exec") == 0) {
		execlp("cat", "a cat", "-u", "-", (char *)NULL);
		return 99;
	}
	if (strcmp(what, "fork") == 0) {
		child = fork();
		if (child == 0)
			for (;;)
				pause();
	}
	if (strcmp(what, "touch") == 0) {
		memory = malloc(size);
		if (!memory)
			return 99;
		memset(memory, 1, size);
	}
	if (strcmp(what, "threads") == 0 && !start_threads(number))
		return 99;
	while (!input_ended(strcmp(what, "spin") == 0 ? 0 : -1))
		spins++;
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return 0;
}
