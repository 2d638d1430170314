/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for tasks' kernel processes; for the root, who is their parent. */
#ifndef PIP_REAP_H
#define PIP_REAP_H

#include "root.h"

/*
 * A task that was cloned but could not be loaded: has it ended?  If so, its
 * kernel process is collected, or left to the root if the caller is a task.
 */
PIP_HIDDEN bool reap_failed(struct pip_slot *slot, int *status);

/* Collect what tasks have left to the root.  Does nothing in a task. */
PIP_HIDDEN void reap_leftovers(struct pip_root *root);

#endif
