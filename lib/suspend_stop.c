/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that is suspended: the signal's handler.
 *
 * It runs on whatever the thread was doing, with whatever thread pointer the
 * kernel thread has at that moment: raw system calls, no thread-local variable.
 * In thread mode it is the root's copy of libpip, called by thread_signal.c.
 *
 * The signal is one of the two that glibc keeps to itself, so that no program
 * blocks it by means of libc; and what comes of libc's is passed on to it.
 */
#include "suspend.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "alive.h"
#include "futex.h"
#include "kernel_signal.h"
#include "plugin.h"
#include "probe.h"
#include "reap.h"
#include "root.h"
#include "task.h"
#include "thread_mode.h"

/* How often to look after the coordinator. */
#define LOOK_NS (500l * 1000 * 1000)

typedef void (*handler_function)(int, siginfo_t *, void *);

/* libc's handler of the signal, in process mode. */
static _Atomic(void *) libc_handler;
/* The process in which ours is in front of it, 0: none. */
static pid_t open_pid;
static struct kernel_sigaction before_us;

/* --- Hooks ------------------------------------------------------------------ */

/* Call the hooks of this copy's plugins, with a thread pointer of its libc. */
static void raise_event(uint32_t event, pid_t tid)
{
	struct pip_slot *slot = pip_self;
	const struct suspend *suspend = &slot->root->suspend;
	pip_event_data_t data = { 0 };
	pid_t before;

	data.round.number = suspend->number;
	data.round.leader = suspend->leader;
	data.round.members = suspend->members;
	data.round.reason = suspend->reason;
	data.round.tid = tid;
	before = atomic_exchange(&slot->suspend.hook_tid,
				 (pid_t)arch_syscall1(SYS_gettid, 0));
	plugin_raise((pip_event_t)event, &data);
	atomic_store(&slot->suspend.hook_tid, before);
}

/*
 * A thread pointer of slot's libc for the calling thread.  A kernel thread that
 * has the context of another task on it, or none, has that of its idle context,
 * which does not run now.
 */
static uint64_t choose_thread_pointer(struct pip_slot *slot, pid_t tid)
{
	uint64_t now = arch_read_thread_pointer();
	const struct blt *blt = blt_of_slot(slot);

	if (tid != slot->kernel.tid || blt->thread_pointer == 0)
		return now;
	/* Its own context is here, perhaps in a hook of the spawner's. */
	if (blt->stack_pointer == 0 &&
	    (now == blt->thread_pointer ||
	     atomic_load(&blt->state) == PIP_BLT_COUPLED))
		return blt->thread_pointer;
	return slot->kernel.idle_memory != NULL ?
		       slot->kernel.idle_thread_pointer :
		       blt->thread_pointer;
}

/* What a crash raises is let through, so that a plugin is named that crashes in
 * a hook (plugin_crash.c).  Not where another task's context is interrupted,
 * which would be taken for the culprit (blt_crash.c). */
static void set_crash_signals(const struct pip_slot *slot, uint64_t pointer,
			      pid_t tid, int how)
{
	uint64_t mask = 1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1) |
			1ull << (SIGFPE - 1) | 1ull << (SIGILL - 1);

	if (tid == slot->kernel.tid &&
	    pointer != blt_of_slot((struct pip_slot *)slot)->thread_pointer)
		return;
	arch_syscall4(SYS_rt_sigprocmask, how, &mask, NULL, KERNEL_SIGSET_SIZE);
}

static void call_hooks(struct pip_slot *slot, uint32_t event, pid_t tid,
		       pid_t about)
{
	uint64_t now, wanted;

	if (slot->suspend.raise == NULL || !*slot->suspend.has_hooks)
		return;
	now = arch_read_thread_pointer();
	wanted = choose_thread_pointer(slot, tid);
	if (wanted != now)
		arch_set_thread_pointer(wanted);
	set_crash_signals(slot, wanted, tid, SIG_UNBLOCK);
	slot->suspend.raise(event, about);
	set_crash_signals(slot, wanted, tid, SIG_BLOCK);
	if (wanted != now)
		arch_set_thread_pointer(now);
}

/* --- The coordinator's death ------------------------------------------------ */

