/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * malloc: what libpip's malloc() and free() cost, in the root and in a task,
 * beside those of libc, which are called by their other names in the same
 * process: the same heap, in turns.  Then free() of a block of somebody
 * else's: of another task's, and, by libc's, of another thread's.
 *
 * Both are called through the PLT, as a program calls malloc().
 */
#include <pthread.h>
#include <stdatomic.h>

#include <pip/pip.h>

#include "bench_args.h"

#define ROUNDS_MAX 1001
#define BATCH 256     /* blocks that exist at once: libc's cache holds 7 */
#define FOREIGN 1000  /* blocks that go to somebody else at a time */

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *block);

/* Keep the compiler from seeing that a block is not used. */
#define USE(block) __asm__ volatile("" : : "r"(block) : "memory")

#define DEFINE_PATTERNS(allocator, allocate, release)                      \
	static double pair_##allocator(size_t size, int calls)             \
	{                                                                  \
		double start = bench_now_ns();                             \
                                                                           \
		for (int i = 0; i < calls; i++) {                          \
			void *block = allocate(size);                      \
                                                                           \
			USE(block);                                        \
			release(block);                                    \
		}                                                          \
		return (bench_now_ns() - start) / calls;                   \
	}                                                                  \
                                                                           \
	static double batch_##allocator(size_t size, int calls)            \
	{                                                                  \
		double start = bench_now_ns();                             \
		void *blocks[BATCH];                                       \
                                                                           \
		for (int i = 0; i < calls; i += BATCH) {                   \
			for (int k = 0; k < BATCH; k++) {                  \
				blocks[k] = allocate(size);                \
				USE(blocks[k]);                            \
			}                                                  \
			for (int k = 0; k < BATCH; k++)                    \
				release(blocks[k]);                        \
		}                                                          \
		return (bench_now_ns() - start) /                          \
		       ((calls + BATCH - 1) / BATCH * BATCH);              \
	}

DEFINE_PATTERNS(pip, malloc, free)
DEFINE_PATTERNS(libc, __libc_malloc, __libc_free)

typedef double pattern_function(size_t size, int calls);

static const struct pattern {
	const char *name;
	size_t size;
	int nthreads;
	pattern_function *functions[2]; /* PIP, LIBC */
} patterns[] = {
	{ "malloc + free, 16", 16, 1, { pair_pip, pair_libc } },
	{ "malloc + free, 64", 64, 1, { pair_pip, pair_libc } },
	{ "malloc + free, 256", 256, 1, { pair_pip, pair_libc } },
	{ "malloc + free, 1024", 1024, 1, { pair_pip, pair_libc } },
	{ "malloc + free, 4096", 4096, 1, { pair_pip, pair_libc } },
	{ "256 at once, 64", 64, 1, { batch_pip, batch_libc } },
	/* From here on libc knows that there are threads. */
	{ "2 threads, 64", 64, 2, { pair_pip, pair_libc } },
	{ "2 threads, 256 at once, 64", 64, 2, { batch_pip, batch_libc } },
};
#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

enum { PIP, LIBC };

static int rounds = 61, calls = 50000;

/* By the task, for the root: the tasks' variables are its own. */
struct shared {
	double samples[PATTERNS][2][ROUNDS_MAX];
	cpu_set_t cpus;
	int rounds, calls;
	/* Blocks for somebody else to free, and how long that took. */
	void *blocks[FOREIGN];
	_Atomic int turn;
	double free_ns;
};

struct thread {
	const struct pattern *pattern;
	const struct shared *shared;
	pattern_function *function;
	pthread_barrier_t *start;
	int number;
	double ns;
};

static void *play_thread(void *argument)
{
	struct thread *thread = argument;

	bench_bind(&thread->shared->cpus, thread->number);
	/* The first of each thread makes its arena. */
	thread->function(thread->pattern->size, thread->shared->calls / 10);
	pthread_barrier_wait(thread->start);
	thread->ns = thread->function(thread->pattern->size,
				      thread->shared->calls);
	return NULL;
}

