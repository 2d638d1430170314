/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread mode: the kernel's default action for a fatal signal ends the whole
 * process.  Handlers of the root's, which all threads share, make it end the
 * task only whose thread was hit, and everybody when it was the root's.
 *
 * A handler runs on any thread, with the thread pointer of any libc: raw
 * system calls, no thread-local variables.  SIGABRT has no handler: abort()
 * ends everybody, as in the original.
 */
#include "exception.h"

#include <stdbool.h>

#include "blt_crash.h"
#include "exception_report.h"
#include "kernel_signal.h"
#include "plugin_crash.h"
#include "thread_mode.h"

/* Is it sent to a thread rather than to the process as a whole? */
enum aim {
	AIM_THREAD, /* always: the kernel sends it for what the thread did */
	AIM_EITHER, /* a thread, if by tgkill(2), as raise() and pip_kill() do */
};

static const struct {
	int sig;
	enum aim aim;
} exceptions[] = {
	{ SIGILL, AIM_THREAD },	   { SIGTRAP, AIM_THREAD },
	{ SIGBUS, AIM_THREAD },	   { SIGFPE, AIM_THREAD },
	{ SIGSEGV, AIM_THREAD },   { SIGSYS, AIM_THREAD },
	{ SIGPIPE, AIM_THREAD },   { SIGXFSZ, AIM_THREAD },
	{ SIGHUP, AIM_EITHER },	   { SIGINT, AIM_EITHER },
	{ SIGQUIT, AIM_EITHER },   { SIGUSR1, AIM_EITHER },
	{ SIGUSR2, AIM_EITHER },   { SIGALRM, AIM_EITHER },
	{ SIGTERM, AIM_EITHER },   { SIGSTKFLT, AIM_EITHER },
	{ SIGXCPU, AIM_EITHER },   { SIGVTALRM, AIM_EITHER },
	{ SIGPROF, AIM_EITHER },   { SIGIO, AIM_EITHER },
	{ SIGPWR, AIM_EITHER },
};
#define NEXCEPTIONS (sizeof(exceptions) / sizeof(exceptions[0]))

/* task: whose thread it is, NULL = the root's. */
static bool is_for_thread(int sig, const siginfo_t *info,
			  const struct pip_slot *task)
{
	if (info->si_code == SI_TKILL ||
	    (task != NULL && info->si_code == SI_QUEUE &&
	     info->si_value.sival_ptr == task)) /* signal.c, blt_crash.c */
		return true;
	for (unsigned i = 0; i < NEXCEPTIONS; i++)
		if (exceptions[i].sig == sig)
			return exceptions[i].aim == AIM_THREAD;
	return false;
}

/* Would the signal come again by itself when the handler returns? */
static bool is_fault(int sig, const siginfo_t *info)
{
	return info->si_code > 0 && sig != SIGTRAP && sig != SIGSYS &&
	       is_for_thread(sig, info, NULL);
}

static void take_default_action(int sig, const siginfo_t *info)
{
	struct kernel_sigaction action = { .handler = (void *)SIG_DFL };
	long pid = arch_syscall1(SYS_getpid, 0);

	kernel_sigaction(sig, &action, NULL);
	/* It is blocked until the handler has returned. */
	if (!is_fault(sig, info))
		arch_syscall3(SYS_tgkill, pid, arch_syscall1(SYS_gettid, 0),
			      sig);
}

static void handle(int sig, siginfo_t *info, void *context)
{
	struct pip_slot *task;

	if (blt_crash_divert(sig, info, context))
		return;
	task = thread_mode_current();
	if (task != NULL || pip_self != NULL) {
		struct pip_slot *slot = task != NULL ? task : pip_self;

		blt_crash_report(slot, sig, context);
		/* The task's own copy of the code, whose thread-local
		 * variables are those of the thread. */
		if (slot->plugin_crash != NULL)
			slot->plugin_crash(sig, info, context);
	}
	if (pip_self != NULL)
		exception_report(task != NULL ? task : pip_self, sig, info,
				 context);
	if (task != NULL && is_for_thread(sig, info, task))
		thread_mode_end(task, sig);
	take_default_action(sig, info);
}

/* Is its default action to end the process?  Of the real-time signals, too. */
static bool is_exception(int sig)
{
	for (unsigned i = 0; i < NEXCEPTIONS; i++)
		if (exceptions[i].sig == sig)
			return true;
	return sig > SIGNAL_SETXID;
}

void exception_make_default(const struct pip_root *root, int sig,
			    struct kernel_sigaction *action)
{
	if (!is_exception(sig))
		return;
	action->handler = root->thread.exception_handler;
	action->flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART |
			KERNEL_SA_RESTORER;
	action->restorer = (void *)root->sigreturn;
	action->mask = 0;
}

void exception_start(struct pip_root *root)
{
	struct kernel_sigaction now;

	plugin_crash_stop();
	root->thread.exception_handler = (void *)handle;
	for (int sig = 1; sig <= SIGNALS; sig++)
		if (is_exception(sig) &&
		    kernel_sigaction(sig, NULL, &now) == 0 &&
		    now.handler == (void *)SIG_DFL) {
			exception_make_default(root, sig, &now);
			kernel_sigaction(sig, &now, NULL);
		}
	exception_note(root);
}

void exception_stop(struct pip_root *root)
{
	struct kernel_sigaction now;

	(void)root;
	for (int sig = 1; sig <= SIGNALS; sig++)
		if (kernel_sigaction(sig, NULL, &now) == 0 &&
		    now.handler == (void *)handle) {
			now.handler = (void *)SIG_DFL;
			kernel_sigaction(sig, &now, NULL);
		}
}

void exception_note(struct pip_root *root)
{
	uint64_t size = (uint64_t)root->ntasks * root->window_size;
	struct kernel_sigaction now;

	for (int sig = 1; sig <= SIGNALS; sig++)
		if (kernel_sigaction(sig, NULL, &now) == 0 &&
		    (uint64_t)now.handler - root->window_base >= size)
			root->thread.actions[sig] = now;
}

void exception_take_back(const struct pip_slot *slot)
{
	uint64_t size = slot->root->window_size;
	struct kernel_sigaction now;

	for (int sig = 1; sig <= SIGNALS; sig++)
		if (kernel_sigaction(sig, NULL, &now) == 0 &&
		    (uint64_t)now.handler - slot->window_low < size)
			kernel_sigaction(sig, &slot->root->thread.actions[sig],
					 NULL);
}
