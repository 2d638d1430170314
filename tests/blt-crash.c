/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ULPs that crash, or are killed, on another task's kernel thread: it is they
 * whom pip_wait() reports, with the signal; the scheduler and the other ULPs
 * of its domain go on.  And schedulers that are killed while they have ULPs,
 * PIP_TEST_KILLS times: a kill may come between any two instructions.
 *
 * In thread mode, too, except for what ends all tasks there (SIGABRT, SIGKILL),
 * or is shared (handlers).
 */
#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "blt-check.h"

#define ROUNDS 200

enum { VICTIM, SCHEDULER, WITNESS, NTASKS = 8 };

struct shared {
	pip_task_queue_t parked, queue;
	pip_mutex_t mutex;
	_Atomic long steps;   /* of the witness */
	_Atomic bool stop;    /* it may end */
	_Atomic long victim;  /* steps of who is to be killed */
	_Atomic int finished; /* ULPs that have come to their end */
	_Atomic pid_t finished_pid;
};

static struct shared *shared;

/* --- How to die ------------------------------------------------------------ */

static int *volatile nowhere; /* so that the compiler does not know */

static void crash_segv(void)
{
	*(volatile int *)nowhere = 1;
}

static void crash_fpe(void)
{
	volatile int zero = 0;

	zero = 7 / zero;
}

static void crash_ill(void)
{
	__asm__ volatile("ud2");
}

static void crash_bus(void)
{
	int fd = memfd_create("empty", 0);
	volatile char *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	close(fd);
	NEED(map != MAP_FAILED);
	(void)map[0];
}

/* The recursion is the point. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"
__attribute__((noinline)) static int recurse(int n)
{
	volatile char frame[4096];

	frame[0] = (char)n;
	return recurse(n + 1) + frame[0];
}
#pragma GCC diagnostic pop

static void crash_stack(void)
{
	recurse(0);
}

static void crash_assert(void)
{
	/* The message is not wanted.  The descriptor 2 is the scheduler's. */
	FILE *null = fopen("/dev/null", "w");

	NEED(null != NULL);
	stderr = null;
	assert(null == NULL);
}

static void crash_raise(void)
{
	raise(SIGSEGV);
}

/* As the CPU, but behind some yields. */
static void crash_after_switches(void)
{
	for (int i = 0; i < 100; i++)
		pip_yield(PIP_YIELD_USER);
	crash_segv();
}

static const struct {
	const char *name;
	void (*crash)(void);
	int signal;
} kinds[] = {
	{ "segv", crash_segv, SIGSEGV },
	{ "fpe", crash_fpe, SIGFPE },
	{ "ill", crash_ill, SIGILL },
	{ "bus", crash_bus, SIGBUS },
	{ "stack", crash_stack, SIGSEGV },
	{ "abort", abort, SIGABRT },
	{ "assert", crash_assert, SIGABRT },
	{ "raise", crash_raise, SIGSEGV },
	{ "switches", crash_after_switches, SIGSEGV },
};
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

static int play_crash(int argc, char **argv)
{
	shared = role_shared();
	CHECK(blt_domain() != blt_pipid());
	for (size_t i = 0; argc > 1 && i < NKINDS; i++)
		if (strcmp(kinds[i].name, argv[1]) == 0)
			kinds[i].crash();
	return 99;
}

/* --- Own handlers ---------------------------------------------------------- */

static sigjmp_buf before_crash;
static volatile sig_atomic_t caught;
static volatile pid_t caught_by;

static void catch_it(int sig)
{
	caught++;
	caught_by = (pid_t)getpid();
	siglongjmp(before_crash, sig);
}

/* With a handler of its own, which runs at home, and goes on from there. */
static int play_catch(int argc, char **argv)
{
	pid_t pid;
	const int n = 20;

	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_couple(), 0);
	pid = getpid();
	CHECK(signal(SIGSEGV, catch_it) != SIG_ERR);
	for (volatile int i = 0; i < n; i++) {
		CHECK_ERROR(pip_decouple(NULL), 0);
		CHECK(getpid() != pid);
		if (sigsetjmp(before_crash, 1) == 0) {
			crash_segv();
			check_fail("it does not crash");
		}
		CHECK_INT(caught, i + 1);
		CHECK_INT(caught_by, pid);
		CHECK_INT(blt_domain(), blt_pipid());
	}
	return check_finish() != 0 ? 1 : 11;
}

/* --- Who is there besides -------------------------------------------------- */

static int play_witness(int argc, char **argv)
{
	volatile double sum = 0;

	(void)argc, (void)argv;
	shared = role_shared();
	while (!shared->stop) {
		double before = sum;

		shared->steps++;
		pip_yield(PIP_YIELD_USER);
		CHECK(sum == before);
		sum = before + 0.5;
	}
	CHECK_ERROR(pip_couple(), 0);
	CHECK_INT(gettid(), blt_entry(blt_pipid())->tid);
	return check_finish() != 0 ? 1 : 12;
}

