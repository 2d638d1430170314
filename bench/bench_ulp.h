/* SPDX-License-Identifier: BSD-2-Clause */
/* Running the benchmark's own program as ULPs of the root's kernel thread. */
#ifndef PIP_BENCH_ULP_H
#define PIP_BENCH_ULP_H

#include <pip/pip.h>

#include "bench.h"

/* Spawn n of them, suspended before main() and on queue; they are tasks
 * 0 to n - 1 and get opts. */
static inline void bench_spawn_ulps(int n, pip_task_queue_t *queue,
				    uint32_t opts)
{
	static char name[] = "ulp";
	char *argv[] = { name, NULL };

	pip_task_queue_init(queue, NULL);
	for (int i = 0; i < n; i++) {
		static char self[] = "/proc/self/exe";
		pip_spawn_program_t program;
		int pipid = i, error;

		pip_spawn_from_main(&program, self, argv, NULL, NULL, NULL);
		error = pip_blt_spawn(&program, PIP_CPUCORE_ASIS,
				      PIP_TASK_INACTIVE | opts, &pipid, NULL,
				      queue, NULL);
		if (error != 0)
			bench_fail("pip_blt_spawn: %s", strerror(error));
	}
}

/* ... and resume them in the caller's domain. */
static inline void bench_start_ulps(int n, uint32_t opts)
{
	int all = PIP_TASK_ALL;
	pip_task_queue_t queue;

	bench_spawn_ulps(n, &queue, opts);
	if (pip_dequeue_and_resume_N(&queue, pip_task_self(), &all) != 0 ||
	    all != n)
		bench_fail("pip_dequeue_and_resume_N resumes %d of %d", all, n);
}

static inline void bench_wait_ulps(int n)
{
	for (int i = 0; i < n; i++)
		pip_wait(i, NULL);
}

/* A root of n tasks, which get exp by bench_task(). */
static inline void bench_init_root(int n, void *exp, uint32_t opts)
{
	int error = pip_init(NULL, &n, &exp, opts);

	if (error != 0)
		bench_fail("pip_init: %s", strerror(error));
}

static inline void *bench_task(int *pipid)
{
	void *exp = NULL;

	if (pip_init(pipid, NULL, &exp, 0) != 0 || exp == NULL)
		bench_fail("pip_init fails in a task");
	return exp;
}

#endif
