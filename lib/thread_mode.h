/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread mode: tasks are threads of the root's process.
 *
 * The kernel ends and reports processes, not groups of threads, so in this
 * mode the runtime does both.  A task ends when one of its threads calls
 * thread_mode_end(): libc's _exit() is replaced by a function that does, and
 * handlers of fatal signals do (exception.c).  It records the status, ends the
 * other threads of the task, tells who waits, and ends its own thread.
 *
 * All of this runs on any stack, with any thread pointer, in signal handlers
 * and before libc is there: raw system calls, no thread-local variables.
 */
#ifndef PIP_THREAD_MODE_H
#define PIP_THREAD_MODE_H

#include "root.h"

/* pip_init() and pip_fin(). */
PIP_HIDDEN void thread_mode_start(struct pip_root *root);
PIP_HIDDEN void thread_mode_stop(struct pip_root *root);

/* Is the file behind fd the loader that the root itself was started by?  With
 * another one it is not sure that libpip gets loaded. */
PIP_HIDDEN PIP_CHECKED bool thread_mode_is_own_loader(
	const struct pip_root *root, int fd);

/* In a new task, from libpip's constructor.  False: this libc's _exit()
 * cannot be replaced, so the task must not start. */
PIP_HIDDEN PIP_CHECKED bool thread_mode_start_task(struct pip_slot *slot,
						   char **envp);

/*
 * Which task does the calling kernel thread belong to?  NULL: the root, or
 * not a thread of its process at all (a child made by fork() or vfork()), or
 * the mode is another.  Works in a handler, whosever copy of libpip it is in.
 */
PIP_HIDDEN struct pip_slot *thread_mode_current(void);

/* The task whose first thread that is.  Before its loader has set it, such a
 * thread has the thread pointer of its spawner; in a hook, a lent one. */
PIP_HIDDEN struct pip_slot *thread_mode_find_first(const struct pip_root *root,
						   pid_t tid);

/* Is the calling kernel thread one that has to go when slot ends? */
PIP_HIDDEN bool thread_mode_is_of(const struct pip_slot *slot);

/* End the task that the calling thread belongs to, with that status word.  If
 * it is being ended already, only the thread. */
PIP_HIDDEN _Noreturn void thread_mode_end(struct pip_slot *slot,
					  int wait_status);

/* End it from outside: in the root, where SIGKILL would end all. */
PIP_HIDDEN void thread_mode_kill(struct pip_slot *slot, int wait_status);

/* The CPU time of the calling thread, which is about to end, is slot's. */
PIP_HIDDEN void thread_mode_add_times(struct pip_slot *slot);

/* Has the task ended?  True only when its last thread has left user space, so
 * that its memory may go. */
PIP_HIDDEN PIP_CHECKED bool thread_mode_has_ended(struct pip_slot *slot);

/* The spawn is complete.  If the task has ended meanwhile, a handler of SIGCHLD
 * could not wait for it: raise it again. */
PIP_HIDDEN void thread_mode_recall_end(const struct pip_slot *slot);

/* Sleep until the task (one for which wanted() holds) may have ended. */
PIP_HIDDEN void thread_mode_sleep(struct pip_slot *slot);
PIP_HIDDEN void
thread_mode_sleep_any(struct pip_root *root,
		      bool (*wanted)(const struct pip_slot *));

/* What /proc/self/task says of a task's threads. */
struct thread_count {
	int own;     /* threads of the task, but for the caller */
	int passing; /* just made, or about to be gone: soon it is known whose */
	int unknown; /* threads that could be anybody's, see threads.c */
};

/* Count the task's threads; if they are to end, signal them.  Not exact when
 * others of the process end meanwhile. */
PIP_HIDDEN void threads_visit(struct pip_slot *slot, bool end,
			      struct thread_count *count);

/*
 * Call function (may be NULL) for each thread of a process, in any mode.  *countp (may be
 * NULL): how many the kernel counted when the last one had been listed; it may
 * have left some out if others ended meanwhile.  Returns a negative errno value
 * if /proc cannot be read.
 */
PIP_HIDDEN long threads_list(pid_t pid,
			     void (*function)(void *arg, pid_t tid), void *arg,
			     long *countp);

/* In thread mode: the task that a thread of the root's process belongs to, or
 * the root.  NULL: it has just been made, or ends. */
PIP_HIDDEN struct pip_slot *threads_owner(struct pip_root *root, pid_t tid);

/* Make the low end of the calling thread's stack [low, high) the one that
 * handlers run on. */
PIP_HIDDEN void thread_start_signal_stack(uint64_t low, uint64_t high);
/* The same of a task's first thread; if its environment envp wants reports, a
 * stack of its own. */
PIP_HIDDEN void thread_start_task_stack(const struct pip_table_entry *entry,
					char **envp);

/*
 * The signal that ends a thread is one of glibc's own: programs cannot block
 * it, and libc's handler lets ours pass.  A handler of ours is in front of
 * those of all the libcs, of which the kernel knows one only.
 */
PIP_HIDDEN void thread_signal_start(struct pip_root *root);
PIP_HIDDEN void thread_signal_stop(struct pip_root *root);
/* A libc may have set its own meanwhile. */
PIP_HIDDEN void thread_signal_install(struct pip_root *root);
PIP_HIDDEN long thread_signal_end(struct pip_slot *slot, pid_t tid);

/* What stands in for libc's __libc_sigaction(), see thread_action.c. */
struct sigaction;
PIP_HIDDEN int thread_action_set(int sig, const struct sigaction *action,
				 struct sigaction *old);

#endif
