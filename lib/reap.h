/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for tasks' kernel processes; for the root, who is their parent.
 *
 * A task cannot collect what it has spawned.  It leaves the zombie to the
 * root, in a list of its own: the PIPID is free at once.
 *
 * The root collects these whenever it spawns or waits.  One that does neither
 * for long is asked to, by a signal, when there are many, or when there is no
 * room for another process: else a task that spawns again and again would fill
 * the process table.
 */
#ifndef PIP_REAP_H
#define PIP_REAP_H

#include <signal.h>

#include "root.h"

/* Has the kernel process of a task ended?  It is not collected: one that is
 * being loaded may have loaded and done all its work meanwhile. */
PIP_HIDDEN bool reap_has_ended(struct pip_slot *slot);

/*
 * Collect a task that ended before it was loaded and return its wait status.
 * A spawner that is a task cannot: it leaves it to the root, and the status
 * that it gets is what a loader that gives up exits with.
 */
PIP_HIDDEN int reap_failed(struct pip_slot *slot);

/* In a task: leave an ended process to the root. */
PIP_HIDDEN void reap_leave(struct pip_root *root, pid_t pid);
/* In the root, which has collected it already. */
PIP_HIDDEN void reap_forget(struct pip_root *root, pid_t pid);

/* Collect what tasks have left to the root, and finish what one was doing that
 * has died.  Does nothing in a task. */
PIP_HIDDEN void reap_leftovers(struct pip_root *root);
/* In the handler of that signal: is it for this?  Then do so, as far as it can be
 * done without waiting. */
PIP_HIDDEN bool reap_is_asked(struct pip_root *root, const siginfo_t *info);
PIP_HIDDEN void reap_when_asked(struct pip_root *root);
/* In a task that has got EAGAIN: true if a process has been collected since. */
PIP_HIDDEN PIP_CHECKED bool reap_make_room(struct pip_root *root);
/* Give the list back. */
PIP_HIDDEN void reap_finish(struct pip_root *root);

#endif
