/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All tasks that exist, as libpip knows them: also those that were spawned by
 * a task, and that pip-exec knows nothing of.
 */
#ifndef PIP_EXEC_TASKS_H
#define PIP_EXEC_TASKS_H

#include <stdbool.h>

/* How many exist: run, or have ended and were not yet waited for? */
int exec_tasks_count(void);

/*
 * Send a signal to all of them; with others_only just to those that are not
 * in the caller's process group.
 */
void exec_tasks_kill(int signal, bool others_only);

#endif
