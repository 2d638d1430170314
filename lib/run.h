/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running another program from a place where libc cannot help: a signal
 * handler of a program that is broken, or a spawn, whose caller's own children
 * and SIGCHLD are none of our business.  Raw system calls only.
 */
#ifndef PIP_RUN_H
#define PIP_RUN_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "root.h"

#define RUN_STACK_SIZE (16ul << 10)

struct run {
	const char *path;
	char *const *argv, *const *envp;
	char *stack; /* RUN_STACK_SIZE bytes, until the program has ended */
	unsigned seconds; /* it is killed after so long; 0: never */
	pid_t tracer; /* who may trace the caller otherwise, see prctl(2) */
	_Atomic uint32_t go;
	_Atomic int error; /* why it could not be executed */
};

/*
 * Run it and wait for its end.  With may_trace, it may trace the caller even
 * where a process may trace its descendants only (Yama).  Returns 0 or an
 * errno value if it could not be executed.
 */
PIP_HIDDEN PIP_CHECKED int run_and_wait(struct run *run, bool may_trace);

/* Run it and do not wait: it is nobody's child, or init's. */
PIP_HIDDEN PIP_CHECKED int run_detached(struct run *run);

#endif
