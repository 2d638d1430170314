// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program for the tests of observers in which a task spawns tasks:
 *
 *	observer-spawner PROGRAM
 *
 * Task 0 is this program, too, and spawns tasks 1 and 2, which run PROGRAM.
 * It prints "ready" and its PID, and ends with its standard input.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pip/pip.h>

extern char **environ;

static void spawn(char **argv)
{
	int pipid = PIP_PIPID_ANY, error;

	error = pip_spawn(argv[0], argv, environ, PIP_CPUCORE_ASIS, &pipid,
			  NULL, NULL, NULL);
	if (!error)
		return;
	fprintf(stderr, "observer-spawner: %s: %s\n", argv[0],
		strerror(error));
	_exit(99);
}

int main(int argc, char **argv)
{
	_Atomic int *done = NULL, shared = 0;
	int ntasks = 3, pipid, i, error;
	void *exported = &shared;
	char byte;

	if (argc != 2)
		return 2;
	error = pip_init(&pipid, &ntasks, &exported, 0);
	if (error)
		return 99;
	if (pipid == PIP_PIPID_ROOT) {
		spawn(argv);
		while (shared == 0)
			usleep(1000);
		printf("ready %d\n", (int)getpid());
		fflush(stdout);
	} else {
		done = exported;
		for (i = 0; i < 2; i++)
			spawn(argv + 1);
		*done = 1;
	}
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	while (pip_wait_any(NULL, NULL) == 0)
		;
	pip_fin();
	return 0;
}
