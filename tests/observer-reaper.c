// SPDX-License-Identifier: BSD-2-Clause
/*
 * Runs a command and reaps all that it leaves behind, also where process 1
 * does not: tasks whose root was killed become our children.
 *
 *	observer-reaper COMMAND [ARGUMENT...]
 *
 * HUP, INT and TERM are for the command.  Ends with the command's exit status, or 1 if something does not end.
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 30 /* s, for what was told to end to do so */

static volatile pid_t command;

/* Process 1 of a PID namespace gets no signal that it does not handle. */
static void pass_on(int signal_number)
{
	if (command > 0)
		kill(command, signal_number);
}

int main(int argc, char **argv)
{
	static const int passed[] = { SIGHUP, SIGINT, SIGTERM };
	pid_t pid;
	size_t n;
	int status, result = 99;

	if (argc < 2 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return 99;
	command = fork();
	if (command == 0) {
		execvp(argv[1], argv + 1);
		_exit(99);
	}
	if (command < 0)
		return 99;
	for (n = 0; n < sizeof(passed) / sizeof(passed[0]); n++)
		signal(passed[n], pass_on);
	while ((pid = waitpid(-1, &status, 0)) > 0 || errno == EINTR) {
		if (pid != command)
			continue;
		result = WIFEXITED(status) ? WEXITSTATUS(status) :
					     128 + WTERMSIG(status);
		break;
	}
	for (int i = 0; i < PATIENCE * 100; i++) {
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			;
		if (pid < 0)
			return result;
		usleep(10000);
	}
	fprintf(stderr, "observer-reaper: '%s' left a process behind\n",
		argv[1]);
	return result ? result : 1;
}
