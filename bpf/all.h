/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --all: the same command for each PiP program of the machine, also for those
 * that begin meanwhile, by a process for each: what happens to one of them
 * (it has another version, ends, may not be read) is not the others' problem.
 */
#ifndef TRACE_ALL_H
#define TRACE_ALL_H

#include "trace.h"

/* Returns the exit status. */
int all_run(const struct trace_options *options);

/* Around what a command prints of one program. */
void all_begin_report(const struct trace_options *options);
void all_end_report(const struct trace_options *options);

#endif
