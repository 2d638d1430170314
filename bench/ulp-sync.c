/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ulp-sync: what version 3's ways to wait for each other cost: among ULPs of
 * one kernel thread, in bare switches (register, stack and thread pointer), and
 * between two tasks on two cores; and what it takes to start one.
 */
#include <pip/pip.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "bare_switch.h"
#include "bench_args.h"
#include "bench_ulp.h"

#define SAMPLES_MAX 1001
#define ULPS_MAX 8

static int samples = 21, rounds = 20000, starts = 50;
static cpu_set_t cpus;

/* For the tasks, whose variables are their own. */
struct shared {
	bool coupled; /* the tasks stay on their own kernel threads */
	cpu_set_t cpus;
	int n, samples, rounds;
	pip_barrier_t turn; /* of the root and all of them */
	pip_barrier_t barrier;
	pip_mutex_t mutex;
	pip_task_queue_t queue;
	long counter;
	_Atomic double started; /* when main() began */
	double ns[SAMPLES_MAX]; /* of a sample, as task 0 saw it */
};

/* --- What the tasks do ------------------------------------------------------ */

static void play_barrier(struct shared *shared, int pipid)
{
	(void)pipid;
	for (int i = 0; i < shared->rounds; i++)
		pip_barrier_wait(&shared->barrier);
}

static void play_uncontended(struct shared *shared, int pipid)
{
	for (int i = 0; pipid == 0 && i < shared->rounds; i++) {
		pip_mutex_lock(&shared->mutex);
		pip_mutex_unlock(&shared->mutex);
	}
}

/* The others run while one has it, and have to wait. */
static void play_contended(struct shared *shared, int pipid)
{
	(void)pipid;
	for (int i = 0; i < shared->rounds; i++) {
		pip_mutex_lock(&shared->mutex);
		pip_yield(PIP_YIELD_USER);
		shared->counter++;
		pip_mutex_unlock(&shared->mutex);
	}
}

static void play_short_section(struct shared *shared, int pipid)
{
	(void)pipid;
	for (int i = 0; i < shared->rounds; i++) {
		pip_mutex_lock(&shared->mutex);
		shared->counter++;
		pip_mutex_unlock(&shared->mutex);
	}
}

static void play_suspend(struct shared *shared, int pipid)
{
	for (int i = 0; i < shared->rounds && pipid < 2; i++) {
		if (pipid == 0) {
			pip_suspend_and_enqueue(&shared->queue, NULL, NULL);
			continue;
		}
		while (pip_dequeue_and_resume(&shared->queue, NULL) != 0)
			pip_yield(PIP_YIELD_USER);
		pip_yield(PIP_YIELD_USER);
	}
}

typedef void play_function(struct shared *shared, int pipid);

/* each: the operations of a round are counted for each task. */
struct scene {
	const char *name;
	play_function *play;
	bool each;
};

static const struct scene near[] = {
	{ "barrier", play_barrier, false },
	{ "mutex that nobody else wants", play_uncontended, false },
	{ "mutex, held over a yield", play_contended, true },
	{ "suspend and resume", play_suspend, false },
};
static const struct scene far[] = {
	{ "barrier", play_barrier, false },
	{ "mutex, short section", play_short_section, true },
};
enum {
	NEAR = sizeof(near) / sizeof(near[0]),
	FAR = sizeof(far) / sizeof(far[0])
};

static void play_task(void)
{
	double start = bench_now_ns();
	int pipid, nscenes;
	struct shared *shared = bench_task(&pipid);
	const struct scene *scenes = shared->coupled ? far : near;

	atomic_store(&shared->started, start);
	nscenes = shared->coupled ? FAR : NEAR;
	if (shared->coupled)
		bench_bind(&shared->cpus, pipid);
	for (int i = 0; i < shared->samples * nscenes; i++) {
		pip_barrier_wait(&shared->turn);
		start = bench_now_ns();
		scenes[i % nscenes].play(shared, pipid);
		if (pipid == 0)
			shared->ns[i / nscenes] = bench_now_ns() - start;
		pip_barrier_wait(&shared->turn);
	}
}

/* --- What it is compared with ----------------------------------------------- */

static pthread_mutex_t pthread_mutex = PTHREAD_MUTEX_INITIALIZER;

static double pthread_mutex_ns(void)
{
	double start = bench_now_ns();

	for (int i = 0; i < rounds; i++) {
		pthread_mutex_lock(&pthread_mutex);
		pthread_mutex_unlock(&pthread_mutex);
	}
	return (bench_now_ns() - start) / rounds;
}

