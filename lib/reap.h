/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for tasks' kernel processes; for the root, who is their parent. */
#ifndef PIP_REAP_H
#define PIP_REAP_H

#include "root.h"

/* Has the kernel process of a task that is being loaded ended?  It is not
 * collected: it may have loaded and done all its work meanwhile. */
PIP_HIDDEN bool reap_has_ended(const struct pip_slot *slot);

/*
 * Collect a task that ended before it was loaded and return its wait status.
 * A spawner that is a task cannot: it leaves it to the root, and the status
 * that it gets is what a loader that gives up exits with.
 */
PIP_HIDDEN int reap_failed(struct pip_slot *slot);

/* Collect what tasks have left to the root.  Does nothing in a task. */
PIP_HIDDEN void reap_leftovers(struct pip_root *root);

#endif
