/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the benchmarks share.  Machines are shared and noisy, so each program
 * times what it measures and what it compares with in turns, in one run, and
 * reports medians and their ratio.
 */
#ifndef PIP_BENCH_H
#define PIP_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of n samples, which get sorted. */
static inline double bench_median(double *samples, int n)
{
	qsort(samples, (size_t)n, sizeof(*samples), bench_compare);
	return n % 2 != 0 ? samples[n / 2] :
			    (samples[n / 2 - 1] + samples[n / 2]) / 2;
}

static inline double *bench_samples(int n)
{
	double *samples = calloc((size_t)n, sizeof(*samples));

	if (samples == NULL) {
		perror("calloc");
		exit(99);
	}
	return samples;
}

/* End the benchmark with a reason: what it is to measure did not work. */
#define bench_fail(...)                               \
	do {                                          \
		fprintf(stderr, __VA_ARGS__);         \
		fputc('\n', stderr);                  \
		exit(99);                             \
	} while (0)

#endif