static double bare_ns(int n)
{
	double start = bench_now_ns();

	bare_run(rounds);
	return (bench_now_ns() - start) / rounds / n;
}

/* Of two threads on two cores. */
struct pair {
	_Alignas(64) _Atomic int arrived;
	_Alignas(64) _Atomic int round;
	_Alignas(64) pthread_barrier_t start;
	double began;
	long counter;
	bool mutex;
};

static void play_pair(struct pair *pair)
{
	if (pthread_barrier_wait(&pair->start) != 0)
		pair->began = bench_now_ns();
	for (int i = 0; i < rounds; i++)
		if (pair->mutex) {
			pthread_mutex_lock(&pthread_mutex);
			pair->counter++;
			pthread_mutex_unlock(&pthread_mutex);
		} else if (atomic_fetch_add(&pair->arrived, 1) % 2 != 0) {
			atomic_store(&pair->round, i + 1);
		} else {
			for (int k = 1; atomic_load(&pair->round) == i; k++)
				if (k % 1000 == 0)
					sched_yield();
		}
}

static void *play_partner(void *pair)
{
	bench_bind(&cpus, 1);
	play_pair(pair);
	return NULL;
}

/* ns of a round */
static double pair_ns(bool mutex)
{
	struct pair pair = { .mutex = mutex };
	pthread_t thread;

	bench_bind(&cpus, 0);
	pthread_barrier_init(&pair.start, NULL, 2);
	if (pthread_create(&thread, NULL, play_partner, &pair) != 0)
		bench_fail("pthread_create fails");
	play_pair(&pair);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&pair.start);
	return (bench_now_ns() - pair.began) / rounds / (mutex ? 2 : 1);
}

static void *do_nothing(void *arg)
{
	return arg;
}

/* --- The root --------------------------------------------------------------- */

static struct shared shared;

static void init_shared(int n, bool coupled, uint32_t opts)
{
	memset(&shared, 0, sizeof(shared));
	shared.cpus = cpus;
	shared.coupled = coupled;
	shared.n = n;
	shared.samples = samples;
	shared.rounds = rounds;
	bench_init_root(n, &shared, opts);
	if (pip_barrier_init(&shared.turn, n + 1) != 0 ||
	    pip_barrier_init(&shared.barrier, n) != 0 ||
	    pip_mutex_init(&shared.mutex) != 0 ||
	    pip_task_queue_init(&shared.queue, NULL) != 0)
		bench_fail("initialising what they wait on fails");
}

/* A turn of the tasks, who wait at its begin and end; ns of an operation. */
static double let_play(const struct scene *scene, int sample)
{
	pip_barrier_wait(&shared.turn);
	pip_barrier_wait(&shared.turn);
	return shared.ns[sample] / rounds / (scene->each ? shared.n : 1);
}

static void report(const char *name, double *ns, double unit, const char *what)
{
	double median = bench_median(ns, samples);

	printf("  %-30s %9.1f %9.1f %8.2f  %s\n", name, median, ns[0],
	       median / unit, what);
	fflush(stdout);
}

static void compare_near(int n)
{
	double *ns[NEAR], *bare_switch_ns = bench_samples(samples);
	double *mutex_ns = bench_samples(samples), unit;

	for (int i = 0; i < NEAR; i++)
		ns[i] = bench_samples(samples);
	init_shared(n, false, PIP_SYNC_BLOCKING);
	bench_start_ulps(n, 0);
	bare_make(n);
	for (int sample = 0; sample < samples; sample++) {
		bare_switch_ns[sample] = bare_ns(n);
		mutex_ns[sample] = pthread_mutex_ns();
		for (int i = 0; i < NEAR; i++)
			ns[i][sample] = let_play(&near[i], sample);
	}
	bare_free();
	bench_wait_ulps(n);
	if (pip_fin() != 0)
		bench_fail("pip_fin fails");
	printf("%d ULPs, one kernel thread\n", n);
	unit = bench_median(bare_switch_ns, samples);
	report(near[0].name, ns[0], unit * n, "one switch each");
	report(near[1].name, ns[1], bench_median(mutex_ns, samples),
	       "pthread_mutex_t");
	report(near[2].name, ns[2], unit, "a switch");
	report(near[3].name, ns[3], unit * 2, "two switches");
	for (int i = 0; i < NEAR; i++)
		free(ns[i]);
	free(bare_switch_ns);
	free(mutex_ns);
}

