/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PIP_ALIVE_H
#define PIP_ALIVE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Has the thread or process tid ended, be it collected or not?  A signal 0
 * does not tell: it reaches a zombie.  Reads /proc, so it is for slow paths;
 * without /proc, a zombie counts as alive.  Keeps errno.
 */
__attribute__((visibility("hidden"))) bool alive_has_ended(pid_t tid);

/* The same of a process: it has not ended as long as any of its threads runs,
 * even if the first one is a zombie. */
__attribute__((visibility("hidden"))) bool alive_process_has_ended(pid_t pid);

/* The same by system calls alone, for who has no thread pointer of its own. */
__attribute__((visibility("hidden"))) bool alive_pidfd_has_ended(pid_t pid);

/* Is it stopped, by a signal or a tracer? */
__attribute__((visibility("hidden"))) bool alive_is_stopped(pid_t tid);

/* Does it wait for something, and for neither a CPU nor a disk? */
__attribute__((visibility("hidden"))) bool alive_is_sleeping(pid_t tid);

#endif