static double measure_threads(const struct shared *shared,
			      const struct pattern *pattern, int which)
{
	struct thread threads[2];
	pthread_barrier_t start;
	pthread_t ids[2];

	pthread_barrier_init(&start, NULL, 2);
	for (int i = 0; i < 2; i++) {
		threads[i] = (struct thread){ pattern, shared,
					      pattern->functions[which],
					      &start, i, 0 };
		if (pthread_create(&ids[i], NULL, play_thread, &threads[i]))
			bench_fail("pthread_create fails");
	}
	for (int i = 0; i < 2; i++)
		pthread_join(ids[i], NULL);
	pthread_barrier_destroy(&start);
	return (threads[0].ns + threads[1].ns) / 2;
}

/* All patterns, the two allocators in turns; the first round warms up. */
static void measure_all(struct shared *shared)
{
	for (unsigned p = 0; p < PATTERNS; p++)
		for (int round = -1; round < shared->rounds; round++)
			for (int k = 0; k < 2; k++) {
				int which = (k + round) & 1;
				const struct pattern *pattern = &patterns[p];
				double ns;

				ns = pattern->nthreads > 1 ?
					     measure_threads(shared, pattern,
							     which) :
					     pattern->functions[which](
						     pattern->size,
						     shared->calls);
				if (round >= 0)
					shared->samples[p][which][round] = ns;
			}
}

/* The median of the ratios of the two of a round: what disturbs one disturbs
 * the other as well. */
static double median_ratio(const double *a, const double *b, int n)
{
	double *ratios = bench_samples(n), ratio;

	for (int i = 0; i < n; i++)
		ratios[i] = a[i] / b[i];
	ratio = bench_median(ratios, n);
	free(ratios);
	return ratio;
}

static void report_all(struct shared *shared, const char *where)
{
	printf("%-28s %10s %10s %8s\n", where, "libpip ns", "libc ns", "ratio");
	for (unsigned p = 0; p < PATTERNS; p++) {
		double *pip = shared->samples[p][PIP];
		double *libc = shared->samples[p][LIBC];
		double ratio = median_ratio(pip, libc, shared->rounds);

		printf("%-28s %10.2f %10.2f %8.3f\n", patterns[p].name,
		       bench_median(pip, shared->rounds),
		       bench_median(libc, shared->rounds), ratio);
	}
	fflush(stdout);
}

/* --- Blocks of somebody else ------------------------------------------------ */

enum { MINE, YOURS_PIP, YOURS_LIBC, DONE };

static void wait_for_turn(struct shared *shared, int other_than)
{
	for (int i = 0; atomic_load(&shared->turn) == other_than; i++)
		if (i > 1000)
			sched_yield();
}

/* Free what one gets, until the end; a task, or a thread of the root. */
static void free_for_others(struct shared *shared, int turn)
{
	for (;;) {
		int now = atomic_load(&shared->turn);
		double start;

		if (now == DONE)
			return;
		if (now != turn) {
			/* The other one measures: do not disturb. */
			usleep(100);
			continue;
		}
		start = bench_now_ns();
		if (turn == YOURS_PIP)
			for (int i = 0; i < FOREIGN; i++)
				free(shared->blocks[i]);
		else
			for (int i = 0; i < FOREIGN; i++)
				__libc_free(shared->blocks[i]);
		shared->free_ns = (bench_now_ns() - start) / FOREIGN;
		atomic_store(&shared->turn, MINE);
	}
}

static void *play_freeing_thread(void *argument)
{
	struct shared *shared = argument;

	bench_bind(&shared->cpus, 1);
	free_for_others(shared, YOURS_LIBC);
	return NULL;
}

/* Have FOREIGN blocks freed by the other one; then what allocating as many
 * again costs, which is when the freed ones come in. */