static int play_scheduler(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->parked, NULL, NULL), 0);
	return check_finish() != 0 ? 1 : 13;
}

/* The one that is to be killed. */
static int play_victim(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	shared = role_shared();
	shared->victim = 1;
	if (strcmp(how, "running") == 0)
		for (;;)
			shared->victim++;
	if (strcmp(how, "ready") == 0)
		for (;;) {
			shared->victim++;
			pip_yield(PIP_YIELD_USER);
		}
	if (strcmp(how, "suspended") == 0)
		pip_suspend_and_enqueue(&shared->queue, NULL, NULL);
	if (strcmp(how, "mutex") == 0)
		pip_mutex_lock(&shared->mutex);
	return 99;
}

/* A ULP whose scheduler is killed. */
static int play_orphan(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	shared = role_shared();
	shared->victim++;
	if (strcmp(how, "running") == 0)
		while (!shared->stop)
			;
	while (strcmp(how, "ready") == 0 && !shared->stop)
		pip_yield(PIP_YIELD_USER);
	if (strcmp(how, "suspended") == 0)
		CHECK_ERROR(pip_suspend_and_enqueue(&shared->queue, NULL, NULL),
			    0);
	pip_couple();
	CHECK_INT(gettid(), blt_entry(blt_pipid())->tid);
	shared->finished++;
	return check_finish() != 0 ? 1 : 14;
}

/* --- The root -------------------------------------------------------------- */

static void start(int pipid, pip_task_t *sched, const char *role,
		  const char *how)
{
	pip_task_queue_t queue;

	int error;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	/* Another kernel thread may still hold who had the slot before. */
	do
		error = blt_spawn(&pipid, PIP_TASK_INACTIVE | PIP_SYNC_BLOCKING,
				  &queue, role, how, NULL);
	while (error == EAGAIN && sched != pip_task_self() &&
	       pip_yield(PIP_YIELD_DEFAULT) != EPERM);
	CHECK_ERROR(error, 0);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, sched), 0);
}

static pip_task_t *start_scheduler(void)
{
	int pipid = SCHEDULER;

	CHECK_ERROR(blt_spawn(&pipid, PIP_SYNC_BLOCKING, NULL, "scheduler",
			      NULL), 0);
	BLT_EVENTUALLY(blt_count(&shared->parked) == 1);
	return blt_handle(SCHEDULER);
}

static void end_scheduler(void)
{
	CHECK_ERROR(pip_dequeue_and_resume(&shared->parked, NULL), 0);
	CHECK_STATUS(blt_join(SCHEDULER), EXITED(13));
}

static void start_witness(pip_task_t *sched)
{
	shared->stop = false;
	start(WITNESS, sched, "witness", NULL);
}

static void end_witness(void)
{
	long steps = shared->steps;

	BLT_EVENTUALLY(shared->steps > steps + 10);
	shared->stop = true;
	CHECK_STATUS(blt_join(WITNESS), EXITED(12));
}

static void check_crash(size_t kind, pip_task_t *sched)
{
	if (kinds[kind].signal == SIGABRT && self_is_threaded())
		return;
	start(VICTIM, sched, "crash", kinds[kind].name);
	CHECK_STATUS(blt_join(VICTIM), KILLED(kinds[kind].signal));
}

static void check_crashes(pip_task_t *sched)
{
	start_witness(sched);
	for (size_t i = 0; i < NKINDS; i++)
		check_crash(i, sched);
	if (!self_is_threaded()) {
		start(VICTIM, sched, "catch", NULL);
		CHECK_STATUS(blt_join(VICTIM), EXITED(11));
	}
	end_witness();
}

/* What a task is to be killed by. */
static int killing_signal(void)
{
	return self_is_threaded() ? SIGTERM : SIGKILL;
}

static void kill_task(int pipid, int signal)
{
	if (self_is_threaded())
		CHECK_ERROR(pip_kill(pipid, signal), 0);
	else
		NEED(self_kill(pipid, signal) == 0);
}

/* The victim, some time after it has begun. */
static void *kill_soon(void *signal)
{
	CHECK_EVENTUALLY(shared->victim != 0);
	check_sleep_ms(50);
	kill_task(VICTIM, *(int *)signal);
	return NULL;
}

/* Killed from outside, in that state. */
static void check_killed(pip_task_t *sched, const char *how, int signal)
{
	pthread_t killer;

	shared->victim = 0;
	start(VICTIM, sched, "victim", how);
	/* In the caller's own domain it would not give the caller a turn. */
	if (sched != pip_task_self())
		BLT_EVENTUALLY(shared->victim != 0);
	NEED(pthread_create(&killer, NULL, kill_soon, &signal) == 0);
	CHECK_STATUS(blt_join(VICTIM), KILLED(signal));
	CHECK_INT(shared->victim != 0, 1);
	NEED(pthread_join(killer, NULL) == 0);
}

