/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * couple: pip_couple() and pip_decouple(), with each way in which the two
 * kernel threads can wait, beside what a hand-over between two threads costs
 * that spin, or sleep on a futex.
 */
#include <pip/pip.h>

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>

#include "bench_args.h"

#define SAMPLES 15

enum { BUSYWAIT, AUTO, BLOCKING, POLICIES };
static const struct {
	const char *name;
	uint32_t flag;
	int pairs;
} policies[POLICIES] = {
	{ "busywait", PIP_SYNC_BUSYWAIT, 4000 },
	{ "auto", PIP_SYNC_AUTO, 4000 },
	{ "blocking", PIP_SYNC_BLOCKING, 2000 },
};

/* One of two threads runs at a time, whose number is in it. */
struct baton {
	_Alignas(64) uint32_t turn;
	int rounds, sleeps, cpus;
};

struct shared {
	struct baton baton;
	double pair[SAMPLES], getpid[SAMPLES];
	double spinning[SAMPLES], sleeping[SAMPLES];
	int pairs, cpus, wrong;
};

static void wait_turn(struct baton *baton, uint32_t turn)
{
	uint32_t now;

	while ((now = __atomic_load_n(&baton->turn, __ATOMIC_ACQUIRE)) != turn)
		if (baton->sleeps)
			syscall(SYS_futex, &baton->turn, FUTEX_WAIT_PRIVATE,
				now, NULL, NULL, 0);
		else if (baton->cpus == 1)
			sched_yield();
		else
			__builtin_ia32_pause();
}

static void pass_on(struct baton *baton, uint32_t turn)
{
	__atomic_store_n(&baton->turn, turn, __ATOMIC_RELEASE);
	if (baton->sleeps)
		syscall(SYS_futex, &baton->turn, FUTEX_WAKE_PRIVATE, 1, NULL,
			NULL, 0);
}

static void bind_to(int cpu, int cpus)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpus > 1 ? cpu : 0, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *other_thread(void *arg)
{
	struct baton *baton = arg;

	bind_to(0, baton->cpus);
	for (int i = 0; i < baton->rounds; i++) {
		wait_turn(baton, 1);
		pass_on(baton, 0);
	}
	return NULL;
}

/* There and back. */
static double measure_baton(struct shared *shared, int sleeps)
{
	struct baton *baton = &shared->baton;
	pthread_t thread;
	double start;

	baton->rounds = shared->pairs / 4;
	baton->sleeps = sleeps;
	baton->cpus = shared->cpus;
	baton->turn = 0;
	if (pthread_create(&thread, NULL, other_thread, baton) != 0)
		bench_fail("pthread_create fails");
	start = bench_now_ns();
	for (int i = 0; i < baton->rounds; i++) {
		pass_on(baton, 1);
		wait_turn(baton, 0);
	}
	start = (bench_now_ns() - start) / baton->rounds;
	pthread_join(thread, NULL);
	return start;
}

static double measure_pair(struct shared *shared, int with_getpid)
{
	pid_t own = getpid();
	double start = bench_now_ns();

	for (int i = 0; i < shared->pairs; i++) {
		pip_decouple(NULL);
		pip_couple();
		if (with_getpid)
			shared->wrong += syscall(SYS_getpid) != own;
	}
	return (bench_now_ns() - start) / shared->pairs;
}

static void play_task(void)
{
	struct shared *shared = NULL;
	pip_task_t *root;

	if (pip_init(NULL, NULL, (void **)&shared, 0) != 0 ||
	    pip_get_task_by_pipid(PIP_PIPID_ROOT, &root) != 0)
		bench_fail("pip_init fails in a task");
	bind_to(1, shared->cpus);
	if (pip_decouple(root) != 0 || pip_couple() != 0)
		bench_fail("pip_decouple fails");
	for (int i = 0; i < SAMPLES; i++) {
		shared->spinning[i] = measure_baton(shared, 0);
		shared->pair[i] = measure_pair(shared, 0);
		shared->sleeping[i] = measure_baton(shared, 1);
		shared->getpid[i] = measure_pair(shared, 1);
	}
}

static void run(char *self, int policy, int cpus)
{
	char *argv[] = { self, (char *)"task", NULL };
	struct shared *shared = aligned_alloc(64, sizeof(*shared));
	pip_spawn_program_t program;
	double spinning, sleeping, pair, with_getpid;
	void *exp = shared;
	int pipid = 0;

	memset(shared, 0, sizeof(*shared));
	shared->pairs = policies[policy].pairs;
	shared->cpus = cpus;
	if (pip_init(NULL, NULL, &exp, policies[policy].flag) != 0)
		bench_fail("pip_init fails");
	bind_to(0, cpus);
	pip_spawn_from_main(&program, self, argv, NULL, NULL, NULL);
	if (pip_blt_spawn(&program, PIP_CPUCORE_ASIS, policies[policy].flag,
			  &pipid, NULL, NULL, NULL) != 0)
		bench_fail("pip_blt_spawn fails");
	pip_wait(pipid, NULL);
	pip_fin();
	spinning = bench_median(shared->spinning, SAMPLES);
	sleeping = bench_median(shared->sleeping, SAMPLES);
	pair = bench_median(shared->pair, SAMPLES);
	with_getpid = bench_median(shared->getpid, SAMPLES);
	printf("%-8s  %d %-5s  pair %7.0f ns  with getpid %7.0f ns  "
	       "(%4.2f x spin, %4.2f x futex)\n",
	       policies[policy].name, cpus, cpus == 1 ? "core" : "cores", pair,
	       with_getpid, pair / spinning, pair / sleeping);
	if (shared->wrong != 0)
		bench_fail("%d of them saw another PID", shared->wrong);
	free(shared);
}

int main(int argc, char **argv)
{
	static const struct bench_option options[] = {
		{ NULL, NULL, NULL, 0, NULL },
	};
	char self[4096] = "";

	if (argc > 1 && strcmp(argv[1], "task") == 0) {
		play_task();
		return 0;
	}
	bench_parse(argc, argv,
		    "Time pip_couple() and pip_decouple() beside hand-overs "
		    "between two threads that spin or sleep.",
		    options);
	bench_print_host();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		bench_fail("readlink");
	for (int policy = 0; policy < POLICIES; policy++)
		if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
			run(self, policy, 2);
	for (int policy = AUTO; policy < POLICIES; policy++)
		run(self, policy, 1);
	return 0;
}
