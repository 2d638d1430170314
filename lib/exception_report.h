/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens on an exception, a signal that ends a program which has no
 * handler for it, if the environment asks for it: a message, the mappings, the
 * tasks, a report with backtraces, a debugger.  Without PIP_BACKTRACE,
 * PIP_GDB_PATH, PIP_SHOW_MAPS or PIP_SHOW_PIPS nothing of this is there, and
 * signals have their default action.
 */
#ifndef PIP_EXCEPTION_REPORT_H
#define PIP_EXCEPTION_REPORT_H

#include <signal.h>

#include "root.h"

/*
 * In the root at pip_init(), in a task in libpip's constructor: read the
 * environment envp and, with install, set handlers for exceptions that have
 * their default action (in thread mode the root's are exception.c's, and all
 * threads have them).
 */
PIP_HIDDEN void exception_report_start(struct pip_slot *self, char **envp,
				       bool install);
/* Take the handlers away that are still ours. */
PIP_HIDDEN void exception_report_stop(void);

/*
 * In a signal handler: report that the calling thread, which is one of self's,
 * got the signal; info and context are what the handler was given.  Returns
 * when all that was asked for is done; does nothing if nothing was, or if this
 * process is another (after fork(2)).  Of all processes of a program, one at a
 * time reports.  Any thread pointer will do: raw system calls only.
 */
PIP_HIDDEN void exception_report(const struct pip_slot *self, int sig,
				 const siginfo_t *info, const void *context);

/* In a signal handler that is about to return: the kernel's wait status and
 * core dump follow. */
PIP_HIDDEN void exception_take_default_action(int sig, const siginfo_t *info);

#endif
