/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PIP_EXIT_H
#define PIP_EXIT_H

#include "root.h"

/* What stands in for libc's _exit(): in thread mode, end the task only. */
PIP_HIDDEN _Noreturn void exit_now(int status);

/* In a task, from libpip's constructor: however it ends, it does so on its own
 * kernel thread. */
PIP_HIDDEN void exit_register(void);

#endif