static void exchange(struct shared *shared, int turn, double *free_ns,
		     double *again_ns)
{
	double start;

	for (int i = 0; i < FOREIGN; i++)
		shared->blocks[i] = turn == YOURS_PIP ? malloc(64) :
							__libc_malloc(64);
	atomic_store(&shared->turn, turn);
	wait_for_turn(shared, turn);
	*free_ns = shared->free_ns;
	start = bench_now_ns();
	for (int i = 0; i < FOREIGN; i++)
		shared->blocks[i] = turn == YOURS_PIP ? malloc(64) :
							__libc_malloc(64);
	*again_ns = (bench_now_ns() - start) / FOREIGN;
	for (int i = 0; i < FOREIGN; i++)
		__libc_free(shared->blocks[i]);
}

static void compare_foreign(struct shared *shared)
{
	static double samples[2][2][ROUNDS_MAX];
	static const char *const names[2] = { "free, of another's",
					      "malloc after that" };
	pthread_t thread;

	if (pthread_create(&thread, NULL, play_freeing_thread, shared) != 0)
		bench_fail("pthread_create fails");
	for (int round = -1; round < shared->rounds; round++)
		for (int which = 0; which < 2; which++) {
			double free_ns, again_ns;

			exchange(shared, which == PIP ? YOURS_PIP : YOURS_LIBC,
				 &free_ns, &again_ns);
			if (round < 0)
				continue;
			samples[0][which][round] = free_ns;
			samples[1][which][round] = again_ns;
		}
	atomic_store(&shared->turn, DONE);
	pthread_join(thread, NULL);
	printf("%-28s %10s %10s %8s\n", "task / thread, 64", "libpip ns",
	       "libc ns", "ratio");
	for (int i = 0; i < 2; i++) {
		double ratio = median_ratio(samples[i][PIP], samples[i][LIBC],
					    shared->rounds);

		printf("%-28s %10.2f %10.2f %8.3f\n", names[i],
		       bench_median(samples[i][PIP], shared->rounds),
		       bench_median(samples[i][LIBC], shared->rounds), ratio);
	}
}

static int play_task(void)
{
	struct shared *shared = NULL;

	if (pip_init(NULL, NULL, (void **)&shared, 0) != 0 || shared == NULL)
		bench_fail("pip_init fails in a task");
	if (atomic_load(&shared->turn) == MINE) {
		bench_bind(&shared->cpus, 0);
		measure_all(shared);
	} else {
		bench_bind(&shared->cpus, 1);
		atomic_store(&shared->turn, MINE);
		free_for_others(shared, YOURS_PIP);
	}
	return 0;
}

static void spawn_task(char **argv)
{
	int error = pip_spawn("/proc/self/exe", argv, NULL, PIP_CPUCORE_ASIS,
			      NULL, NULL, NULL, NULL);

	if (error != 0)
		bench_fail("pip_spawn: %s", strerror(error));
}

static const struct bench_option options[] = {
	{ "rounds", "Rounds of each pattern (61)", &rounds, ROUNDS_MAX, NULL },
	{ "calls", "Calls in a round (50000)", &calls, 100000000, NULL },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	static struct shared shared;
	void *exp = &shared;
	int error;

	if (pip_isa_task())
		return play_task();
	bench_parse(argc, argv,
		    "Time malloc and free of libpip in the root and in a task "
		    "beside libc's, and freeing what others have allocated.",
		    options);
	shared.rounds = rounds;
	shared.calls = calls;
	error = pip_init(NULL, NULL, &exp, PIP_OPTS_NONE);
	if (error != 0)
		bench_fail("pip_init: %s", strerror(error));
	bench_print_host();
	sched_getaffinity(0, sizeof(shared.cpus), &shared.cpus);
	atomic_store(&shared.turn, MINE);
	spawn_task(argv);
	pip_wait_any(NULL, NULL);
	report_all(&shared, "in a task");
	bench_bind(&shared.cpus, 0);
	measure_all(&shared);
	report_all(&shared, "in the root");
	atomic_store(&shared.turn, DONE + 1);
	spawn_task(argv);
	wait_for_turn(&shared, DONE + 1);
	compare_foreign(&shared);
	pip_wait_any(NULL, NULL);
	return pip_fin();
}
