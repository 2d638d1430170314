/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ulp-sync: version 3's barrier among ULPs of one kernel thread, and its mutex
 * when nobody else wants it, beside the bare switches that a barrier round is
 * made of, and beside pthread_mutex_t.
 */
#include <pip/pip.h>

#include <pthread.h>

#include "bare_switch.h"
#include "bench_args.h"

#define SAMPLES 21
#define ROUNDS 20000

struct shared {
	int n;
	pip_barrier_t barrier;
	pip_mutex_t mutex;
	pthread_mutex_t pthread;
	double switches[SAMPLES], round[SAMPLES];
	double mutex_pair[SAMPLES], pthread_pair[SAMPLES];
};

static void *nothing(void *arg)
{
	return arg;
}

static double measure_mutex(struct shared *shared)
{
	double start = bench_now_ns();

	for (int i = 0; i < 10 * ROUNDS; i++) {
		pip_mutex_lock(&shared->mutex);
		pip_mutex_unlock(&shared->mutex);
	}
	return (bench_now_ns() - start) / (10 * ROUNDS);
}

static double measure_pthread(struct shared *shared)
{
	double start = bench_now_ns();

	for (int i = 0; i < 10 * ROUNDS; i++) {
		pthread_mutex_lock(&shared->pthread);
		pthread_mutex_unlock(&shared->pthread);
	}
	return (bench_now_ns() - start) / (10 * ROUNDS);
}

static double measure_switches(int n)
{
	double start = bench_now_ns();

	bare_run(ROUNDS);
	return (bench_now_ns() - start) / ROUNDS / n;
}

static void play_ulp(void)
{
	struct shared *shared = NULL;
	double start;
	int pipid;

	if (pip_init(&pipid, NULL, (void **)&shared, 0) != 0)
		bench_fail("pip_init fails in a task");
	if (pipid == 0) {
		pthread_t thread;

		/* Without a second thread glibc leaves the atomics out. */
		pthread_create(&thread, NULL, nothing, NULL);
		pthread_join(thread, NULL);
		bare_make(shared->n);
	}
	for (int sample = 0; sample < SAMPLES; sample++) {
		if (pipid == 0) {
			shared->switches[sample] = measure_switches(shared->n);
			shared->mutex_pair[sample] = measure_mutex(shared);
			shared->pthread_pair[sample] = measure_pthread(shared);
		}
		pip_barrier_wait(&shared->barrier);
		start = bench_now_ns();
		for (int i = 0; i < ROUNDS; i++)
			pip_barrier_wait(&shared->barrier);
		if (pipid == 0)
			shared->round[sample] =
				(bench_now_ns() - start) / ROUNDS;
	}
	if (pipid == 0)
		bare_free();
}

static void run(char *self, int n)
{
	char *argv[] = { self, (char *)"ulp", NULL };
	int ntasks = n, all = PIP_TASK_ALL;
	struct shared *shared = calloc(1, sizeof(*shared));
	void *exp = shared;
	pip_task_queue_t queue;
	double switches, round, mutex;

	shared->n = n;
	pthread_mutex_init(&shared->pthread, NULL);
	if (pip_init(NULL, &ntasks, &exp, PIP_SYNC_BLOCKING) != 0 ||
	    pip_barrier_init(&shared->barrier, n) != 0 ||
	    pip_mutex_init(&shared->mutex) != 0)
		bench_fail("pip_init fails");
	pip_task_queue_init(&queue, NULL);
	for (int i = 0; i < n; i++) {
		pip_spawn_program_t program;
		int pipid = i;

		pip_spawn_from_main(&program, self, argv, NULL, NULL, NULL);
		if (pip_blt_spawn(&program, PIP_CPUCORE_ASIS, PIP_TASK_INACTIVE,
				  &pipid, NULL, &queue, NULL) != 0)
			bench_fail("pip_blt_spawn fails");
	}
	pip_dequeue_and_resume_N(&queue, pip_task_self(), &all);
	for (int i = 0; i < n; i++)
		pip_wait(i, NULL);
	pip_fin();
	switches = bench_median(shared->switches, SAMPLES);
	round = bench_median(shared->round, SAMPLES);
	mutex = bench_median(shared->mutex_pair, SAMPLES);
	printf("barrier of %3d ULPs %7.1f ns  (%4.2f x %d bare switches)\n", n,
	       round, round / (switches * n), n);
	printf("mutex lock + unlock %7.1f ns  (%4.2f x pthread_mutex_t)\n",
	       mutex, mutex / bench_median(shared->pthread_pair, SAMPLES));
	free(shared);
}

int main(int argc, char **argv)
{
	static const struct bench_option options[] = {
		{ NULL, NULL, NULL, 0, NULL },
	};
	char self[4096] = "";

	if (argc > 1 && strcmp(argv[1], "ulp") == 0) {
		play_ulp();
		return 0;
	}
	bench_parse(argc, argv,
		    "Time version 3's barrier and mutex among ULPs of one "
		    "kernel thread.",
		    options);
	bench_print_host();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		bench_fail("readlink");
	run(self, 2);
	run(self, 8);
	return 0;
}
