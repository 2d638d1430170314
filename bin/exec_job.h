/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What pip-exec runs: all tasks of all sections, from the first spawn until
 * the last one was waited for.
 */
#ifndef PIP_EXEC_JOB_H
#define PIP_EXEC_JOB_H

#include <stdbool.h>
#include <time.h>

#include "exec_args.h"

struct exec_job {
	const struct exec_args *args;
	int failure;       /* errno value of what could not be started, or 0 */
	int exit_status;   /* the greatest of the tasks' exit statuses */
	int first_signal;  /* that ended a task, 0 if none did */
	int fatal_signal;  /* that pip-exec got first, 0 if none */
	bool killed;       /* the tasks were sent SIGKILL */
	struct timespec kill_at; /* CLOCK_MONOTONIC, if fatal_signal */
};

/* Become the root and spawn everything; see .failure. */
void exec_job_start(struct exec_job *job, const struct exec_args *args);

/* Pass signals on and collect tasks until none is left. */
void exec_job_run(struct exec_job *job);

/*
 * The exit status of pip-exec; does not return if that is to die of the fatal
 * signal.
 */
int exec_job_finish(struct exec_job *job);

#endif
