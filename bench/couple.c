/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * couple: pip_decouple() and pip_couple(), with each way in which the two
 * kernel threads can wait, beside what handing over to another thread and back
 * costs when both spin, or sleep on a futex.
 */
#include <pip/pip.h>

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>

#include "bench_args.h"
#include "bench_ulp.h"

#define SAMPLES_MAX 1001
#define BATCH 16 /* pairs between two looks at the clock */
#define WARM_UP 64

static int samples = 41, pairs = 1000, milliseconds = 20;

static const struct policy {
	const char *name;
	uint32_t flag;
} policies[] = {
	{ "busy-wait", PIP_SYNC_BUSYWAIT },
	{ "auto", PIP_SYNC_AUTO },
	{ "blocking", PIP_SYNC_BLOCKING },
};

/* What is timed, in turns. */
enum { PAIR, PAIR_GETPID, SPIN, FUTEX, KINDS };

/* One of two threads runs at a time, whose number is in turn. */
struct baton {
	_Alignas(64) _Atomic uint32_t turn;
	bool sleeps;
};
enum { MINE, YOURS, OVER };

/* For the task, whose variables are its own. */
struct shared {
	struct baton baton;
	cpu_set_t cpus;
	pip_barrier_t end;
	pid_t pid; /* the task's */
	int ncores, samples, pairs, wrong;
	double limit_ns;
	double ns[KINDS][SAMPLES_MAX];
};

static void pass_on(struct baton *baton, uint32_t turn)
{
	atomic_store(&baton->turn, turn);
	if (baton->sleeps)
		syscall(SYS_futex, &baton->turn, FUTEX_WAKE_PRIVATE, 1, NULL,
			NULL, 0);
}

/* Until it is no longer the other one's. */
static uint32_t wait_while(struct shared *shared, uint32_t turn)
{
	struct baton *baton = &shared->baton;
	uint32_t now;

	while ((now = atomic_load(&baton->turn)) == turn)
		if (baton->sleeps)
			syscall(SYS_futex, &baton->turn, FUTEX_WAIT_PRIVATE,
				now, NULL, NULL, 0);
		else if (shared->ncores == 1)
			sched_yield();
		else
			__builtin_ia32_pause();
	return now;
}

static void *play_other(void *arg)
{
	struct shared *shared = arg;

	bench_bind(&shared->cpus, 0);
	while (wait_while(shared, MINE) == YOURS)
		pass_on(&shared->baton, MINE);
	return NULL;
}

/* There and back. */
static void hand_over(struct shared *shared)
{
	pass_on(&shared->baton, YOURS);
	wait_while(shared, YOURS);
}

static void do_once(struct shared *shared, int kind)
{
	switch (kind) {
	case PAIR:
		pip_decouple(NULL);
		pip_couple();
		break;
	case PAIR_GETPID:
		pip_couple();
		shared->wrong += syscall(SYS_getpid) != shared->pid;
		pip_decouple(NULL);
		break;
	default:
		hand_over(shared);
	}
}

/* So many, or as many as there is time for: a machine may be busy. */
static double measure(struct shared *shared, int kind)
{
	double start = bench_now_ns(), now;
	int n = 0;

	do {
		for (int i = 0; i < BATCH; i++)
			do_once(shared, kind);
		n += BATCH;
		now = bench_now_ns();
	} while (n < shared->pairs && now - start < shared->limit_ns);
	return (now - start) / n;
}

static double sample(struct shared *shared, int kind)
{
	pthread_t thread;
	double ns;

	shared->baton.sleeps = kind == FUTEX;
	atomic_store(&shared->baton.turn, MINE);
	if (kind >= SPIN &&
	    pthread_create(&thread, NULL, play_other, shared) != 0)
		bench_fail("pthread_create fails");
	if (kind == PAIR_GETPID)
		pip_decouple(NULL);
	for (int i = 0; i < WARM_UP; i++)
		do_once(shared, kind);
	ns = measure(shared, kind);
	if (kind == PAIR_GETPID)
		pip_couple();
	if (kind >= SPIN) {
		pass_on(&shared->baton, OVER);
		pthread_join(thread, NULL);
	}
	return ns;
}

