/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signals that glibc keeps to itself, in thread mode.
 *
 * Handlers are shared by all threads of a process, but each task has a libc of
 * its own, which believes that the handler it has set is the process's.  The
 * root's handler is in front of them: it ends threads of tasks that end, and
 * passes everything else on to the libc of the task whose thread it is.
 *
 * The one that changes credentials ends threads: nothing blocks it for longer
 * than a moment.  The other one is also that of libc's timers, whose thread
 * blocks it and takes it by sigwaitinfo(2).
 */
#include <string.h>

#include "kernel_signal.h"
#include "thread_mode.h"

typedef void (*handler_function)(int, siginfo_t *, void *);

/* Is it the slot of a task that is being ended? */
static struct pip_slot *find_ending(const struct pip_root *root,
				    const void *pointer)
{
	uint64_t from = (uint64_t)pointer - (uint64_t)root->slots;
	uint64_t index = from / sizeof(root->slots[0]);
	struct pip_slot *slot;

	if (from % sizeof(root->slots[0]) != 0 ||
	    index >= (uint64_t)root->ntasks)
		return NULL;
	slot = (struct pip_slot *)&root->slots[index];
	return atomic_load(&slot->end.state) == END_BEGUN ? slot : NULL;
}

/* In a child made by fork(), the handler is still this, and so is memory. */
static struct pip_root *handling_root;

/* The libc that the calling thread uses: its thread pointer tells. */
static struct pip_slot *find_libc(struct pip_root *root)
{
	uint64_t index = (arch_thread_pointer() - root->window_base) >>
			 root->window_shift;

	return index < (uint64_t)root->ntasks ? &root->slots[index] :
						&root->self;
}

static void handle(int sig, siginfo_t *info, void *context)
{
	struct pip_root *root = handling_root;
	struct pip_slot *slot;
	void *handler;

	if (sig == SIGNAL_SETXID && suspend_stop_here(root, info, context))
		return;
	if (sig == SIGNAL_SETXID && info->si_code == SI_QUEUE) {
		slot = find_ending(root, info->si_value.sival_ptr);
		if (slot == NULL || !thread_mode_is_of(slot))
			return;
		thread_mode_add_times(slot);
		atomic_fetch_add(&slot->end.ended_threads, 1);
		arch_syscall1(SYS_exit, 0);
	}
	slot = find_libc(root);
	handler = atomic_load(
		&slot->end.libc_handlers[sig - SIGNAL_CANCEL]);
	if (handler != NULL) {
		handler_function function;

		memcpy(&function, &handler, sizeof(function));
		function(sig, info, context);
	}
}

/* Whose libc has set that handler?  NULL: it is none. */
static struct pip_slot *find_owner(struct pip_root *root, const void *handler)
{
	uint64_t index = ((uint64_t)handler - root->window_base) >>
			 root->window_shift;

	if (handler == (void *)SIG_DFL || handler == (void *)SIG_IGN)
		return NULL;
	return index < (uint64_t)root->ntasks ? &root->slots[index] :
						&root->self;
}

/* Put the root's handler in front of the one that some libc has set. */
static void take_over(struct pip_root *root, int sig)
{
	struct kernel_sigaction action = {
		.handler = root->thread.signal_handler,
		.flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK |
			 KERNEL_SA_RESTORER,
		.restorer = (void *)root->sigreturn,
	}, before;
	struct pip_slot *owner;

	if (kernel_sigaction(sig, NULL, &before) != 0 ||
	    before.handler == action.handler)
		return;
	owner = find_owner(root, before.handler);
	if (owner != NULL)
		atomic_store(&owner->end.libc_handlers[sig - SIGNAL_CANCEL],
			     before.handler);
	(void)kernel_sigaction(sig, &action, NULL);
}

void thread_signal_install(struct pip_root *root)
{
	take_over(root, SIGNAL_CANCEL);
	take_over(root, SIGNAL_SETXID);
}

void thread_signal_start(struct pip_root *root)
{
	handling_root = root;
	root->thread.signal_handler = (void *)handle;
	thread_signal_install(root);
}

/* Give back to the root's libc what it had. */
void thread_signal_stop(struct pip_root *root)
{
	for (int sig = SIGNAL_CANCEL; sig <= SIGNAL_SETXID; sig++) {
		struct kernel_sigaction action = {
			.flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK |
				 KERNEL_SA_RESTORER,
			.restorer = (void *)root->sigreturn,
		};

		action.handler = atomic_load(
			&root->self.end.libc_handlers[sig - SIGNAL_CANCEL]);
		(void)kernel_sigaction(sig, &action, NULL);
	}
}

long thread_signal_end(struct pip_slot *slot, pid_t tid)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = SIGNAL_SETXID;
	info.si_code = SI_QUEUE;
	info.si_pid = slot->root->pid;
	info.si_value.sival_ptr = slot;
	return arch_syscall4(SYS_rt_tgsigqueueinfo, slot->root->pid, tid,
			     SIGNAL_SETXID, &info);
}
