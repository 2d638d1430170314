/* SPDX-License-Identifier: BSD-2-Clause */
#include "run.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "arch.h"
#include "spawn.h"

#define KERNEL_SIGSET_SIZE 8
#define EXIT_NOT_EXECUTED 127

static void set_signal_mask(uint64_t mask, uint64_t *before)
{
	arch_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, before,
		      KERNEL_SIGSET_SIZE);
}

/* In the new process, with the memory and the thread pointer of the old one. */
static void child_main(void *arg)
{
	struct run *run = arg;

	while (atomic_load(&run->go) == 0)
		arch_syscall6(SYS_futex, (long)&run->go, FUTEX_WAIT_PRIVATE, 0,
			      0, 0, 0);
	child_reset_signals();
	set_signal_mask(0, NULL);
	atomic_store(&run->error,
		     (int)-arch_syscall3(SYS_execve, run->path, run->argv,
					 run->envp));
	arch_syscall1(SYS_exit_group, EXIT_NOT_EXECUTED);
}

static void let_go(struct run *run)
{
	atomic_store(&run->go, 1);
	arch_syscall6(SYS_futex, (long)&run->go, FUTEX_WAKE_PRIVATE, 1, 0, 0,
		      0);
}

/* No exit signal: the program's own SIGCHLD handler does not see it, nor does
 * an ordinary wait(); and it is there to be waited for if SIGCHLD is ignored. */
static long start(struct run *run, unsigned long flags, char *stack_top,
		  void (*child)(void *))
{
	uint64_t before;
	long pid;

	atomic_store(&run->error, 0);
	atomic_store(&run->go, 0);
	set_signal_mask(~0ull, &before);
	pid = arch_clone(CLONE_VM | flags, stack_top, child, run, NULL, NULL);
	set_signal_mask(before, NULL);
	return pid;
}

static void join(long pid)
{
	while (arch_syscall4(SYS_wait4, pid, NULL, __WALL, NULL) == -EINTR)
		;
}

static bool has_ended(long pid)
{
	return arch_syscall4(SYS_wait4, pid, NULL, __WALL | WNOHANG, NULL) != 0;
}

/* For so long, more or less: the clock is not asked. */
static bool join_within(long pid, unsigned seconds)
{
	const long slices[] = { 1000000, 10000000 }; /* ns */
	struct timespec pause = { 0, 0 };
	uint64_t left = seconds * 1000000000ull;
	unsigned turns = 0;

	while (!has_ended(pid)) {
		/* Short ones first: most programs end soon. */
		pause.tv_nsec = slices[turns++ > 50];
		if (left < (uint64_t)pause.tv_nsec)
			return false;
		left -= (uint64_t)pause.tv_nsec;
		arch_syscall2(SYS_nanosleep, &pause, NULL);
	}
	return true;
}

/* Returns false if it had to be killed.  What hangs in the kernel does not even
 * end then, and is left to itself. */
static bool join_or_kill(long pid, unsigned seconds)
{
	if (seconds == 0) {
		join(pid);
		return true;
	}
	if (join_within(pid, seconds))
		return true;
	arch_syscall2(SYS_kill, pid, SIGKILL);
	(void)join_within(pid, 1);
	return false;
}

int run_and_wait(struct run *run, bool may_trace)
{
	bool in_time;
	/* Untraced: a debugger would take it for a thread, and would believe
	 * that the program has become another one. */
	long pid = start(run, CLONE_UNTRACED, run->stack + RUN_STACK_SIZE,
			 child_main);

	if (pid < 0)
		return (int)-pid;
	/* Fails where there is no Yama: then it is not needed. */
	if (may_trace)
		arch_syscall2(SYS_prctl, PR_SET_PTRACER, pid);
	let_go(run);
	in_time = join_or_kill(pid, run->seconds);
	if (may_trace)
		arch_syscall2(SYS_prctl, PR_SET_PTRACER, run->tracer);
	return in_time ? atomic_load(&run->error) : ETIMEDOUT;
}

/* In between: its child is an orphan when it ends, which is when that child
 * has been executed (CLONE_VFORK). */
static void between_main(void *arg)
{
	struct run *run = arg;
	long pid;

	let_go(run);
	pid = arch_clone(CLONE_VM | CLONE_VFORK | SIGCHLD,
			 run->stack + RUN_STACK_SIZE / 2, child_main, run, NULL,
			 NULL);
	if (pid < 0)
		atomic_store(&run->error, (int)-pid);
	arch_syscall1(SYS_exit_group, 0);
}

int run_detached(struct run *run)
{
	long pid = start(run, 0, run->stack + RUN_STACK_SIZE, between_main);

	if (pid < 0)
		return (int)-pid;
	join(pid);
	return atomic_load(&run->error);
}
