/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash table in memory that processes share, under one mutex: what one would
 * do without libpip.  What is in it, and how it is found, is the benchmark's.
 */
#ifndef PIP_BENCH_SHARED_TABLE_H
#define PIP_BENCH_SHARED_TABLE_H

#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>

#include "bench.h"

struct shared_head {
	pthread_mutex_t mutex;
	size_t size; /* a power of two, at least twice what it is for */
};

/* A table for n of `each` bytes, behind `header` bytes which begin with a struct
 * shared_head. */
static inline void *shared_table_make(int n, size_t header, size_t each)
{
	pthread_mutexattr_t attribute;
	size_t size = 4, bytes;
	struct shared_head *head;

	while (size < 2 * ((size_t)n + 2))
		size *= 2;
	bytes = header + size * each;
	head = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (head == MAP_FAILED)
		bench_fail("mmap of %zu bytes fails", bytes);
	head->size = size;
	pthread_mutexattr_init(&attribute);
	pthread_mutexattr_setpshared(&attribute, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&head->mutex, &attribute);
	return head;
}

#endif