static void play_task(void)
{
	struct shared *shared = bench_task(NULL);
	pip_task_t *root;

	shared->pid = getpid();
	bench_bind(&shared->cpus, shared->ncores - 1);
	if (pip_get_task_by_pipid(PIP_PIPID_ROOT, &root) != 0 ||
	    pip_decouple(root) != 0 || pip_couple() != 0)
		bench_fail("pip_decouple fails");
	for (int i = 0; i < shared->samples; i++)
		for (int kind = 0; kind < KINDS; kind++)
			shared->ns[kind][i] = sample(shared, kind);
	pip_barrier_wait(&shared->end);
}

static void spawn_task(uint32_t flag)
{
	static char self[] = "/proc/self/exe", name[] = "task";
	char *argv[] = { name, NULL };
	pip_spawn_program_t program;
	int error;

	pip_spawn_from_main(&program, self, argv, NULL, NULL, NULL);
	error = pip_blt_spawn(&program, PIP_CPUCORE_ASIS, flag, NULL, NULL,
			      NULL, NULL);
	if (error != 0)
		bench_fail("pip_blt_spawn: %s", strerror(error));
}

static void report(struct shared *shared, const struct policy *policy)
{
	static const char *const names[KINDS] = {
		"decouple + couple", "couple, getpid, decouple",
		"spinning threads, there and back",
		"threads on a futex, there and back",
	};
	double median[KINDS];

	for (int kind = 0; kind < KINDS; kind++)
		median[kind] = bench_median(shared->ns[kind], shared->samples);
	printf("%s, %d %s\n", policy->name, shared->ncores,
	       shared->ncores == 1 ? "core" : "cores");
	for (int kind = 0; kind < KINDS; kind++)
		printf("  %-34s %9.0f %9.0f %8.2f %8.2f\n", names[kind],
		       median[kind], shared->ns[kind][0],
		       median[kind] / median[SPIN],
		       median[kind] / median[FUTEX]);
	fflush(stdout);
}

static void run(const struct policy *policy, const cpu_set_t *cpus, int ncores)
{
	struct shared *shared = aligned_alloc(64, sizeof(*shared));

	memset(shared, 0, sizeof(*shared));
	shared->cpus = *cpus;
	shared->ncores = ncores;
	shared->samples = samples;
	shared->pairs = pairs;
	shared->limit_ns = milliseconds * 1e6;
	bench_init_root(1, shared, policy->flag);
	bench_bind(cpus, 0);
	if (pip_barrier_init(&shared->end, 2) != 0)
		bench_fail("pip_barrier_init fails");
	spawn_task(policy->flag);
	/* Suspended: in pip_wait() the root would look every half millisecond,
	 * which takes a timer. */
	pip_barrier_wait(&shared->end);
	pip_wait_any(NULL, NULL);
	if (pip_fin() != 0)
		bench_fail("pip_fin fails");
	report(shared, policy);
	if (shared->wrong != 0)
		bench_fail("%d times another PID", shared->wrong);
	free(shared);
}

static const struct bench_option options[] = {
	{ "samples", "Samples of each (41)", &samples, SAMPLES_MAX, NULL },
	{ "pairs", "Pairs in a sample (1000)", &pairs, 100000000, NULL },
	{ "time", "Milliseconds after which a sample ends (20)", &milliseconds,
	  1000000, NULL },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	cpu_set_t cpus;

	if (pip_isa_task()) {
		play_task();
		return 0;
	}
	bench_parse(argc, argv,
		    "Time pip_decouple() and pip_couple() beside hand-overs "
		    "between two threads that spin or sleep.",
		    options);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	bench_print_host();
	printf("%-36s %9s %9s %8s %8s\n", "ns", "median", "best", "x spin",
	       "x futex");
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (CPU_COUNT(&cpus) > 1)
			run(&policies[i], &cpus, 2);
	/* Whoever spins without sched_yield() only keeps the other one out. */
	for (size_t i = 1; i < sizeof(policies) / sizeof(policies[0]); i++)
		run(&policies[i], &cpus, 1);
	return 0;
}
