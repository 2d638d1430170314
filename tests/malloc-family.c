/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole malloc family, as its manual page describes it, in the root and in
 * eight tasks; and what libc allocates by itself is freed by another task.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>

#include "role.h"

#define NTASKS 8

static struct shared {
	pthread_barrier_t barrier;
	void *blocks[NTASKS][16];
} *shared;

static int is_aligned(const void *block, size_t align)
{
	return ((uintptr_t)block & (align - 1)) == 0;
}

/* Hidden from the compiler, which knows what malloc() answers. */
static size_t opaque(size_t value)
{
	__asm__ volatile("" : "+r"(value));
	return value;
}

static void check_sizes(void)
{
	char *block;

	for (size_t size = 0; size < 3000; size += 7) {
		block = malloc(size);
		CHECK_OR_STOP(block != NULL);
		CHECK(is_aligned(block, size >= 16 ? 16 : 8));
		CHECK(malloc_usable_size(block) >= size);
		memset(block, 1, size);
		free(block);
	}
	free(NULL);
	CHECK_INT(malloc_usable_size(NULL), 0);
	for (size_t size = 1; size < 100000; size = size * 3 + 1) {
		block = calloc(3, size);
		CHECK_OR_STOP(block != NULL);
		for (size_t i = 0; i < 3 * size; i++)
			if (block[i] != 0) {
				check_fail("calloc: byte %zu is not 0", i);
				break;
			}
		memset(block, 0xff, 3 * size);
		free(block);
	}
}

static void check_realloc(void)
{
	unsigned char *block = realloc(NULL, 10);

	CHECK_OR_STOP(block != NULL);
	memset(block, 7, 10);
	for (size_t size = 11; size < 2000000; size = size * 2 + 1) {
		block = realloc(block, size);
		CHECK_OR_STOP(block != NULL);
		CHECK_INT(block[9], 7);
		block[size - 1] = 8;
	}
	block = realloc(block, 5);
	CHECK_OR_STOP(block != NULL);
	CHECK_INT(block[4], 7);
	free(block);
	block = reallocarray(NULL, 100, 10);
	CHECK(block != NULL);
	free(block);
}

static void check_alignment(void)
{
	for (size_t align = sizeof(void *); align <= 1 << 22; align *= 2)
		for (size_t size = 1; size < 100000; size = size * 5 + 3) {
			void *block = &block;

			CHECK_ERROR(posix_memalign(&block, align, size), 0);
			CHECK(is_aligned(block, align));
			memset(block, 1, size);
			free(block);
			block = memalign(align, size);
			CHECK(block != NULL && is_aligned(block, align));
			free(block);
			block = aligned_alloc(align, size * align);
			CHECK(block != NULL && is_aligned(block, align));
			free(block);
			if (size * align > 64 << 20)
				break;
		}
	for (int i = 0; i < 4; i++) {
		void *block = i % 2 ? valloc(100) : pvalloc(5000);

		CHECK(block != NULL && is_aligned(block, 4096));
		CHECK(i % 2 || malloc_usable_size(block) >= 8192);
		free(block);
	}
}

static void check_errors(void)
{
	void *block = &block;

	CHECK_ERROR(posix_memalign(&block, 3, 10), EINVAL);
	CHECK_ERROR(posix_memalign(&block, 4, 10), EINVAL);
	CHECK_PTR(block, &block);
	errno = 0;
	CHECK_PTR(malloc(opaque(SIZE_MAX - 100)), NULL);
	CHECK_ERROR(errno, ENOMEM);
	errno = 0;
	CHECK_PTR(calloc(opaque(SIZE_MAX / 2), opaque(4)), NULL);
	CHECK_ERROR(errno, ENOMEM);
	errno = 0;
	CHECK_PTR(reallocarray(NULL, opaque(SIZE_MAX / 2), opaque(4)), NULL);
	CHECK_ERROR(errno, ENOMEM);
	errno = 0;
	block = malloc(100);
	CHECK_PTR(realloc(block, opaque(SIZE_MAX - 100)), NULL);
	CHECK_ERROR(errno, ENOMEM);
	errno = 0;
	CHECK_PTR(memalign(64, opaque(SIZE_MAX - 100)), NULL);
	CHECK_ERROR(errno, ENOMEM);
	errno = 4711;
	free(block);
	CHECK_INT(errno, 4711);
}

/* One of each kind. */
static void allocate_each(void *blocks[16])
{
	int n = 0;
	FILE *stream;
	char *line = NULL, *text = NULL, *streamed = NULL;
	size_t size = 0;

	blocks[n++] = malloc(100);
	blocks[n++] = calloc(3, 1000);
	blocks[n++] = realloc(malloc(10), 5000);
	blocks[n++] = reallocarray(NULL, 3, 7);
	blocks[n++] = memalign(4096, 100);
	blocks[n++] = aligned_alloc(1 << 16, 1 << 16);
	blocks[n++] = valloc(10);
	blocks[n++] = pvalloc(10);
	CHECK_ERROR(posix_memalign(&blocks[n++], 64, 640), 0);
	/* By libc. */
	blocks[n++] = strdup("text");
	CHECK(asprintf(&text, "%0500d", 1) == 500);
	blocks[n++] = text;
	stream = open_memstream(&streamed, &size);
	NEED(stream != NULL);
	fprintf(stream, "line %d\n", 1);
	fclose(stream);
	blocks[n++] = streamed;
	stream = fopen("/proc/self/maps", "re");
	NEED(stream != NULL && getline(&line, &size, stream) > 0);
	fclose(stream);
	blocks[n++] = line;
	blocks[n++] = realpath("/", NULL);
	blocks[n++] = malloc(10 << 20);
	blocks[n++] = malloc(0);
	for (int i = 0; i < n; i++)
		CHECK(blocks[i] != NULL);
}

static void check_family(void)
{
	check_sizes();
	check_realloc();
	check_alignment();
	check_errors();
}

static int play_root(int argc, char **argv)
{
	static struct shared root_shared;
	pthread_barrierattr_t attr;
	int status;

	(void)argc, (void)argv;
	shared = &root_shared;
	NEED(pthread_barrierattr_init(&attr) == 0);
	NEED(pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) ==
	     0);
	NEED(pthread_barrier_init(&shared->barrier, &attr, NTASKS) == 0);
	check_family();
	role_init(NTASKS);
	check_family();
	CHECK_ERROR(pip_export(shared), 0);
	for (int i = 0; i < NTASKS; i++)
		CHECK_ERROR(role_spawn(NULL, "task", NULL), 0);
	for (int i = 0; i < NTASKS; i++) {
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	int self = -1;

	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_get_pipid(&self), 0);
	check_family();
	for (int round = 0; round < 20; round++) {
		allocate_each(shared->blocks[self]);
		pthread_barrier_wait(&shared->barrier);
		for (int i = 0; i < 16; i++)
			free(shared->blocks[(self + round) % NTASKS][i]);
		pthread_barrier_wait(&shared->barrier);
	}
	check_family();
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
