/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * barrier [ROUNDS [TASKS]]: one round of version 2's pip_barrier_t among
 * TASKS tasks (default: as many as there are cores), each bound to a core,
 * beside a barrier that only spins and a process-shared pthread_barrier_t.
 * With more tasks than cores the spinning one yields, as it would never end.
 */
#define PIP_VERSION_MAJOR 2
#include <pip/pip.h>

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "bench.h"

#define SAMPLES 31

/* What can hardly be beaten: arrivals and rounds, each in a cache line. */
struct spinning_barrier {
	_Alignas(64) int n;
	int arrived;
	_Alignas(64) int round;
};

enum { SPINNING, PIP, PTHREAD, KINDS };
static const char *const kind_names[KINDS] = { "spinning", "pip_barrier_t",
					       "pthread_barrier_t" };

struct shared {
	struct spinning_barrier spinning;
	_Alignas(64) pip_barrier_t pip;
	_Alignas(64) pthread_barrier_t pthread;
	int rounds, oversubscribed;
	double samples[KINDS][SAMPLES];
};

static inline void spin_wait(struct shared *shared)
{
	struct spinning_barrier *barrier = &shared->spinning;
	int round = barrier->round;

	if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) ==
	    barrier->n) {
		__atomic_store_n(&barrier->arrived, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&barrier->round, round + 1, __ATOMIC_RELEASE);
		return;
	}
	while (__atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE) == round)
		if (shared->oversubscribed)
			sched_yield();
}

static double measure(struct shared *shared, int kind)
{
	double start = bench_now_ns();

	for (int i = 0; i < shared->rounds; i++)
		if (kind == SPINNING)
			spin_wait(shared);
		else if (kind == PIP)
			pip_barrier_wait(&shared->pip);
		else
			pthread_barrier_wait(&shared->pthread);
	return (bench_now_ns() - start) / shared->rounds;
}

static int play_task(void)
{
	struct shared *shared = NULL;
	int pipid = 0;

	if (pip_init(&pipid, NULL, (void **)&shared, 0) != 0 || shared == NULL)
		bench_fail("pip_init fails in a task");
	for (int sample = 0; sample < SAMPLES; sample++)
		for (int kind = 0; kind < KINDS; kind++) {
			double ns;

			pip_barrier_wait(&shared->pip);
			ns = measure(shared, kind);
			if (pipid == 0)
				shared->samples[kind][sample] = ns;
		}
	return 0;
}

static void prepare(struct shared *shared, int n)
{
	pthread_barrierattr_t attribute;

	shared->spinning.n = n;
	shared->oversubscribed = n > sysconf(_SC_NPROCESSORS_ONLN);
	pthread_barrierattr_init(&attribute);
	pthread_barrierattr_setpshared(&attribute, PTHREAD_PROCESS_SHARED);
	if (pip_barrier_init(&shared->pip, n) != 0 ||
	    pthread_barrier_init(&shared->pthread, &attribute,
				 (unsigned)n) != 0)
		bench_fail("a barrier cannot be initialised");
}

int main(int argc, char **argv)
{
	static struct shared shared;
	int ntasks, error;
	void *exp = &shared;

	if (pip_isa_task())
		return play_task();
	shared.rounds = bench_argument(argc, argv, 1, 20000);
	ntasks = bench_argument(argc, argv, 2,
				(int)sysconf(_SC_NPROCESSORS_ONLN));
	error = pip_init(NULL, &ntasks, &exp, PIP_OPTS_NONE);
	if (error != 0)
		bench_fail("pip_init: %s", strerror(error));
	prepare(&shared, ntasks);
	for (int i = 0; i < ntasks; i++) {
		error = pip_spawn("/proc/self/exe", argv, NULL, i, NULL, NULL,
				  NULL, NULL);
		if (error != 0)
			bench_fail("pip_spawn: %s", strerror(error));
	}
	while (pip_wait_any(NULL, NULL) == 0)
		;
	printf("one round among %d tasks\n%13s %8s %13s %8s\n", ntasks,
	       "median", "ratio", "best", "ratio");
	for (int kind = 0; kind < KINDS; kind++) {
		double *samples = shared.samples[kind];
		double ns = bench_median(samples, SAMPLES);

		printf("%10.1f ns %8.2f %10.1f ns %8.2f  %s\n", ns,
		       ns / shared.samples[SPINNING][SAMPLES / 2], samples[0],
		       samples[0] / shared.samples[SPINNING][0],
		       kind_names[kind]);
	}
	return pip_barrier_fin(&shared.pip) != 0 || pip_fin() != 0;
}
