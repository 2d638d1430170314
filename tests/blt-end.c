/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every way to end a program, in a decoupled ULP: the status is the task's, the
 * process that ends is its own, and its handlers run there.  And a scheduler
 * stays until the last context of its domain has gone.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "blt-check.h"

enum { ENDER, SCHEDULER, WITNESS, NTASKS = 6 };

struct shared {
	pip_task_queue_t parked;
	_Atomic pid_t handler_tid; /* of atexit()'s */
	_Atomic int handlers, steps;
	_Atomic bool stop, returns;
};

static struct shared *shared;

static const struct way {
	const char *name;
	int status;
	int handlers; /* whether those of atexit(3) run */
} ways[] = {
	{ "return", EXITED(41), 1 },
	{ "exit", EXITED(42), 1 },
	{ "pip_exit", EXITED(43), 1 },
	{ "_exit", EXITED(44), 0 },
	{ "_Exit", EXITED(45), 0 },
	{ "quick_exit", EXITED(46), 0 },
	/* The last thread's end is exit(0). */
	{ "pthread_exit", EXITED(0), 1 },
	{ "in a call", EXITED(47), 1 },
};
#define NWAYS (sizeof(ways) / sizeof(ways[0]))

static void note_handler(void)
{
	shared->handlers++;
	shared->handler_tid = gettid();
}

static int compare(const void *a, const void *b)
{
	(void)a, (void)b;
	exit(47);
}

/* Below functions of libc. */
static void end_in_a_call(void)
{
	int numbers[] = { 2, 1, 3 };

	qsort(numbers, 3, sizeof(int), compare);
}

static int play_ender(int argc, char **argv)
{
	const char *way = argv[1];

	shared = role_shared();
	NEED(atexit(note_handler) == 0);
	CHECK(blt_domain() != blt_pipid());
	CHECK(gettid() != blt_entry(blt_pipid())->tid);
	if (argc > 2) /* there and back again before */
		for (int i = 0; i < 5; i++) {
			CHECK_ERROR(pip_couple(), 0);
			CHECK_ERROR(pip_decouple(NULL), 0);
		}
	if (check_failures != 0)
		return 1;
	if (strcmp(way, "exit") == 0)
		exit(42);
	if (strcmp(way, "pip_exit") == 0)
		pip_exit(43);
	if (strcmp(way, "_exit") == 0)
		_exit(44);
	if (strcmp(way, "_Exit") == 0)
		_Exit(45);
	if (strcmp(way, "quick_exit") == 0)
		quick_exit(46);
	if (strcmp(way, "pthread_exit") == 0)
		pthread_exit(NULL);
	if (strcmp(way, "in a call") == 0)
		end_in_a_call();
	return 41;
}

static int play_witness(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	while (!shared->stop) {
		shared->steps++;
		pip_yield(PIP_YIELD_USER);
	}
	return check_finish() != 0 ? 1 : 48;
}

/* Returns at once, or when it is told to. */
static int play_scheduler(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	NEED(atexit(note_handler) == 0);
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->parked, NULL, NULL), 0);
	shared->returns = true;
	return check_finish() != 0 ? 1 : 49;
}

static void start(int pipid, pip_task_t *sched, const char *role,
		  const char *first, const char *second)
{
	pip_task_queue_t queue;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE | PIP_SYNC_BLOCKING,
			      &queue, role, first, second, NULL), 0);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, sched), 0);
}

static void start_scheduler(void)
{
	int pipid = SCHEDULER;

	shared->returns = false;
	CHECK_ERROR(blt_spawn(&pipid, PIP_SYNC_BLOCKING, NULL, "scheduler",
			      NULL), 0);
	BLT_EVENTUALLY(blt_count(&shared->parked) == 1);
}

static void check_way(const struct way *way, pip_task_t *sched, bool walks)
{
	pid_t tid;

	shared->handlers = shared->handler_tid = 0;
	start(ENDER, sched, "ender", way->name, walks ? "walk" : NULL);
	tid = blt_entry(ENDER)->tid;
	CHECK_STATUS(blt_join(ENDER), way->status);
	CHECK_STATUS(blt_entry(ENDER)->wait_status, way->status);
	CHECK_INT(shared->handlers, way->handlers);
	if (way->handlers != 0)
		CHECK_INT(shared->handler_tid, tid);
}