bool suspend_is_orphaned(uint64_t owner)
{
	pid_t pid = (pid_t)(owner >> 32), tid = (pid_t)(uint32_t)owner;

	if (owner == 0)
		return false;
	/* It may be a zombie. */
	return arch_syscall3(SYS_tgkill, pid, tid, 0) == -ESRCH ||
	       alive_pidfd_has_ended(pid);
}

void suspend_continue(struct pip_slot *slot)
{
	pid_t pid = atomic_load(&slot->pid);

	if (atomic_exchange(&slot->suspend.halted, false) && pid > 1)
		arch_syscall2(SYS_kill, pid, SIGCONT);
}

void suspend_recover(struct pip_root *root, uint64_t owner)
{
	struct suspend *suspend = &root->suspend;
	uint64_t self = (uint64_t)arch_syscall1(SYS_getpid, 0) << 32 |
			(uint32_t)arch_syscall1(SYS_gettid, 0);

	/* One of those who notice it does it; if that one dies, another. */
	if (!atomic_compare_exchange_strong(&suspend->owner, &owner, self))
		return;
	if (atomic_load(&suspend->round) & 1)
		atomic_fetch_add(&suspend->round, 1);
	atomic_store(&suspend->stopped, NULL);
	for (int i = 0; i < root->ntasks; i++)
		suspend_continue(&root->slots[i]);
	suspend->work = NULL;
	atomic_store(&suspend->owner, 0);
}

/* --- Being stopped ---------------------------------------------------------- */

static void tell(struct suspend *suspend)
{
	atomic_fetch_add(&suspend->news, 1);
	if (atomic_load(&suspend->listening) != 0)
		futex_wake(&suspend->news, 1);
}

static void push(struct suspend *suspend, struct suspend_thread *thread)
{
	struct suspend_thread *first = atomic_load(&suspend->stopped);

	do
		thread->next = first;
	while (!atomic_compare_exchange_weak(&suspend->stopped, &first, thread));
	tell(suspend);
}

/* Carry out orders until the round is over. */
static void stay(struct pip_root *root, struct suspend_thread *thread,
		 uint32_t round)
{
	struct suspend *suspend = &root->suspend;

	for (;;) {
		uint32_t order = atomic_load(&thread->order);

		if (order == SUSPEND_GO ||
		    atomic_load(&suspend->round) != round)
			return;
		if (order != SUSPEND_STAY &&
		    order != atomic_load(&thread->done)) {
			call_hooks(thread->slot, order, thread->tid, 0);
			atomic_store(&thread->done, order);
			tell(suspend);
			continue;
		}
		futex_wait(&thread->order, order, LOOK_NS);
		if (atomic_load(&thread->order) == order) {
			uint64_t owner = atomic_load(&suspend->owner);

			if (suspend_is_orphaned(owner))
				suspend_recover(root, owner);
		}
	}
}

/* The process whose thread the caller is. */
static struct pip_slot *find_slot(struct pip_root *root)
{
	struct pip_slot *slot;

	if (!root_is_threaded(root))
		return pip_self;
	slot = thread_mode_current();
	return slot != NULL ? slot : &root->self;
}

static void stop(struct pip_root *root, struct pip_slot *slot)
{
	struct suspend *suspend = &root->suspend;
	struct suspend_thread thread = {
		.slot = slot,
		.tid = (pid_t)arch_syscall1(SYS_gettid, 0),
	};
	uint32_t round;

	atomic_fetch_add(&slot->suspend.inside, 1);
	round = atomic_load(&suspend->round);
	/* A signal that came late: all go on already. */
	if (round & 1) {
		if (atomic_exchange(&slot->suspend.told, round) != round)
			call_hooks(slot, PIP_PLUGIN_EVENT_WAIT_FOR_SUSPEND,
				   thread.tid, 0);
		call_hooks(slot, PIP_PLUGIN_EVENT_PRE_SUSPEND_USER_THREAD,
			   thread.tid, thread.tid);
		probe_thread_stop(slot, thread.tid);
		/* Not if the hook took too long, and the round is over. */
		if (atomic_load(&suspend->round) == round) {
			push(suspend, &thread);
			stay(root, &thread, round);
		}
		probe_thread_go(slot, thread.tid);
		call_hooks(slot, PIP_PLUGIN_EVENT_RESUME_USER_THREAD,
			   thread.tid, thread.tid);
	}
	/* From here on nobody looks at the thread's stack any more. */
	atomic_fetch_sub(&slot->suspend.inside, 1);
	tell(suspend);
}

