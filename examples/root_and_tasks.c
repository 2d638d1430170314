/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root of its own: it starts itself as tasks and another program beside
 * them, waits for all, and reads what the tasks left in their memory.
 *
 *     examples/root_and_tasks [TASKS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pip/pip.h>

#define MAX_TASKS 64

/* In the root's memory; every task gets its address from pip_init(). */
struct board {
	const char *greetings[MAX_TASKS]; /* each points into a task's memory */
};

/* Private: the root has one as well, and nobody overwrites it. */
static char greeting[64] = "the root's own";

static int run_task(int pipid, struct board *board)
{
	snprintf(greeting, sizeof(greeting), "PIPID %d was process %d", pipid,
		 (int)getpid());
	board->greetings[pipid] = greeting;
	return pipid; /* the exit status */
}

static void check(int err, const char *what)
{
	if (err == 0)
		return;
	fprintf(stderr, "root_and_tasks: %s: %s\n", what, strerror(err));
	exit(1);
}

static void spawn(char **argv, int pipid)
{
	check(pip_spawn(argv[0], argv, NULL, PIP_CPUCORE_ASIS, &pipid, NULL,
			NULL, NULL),
	      argv[0]);
}

static void run_root(char **argv, int ntasks, const struct board *board)
{
	char *other[] = { "sh", "-c", "exit 42", NULL };

	for (int pipid = 0; pipid < ntasks - 1; pipid++)
		spawn(argv, pipid);
	spawn(other, ntasks - 1);
	for (int pipid = 0; pipid < ntasks; pipid++) {
		int status;

		check(pip_wait(pipid, &status), "pip_wait");
		/* A task's memory outlives it, until pip_fin(). */
		printf("exit status %2d: %s\n", WEXITSTATUS(status),
		       board->greetings[pipid] != NULL ?
			       board->greetings[pipid] :
			       "not one of ours");
	}
	printf("and greeting is still \"%s\"\n", greeting);
}

int main(int argc, char **argv)
{
	int ntasks = (argc > 1 ? atoi(argv[1]) : 4) + 1;
	static struct board root_board;
	void *board = &root_board;
	int pipid;

	if (ntasks < 2 || ntasks > MAX_TASKS) {
		fprintf(stderr, "root_and_tasks: TASKS must be 1 to %d\n",
			MAX_TASKS - 1);
		return 2;
	}
	check(pip_init(&pipid, &ntasks, &board, PIP_OPTS_NONE), "pip_init");
	if (pip_isa_task())
		return run_task(pipid, board);
	run_root(argv, ntasks, board);
	check(pip_fin(), "pip_fin");
	return 0;
}
