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
 */
#include <poll.h>
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

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	size_t size = argc > 2 ? strtoul(argv[2], NULL, 10) << 20 : 0;
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
	while (!input_ended(strcmp(what, "spin") == 0 ? 0 : -1))
		spins++;
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return 0;
}
