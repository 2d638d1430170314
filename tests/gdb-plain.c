/* SPDX-License-Identifier: BSD-2-Clause */
/* A task for programs of other kinds (musl, static): no library of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile int rank = -1;
static volatile long progress;

static int __attribute__((noinline)) work(int number)
{
	usleep(20000);
	progress++;
	return number + (int)progress;
}

int main(void)
{
	const char *text = getenv("PIP_TEST_RANK");

	rank = text != NULL ? atoi(text) : -1;
	printf("task %d %d\n", rank, (int)getpid());
	fflush(stdout);
	for (;;)
		work(rank);
}
