/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backtrace-target N WHAT: a root with N tasks that are in known places, for
 * tests of backtraces.  Prints "ready PID" when they are about there, and ends
 * when standard input does.  Tests look for the comments with LINE.
 *
 * read	all wait in read(), but task 2 in poll(), and not in middle()
 * threads	each has two more threads
 * spin	task 0 never sleeps
 * stack	read() below a function with a frame of variable size
 * ulp	0 is suspended, 1 runs on the kernel thread of 2, which is suspended
 * ulp-crash	likewise, and 1 crashes there
 * hostile	the root writes nonsense into the task table all the time
 */
#if defined(BACKTRACE_TARGET_O0) && defined(__clang__) /* CFLAGS come last */
#pragma clang optimize off
#elif defined(BACKTRACE_TARGET_O0)
#pragma GCC optimize("O0")
#endif
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pip/pip.h>
#include <pip/pip_blt.h>
#include <pip/pip_signal.h>
#include <pip/pip_table.h>

struct shared {
	_Atomic int ready;
	pip_task_queue_t queue, parked;
};

static struct shared *shared;
static volatile int sink;
static volatile int *nowhere;

#ifdef __clang__
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE __attribute__((noinline, noclone))
#endif

static void be_ready(void)
{
	atomic_fetch_add(&shared->ready, 1);
}

NOINLINE static void inner(void)
{
	char c;

	sink = (int)read(STDIN_FILENO, &c, 1); /* LINE inner */
	sink++;
}

NOINLINE static void middle(int n)
{
	volatile char some[200];

	some[n % 200] = 1;
	inner(); /* LINE middle */
	sink += some[n % 200];
}

NOINLINE static void outer(int n)
{
	middle(n + 1); /* LINE outer */
	sink++;
}

NOINLINE static void odd_one_out(void)
{
	struct pollfd input = { STDIN_FILENO, POLLIN, 0 };

	sink = poll(&input, 1, -1); /* LINE odd */
	sink++;
}

NOINLINE static void variable(int n)
{
	volatile char some[n * 100];

	some[n] = 1;
	middle(n); /* LINE variable */
	sink += some[n];
}

NOINLINE static void spin_here(void)
{
	/* clang-format off */
	for (;;) sink++; /* LINE spin */
}

static void *thread_main(void *arg)
{
	be_ready();
	inner(); /* LINE thread */
	return arg;
}

static void wait_with_threads(void)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, thread_main, NULL);
	be_ready();
	odd_one_out();
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

NOINLINE static void suspend_here(void)
{
	sink = pip_suspend_and_enqueue(&shared->queue, NULL, NULL); /* LINE suspend */
	sink++;
}

NOINLINE static void park_here(void)
{
	sink = pip_suspend_and_enqueue(&shared->parked, NULL, NULL); /* LINE park */
	sink++;
}

NOINLINE static void crash_here(void)
{
	*nowhere = 1; /* LINE crash */
	sink++;
}

NOINLINE static void decouple_here(bool crash)
{
	pip_task_t *scheduler;
	int n = 0;

	while (n == 0) {
		usleep(1000);
		pip_task_queue_lock(&shared->parked);
		pip_task_queue_count(&shared->parked, &n);
		pip_task_queue_unlock(&shared->parked);
	}
	if (pip_get_task_by_pipid(2, &scheduler) != 0 ||
	    pip_decouple(scheduler) != 0)
		abort();
	be_ready();
	if (crash)
		crash_here();
	outer(0); /* LINE decoupled */
}

static int be_task(int pipid, const char *what)
{
	if (strncmp(what, "ulp", 3) == 0 && pipid != 1) {
		be_ready();
		if (pipid == 0)
			suspend_here();
		else
			park_here();
	} else if (strncmp(what, "ulp", 3) == 0) {
		decouple_here(strcmp(what, "ulp-crash") == 0);
	} else if (strcmp(what, "threads") == 0) {
		wait_with_threads();
	} else {
		be_ready();
		if (strcmp(what, "spin") == 0 && pipid == 0)
			spin_here();
		if (strcmp(what, "stack") == 0)
			variable(pipid + 1);
		if (pipid == 2)
			odd_one_out();
		outer(pipid); /* LINE task */
	}
	return 0;
}

static struct pip_table_entry *entry_of(int pipid)
{
	pip_task_t *task = NULL;

	if (pip_get_task_by_pipid(pipid, &task) != 0)
		abort();
	return (void *)((char *)task -
			offsetof(struct pip_table_entry, blt_links));
}

/* Numbers that may lead somewhere, or nowhere. */
static uint64_t nonsense(void)
{
	static const uint64_t bad[] = { 0, 8, ~0ull, 1ull << 63, 1ull << 47 };
	uint64_t n = (uint64_t)random();

	switch (n % 4) {
	case 0:
		return bad[n / 4 % 5];
	case 1:
		return n << 32 | (uint64_t)random();
	case 2:
		return (uint64_t)&n + n / 4 % 4096;
	default:
		return (uint64_t)nonsense - n / 4 % 65536;
	}
}

static void write_nonsense(int ntasks)
{
	struct pollfd input = { STDIN_FILENO, POLLIN, 0 };

	while (poll(&input, 1, 0) == 0) {
		struct pip_table_entry *entry = entry_of(rand() % ntasks);

		entry->blt_state = (uint32_t)random() % 6;
		entry->blt_kthread = (int32_t)random();
		entry->blt_sp = nonsense();
		entry->blt_pc = nonsense();
		entry->load_bias = nonsense();
		entry->r_debug = nonsense();
		entry->loader_base = nonsense();
		entry->stack_low = nonsense();
		entry->stack_high = nonsense();
		usleep(200);
	}
}

static int be_root(int ntasks, char **argv)
{
	int want = strcmp(argv[2], "threads") == 0 ? 3 * ntasks : ntasks;
	char c;

	if (strncmp(argv[2], "ulp", 3) == 0 &&
	    (pip_task_queue_init(&shared->queue, NULL) != 0 ||
	     pip_task_queue_init(&shared->parked, NULL) != 0))
		return 97;
	for (int i = 0; i < ntasks; i++)
		if (pip_spawn(argv[0], argv, NULL, PIP_CPUCORE_ASIS, NULL, NULL,
			      NULL, NULL) != 0)
			return 98;
	while (atomic_load(&shared->ready) < want)
		usleep(1000);
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	if (strcmp(argv[2], "hostile") == 0)
		write_nonsense(ntasks);
	sink = (int)read(STDIN_FILENO, &c, 1); /* LINE root */
	pip_kill_all_tasks();
	while (pip_wait_any(NULL, NULL) == 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	int ntasks = argc > 1 ? atoi(argv[1]) : 0, pipid;
	void *given;

	if (argc < 3 || ntasks < 1)
		return 99;
	given = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (given == MAP_FAILED || pip_init(&pipid, &ntasks, &given, 0) != 0)
		return 99;
	shared = given;
	if (pipid == PIP_PIPID_ROOT)
		return be_root(ntasks, argv);
	return be_task(pipid, argv[2]);
}
