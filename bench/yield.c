/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * yield: pip_yield() among ULPs on one kernel thread, beside a bare switch of
 * registers, stack and thread pointer among as many contexts, with and without
 * code and data of their own, other libraries' contexts, and, of two, what the kernel switches between on one core.
 */
#include <pip/pip.h>

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "bare_own.h"
#include "bare_switch.h"
#include "bench_args.h"
#include "bench_ulp.h"
#include "rings.h"

#define SAMPLES_MAX 1001
#define KERNEL_SWITCHES 4000 /* in a sample */

static int only, samples = 21, switches = 400000;
static cpu_set_t cpus;

/* What the ULPs, whose variables are their own, get. */
struct shared {
	pip_barrier_t barrier;
	int n, samples;
	long rounds;
	double ns[SAMPLES_MAX]; /* of a sample's rounds */
	long lost;
};

static struct shared shared;

static void play_ulp(void)
{
	int pipid;
	struct shared *all = bench_task(&pipid);

	for (int sample = 0; sample < all->samples; sample++) {
		long lost = 0;
		double start;

		pip_barrier_wait(&all->barrier);
		start = bench_now_ns();
		for (long i = 0; i < all->rounds; i++)
			lost += pip_yield(PIP_YIELD_USER) != EINTR;
		if (pipid == 0)
			all->ns[sample] = bench_now_ns() - start;
		all->lost += lost;
		pip_barrier_wait(&all->barrier);
	}
}

/* --- What goes round -------------------------------------------------------- */

static bool bare_begin(int n)
{
	bare_make(n);
	return true;
}

static bool ulps_make(int n)
{
	shared.n = n;
	shared.rounds = switches / n;
	shared.samples = samples;
	shared.lost = 0;
	bench_init_root(n, &shared, PIP_SYNC_BLOCKING);
	if (pip_barrier_init(&shared.barrier, n + 1) != 0)
		bench_fail("pip_barrier_init fails");
	bench_start_ulps(n, 0);
	return true;
}

/* The root is suspended meanwhile. */
static void ulps_run(long rounds)
{
	(void)rounds;
	pip_barrier_wait(&shared.barrier);
	pip_barrier_wait(&shared.barrier);
}

static void ulps_free(void)
{
	bench_wait_ulps(shared.n);
	if (pip_fin() != 0)
		bench_fail("pip_fin fails");
}

/* Two processes on one core.  ns of a real switch: the kernel does not always
 * do it.  The other one runs until it is killed. */
static double sched_yield_ns(void)
{
	struct rusage before, after;
	pid_t pid = fork();
	double start;
	long done;

	if (pid == 0)
		for (;;)
			sched_yield();
	if (pid < 0)
		bench_fail("fork: %s", strerror(errno));
	for (int i = 0; i < 100; i++)
		sched_yield();
	getrusage(RUSAGE_SELF, &before);
	start = bench_now_ns();
	for (int i = 0; i < KERNEL_SWITCHES; i++)
		sched_yield();
	start = bench_now_ns() - start;
	getrusage(RUSAGE_SELF, &after);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	done = after.ru_nivcsw + after.ru_nvcsw - before.ru_nivcsw -
	       before.ru_nvcsw;
	return done > 0 ? start / 2 / (double)done : 0;
}

struct ping_pong {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int turn;
};

static void play_ping_pong(struct ping_pong *game, int me)
{
	pthread_mutex_lock(&game->mutex);
	for (int i = 0; i < KERNEL_SWITCHES / 2; i++) {
		while (game->turn != me)
			pthread_cond_wait(&game->changed, &game->mutex);
		game->turn = !me;
		pthread_cond_signal(&game->changed);
	}
	pthread_mutex_unlock(&game->mutex);
}

static void *play_pong(void *game)
{
	play_ping_pong(game, 1);
	return NULL;
}

/* Two threads on one core. */
static double condition_ns(void)
{
	struct ping_pong game = { PTHREAD_MUTEX_INITIALIZER,
				  PTHREAD_COND_INITIALIZER, 0 };
	pthread_t thread;
	double start;

	if (pthread_create(&thread, NULL, play_pong, &game) != 0)
		bench_fail("pthread_create fails");
	start = bench_now_ns();
	play_ping_pong(&game, 0);
	pthread_join(thread, NULL);
	return (bench_now_ns() - start) / KERNEL_SWITCHES;
}

