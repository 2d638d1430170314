/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of bi-level threads share, beside role.h. */
#ifndef TESTS_BLT_CHECK_H
#define TESTS_BLT_CHECK_H

#include <pip/pip_table.h>

#include "role.h"
#include "self.h"

/* Spawn a role as a BLT; its arguments end with NULL. */
__attribute__((unused, sentinel))
static int blt_spawn(int *pipidp, uint32_t opts, pip_task_queue_t *queue,
		     const char *role, ...)
{
	char *argv[ROLE_ARGS_MAX + 3];
	pip_spawn_program_t program;
	va_list args;

	va_start(args, role);
	role_collect(argv, role, args);
	va_end(args);
	pip_spawn_from_main(&program, role_path, argv, NULL, NULL, NULL);
	return pip_blt_spawn(&program, PIP_CPUCORE_ASIS, opts, pipidp, NULL,
			     queue, NULL);
}

__attribute__((unused))
static pip_task_t *blt_handle(int pipid)
{
	pip_task_t *task = NULL;

	CHECK_ERROR(pip_get_task_by_pipid(pipid, &task), 0);
	return task;
}

__attribute__((unused))
static int blt_pipid(void)
{
	int pipid = PIP_PIPID_NULL;

	CHECK_ERROR(pip_get_pipid(&pipid), 0);
	return pipid;
}

/* A task's entry of the table: its handle points there (pip_table.h).  Faster
 * than self_entry() where there are many mappings. */
__attribute__((unused))
static const struct pip_table_entry *blt_entry(int pipid)
{
	return (const void *)((const char *)blt_handle(pipid) -
			      offsetof(struct pip_table_entry, blt_links));
}

/* The PIPID of the caller's domain. */
__attribute__((unused))
static int blt_domain(void)
{
	pip_task_t *domain = NULL;
	int pipid = PIP_PIPID_NULL;

	CHECK_ERROR(pip_get_sched_domain(&domain), 0);
	CHECK_ERROR(pip_get_task_pipid(domain, &pipid), 0);
	return pipid;
}

/* All tasks of a queue become runnable in a domain; how many. */
__attribute__((unused))
static int blt_resume_all(pip_task_queue_t *queue, pip_task_t *sched)
{
	int n = PIP_TASK_ALL;

	CHECK_ERROR(pip_dequeue_and_resume_N(queue, sched, &n), 0);
	return n;
}

/* How many tasks are on a queue. */
__attribute__((unused))
static int blt_count(pip_task_queue_t *queue)
{
	int n = -1;

	pip_task_queue_lock(queue);
	CHECK_ERROR(pip_task_queue_count(queue, &n), 0);
	pip_task_queue_unlock(queue);
	return n;
}

/* Wait for a task: its status, -1 if that fails. */
__attribute__((unused))
static int blt_join(int pipid)
{
	int status = -1;

	CHECK_ERROR(pip_wait(pipid, &status), 0);
	return status;
}

__attribute__((unused))
static uint64_t blt_counter(const struct pip_table_entry *entry,
			    enum pip_table_counter counter)
{
	return __atomic_load_n(&entry->counters[counter], __ATOMIC_RELAXED);
}

__attribute__((unused))
static enum pip_table_blt_state blt_state(const struct pip_table_entry *entry)
{
	return (enum pip_table_blt_state)__atomic_load_n(&entry->blt_state,
							 __ATOMIC_ACQUIRE);
}

/* The caller gives way until the condition holds: as CHECK_EVENTUALLY(), but
 * the other contexts of its domain run. */
#define BLT_EVENTUALLY(condition)                                       \
	do {                                                            \
		time_t end_ = check_now() + CHECK_PATIENCE_SECONDS;     \
		bool holds_;                                            \
		while (!(holds_ = (condition)) && check_now() < end_)   \
			if (pip_yield(PIP_YIELD_DEFAULT) != EINTR)      \
				check_sleep_ms(1);                      \
		if (!holds_)                                            \
			check_fail("%s:%d: not even after %d s: %s",    \
				   __FILE__, __LINE__,                  \
				   CHECK_PATIENCE_SECONDS, #condition); \
	} while (0)

/* Let the others of the caller's domain run until none of the PIPIDs below n
 * is runnable there.  (One that has just been resumed may still be leaving its
 * own kernel thread, and is passed over by a yield.) */
__attribute__((unused))
static void blt_run_others(int n)
{
	int domain = blt_domain();

	for (int i = 0; i < n; i++)
		while (blt_entry(i)->blt_domain == domain &&
		       blt_state(blt_entry(i)) == PIP_BLT_READY) {
			CHECK(pip_yield(PIP_YIELD_USER) != EPERM);
			i = 0;
		}
}

/* xorshift64 (Marsaglia 2003, "Xorshift RNGs"). */
__attribute__((unused))
static uint64_t blt_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

#endif
