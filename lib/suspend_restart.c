/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that return EINTR after any handler, SA_RESTART or not
 * (signal(7)).  A program that has no handlers of its own does not expect that;
 * so they are made anew, as the kernel does after a stop by SIGSTOP.
 *
 * Not if a signal has come meanwhile for which the program has a handler: it
 * may be what the call was waiting for.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include "arch.h"
#include "kernel_signal.h"
#include "suspend.h"

/* Those that leave what remains of the time where the next call finds it, that
 * have none, or that begin it anew. */
static const uint32_t restartable[] = {
	SYS_poll,	  SYS_ppoll,	   SYS_select,	   SYS_pselect6,
	SYS_epoll_wait,	  SYS_epoll_pwait, SYS_pause,	   SYS_rt_sigsuspend,
	SYS_nanosleep,	  SYS_semop,	   SYS_semtimedop, SYS_msgrcv,
	SYS_msgsnd,	  SYS_io_getevents, SYS_rt_sigtimedwait,
	SYS_clock_nanosleep,
#ifdef SYS_epoll_pwait2
	SYS_epoll_pwait2,
#endif
};

static bool is_restartable(uint32_t number)
{
	for (unsigned i = 0; i < sizeof(restartable) / sizeof(*restartable);
	     i++)
		if (restartable[i] == number)
			return true;
	return false;
}

/* Will a handler of the program's run, or the process be ended, when this one
 * has returned? */
static bool is_signal_pending(const ucontext_t *context)
{
	uint64_t pending = 0, mask;

	arch_syscall2(SYS_rt_sigpending, &pending, KERNEL_SIGSET_SIZE);
	memcpy(&mask, &context->uc_sigmask, sizeof(mask));
	pending &= ~mask;
	for (int sig = 1; sig <= SIGNALS; sig++) {
		struct kernel_sigaction action;

		if (!(pending >> (sig - 1) & 1) || sig == SIGNAL_CANCEL ||
		    sig == SIGNAL_SETXID)
			continue;
		if (kernel_sigaction(sig, NULL, &action) == 0 &&
		    action.handler != (void *)SIG_IGN &&
		    action.handler != (void *)SIG_DFL)
			return true;
	}
	return false;
}

void suspend_restart_call(void *context)
{
	uint64_t remaining = 0;
	int argument = -1;
	uint32_t number;

	if (!arch_call_interrupted(context, &number) ||
	    !is_restartable(number) || is_signal_pending(context))
		return;
	if (number == SYS_nanosleep) {
		remaining = arch_call_argument(context, 1);
		argument = 0;
	} else if (number == SYS_clock_nanosleep &&
		   !(arch_call_argument(context, 1) & TIMER_ABSTIME)) {
		remaining = arch_call_argument(context, 3);
		argument = 2;
	}
	/* What remains is where it was asked for. */
	arch_call_again(context, number, remaining != 0 ? argument : -1,
			remaining);
}