static void check_ways(pip_task_t *sched)
{
	int steps;

	shared->stop = false;
	start(WITNESS, sched, "witness", NULL, NULL);
	for (size_t i = 0; i < NWAYS; i++) {
		check_way(&ways[i], sched, false);
		check_way(&ways[i], sched, true);
		steps = shared->steps;
		BLT_EVENTUALLY(shared->steps > steps);
	}
	shared->stop = true;
	CHECK_STATUS(blt_join(WITNESS), EXITED(48));
}

/* It returns from main while others of its domain run, or are suspended. */
static void check_scheduler_stays(void)
{
	const struct pip_table_entry *entry = blt_entry(SCHEDULER);
	int status, steps;

	shared->stop = false;
	shared->handlers = 0;
	start_scheduler();
	start(WITNESS, blt_handle(SCHEDULER), "witness", NULL, NULL);
	CHECK_INT(blt_resume_all(&shared->parked, NULL), 1);
	BLT_EVENTUALLY(shared->returns);
	for (int i = 0; i < 5; i++) {
		steps = shared->steps;
		BLT_EVENTUALLY(shared->steps > steps + 10);
		CHECK_ERROR(pip_trywait(SCHEDULER, &status), ECHILD);
		CHECK_INT(shared->handlers, 0);
		CHECK_INT(blt_entry(WITNESS)->blt_domain, SCHEDULER);
	}
	/* Somebody new may come, too. */
	start(ENDER, blt_handle(SCHEDULER), "ender", "return", NULL);
	CHECK_STATUS(blt_join(ENDER), EXITED(41));
	CHECK_ERROR(pip_trywait(SCHEDULER, &status), ECHILD);
	shared->stop = true;
	CHECK_STATUS(blt_join(WITNESS), EXITED(48));
	CHECK_STATUS(blt_join(SCHEDULER), EXITED(49));
	CHECK_INT(entry->state, PIP_STATE_ENDED);
}

/* Now it takes nobody. */
static void check_ended_scheduler(void)
{
	pip_task_queue_t queue;
	int pipid = ENDER;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE, &queue, "ender",
			      "return", NULL), 0);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, blt_handle(SCHEDULER)),
		    EBUSY);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, pip_task_self()), 0);
	CHECK_STATUS(blt_join(ENDER), EXITED(41));
}

/* A ULP ends while it has others in its own domain. */
static int play_both(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	CHECK(blt_domain() != blt_pipid());
	while (shared->steps == 0) /* the other one has to be there */
		pip_yield(PIP_YIELD_DEFAULT);
	shared->returns = true;
	return check_finish() != 0 ? 1 : 50;
}

static void check_ulp_that_schedules(void)
{
	int status, steps;

	shared->stop = shared->returns = false;
	shared->steps = 0;
	start(ENDER, pip_task_self(), "both", NULL, NULL);
	start(WITNESS, blt_handle(ENDER), "witness", NULL, NULL);
	BLT_EVENTUALLY(shared->returns);
	steps = shared->steps;
	BLT_EVENTUALLY(shared->steps > steps + 10);
	CHECK_ERROR(pip_trywait(ENDER, &status), ECHILD);
	shared->stop = true;
	CHECK_STATUS(blt_join(WITNESS), EXITED(48));
	CHECK_STATUS(blt_join(ENDER), EXITED(50));
}

static int play_root(int argc, char **argv)
{
	static struct shared memory;

	(void)argc, (void)argv;
	shared = &memory;
	role_init(NTASKS);
	CHECK_ERROR(pip_export(shared), 0);
	CHECK_ERROR(pip_task_queue_init(&shared->parked, NULL), 0);
	check_ways(pip_task_self());
	start_scheduler();
	check_ways(blt_handle(SCHEDULER));
	CHECK_INT(blt_resume_all(&shared->parked, NULL), 1);
	CHECK_STATUS(blt_join(SCHEDULER), EXITED(49));
	check_scheduler_stays();
	check_ended_scheduler();
	check_ulp_that_schedules();
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "ender", play_ender },
				     { "witness", play_witness },
				     { "scheduler", play_scheduler },
				     { "both", play_both },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