bool suspend_stop_here(struct pip_root *root, const void *information,
		       void *context)
{
	const siginfo_t *info = information;
	struct pip_slot *slot;

	if (info->si_code != SI_QUEUE || info->si_value.sival_ptr != root)
		return false;
	/* In thread mode the handler is for more than this. */
	kernel_block_all_signals();
	slot = find_slot(root);
	if (slot == NULL)
		return true;
	stop(root, slot);
	suspend_restart_call(context);
	return true;
}

/* With a thread pointer whose errno is the program's own. */
static __attribute__((noinline)) void keep_errno_and_reap(struct pip_root *root)
{
	int saved = errno;

	reap_when_asked(root);
	errno = saved;
}

/* The root's process only: tasks ask for it (reap.h). */
static void collect(struct pip_slot *self)
{
	uint64_t now = arch_read_thread_pointer(), wanted;

	wanted = choose_thread_pointer(self,
				       (pid_t)arch_syscall1(SYS_gettid, 0));
	if (wanted != now)
		arch_set_thread_pointer(wanted);
	keep_errno_and_reap(self->root);
	if (wanted != now)
		arch_set_thread_pointer(now);
}

static void handle(int sig, siginfo_t *info, void *context)
{
	struct pip_slot *self = pip_self;
	void *handler;

	if (self != NULL && suspend_stop_here(self->root, info, context))
		return;
	if (self != NULL && slot_is_root(self) &&
	    reap_is_asked(self->root, info)) {
		collect(self);
		suspend_restart_call(context);
		return;
	}
	handler = atomic_load(&libc_handler);
	if (handler != NULL) {
		handler_function function;

		memcpy(&function, &handler, sizeof(function));
		function(sig, info, context);
	}
}

/* --- The handler ------------------------------------------------------------ */

void suspend_renew(struct pip_slot *slot)
{
	memset(&slot->suspend, 0, sizeof(slot->suspend));
	memset(&slot->local_barrier, 0, sizeof(slot->local_barrier));
	for (int i = 0; i < RENDEZVOUS_GLOBAL; i++)
		atomic_store(&slot->barrier_marks[i], 0);
}

static bool is_function(const void *handler)
{
	return handler != (void *)SIG_DFL && handler != (void *)SIG_IGN;
}

bool suspend_note_action(const struct kernel_sigaction *action,
			 struct kernel_sigaction *before)
{
	/* Not in a child made by posix_spawn(), which has our memory, but
	 * handlers of its own, and sets those of libc's signals. */
	if (open_pid == 0 || arch_syscall1(SYS_getpid, 0) != open_pid)
		return false;
	if (before != NULL)
		*before = before_us;
	if (action == NULL)
		return true;
	before_us = *action;
	atomic_store(&libc_handler,
		     is_function(action->handler) ? action->handler : NULL);
	return true;
}

void suspend_open(struct pip_slot *slot)
{
	struct kernel_sigaction action = {
		.handler = (void *)handle,
		.flags = SA_SIGINFO | SA_RESTART | KERNEL_SA_RESTORER,
		.restorer = (void *)arch_sigaction_return,
		.mask = ~0ull,
	};

	slot->suspend.has_hooks = &plugin_has_hooks;
	slot->suspend.raise = raise_event;
	if (!root_is_threaded(slot->root)) {
		if (kernel_sigaction(SIGNAL_SETXID, &action, &before_us) != 0)
			return;
		atomic_store(&libc_handler, is_function(before_us.handler) ?
						    before_us.handler :
						    NULL);
		open_pid = (pid_t)arch_syscall1(SYS_getpid, 0);
		(void)!task_redirect_action(slot->root);
	}
	atomic_store(&slot->suspend.ready, true);
}

void suspend_close(struct pip_slot *slot)
{
	atomic_store(&slot->suspend.ready, false);
	if (open_pid == 0)
		return;
	open_pid = 0;
	kernel_sigaction(SIGNAL_SETXID, &before_us, NULL);
}
