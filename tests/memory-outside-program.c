/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes memory in many ways and keeps it.  It knows nothing of PiP and is
 * compiled with another libc, or statically, by memory-outside.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB (1 << 20)

static void *volatile sink;
static __thread int local = 3;

static void fail(const char *what)
{
	fprintf(stderr, "memory-outside-program: %s\n", what);
	exit(1);
}

static void use_malloc(void)
{
	for (size_t size = 1; size < 100u << 20; size *= 3) {
		char *block = malloc(size);

		if (block == NULL)
			fail("malloc");
		memset(block, 1, size < MIB ? size : MIB);
		sink = block;
	}
}

/* Both libcs move large blocks with mremap(2). */
static void use_realloc(void)
{
	char *blocks[4] = { NULL, NULL, NULL, NULL };

	for (size_t size = 100; size < 8u << 20; size *= 2)
		for (int i = 0; i < 4; i++) {
			blocks[i] = realloc(blocks[i], size);
			if (blocks[i] == NULL)
				fail("realloc");
			memset(blocks[i] + size / 2, i, size / 2);
		}
	sink = blocks[0];
}

static void *run(void *arg)
{
	local++;
	sink = malloc(100000);
	if (arg != NULL)
		for (;;)
			pause();
	return (void *)(intptr_t)local;
}

static void use_threads(void)
{
	pthread_t thread;
	void *result;

	for (int i = 0; i < 10; i++) {
		if (pthread_create(&thread, NULL, run, NULL) != 0 ||
		    pthread_join(thread, &result) != 0 ||
		    result != (void *)4)
			fail("threads");
		if (pthread_create(&thread, NULL, run, &thread) != 0)
			fail("threads");
	}
}

static void use_mmap(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	for (int i = 0; i < 10; i++)
		if (mmap(NULL, MIB, PROT_READ, MAP_PRIVATE, fd, 0) ==
			    MAP_FAILED ||
		    mmap(NULL, MIB, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
			fail("mmap");
	sink = fopen("/proc/self/maps", "r");
}

/* What does not end by itself is killed by the test. */
int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "exit") == 0)
		return 23;
	if (strcmp(what, "malloc") == 0)
		use_malloc();
	else if (strcmp(what, "realloc") == 0)
		use_realloc();
	else if (strcmp(what, "threads") == 0)
		use_threads();
	else if (strcmp(what, "mmap") == 0)
		use_mmap();
	else if (strcmp(what, "locale") == 0)
		setlocale(LC_ALL, "C.UTF-8");
	else if (strcmp(what, "abort") == 0)
		abort();
	else if (strcmp(what, "pause") == 0)
		for (;;)
			pause();
	else if (strcmp(what, "nothing") != 0)
		return 99;
	return 0;
}
