/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals by the kernel's own interface, where libc's does not do. */
#ifndef PIP_KERNEL_SIGNAL_H
#define PIP_KERNEL_SIGNAL_H

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "arch.h"

#define KERNEL_SIGSET_SIZE 8
#define SIGNALS 64

/*
 * The two that glibc keeps to itself (nptl(7)): to cancel a thread, and to
 * change all threads' credentials.  It keeps programs from blocking them.
 */
#define SIGNAL_CANCEL 32
#define SIGNAL_SETXID 33

/* As the kernel lays it out (x86-64: with sa_restorer). */
struct kernel_sigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};
#define KERNEL_SA_RESTORER 0x04000000ul

static inline long kernel_sigaction(int sig, const struct kernel_sigaction *set,
				    struct kernel_sigaction *old)
{
	return arch_syscall4(SYS_rt_sigaction, sig, set, old,
			     KERNEL_SIGSET_SIZE);
}

/* To a thread of the caller's own process, with a mark that its handler finds
 * in si_value.  (The kernel does not let threads pretend SI_TKILL.) */
static inline long kernel_signal_thread(pid_t pid, pid_t tid, int sig,
					void *mark)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = sig;
	info.si_code = SI_QUEUE;
	info.si_pid = pid;
	info.si_uid = (uid_t)arch_syscall1(SYS_getuid, 0);
	info.si_value.sival_ptr = mark;
	return arch_syscall4(SYS_rt_tgsigqueueinfo, pid, tid, sig, &info);
}

static inline void kernel_block_all_signals(void)
{
	uint64_t all = ~0ull;

	arch_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL,
		      KERNEL_SIGSET_SIZE);
}

/*
 * For as long as a lock is held that a handler could want, too: pip_wait_any()
 * and the like are called in handlers of SIGCHLD.  Returns the mask as it was.
 */
static inline uint64_t kernel_hold_signals(void)
{
	uint64_t all = ~0ull, before = 0;

	arch_syscall4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before,
		      KERNEL_SIGSET_SIZE);
	return before;
}

static inline void kernel_let_signals(uint64_t before)
{
	arch_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL,
		      KERNEL_SIGSET_SIZE);
}

#endif
