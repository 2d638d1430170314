/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * yield [ULPS...]: pip_yield() among so many ULPs on one kernel thread
 * (default: 2, 8, 64 and 1000), beside a bare switch of registers, stack and
 * thread pointer among as many contexts, and swapcontext(3) between two.
 */
#include <pip/pip.h>

#include <ucontext.h>
#include <unistd.h>

#include "bare_switch.h"
#include "bench.h"

#define SAMPLES 21
#define SWITCHES 400000 /* in a sample */

struct shared {
	int n;
	long rounds;
	pip_barrier_t barrier;
	double bare[SAMPLES], yield[SAMPLES], ucontext[SAMPLES];
	long lost;
};

static ucontext_t here, there;

static void ucontext_main(void)
{
	for (;;)
		swapcontext(&there, &here);
}

static double measure_ucontext(void)
{
	static char stack[65536];
	const int rounds = 50000;
	double start;

	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof(stack);
	makecontext(&there, ucontext_main, 0);
	start = bench_now_ns();
	for (int i = 0; i < rounds; i++)
		swapcontext(&here, &there);
	return (bench_now_ns() - start) / rounds / 2;
}

static double measure_bare(const struct shared *shared)
{
	double start = bench_now_ns();

	bare_run(shared->rounds);
	return (bench_now_ns() - start) / (double)shared->rounds / shared->n;
}

static void play_ulp(void)
{
	struct shared *shared = NULL;
	double start;
	int pipid;

	if (pip_init(&pipid, NULL, (void **)&shared, 0) != 0)
		bench_fail("pip_init fails in a task");
	if (pipid == 0)
		bare_make(shared->n);
	for (int sample = 0; sample < SAMPLES; sample++) {
		long lost = 0;

		if (pipid == 0) {
			shared->bare[sample] = measure_bare(shared);
			shared->ucontext[sample] = measure_ucontext();
		}
		pip_barrier_wait(&shared->barrier);
		start = bench_now_ns();
		for (long i = 0; i < shared->rounds; i++)
			lost += pip_yield(PIP_YIELD_USER) != EINTR;
		if (pipid == 0)
			shared->yield[sample] = (bench_now_ns() - start) /
						(double)shared->rounds /
						shared->n;
		shared->lost += lost;
		pip_barrier_wait(&shared->barrier);
	}
	if (pipid == 0)
		bare_free();
}

static void run(const char *self, int n)
{
	char *argv[] = { (char *)self, (char *)"ulp", NULL };
	int ntasks = n, all = PIP_TASK_ALL;
	struct shared *shared = calloc(1, sizeof(*shared));
	void *exp = shared;
	pip_task_queue_t queue;
	double least, yield;

	shared->n = n;
	shared->rounds = SWITCHES / n;
	if (pip_init(NULL, &ntasks, &exp, PIP_SYNC_BLOCKING) != 0 ||
	    pip_barrier_init(&shared->barrier, n) != 0)
		bench_fail("pip_init fails");
	pip_task_queue_init(&queue, NULL);
	for (int i = 0; i < n; i++) {
		pip_spawn_program_t program;
		int pipid = i;

		pip_spawn_from_main(&program, (char *)self, argv, NULL, NULL,
				    NULL);
		if (pip_blt_spawn(&program, PIP_CPUCORE_ASIS, PIP_TASK_INACTIVE,
				  &pipid, NULL, &queue, NULL) != 0)
			bench_fail("pip_blt_spawn fails");
	}
	pip_dequeue_and_resume_N(&queue, pip_task_self(), &all);
	for (int i = 0; i < n; i++)
		pip_wait(i, NULL);
	least = bench_median(shared->bare, SAMPLES);
	yield = bench_median(shared->yield, SAMPLES);
	printf("%6d ULPs: bare switch %6.1f ns  pip_yield %6.1f ns  "
	       "ratio %4.2f  swapcontext %6.1f ns\n",
	       n, least, yield, yield / least,
	       bench_median(shared->ucontext, SAMPLES));
	if (shared->lost != 0)
		printf("        %ld yields found nobody to switch to\n",
		       shared->lost);
	pip_fin();
	free(shared);
}

int main(int argc, char **argv)
{
	static const int sizes[] = { 2, 8, 64, 1000 };
	char self[4096] = "";

	if (argc > 1 && strcmp(argv[1], "ulp") == 0) {
		play_ulp();
		return 0;
	}
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		bench_fail("readlink");
	for (int i = 1; i < argc; i++)
		run(self, atoi(argv[i]));
	for (size_t i = 0; argc == 1 && i < sizeof(sizes) / sizeof(sizes[0]);
	     i++)
		run(self, sizes[i]);
	return 0;
}
