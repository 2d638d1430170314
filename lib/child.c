/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions of a task, and its making.
 *
 * The code in child_main() runs in the new process, on its own stack, but
 * with the thread pointer of the thread that spawned it, which runs on at the
 * same time.  So it must not touch anything thread-local: no errno, no libc.
 * This file is compiled without stack protector, for the same reason.
 */
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "arch.h"
#include "hook.h"
#include "kernel_signal.h"
#include "spawn.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

/* struct clone_args of linux/sched.h, version 0: all that is used here, and
 * what every kernel with clone3(2) accepts. */
struct clone_arguments {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal;
	uint64_t stack, stack_size, tls;
};

/* Ignored ones stay ignored. */
void child_reset_signals(void)
{
	struct kernel_sigaction action;

	for (int sig = 1; sig <= SIGNALS; sig++) {
		if (arch_syscall4(SYS_rt_sigaction, sig, NULL, &action,
				  KERNEL_SIGSET_SIZE) != 0 ||
		    action.handler == (void *)SIG_DFL ||
		    action.handler == (void *)SIG_IGN)
			continue;
		action.handler = (void *)SIG_DFL;
		action.flags &= ~(unsigned long)SA_SIGINFO;
		arch_syscall4(SYS_rt_sigaction, sig, &action, NULL,
			      KERNEL_SIGSET_SIZE);
	}
}

/* Who is to attach now need not be an ancestor, as Yama wants it. */
static void stop_self(void)
{
	arch_syscall2(SYS_prctl, PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	arch_syscall2(SYS_kill, arch_syscall1(SYS_getpid, 0), SIGSTOP);
	arch_syscall2(SYS_prctl, PR_SET_PTRACER, 0);
}

static void child_main(void *arg)
{
	struct child_plan *plan = arg;

	if (!root_is_threaded(plan->slot->root))
		plan->slot->entry->tid = plan->slot->entry->pid;
	if (plan->bind)
		arch_syscall3(SYS_sched_setaffinity, 0, sizeof(plan->cores),
			      &plan->cores);
	arch_syscall2(SYS_prctl, PR_SET_NAME, plan->comm);
	if (plan->reset_signals)
		child_reset_signals();
	arch_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &plan->signal_mask, NULL,
		      KERNEL_SIGSET_SIZE);
	if (plan->stop) {
		stop_self();
		atomic_store(&plan->slot->resumed, true);
	}
	hook_run_before(plan->slot);
	if (!root_is_threaded(plan->slot->root)) /* they are everybody's */
		descriptor_close_listed(&plan->cloexec);
	arch_start(plan->stack_pointer, plan->entry);
}

/*
 * CLONE_PARENT_SETTID: the kernel itself stores the PID in the slot before the
 * task runs.  If the spawner stored it and was killed just before, nobody
 * would know the task, and the guardian could not end it.
 * CLONE_CHILD_SETTID: and in the table, for the task that looks itself up.
 */
#define CLONE_FLAGS (CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID)

/* A thread of the spawner's process, as pthread_create() makes it. */
#define THREAD_FLAGS                                                      \
	(CLONE_FLAGS | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |           \
	 CLONE_THREAD | CLONE_SYSVSEM)

static uint64_t choose_flags(const struct pip_root *root, bool from_task)
{
	if (root_is_threaded(root))
		return THREAD_FLAGS;
	return CLONE_FLAGS | CLONE_CLEAR_SIGHAND |
	       (from_task ? CLONE_PARENT : 0);
}

/*
 * In process mode: CLONE_VM and nothing else shared: own descriptors, own working directory,
 * own signal dispositions, as the original's process mode.  A task that spawns
 * makes a sibling (CLONE_PARENT): tasks are always the root's children, so the
 * root can wait for them; the exit signal is inherited then.
 */
pid_t child_clone(const struct child_plan *given, bool from_task)
{
	/* The child's copy of the plan, and its frames below that, lie where
	 * the program will not look: below the argument vector. */
	struct child_plan *plan =
		(void *)((given->stack_pointer - sizeof(*given)) & ~63ul);
	struct pip_table_entry *entry = given->slot->entry;
	bool threaded = root_is_threaded(given->slot->root);
	/* clone3 has no exit signal with CLONE_PARENT.  Debuggers are told of a
	 * new thread then, not of a new process (copy_process() in the kernel's
	 * kernel/fork.c). */
	bool is_nested = from_task && !threaded;
	int exit_signal = from_task || threaded ? 0 : SIGCHLD;
	void *child_tid = threaded ? &entry->tid : &entry->pid;
	struct clone_arguments args = {
		.flags = choose_flags(given->slot->root, from_task),
		.parent_tid = (uint64_t)&given->slot->pid,
		.child_tid = (uint64_t)child_tid,
		.exit_signal = (uint64_t)exit_signal,
		.stack = entry->stack_low,
		.stack_size = (uint64_t)plan - entry->stack_low,
	};
	uint64_t all = ~0ull, before;
	long pid;

	/* No handler of the root may run in the task before they are reset. */
	arch_syscall4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before,
		      KERNEL_SIGSET_SIZE);
	*plan = *given;
	plan->signal_mask = before;
	plan->reset_signals = false;
	pid = -ENOSYS;
	if (!is_nested)
		pid = arch_clone3(&args, sizeof(args), child_main, plan);
	if (pid == -ENOSYS || pid == -EINVAL || pid == -EPERM) {
		/* Or a kernel before 5.5, or a sandbox that hides clone3. */
		plan->reset_signals = !threaded;
		pid = arch_clone((args.flags & ~CLONE_CLEAR_SIGHAND) |
					 (threaded ? 0 : SIGCHLD),
				 plan, child_main, plan, &given->slot->pid,
				 child_tid);
	}
	arch_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL,
		      KERNEL_SIGSET_SIZE);
	return (pid_t)pid;
}
