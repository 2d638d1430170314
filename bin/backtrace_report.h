/* SPDX-License-Identifier: BSD-2-Clause */
/* The report on one process of a PiP program. */
#ifndef PIP_BACKTRACE_REPORT_H
#define PIP_BACKTRACE_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* What was asked for. */
struct report_options {
	pid_t pid;             /* of the thread or process that it is about */
	bool crash;            /* it is in a signal handler: */
	uint64_t siginfo, context; /* addresses of what that was given */
	bool stop;
	bool others;           /* the other tasks' stacks, too */
	size_t frames;         /* of a stack at most; 0 = the default */
	unsigned time_limit;   /* seconds; 0 = none */
	const char *output;    /* pattern of a file name; NULL, "": stdout */
};

enum { REPORT_DONE = 0, REPORT_NONE = 1, REPORT_ERROR = 2 };

/* Write it.  Returns the exit status; what is wrong is said on stderr. */
int report_write(const struct report_options *options);

_Noreturn void report_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif
