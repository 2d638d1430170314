/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spawn hooks: the spawner's code and data, run in the task's kernel process.
 *
 * A hook calls malloc() and printf() of the spawner's libc, which keep their
 * state in thread-local memory; the new process has none of that libc's.  So
 * the spawner makes a thread that does nothing but own a thread-control block,
 * and the hook runs with that block's address as its thread pointer.
 */
#ifndef PIP_HOOK_H
#define PIP_HOOK_H

#include "root.h"

/* In the spawner: remember the hooks and make the thread.  Errors: EAGAIN. */
PIP_HIDDEN PIP_CHECKED int hook_prepare(struct pip_slot *slot,
					const pip_spawn_hook_t *hook);

/* In the new process, before its loader.  Does not return if the hook says
 * that the task is not to start.  Raw system calls only (see child.c). */
PIP_HIDDEN void hook_run_before(struct pip_slot *slot);

/* In the task, from libpip's constructor: have the after hook run when the
 * task returns from main or calls exit(). */
PIP_HIDDEN void hook_register_after(struct pip_slot *slot);

/* The task has ended, or did not start: let the thread go. */
PIP_HIDDEN void hook_release(struct pip_slot *slot);

#endif
