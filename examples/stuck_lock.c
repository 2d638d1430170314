/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks that share a lock, and one that does not give it back: something to
 * find with a debugger (docs/DEBUGGING.md).
 *
 *     pip-exec -n 64 examples/stuck_lock [SECONDS]
 *
 * They add to a counter under the lock.  After a while one of them reads an
 * answer that never comes, and all others wait for the lock.  After SECONDS
 * (default 3) the answer comes after all, and they finish.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <pip/pip.h>

#define ROUNDS 400

struct shared {
	pthread_mutex_t lock;
	long counter;
	int finished;
};

/* Private: each task has its own copy. */
static int rank;
static long rounds;
static unsigned seconds = 3;
static struct shared *shared; /* this one points to the same in all */

static int find_shared(void)
{
	struct timespec pause = { .tv_nsec = 100000 };
	pthread_mutexattr_t attributes;
	void *found = NULL;

	if (rank == 0) {
		shared = calloc(1, sizeof(*shared));
		if (shared == NULL)
			return -1;
		/* Each task has its own libc, which knows of no other thread. */
		pthread_mutexattr_init(&attributes);
		pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
		pthread_mutex_init(&shared->lock, &attributes);
		return pip_export(shared);
	}
	while (pip_import(0, &found) == 0 && found == NULL)
		nanosleep(&pause, NULL);
	shared = found;
	return shared == NULL;
}

/* Of somebody who is in no hurry. */
static char read_answer(void)
{
	char answer = '?';
	int ends[2];

	if (pipe(ends) != 0)
		return answer;
	if (fork() == 0) {
		sleep(seconds);
		_exit(write(ends[1], "y", 1) != 1);
	}
	if (read(ends[0], &answer, 1) != 1)
		answer = '?';
	close(ends[0]);
	close(ends[1]);
	return answer;
}

static void add_one(int ntasks)
{
	pthread_mutex_lock(&shared->lock);
	shared->counter++;
	if (rounds == 20 && rank == ntasks * 2 / 3)
		printf("PIPID %d has got the answer '%c'\n", rank, read_answer());
	pthread_mutex_unlock(&shared->lock);
	rounds++;
}

int main(int argc, char **argv)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	int ntasks = 1;

	if (!pip_isa_task()) {
		fprintf(stderr, "%s: no task: start it with pip-exec -n 64 %s\n",
			argv[0], argv[0]);
		return 2;
	}
	if (argc > 1)
		seconds = (unsigned)atoi(argv[1]);
	pip_init(&rank, &ntasks, NULL, PIP_OPTS_NONE);
	if (find_shared() != 0)
		return 1;
	while (rounds < ROUNDS) {
		add_one(ntasks);
		nanosleep(&pause, NULL);
	}
	pthread_mutex_lock(&shared->lock);
	if (++shared->finished == ntasks)
		printf("counter %ld\n", shared->counter);
	pthread_mutex_unlock(&shared->lock);
	return 0;
}
