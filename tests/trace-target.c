/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program to be traced, with known numbers of events.
 *
 *	trace-target TASKS ROUNDS   so many ULPs on the root's kernel thread;
 *		each, in each round, puts one mark (its PIPID the value), one
 *		begin and one end, and yields; then couples, calls getpgid(2)
 *		and decouples three times, and calls getsid(2) decoupled, once.
 *	trace-target marks COUNT    the root puts so many marks.
 *	trace-target parked TASKS   so many ULPs wait to be resumed; "parked";
 *		they are, when it has read a line.
 *	trace-target last COUNT HOW the same, and then ends at once, by exit,
 *		_exit or a signal (its number).
 *	trace-target switches COUNT  the root and a thread hand a byte to each
 *		other, there and back so many times; before and after, a mark
 *		whose value is how often the kernel has switched the root away.
 *	trace-target waits ROUNDS   three threads that share a CPU or two: one
 *		spins, one spins and is moved from one to the other, and one
 *		that is moved, too, sleeps so many times; each tells its TID,
 *		how many ns it has waited for a CPU, and how often the kernel
 *		had switched it away then.
 *	trace-target rate COUNT US  COUNT bursts of 2 * US marks, one each
 *		US microseconds: 2 million per second.
 *
 * With input from a file or pipe that is not empty, the root says "ready" and
 * begins when it has read a line, and says "done" and ends after a second one.
 */
#include <pip/pip.h>
#include <pip/pip_blt.h>
#include <pip/pip_trace.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct shared {
	int rounds;
	uint32_t mark;
};

static void fail(const char *what)
{
	fprintf(stderr, "trace-target: %s\n", what);
	exit(99);
}

static void wait_for_line(const char *text)
{
	char c;

	printf("%s\n", text);
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		;
}

/* A function that is called so many times. */
__attribute__((noinline)) void play_round(struct shared *shared, int pipid,
					  int i);
__attribute__((noinline)) void play_round(struct shared *shared, int pipid,
					  int i)
{
	pip_trace_mark(shared->mark, (uint64_t)pipid);
	pip_trace_begin(7, (uint64_t)i);
	pip_yield(PIP_YIELD_USER);
	pip_trace_end(7, (uint64_t)i);
}

static int play_task(void)
{
	struct shared *shared = NULL;
	int pipid;

	if (pip_init(&pipid, NULL, (void **)&shared, 0) != 0)
		fail("pip_init in a task");
	for (int i = 0; i < shared->rounds; i++)
		play_round(shared, pipid, i);
	for (int i = 0; i < 3; i++) {
		if (pip_couple() != 0)
			fail("pip_couple");
		(void)getpgid(0);
		if (pip_decouple(NULL) != 0)
			fail("pip_decouple");
	}
	(void)getsid(0);
	return 0;
}

static void play_root(const char *self, bool park, int ntasks)
{
	char *argv[] = { (char *)self, (char *)"task", NULL };
	int all = PIP_TASK_ALL;
	pip_task_queue_t queue;

	pip_task_queue_init(&queue, NULL);
	for (int i = 0; i < ntasks; i++) {
		pip_spawn_program_t program;
		int pipid = i;

		pip_spawn_from_main(&program, (char *)self, argv, NULL, NULL,
				    NULL);
		if (pip_blt_spawn(&program, PIP_CPUCORE_ASIS, PIP_TASK_INACTIVE,
				  &pipid, NULL, &queue, NULL) != 0)
			fail("pip_blt_spawn");
	}
	if (park)
		wait_for_line("parked");
	pip_dequeue_and_resume_N(&queue, pip_task_self(), &all);
	for (int i = 0; i < ntasks; i++) {
		int status = -1;

		if (pip_wait(i, &status) != 0 || status != 0)
			fail("a task has failed");
	}
}

static void put_bursts(uint32_t mark, int count, int us)
{
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (int i = 0; i < count; i++) {
		for (int j = 0; j < 2 * us; j++)
			pip_trace_mark(mark, (uint64_t)j);
		next.tv_nsec += us * 1000l;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

static uint64_t count_switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
}

static void spin(long us)
{
	struct timespec from, now;

	clock_gettime(CLOCK_MONOTONIC, &from);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - from.tv_sec) * 1000000 +
		       (now.tv_nsec - from.tv_nsec) / 1000 < us);
}

/* With no switch near the mark.  Only the last one of a few counts. */
static void mark_switches(uint32_t mark)
{
	uint64_t before;

	do {
		before = count_switches();
		spin(300);
		pip_trace_mark(mark, before);
		spin(300);
	} while (count_switches() != before);
}

/* "waits TID NS SWITCHES": from birth up to now. */
static void tell_waits(void)
{
	unsigned long long waited = 0;
	uint64_t before;
	FILE *file;

	do {
		before = count_switches();
		file = fopen("/proc/thread-self/schedstat", "re");
		if (file != NULL) {
			if (fscanf(file, "%*u %llu", &waited) != 1)
				fail("schedstat");
			fclose(file);
		}
	} while (count_switches() != before);
	if (file != NULL)
		printf("waits %d %llu %llu\n", (int)gettid(), waited,
		       (unsigned long long)before);
}

