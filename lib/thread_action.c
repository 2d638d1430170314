/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sigaction(2).  In thread mode handlers are shared by all tasks.
 *
 * Two things must not become the process's: a libc's handler of the signals
 * that it keeps to itself, of which each task has its own (thread_signal.c);
 * and the default action where that is to end the process (exception.c).
 * All else goes to the kernel as it is.  In process mode, that is all but the
 * one of libc's signals by which threads are suspended (suspend_stop.c).
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "exception.h"
#include "thread_mode.h"

/* Is the caller a thread of the root's process?  Not after fork(). */
static struct pip_root *get_root(void)
{
	struct pip_slot *self = pip_self;

	if (self == NULL || !root_is_threaded(self->root) ||
	    arch_syscall1(SYS_getpid, 0) != self->root->pid)
		return NULL;
	return self->root;
}

static void to_kernel(struct kernel_sigaction *to, const struct sigaction *from)
{
	memcpy(&to->handler, &from->sa_handler, sizeof(to->handler));
	memcpy(&to->mask, &from->sa_mask, sizeof(to->mask));
	to->flags = (unsigned long)from->sa_flags | KERNEL_SA_RESTORER;
	to->restorer = (void *)arch_sigaction_return;
}

static void from_kernel(struct sigaction *to, const struct kernel_sigaction *from)
{
	memset(to, 0, sizeof(*to));
	memcpy(&to->sa_handler, &from->handler, sizeof(from->handler));
	memcpy(&to->sa_mask, &from->mask, sizeof(from->mask));
	to->sa_flags = (int)from->flags;
}

/* A signal of libc's own: it is noted for this libc only. */
static void set_libc_action(int sig, const struct sigaction *action,
			    struct sigaction *old)
{
	_Atomic(void *) *handler =
		&pip_self->end.libc_handlers[sig - SIGNAL_CANCEL];
	struct kernel_sigaction now = { .handler = atomic_load(handler) };

	if (action != NULL) {
		struct kernel_sigaction set;

		to_kernel(&set, action);
		atomic_store(handler, set.handler);
	}
	if (old != NULL)
		from_kernel(old, &now);
}

int thread_action_set(int sig, const struct sigaction *action,
		      struct sigaction *old)
{
	struct pip_root *root = get_root();
	struct kernel_sigaction set, before;
	long result;

	if (root != NULL && (sig == SIGNAL_CANCEL || sig == SIGNAL_SETXID)) {
		set_libc_action(sig, action, old);
		return 0;
	}
	if (action != NULL)
		to_kernel(&set, action);
	if (root == NULL && sig == SIGNAL_SETXID &&
	    suspend_note_action(action != NULL ? &set : NULL, &before)) {
		if (old != NULL)
			from_kernel(old, &before);
		return 0;
	}
	if (action != NULL && root != NULL) {
		set.restorer = (void *)root->sigreturn;
		if (set.handler == (void *)SIG_DFL)
			exception_make_default(root, sig, &set);
	}
	result = kernel_sigaction(sig, action != NULL ? &set : NULL, &before);
	if (result < 0) {
		errno = (int)-result;
		return -1;
	}
	if (root != NULL && before.handler == root->thread.exception_handler)
		before = (struct kernel_sigaction){ .handler = (void *)SIG_DFL };
	if (old != NULL)
		from_kernel(old, &before);
	return 0;
}
