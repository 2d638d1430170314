/* SPDX-License-Identifier: BSD-2-Clause */
/* A plugin: how long does sleep(3) really take? */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <pip/pip_plugin.h>

PIP_PLUGIN("sleep1");

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

unsigned int sleep(unsigned int seconds)
{
	double before = now();
	unsigned int left;

	printf("sleep1: sleep(%u) ...\n", seconds);
	left = NEXT_FNC(sleep)(seconds);
	printf("sleep1: ... took %.1f s\n", now() - before);
	return left;
}