static void spawn_coupled(int n, uint32_t opts)
{
	static char self[] = "/proc/self/exe", name[] = "task";
	char *argv[] = { name, NULL };

	for (int i = 0; i < n; i++) {
		pip_spawn_program_t program;
		int pipid = i;

		pip_spawn_from_main(&program, self, argv, NULL, NULL, NULL);
		if (pip_blt_spawn(&program, PIP_CPUCORE_ASIS, opts, &pipid,
				  NULL, NULL, NULL) != 0)
			bench_fail("pip_blt_spawn fails");
	}
}

static void compare_far(const char *policy, uint32_t opts)
{
	double *ns[FAR], *other_ns[FAR];

	for (int i = 0; i < FAR; i++) {
		ns[i] = bench_samples(samples);
		other_ns[i] = bench_samples(samples);
	}
	init_shared(2, true, PIP_SYNC_BLOCKING);
	spawn_coupled(2, opts);
	for (int sample = 0; sample < samples; sample++)
		for (int i = 0; i < FAR; i++) {
			ns[i][sample] = let_play(&far[i], sample);
			/* The tasks sleep meanwhile. */
			other_ns[i][sample] = pair_ns(i == 1);
		}
	bench_wait_ulps(2);
	if (pip_fin() != 0)
		bench_fail("pip_fin fails");
	printf("2 tasks, two cores, %s\n", policy);
	report(far[0].name, ns[0], bench_median(other_ns[0], samples),
	       "a spinning one of threads");
	report(far[1].name, ns[1], bench_median(other_ns[1], samples),
	       "pthread_mutex_t");
	for (int i = 0; i < FAR; i++) {
		free(ns[i]);
		free(other_ns[i]);
	}
}

static void *note_start(void *arg)
{
	*(double *)arg = bench_now_ns();
	return NULL;
}

/* Spawning, and from the resume to the first instruction of main(). */
static void compare_starting(void)
{
	double *spawn_ns = bench_samples(starts);
	double *resume_ns = bench_samples(starts);
	double *create_ns = bench_samples(starts);

	init_shared(1, false, PIP_SYNC_AUTO);
	shared.samples = 0;
	for (int i = 0; i < starts; i++) {
		int one = 1;
		pip_task_queue_t queue;
		pthread_t thread;
		double start = bench_now_ns(), began;

		bench_spawn_ulps(1, &queue, 0);
		spawn_ns[i] = bench_now_ns() - start;
		start = bench_now_ns();
		pip_dequeue_and_resume_N(&queue, pip_task_self(), &one);
		while (atomic_load(&shared.started) < start)
			pip_yield(PIP_YIELD_USER);
		resume_ns[i] = atomic_load(&shared.started) - start;
		bench_wait_ulps(1);
		start = bench_now_ns();
		if (pthread_create(&thread, NULL, note_start, &began) != 0)
			bench_fail("pthread_create fails");
		pthread_join(thread, NULL);
		create_ns[i] = began - start;
	}
	if (pip_fin() != 0)
		bench_fail("pip_fin fails");
	printf("starting one\n");
	printf("  %-30s %9.1f us\n", "pip_blt_spawn, INACTIVE",
	       bench_median(spawn_ns, starts) / 1e3);
	printf("  %-30s %9.1f us\n", "resume, until main() begins",
	       bench_median(resume_ns, starts) / 1e3);
	printf("  %-30s %9.1f us\n", "pthread_create, until it runs",
	       bench_median(create_ns, starts) / 1e3);
	free(spawn_ns);
	free(resume_ns);
	free(create_ns);
}

static const struct bench_option options[] = {
	{ "samples", "Samples of each (21)", &samples, SAMPLES_MAX, NULL },
	{ "rounds", "Rounds of a sample (20000)", &rounds, 100000000, NULL },
	{ "new", "How many to start (50)", &starts, 1000000, NULL },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	pthread_t thread;

	if (pip_isa_task()) {
		play_task();
		return 0;
	}
	bench_parse(argc, argv,
		    "Time version 3's barrier, mutex, and suspending and "
		    "resuming, among ULPs of one kernel thread and between "
		    "tasks; and starting a ULP.",
		    options);
	bench_print_host();
	sched_getaffinity(0, sizeof(cpus), &cpus);
	/* Without a second thread glibc leaves the atomic operations out. */
	pthread_create(&thread, NULL, do_nothing, NULL);
	pthread_join(thread, NULL);
	printf("%-32s %9s %9s %8s  %s\n", "ns", "median", "best", "ratio",
	       "to");
	bench_bind(&cpus, 0);
	compare_near(2);
	compare_near(ULPS_MAX);
	compare_starting();
	if (CPU_COUNT(&cpus) > 1) {
		compare_far("auto", PIP_SYNC_AUTO);
		compare_far("blocking", PIP_SYNC_BLOCKING);
	}
	return 0;
}
