/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a step of a run may take, and what must not be left of it: a workload
 * or an instrumentation that hangs is named, and ended with all that it has
 * started.
 */
#ifndef PIP_EFFECT_LIMIT_H
#define PIP_EFFECT_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#define LIMIT_SECONDS 300u /* by default */

/* Before the first run.  Whatever loses its parent becomes our child from now
 * on, and SIGHUP, SIGINT and SIGTERM end what runs first. */
void limit_begin(unsigned seconds);
unsigned limit_seconds(void);
/* The signal that we were told to end by, or 0. */
int limit_interrupted(void);
/* A run has failed: what is left of it gets a few seconds for its end. */
void limit_hurry(void);
void limit_next_run(void);

/* CLOCK_MONOTONIC, in ns. */
uint64_t limit_now(void);
/* The time at which a step that begins now has taken too long. */
uint64_t limit_start(void);
/* Also when we were told to end. */
bool limit_is_over(uint64_t end);
/* Until a descriptor can be read; false: it took too long. */
bool limit_wait_readable(int fd, uint64_t end);
/* Until a child has ended, and collects it; false: it took too long.  usage may
 * be NULL. */
bool limit_wait_child(pid_t pid, uint64_t end, int *status,
		      struct rusage *usage);

/* "the workload does not end its work within 300 s (--limit)", or that we were
 * interrupted; and which process below pid, if any, is stopped or traced. */
void limit_explain(char *reason, const char *what, pid_t pid);

/* "exit status 127", or "killed by signal 9 (Killed)", of a wait status. */
#define LIMIT_STATUS_MAX 64
void limit_explain_status(char *text, int status);

/* SIGKILL to all of our children, until there are none. */
void limit_end_children(void);

#endif
