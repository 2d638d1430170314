/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any libc, dynamic or static: private variables, malloc, threads, a child
 * process and the exit status.  Prints its arguments at the end.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int variable = 1;
static __thread int thread_variable = 2;

static void *run_thread(void *arg)
{
	char *block = malloc(100000);

	if (block == NULL)
		return NULL;
	memset(block, 1, 100000);
	free(block);
	thread_variable += variable; /* this thread's: 3 */
	return thread_variable == 3 ? arg : NULL;
}

static int run_child(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(17);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	void *result = NULL;
	int child;

	if (pthread_create(&thread, NULL, run_thread, argv) != 0)
		return 1;
	pthread_join(thread, &result);
	child = run_child();
	variable++;
	printf("plain %d %d %s %d %s", variable, thread_variable,
	       result == argv ? "thread" : "no-thread", child,
	       getenv("PLAIN") ? getenv("PLAIN") : "unset");
	for (int i = 1; i < argc; i++)
		printf(" [%s]", argv[i]);
	putchar('\n');
	return variable == 2 ? 5 : 6;
}