static void check_kills(pip_task_t *sched)
{
	const int signals[] = { killing_signal(), SIGTERM };

	start_witness(sched);
	for (int i = 0; i < 2; i++) {
		check_killed(sched, "running", signals[i]);
		check_killed(sched, "ready", signals[i]);
		check_killed(sched, "suspended", signals[i]);
		/* Nobody resumes it: it is dropped, and the slot is free. */
		CHECK_ERROR(pip_dequeue_and_resume(&shared->queue, sched),
			    ENOENT);
		CHECK_ERROR(pip_mutex_lock(&shared->mutex), 0);
		check_killed(sched, "mutex", signals[i]);
		CHECK_ERROR(pip_mutex_unlock(&shared->mutex), 0);
		CHECK_ERROR(pip_mutex_lock(&shared->mutex), 0);
		CHECK_ERROR(pip_mutex_unlock(&shared->mutex), 0);
		CHECK_ERROR(pip_mutex_fin(&shared->mutex), 0);
	}
	end_witness();
}

static void kill_scheduler(void)
{
	kill_task(SCHEDULER, killing_signal());
	CHECK_STATUS(blt_join(SCHEDULER), KILLED(killing_signal()));
	/* Its context was parked, and is dropped. */
	CHECK_ERROR(pip_dequeue_and_resume(&shared->parked, NULL), ENOENT);
}

/* The scheduler is killed while it has two ULPs, which do how. */
static void check_scheduler_killed(const char *how)
{
	pip_task_t *sched = start_scheduler();
	bool ready = strcmp(how, "ready") == 0;
	bool suspended = strcmp(how, "suspended") == 0;
	int statuses[2];

	shared->stop = false;
	shared->finished = 0;
	shared->victim = 0;
	start(VICTIM, sched, "orphan", how);
	BLT_EVENTUALLY(shared->victim == 1);
	start(WITNESS, sched, "orphan", how);
	if (ready || suspended)
		BLT_EVENTUALLY(shared->victim == 2);
	if (suspended)
		BLT_EVENTUALLY(blt_count(&shared->queue) == 2);
	kill_scheduler();
	shared->stop = true;
	if (suspended) {
		CHECK_ERROR(pip_dequeue_and_resume(&shared->queue, sched),
			    EBUSY);
		/* Where it was is home now. */
		CHECK_ERROR(pip_dequeue_and_resume(&shared->queue, NULL), 0);
		CHECK_INT(blt_resume_all(&shared->queue, pip_task_self()), 1);
	}
	statuses[0] = blt_join(VICTIM);
	statuses[1] = blt_join(WITNESS);
	/* Of those that were on its ring, the one that ran is lost with it,
	 * and is killed; the others go home and come to their end there. */
	for (int i = 0; i < 2; i++)
		if (suspended || statuses[i] != KILLED(SIGKILL))
			CHECK_STATUS(statuses[i], EXITED(14));
	if (!suspended) {
		CHECK(statuses[0] == EXITED(14) || statuses[1] == EXITED(14));
		CHECK_INT(shared->finished, 1 + (statuses[0] == statuses[1]));
	}
	if (strcmp(how, "running") == 0)
		CHECK_STATUS(statuses[0], KILLED(SIGKILL));
}

/* Again and again, nothing is left over. */
static void check_rounds(void)
{
	pip_task_t *self = pip_task_self();
	long maps = 0;

	for (int i = 0; i < ROUNDS; i++) {
		check_crash((size_t)i % NKINDS, self);
		if (i == ROUNDS / 10)
			maps = self_count_maps();
	}
	CHECK(self_count_maps() <= maps + 3);
}

static int play_root(int argc, char **argv)
{
	static struct shared memory;
	struct rlimit no_core = { 0, 0 };
	pip_task_t *sched;

	(void)argc, (void)argv;
	shared = &memory;
	NEED(setrlimit(RLIMIT_CORE, &no_core) == 0);
	role_init(NTASKS);
	CHECK_ERROR(pip_export(shared), 0);
	CHECK_ERROR(pip_task_queue_init(&shared->parked, NULL), 0);
	CHECK_ERROR(pip_task_queue_init(&shared->queue, NULL), 0);
	CHECK_ERROR(pip_mutex_init(&shared->mutex), 0);
	check_crashes(pip_task_self());
	check_kills(pip_task_self());
	sched = start_scheduler();
	check_crashes(sched);
	check_kills(sched);
	end_scheduler();
	for (long i = self_number("PIP_TEST_KILLS", 10); i > 0; i--) {
		check_scheduler_killed("ready");
		check_scheduler_killed("running");
		check_scheduler_killed("suspended");
	}
	check_rounds();
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "crash", play_crash },
				     { "catch", play_catch },
				     { "witness", play_witness },
				     { "scheduler", play_scheduler },
				     { "victim", play_victim },
				     { "orphan", play_orphan },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
