/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel processes of all tasks, as the shared task table has them: also
 * of those that were spawned by a task, and that pip-exec knows nothing of.
 */
#ifndef PIP_EXEC_TASKS_H
#define PIP_EXEC_TASKS_H

#include <stdbool.h>

/* Find the caller's own table.  Returns 0 or an errno value. */
int exec_tasks_open(void) __attribute__((warn_unused_result));

/* Does one exist: running, or ended and not yet waited for?  How many do? */
bool exec_tasks_exist(void);
int exec_tasks_count(void);

/*
 * Send a signal to all of them; with others_only just to those that are not
 * in the caller's process group.
 *
 * A PID is taken from the table and then used.  It cannot have become another
 * process's in between as long as the caller is the only one that waits for
 * tasks.
 */
void exec_tasks_kill(int signal, bool others_only);

#endif
