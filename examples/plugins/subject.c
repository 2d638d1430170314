/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the plugins beside it can be tried on.  It knows nothing of them, nor of
 * PiP:
 *
 *	subject sleep		sleep(1)
 *	subject locks		two threads that lock two mutexes, one after the
 *				other, but in different order
 *	subject memory		allocations, of which one is never freed
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t purse = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t drawer = PTHREAD_MUTEX_INITIALIZER;

static void sleep_a_second(void)
{
	sleep(1);
}

void *take_from_purse(void *arg)
{
	pthread_mutex_lock(&purse);
	pthread_mutex_lock(&drawer);
	pthread_mutex_unlock(&drawer);
	pthread_mutex_unlock(&purse);
	return arg;
}

void *take_from_drawer(void *arg)
{
	pthread_mutex_lock(&drawer);
	pthread_mutex_lock(&purse);
	pthread_mutex_unlock(&purse);
	pthread_mutex_unlock(&drawer);
	return arg;
}

/* One after the other: it never goes wrong here. */
static void use_locks(void)
{
	void *(*const functions[])(void *) = { take_from_purse,
					       take_from_drawer };
	pthread_t thread;

	for (int i = 0; i < 2; i++)
		if (pthread_create(&thread, NULL, functions[i], NULL) == 0)
			pthread_join(thread, NULL);
}

static void use_memory(void)
{
	void *volatile lost = malloc(1000);

	for (int i = 0; i < 23; i++) {
		void *volatile block = malloc(100);

		free(block);
	}
	(void)lost;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *word;
		void (*function)(void);
	} subjects[] = { { "sleep", sleep_a_second },
			 { "locks", use_locks },
			 { "memory", use_memory } };

	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		if (argc == 2 && strcmp(argv[1], subjects[i].word) == 0) {
			subjects[i].function();
			return EXIT_SUCCESS;
		}
	fprintf(stderr, "usage: subject sleep|locks|memory\n");
	return 2;
}
