/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting: what the root's side (wait.c) and the spawner's (wait_spawner.c)
 * share.
 *
 * The root collects a task with wait4(2), and then records its end.  A task
 * that spawned another one may wait for it, too: it reads the status of the
 * zombie, records the end, and leaves the zombie to the root (reap.h).
 */
#ifndef PIP_WAIT_H
#define PIP_WAIT_H

#include "root.h"

/* How a task has ended, and what it has used. */
struct outcome {
	int status;
	uint64_t user_ns, system_ns;
};

/*
 * The task whose process is, or was, pid has ended: record it, and free its
 * PIPID.  Its memory stays.  False if somebody else has recorded it.  With
 * leave, nobody has collected the process, and the caller cannot.
 */
PIP_HIDDEN PIP_CHECKED bool wait_record_end(struct pip_slot *slot, pid_t pid,
					    const struct outcome *outcome,
					    bool leave);
/*
 * The kernel does not know it any more.  Somebody has just collected it and is
 * about to record that; or else the program itself did, by waiting for any
 * child or ignoring SIGCHLD: then the status is lost, but the PIPID must not
 * be.
 */
PIP_HIDDEN void wait_record_loss(struct pip_slot *slot, pid_t pid);

/*
 * Collect one task, in the root.  Returns 0 when it was, EAGAIN when it still
 * runs, ECHILD when somebody else has collected it.  Never waits.
 */
PIP_HIDDEN PIP_CHECKED int wait_collect(struct pip_slot *slot, int *statusp);

/* Finish what somebody was recording who has died. */
PIP_HIDDEN void wait_recover(struct pip_root *root);

/* The live task whose process that is, or NULL. */
PIP_HIDDEN struct pip_slot *wait_find_pid(struct pip_root *root, pid_t pid);

/* Sleep until the task, whose process is pid, has ended, or a while. */
PIP_HIDDEN void wait_sleep_for(const struct pip_slot *slot, pid_t pid);

/*
 * Sleep until one of the tasks for which wanted() holds may have ended, or a
 * while.  False if there are too many of them to do that.
 */
PIP_HIDDEN PIP_CHECKED bool
wait_sleep_for_any(struct pip_root *root, bool (*wanted)(const struct pip_slot *));

/* Is it a task of a task that still lives and can wait for it itself? */
PIP_HIDDEN bool wait_is_left_to_spawner(const struct pip_slot *slot);

/* The wait functions, called by a task. */
PIP_HIDDEN PIP_CHECKED int wait_spawner_one(int pipid, int *status, bool block);
PIP_HIDDEN PIP_CHECKED int wait_spawner_any(int *pipidp, int *status,
					    bool block);

#endif
