/* SPDX-License-Identifier: BSD-2-Clause */
/* The program that is traced: found by a PID, or started. */
#ifndef TRACE_PROGRAM_H
#define TRACE_PROGRAM_H

#include "observer/observer.h"
#include "trace.h"

struct trace_program {
	char **arguments;
	pid_t pid;        /* the child's; 0: there is none, nor the rest */
	int gate, report; /* pipes to and from it, before it executes */
	int memory;       /* the flight recorder's, or -1; see recorder.c of
			   * libpip */
};

/* Make the child that will become the program; it waits. */
void program_fork(struct trace_program *program,
		  const struct trace_options *options);
/* Let it go.  False: it cannot be executed, and it has been said why. */
bool program_release(struct trace_program *program);
bool program_has_ended(const struct trace_program *program);
/* The child, or what has come from it, if that is a shell.  NULL: none yet. */
struct observer_root *program_find_root(const struct trace_program *program,
					struct observer *observer);
/* Pass our signal on, and wait for its end.  Its exit status, as a shell has
 * it; 0 where there is no child. */
int program_wait(struct trace_program *program);

/* The program that a process belongs to.  NULL: it has been said why not. */
struct observer_root *program_attach(struct observer *observer, pid_t pid);

#endif
