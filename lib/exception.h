/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions: signals whose default action ends a program, where it has set no
 * handler of its own.
 */
#ifndef PIP_EXCEPTION_H
#define PIP_EXCEPTION_H

#include "root.h"

/* In the root, at pip_init() and pip_fin().  Thread mode only: there the
 * kernel's default action would end all tasks and the root. */
PIP_HIDDEN void exception_start(struct pip_root *root);
PIP_HIDDEN void exception_stop(struct pip_root *root);

/* What stands for SIG_DFL of that signal in thread mode. */
struct kernel_sigaction;
PIP_HIDDEN void exception_make_default(const struct pip_root *root, int sig,
				       struct kernel_sigaction *action);

/* In thread mode handlers are everybody's.  At a spawn, note those that are no
 * task's; when a task is about to be gone, put them back in the place of those
 * that it has set. */
PIP_HIDDEN void exception_note(struct pip_root *root);
PIP_HIDDEN void exception_take_back(const struct pip_slot *slot);

#endif
