/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A context that crashes on another task's kernel thread.
 *
 * It is sent home with the registers it had: there the instruction fails
 * again, and now it is its own process that the kernel signals, or kills, and
 * reports.  The kernel thread goes on with its other contexts.
 */
#ifndef PIP_BLT_CRASH_H
#define PIP_BLT_CRASH_H

#include <signal.h>

#include "blt.h"

/* In the kernel thread, before it runs a context that is not its own: handlers
 * for what a crash raises.  What the process had is kept for itself. */
__attribute__((visibility("hidden"))) void
blt_crash_prepare(struct blt_kernel *kernel);

/* Give the process back what it had. */
__attribute__((visibility("hidden"))) void
blt_crash_finish(struct blt_kernel *kernel);

/*
 * In a handler: is the signal, which the calling kernel thread got, about a
 * context that is not its own?  Then that is sent home, and this does not
 * return.  True: it was for us, and all is done.
 */
__attribute__((visibility("hidden"))) bool
blt_crash_divert(int sig, siginfo_t *info, void *context);

/* In a handler that ends slot's task: record the signal, unless it was recorded
 * where the context was sent home from. */
__attribute__((visibility("hidden"))) void
blt_crash_report(struct pip_slot *slot, int sig, const void *context);

/* The handler; of the root's copy of libpip, see root->crash_handler. */
__attribute__((visibility("hidden"))) void
blt_crash_handler(int sig, siginfo_t *info, void *context);

/* The process of a context that another kernel thread runs has ended: make
 * that thread drop it. */
__attribute__((visibility("hidden"))) void blt_crash_kick(struct blt *blt);

#endif
