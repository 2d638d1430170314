/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Coordination of all tasks of a root: key-value pairs, barriers, and
 * suspending everybody.
 *
 * Any thread of the root or of a task may call these functions, be the task
 * coupled or decoupled.  They return 0 or an errno value.  EPERM, from all of
 * them: PiP is not initialised (which it is not in a child made by fork()).
 */
#ifndef PIP_COORDINATE_H
#define PIP_COORDINATE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* --- Key-value pairs ------------------------------------------------------ */

/*
 * Publish a value under a key, for the root and all of its tasks.  Both are
 * bytes, any number of them, none included; they are copied.  A value that is
 * there already is replaced: who asks meanwhile gets the one or the other.
 *
 * A pair stays, also when its publisher ends, until somebody withdraws it or
 * the root calls pip_fin().  May be called by signal handlers and by the hooks
 * of a suspension.
 * Errors: EINVAL a length without bytes; ENOMEM.
 */
int pip_publish(const void *key, size_t key_length, const void *value,
		size_t value_length);

/* The same, unless there is such a key: the first one wins.  EEXIST. */
int pip_publish_new(const void *key, size_t key_length, const void *value,
		    size_t value_length);

/*
 * Get the value of a key.  *value_length is the size of the buffer, and becomes
 * the length of the value.  Never waits for a key to appear.
 * Errors: EINVAL value_length is NULL, or as above; ENOENT there is no such
 * key; EMSGSIZE the buffer is too short: it is filled, and *value_length
 * says what is needed.
 */
int pip_query(const void *key, size_t key_length, void *value,
	      size_t *value_length);

/* Withdraw a pair, whoever has published it.  ENOENT: there is none. */
int pip_unpublish(const void *key, size_t key_length);

/* --- Barriers ------------------------------------------------------------- */

#define PIP_BARRIER_ROOT 0x1u /* the root takes part, too */

/*
 * Wait until all tasks that live have called this.  A task that ends, in
 * whatever way, is waited for no longer; one that is spawned meanwhile is
 * waited for as well.  Of a task, one thread calls it.
 *
 * ntasks: how many tasks must have been spawned in the life of the root, so
 * that the first ones do not pass before the last ones exist; 0: no matter.
 * With PIP_BARRIER_ROOT the root has to call it, too; these are separate
 * barriers.  A context that waits lets the others of its domain run.
 * Errors: EINVAL ntasks or flags, or the root without PIP_BARRIER_ROOT.
 */
int pip_global_barrier(int ntasks, unsigned flags);

/*
 * Wait until all threads of the calling task (or of the root) have called
 * this; a thread that ends is waited for no longer.
 * Errors: what open(2) says of /proc/self/task.
 */
int pip_local_barrier(void);

/*
 * For the plugins of the calling task: the event REGISTER_NAME_SERVICE_DATA,
 * in which they publish, then pip_global_barrier(ntasks, flags), then the event
 * SEND_QUERIES, in which they find what all the others have published.
 */
int pip_name_service(int ntasks, unsigned flags);

/* --- Suspending all ------------------------------------------------------- */

#define PIP_SUSPEND_HOLD 0x1u /* return while all are stopped */

/*
 * Stop the root, all tasks and all their threads, but for the calling thread;
 * call the plugins' hooks for each step (pip_suspend_all(3)); and let all go on.
 *
 * reason: what the hooks are told (data->round.reason), for the program to choose.
 * timeout_ms: how long all may take to stop, or the hooks of a step; 0: 10 s.
 * When it is over, all go on as they do at the end.
 * Errors: EINVAL flags; EBUSY somebody else is doing it; EDEADLK called by a
 * hook of a suspension; ETIMEDOUT see above, a message names the task and why;
 * ENOMEM; EMFILE, ENFILE no descriptor to read /proc with.
 */
int pip_suspend_all(int reason, unsigned flags, unsigned timeout_ms);

/* After PIP_SUSPEND_HOLD, by the same thread: the rest.  EPERM: nothing is
 * held by it. */
int pip_resume_all(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* PIP_COORDINATE_H */