static atomic_bool enough;
static atomic_int movable[2]; /* TIDs: one spins, one sleeps */

static void *keep_spinning(void *moved)
{
	if (moved != NULL)
		movable[0] = gettid();
	while (!enough)
		spin(50);
	tell_waits();
	return NULL;
}

static void *keep_sleeping(void *rounds)
{
	struct timespec moment = { 0, 300000 };

	movable[1] = gettid();
	for (intptr_t i = 0; i < (intptr_t)rounds; i++) {
		nanosleep(&moment, NULL);
		spin(50);
	}
	enough = true;
	tell_waits();
	return NULL;
}

/* The first two of ours, or one twice. */
static void find_cpus(const cpu_set_t *all, cpu_set_t cpus[2])
{
	int n = 0;

	for (int cpu = 0; cpu < CPU_SETSIZE && n < 2; cpu++)
		if (CPU_ISSET(cpu, all)) {
			CPU_ZERO(&cpus[n]);
			CPU_SET(cpu, &cpus[n++]);
		}
	if (n == 1)
		cpus[1] = cpus[0];
}

static void play_waits(int rounds)
{
	struct timespec moment = { 0, 700000 };
	cpu_set_t cpus[2], all;
	pthread_t thread[3];

	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		fail("sched_getaffinity");
	find_cpus(&all, cpus);
	if (sched_setaffinity(0, sizeof(cpus[0]), &cpus[0]) != 0 ||
	    pthread_create(&thread[0], NULL, keep_spinning, NULL) != 0 ||
	    pthread_create(&thread[1], NULL, keep_spinning, thread) != 0 ||
	    pthread_create(&thread[2], NULL, keep_sleeping,
			   (void *)(intptr_t)rounds) != 0 ||
	    sched_setaffinity(0, sizeof(all), &all) != 0)
		fail("threads on one CPU");
	/* Whoever waits then is moved while it waits. */
	for (unsigned i = 0; !enough; i++) {
		nanosleep(&moment, NULL);
		for (int j = 0; j < 2; j++)
			if (movable[j] != 0)
				(void)sched_setaffinity(movable[j],
							sizeof(cpus[0]),
							&cpus[i >> j & 1]);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	fflush(stdout);
}

static int pipes[2][2], pingpongs;

static void *answer(void *unused)
{
	char c;

	for (int i = 0; i < pingpongs; i++)
		if (read(pipes[0][0], &c, 1) != 1 ||
		    write(pipes[1][1], &c, 1) != 1)
			fail("pipe");
	return unused;
}

static void play_switches(uint32_t mark, int count)
{
	pthread_t thread;
	char c = 0;

	pingpongs = count;
	if (pipe(pipes[0]) != 0 || pipe(pipes[1]) != 0 ||
	    pthread_create(&thread, NULL, answer, NULL) != 0)
		fail("a thread and pipes");
	mark_switches(mark);
	pip_trace_begin(7, 0);
	for (int i = 0; i < count; i++)
		if (write(pipes[0][1], &c, 1) != 1 ||
		    read(pipes[1][0], &c, 1) != 1)
			fail("pipe");
	pip_trace_end(7, 0);
	mark_switches(mark);
	pthread_join(thread, NULL);
}

_Noreturn static void end_at_once(const char *how)
{
	if (atoi(how) != 0)
		kill(getpid(), atoi(how));
	if (strcmp(how, "exit") == 0)
		exit(0);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct shared shared = { 0, 0 };
	void *exp = &shared;
	char self[4096] = "";
	int ntasks;
	bool park;

	if (argc == 2 && strcmp(argv[1], "task") == 0)
		return play_task();
	if (argc < 3 || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		fail("usage: trace-target TASKS ROUNDS");
	park = strcmp(argv[1], "parked") == 0;
	ntasks = park ? atoi(argv[2]) : atoi(argv[1]) > 0 ? atoi(argv[1]) : 1;
	shared.rounds = park ? 0 : atoi(argv[2]);
	if (pip_init(NULL, &ntasks, &exp, PIP_SYNC_BLOCKING) != 0 ||
	    pip_trace_register("test mark", &shared.mark) != 0)
		fail("pip_init");
	wait_for_line("ready");
	if (strcmp(argv[1], "marks") == 0 || strcmp(argv[1], "last") == 0)
		for (int i = 0; i < shared.rounds; i++)
			pip_trace_mark(shared.mark, (uint64_t)i);
	else if (strcmp(argv[1], "switches") == 0)
		play_switches(shared.mark, shared.rounds);
	else if (strcmp(argv[1], "waits") == 0)
		play_waits(shared.rounds);
	else if (strcmp(argv[1], "rate") == 0)
		put_bursts(shared.mark, shared.rounds,
			   argc > 3 ? atoi(argv[3]) : 100);
	else
		play_root(self, park, ntasks);
	if (strcmp(argv[1], "last") == 0 && argc > 3)
		end_at_once(argv[3]);
	wait_for_line("done");
	pip_fin();
	return 0;
}
