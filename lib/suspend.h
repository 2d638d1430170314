/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suspending the root, all tasks and all their threads (pip_coordinate.h).
 *
 * One thread, the coordinator, sends each of the others a signal, whose handler
 * is where it stops.  One thread of each process, the runner, calls the hooks
 * of that process's plugins there: it has a thread pointer of the right libc
 * (suspend_stop.c).  Everybody sleeps on a word of its own.
 *
 * Nobody stays suspended for long whose coordinator has died: those who are
 * stopped look after it now and then, and the first to notice lets all go.
 *
 * The coordinator takes no lock that one of the stopped may hold: no malloc(),
 * no stdio.  It holds root->lock, so that no task is spawned, and no memory of
 * one goes, while anybody is stopped.
 */
#ifndef PIP_SUSPEND_H
#define PIP_SUSPEND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pip_root;
struct pip_slot;
struct suspend_work;

/* A thread that is stopped: on its stack.  What it is to do next is an event
 * of a plugin, or: */
#define SUSPEND_STAY 0u
#define SUSPEND_GO (~0u)
struct suspend_thread {
	struct suspend_thread *next;
	struct pip_slot *slot;
	pid_t tid;
	_Atomic uint32_t order; /* a futex [coordinator] */
	_Atomic uint32_t done;  /* the last order it has carried out */
};

/* Of the root.  The round is over when it is even again. */
struct suspend {
	/* PID << 32 | TID of the coordinator, 0: nobody. */
	_Atomic uint64_t owner;
	_Atomic uint32_t round; /* odd: who gets the signal stops */
	_Atomic uint32_t news;  /* a futex: changes when one has stopped, or
				 * carried out its order */
	_Atomic uint32_t listening; /* the coordinator sleeps on it */
	_Atomic(struct suspend_thread *) stopped; /* since it last looked */
	/* What the hooks are told; written by the coordinator before. */
	uint64_t number;
	int32_t leader, reason;
	uint32_t members;
	struct suspend_work *work; /* while it is held (PIP_SUSPEND_HOLD) */
};

/* Of the root and each task. */
struct suspend_slot {
	_Atomic uint32_t inside; /* threads in its handler */
	_Atomic uint32_t told;   /* in which round its hooks were told so */
	_Atomic pid_t hook_tid;  /* the thread that runs a hook, 0: none */
	_Atomic bool ready;      /* its process has the handler */
	_Atomic bool halted;     /* was sent SIGSTOP instead */
	/* Its own copy's functions; NULL until it is ready. */
	void (*raise)(uint32_t event, pid_t tid);
	const bool *has_hooks;
	/* Of the coordinator. */
	struct suspend_thread *runner;
	bool checked; /* its process is known to have the handler */
	bool settled; /* all of its threads have stopped */
	bool late;    /* a hook of its has not returned in time */
};

/* A new task gets the slot. */
__attribute__((visibility("hidden"))) void suspend_renew(struct pip_slot *slot);

/* In the process: it can be suspended from now on; at pip_fin(), not any
 * more. */
__attribute__((visibility("hidden"))) void suspend_open(struct pip_slot *slot);
__attribute__((visibility("hidden"))) void suspend_close(struct pip_slot *slot);

/* libc sets its handler of the signal that is used here.  False: so it shall,
 * this is not a process with our handler. */
struct kernel_sigaction;
__attribute__((visibility("hidden"))) bool
suspend_note_action(const struct kernel_sigaction *action,
		    struct kernel_sigaction *before);

/* In a handler of that signal: is it to stop?  Then do, and return true when
 * all go on. */
__attribute__((visibility("hidden"))) bool
suspend_stop_here(struct pip_root *root, const void *info, void *context);

/* Has the coordinator died? */
__attribute__((visibility("hidden"))) bool
suspend_is_orphaned(uint64_t owner);

/* Let one go on that was stopped by SIGSTOP, being without a handler. */
__attribute__((visibility("hidden"))) void
suspend_continue(struct pip_slot *slot);

/* Then let all go on. */
__attribute__((visibility("hidden"))) void
suspend_recover(struct pip_root *root, uint64_t owner);

/* Is the caller the coordinator, or running a hook while all are suspended?
 * Then it must not wait for others. */
__attribute__((visibility("hidden"))) bool suspend_forbids_waiting(void);

/* Make an interrupted system call go on, where the kernel does not
 * (suspend_restart.c).  context: of the handler that is about to return. */
__attribute__((visibility("hidden"))) void suspend_restart_call(void *context);

/* --- suspend_threads.c: the coordinator's threads to stop --- */

/* Who does not stop. */
struct suspend_culprit {
	int pipid;
	pid_t pid, tid; /* pid 0: nobody */
	const char *why;
};

/* ENOMEM. */
__attribute__((visibility("hidden"), warn_unused_result)) int
suspend_work_begin(struct pip_root *root, struct suspend_work **workp);
__attribute__((visibility("hidden"))) void
suspend_work_end(struct suspend_work *work);

/* Stop them all but the caller.  until: CLOCK_MONOTONIC ns.  ETIMEDOUT, with the
 * culprit; ENOMEM, EMFILE, ENFILE. */
__attribute__((visibility("hidden"), warn_unused_result)) int
suspend_threads_stop(struct suspend_work *work, uint64_t until,
		     struct suspend_culprit *culprit);

/* Let each go. */
__attribute__((visibility("hidden"))) void
suspend_threads_release(struct suspend_work *work);

/* Would the signal be handled by libpip in that slot's process? */
__attribute__((visibility("hidden"))) bool
suspend_has_handler(const struct pip_slot *slot, pid_t pid);

/* Has its process ended? */
__attribute__((visibility("hidden"))) bool
suspend_has_ended(struct pip_slot *slot);

/* Sleep until news differs from what it was, or a while: false. */
__attribute__((visibility("hidden"))) bool
suspend_sleep(struct pip_root *root, uint32_t news, long ns);

__attribute__((visibility("hidden"))) uint64_t suspend_now(void);

/* Call function for the root and for each task that lives. */
__attribute__((visibility("hidden"))) void
suspend_for_each(struct pip_root *root,
		 void (*function)(struct pip_slot *slot, void *arg), void *arg);

#endif