/* Of a ring of any length, or else of two. */
static const struct contender {
	const char *name;
	bool (*make)(int n);
	void (*run)(long rounds);
	void (*free)(void);
	double (*measure)(void);
	const char *missing;
} contenders[] = {
	{ "bare switch", bare_begin, bare_run, bare_free, NULL, NULL },
	{ "same, own code and data", own_make, own_run, own_free, NULL, NULL },
	{ "pip_yield", ulps_make, ulps_run, ulps_free, NULL, NULL },
	{ "Boost.Context", boost_make, boost_run, boost_free, NULL,
	  "no libboost_context.so" },
	{ "Argobots", abt_make, abt_run, abt_free, NULL, "no libabt.so" },
	{ "swapcontext", ucontext_make, ucontext_run, ucontext_free, NULL,
	  NULL },
	{ "sched_yield, processes", NULL, NULL, NULL, sched_yield_ns, NULL },
	{ "condition variable", NULL, NULL, NULL, condition_ns, NULL },
};
enum { BARE, BARE_OWN, PIP, CONTENDERS = sizeof(contenders) / sizeof(contenders[0]) };

static double sample_once(int which, int n, int sample)
{
	const struct contender *contender = &contenders[which];
	long rounds = switches / n;
	double start;

	if (contender->measure != NULL)
		return contender->measure();
	start = bench_now_ns();
	contender->run(rounds);
	start = bench_now_ns() - start;
	return (which == PIP ? shared.ns[sample] : start) / (double)rounds / n;
}

static void report(int n, double *ns[], const bool there[])
{
	double least = bench_median(ns[BARE], samples), best = ns[BARE][0];

	printf("%-24s %8s %7s %8s %7s\n", n == 2 ? "ns per switch" : "",
	       "median", "ratio", "best", "ratio");
	printf("%d contexts\n", n);
	for (int i = 0; i < CONTENDERS; i++) {
		double median;

		if (!there[i])
			continue;
		median = bench_median(ns[i], samples);
		printf("  %-23s %7.1f %7.2f %8.1f %7.2f\n", contenders[i].name,
		       median, median / least, ns[i][0], ns[i][0] / best);
	}
	if (shared.lost != 0)
		printf("  %ld calls of pip_yield found nobody\n", shared.lost);
	fflush(stdout);
}

static void compare(int n)
{
	double *ns[CONTENDERS];
	bool there[CONTENDERS];

	for (int i = 0; i < CONTENDERS; i++) {
		ns[i] = bench_samples(samples);
		there[i] = contenders[i].make != NULL ? contenders[i].make(n) :
							n == 2;
	}
	for (int sample = 0; sample < samples; sample++)
		for (int i = 0; i < CONTENDERS; i++)
			if (there[i])
				ns[i][sample] = sample_once(i, n, sample);
	for (int i = 0; i < CONTENDERS; i++)
		if (there[i] && contenders[i].free != NULL)
			contenders[i].free();
	report(n, ns, there);
	for (int i = 0; i < CONTENDERS; i++) {
		if (!there[i] && contenders[i].missing != NULL && n == 2)
			printf("  %s: %s\n", contenders[i].name,
			       contenders[i].missing);
		free(ns[i]);
	}
}

static const struct bench_option options[] = {
	{ "ulps", "So many only (2, 8, 64 and 1000)", &only, 30000, NULL },
	{ "samples", "Samples of each (21)", &samples, SAMPLES_MAX, NULL },
	{ "changes", "Switches in a sample (400000)", &switches, 1000000000,
	  NULL },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	static const int sizes[] = { 2, 8, 64, 1000 };

	if (pip_isa_task()) {
		play_ulp();
		return 0;
	}
	bench_parse(argc, argv,
		    "Time pip_yield() among ULPs of one kernel thread, beside "
		    "a bare switch of registers and thread pointer, other "
		    "libraries' contexts, and the kernel's switches.",
		    options);
	if (only == 1)
		bench_fail("ulps: it takes two");
	bench_print_host();
	sched_getaffinity(0, sizeof(cpus), &cpus);
	bench_bind(&cpus, 0);
	if (only != 0)
		compare(only);
	for (size_t i = 0; only == 0 && i < sizeof(sizes) / sizeof(sizes[0]);
	     i++)
		compare(sizes[i]);
	return 0;
}
