/* SPDX-License-Identifier: BSD-2-Clause */
/* libpip inside a task. */
#ifndef PIP_TASK_H
#define PIP_TASK_H

#include "root.h"

/* Write where the caller's own program and link map are into its entry. */
PIP_HIDDEN void task_publish_link_map(struct pip_table_entry *entry);

/* Make libc's own sigaction() the one of thread_action.c.  False: as above. */
PIP_HIDDEN PIP_CHECKED bool task_redirect_action(const struct pip_root *root);

/* Make libc's execve() ours, if that can be done; root: NULL where there is
 * none yet. */
PIP_HIDDEN void task_redirect_execve(const struct pip_root *root, void *ours);

/* Make libc's _exit() the one of exit.c.  False: it cannot be done. */
PIP_HIDDEN PIP_CHECKED bool task_redirect_exit(const struct pip_root *root);

#endif
