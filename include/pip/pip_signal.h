/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals between tasks.  pip.h includes this. */
#ifndef PIP_SIGNAL_H
#define PIP_SIGNAL_H

#include <signal.h>
#include <sys/select.h> /* sigset_t, in strict C99 too */

#include "pip.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * Send a signal to a task, the root or the caller: to its first thread.
 * Errors, in this order: EPERM not initialised; EINVAL pipid is PIP_PIPID_ANY
 * or _NULL; ERANGE no such PIPID (version 3: negative ones are EINVAL); EINVAL
 * no such signal; ESRCH the task has ended, or was never spawned; EPERM what
 * kill(2) says, when the task runs as another user.
 */
int pip_kill(int pipid, int sig) PIP_VERSIONED("pip2_kill");

/*
 * As sigprocmask(2), of the calling thread.
 * Errors: EPERM not initialised; EINVAL how.
 */
int pip_sigmask(int how, const sigset_t *set, sigset_t *old);

/*
 * Wait for one signal.  Block it beforehand: one that arrives earlier is not
 * lost then.  Error: EINVAL no such signal.
 */
int pip_signal_wait(int sig);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* PIP_SIGNAL_H */
