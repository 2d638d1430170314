/* SPDX-License-Identifier: BSD-2-Clause */
#include "reap.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "alive.h"
#include "arch.h"
#include "kernel_signal.h"
#include "thread_mode.h"
#include "wait.h"

/* What a loader that gives up exits with. */
#define STATUS_UNKNOWN (127 << 8)

#define LIST_ROOM_FIRST (4096 / sizeof(pid_t))

/* When there are so many, and again so many, the root is asked.  Not sooner:
 * system calls with a time limit may begin anew (suspend_restart.c). */
#define MANY 256
/* In the handler: who holds the list may be stopped. */
#define HANDLER_PATIENCE_NS (10ul * 1000 * 1000)
/* How long to wait for the root where there is no room for a process. */
#define ROOM_LOOKS 1000
#define ROOM_PAUSE_NS (2 * 1000 * 1000)

bool reap_has_ended(struct pip_slot *slot)
{
	pid_t pid = atomic_load(&slot->pid);
	siginfo_t info = { 0 };

	if (root_is_threaded(slot->root))
		return thread_mode_has_ended(slot);
	if (!slot_is_root(pip_self))
		return alive_has_ended(pid);
	return waitid(P_PID, (id_t)pid, &info,
		      WEXITED | WNOHANG | WNOWAIT | __WALL) != 0 ?
		       errno == ECHILD :
		       info.si_pid != 0;
}

int reap_failed(struct pip_slot *slot)
{
	pid_t pid = atomic_load(&slot->pid), result;
	int status = STATUS_UNKNOWN;

	if (root_is_threaded(slot->root)) /* it has ended, see above */
		return atomic_load(&slot->end.status);
	if (!slot_is_root(pip_self)) {
		reap_leave(slot->root, pid);
		return status;
	}
	do
		result = waitpid(pid, &status, __WALL);
	while (result < 0 && errno == EINTR);
	return result < 0 ? STATUS_UNKNOWN : status;
}

/* A holder who died has left nothing half-done that matters: .count is
 * stored last. */
static void list_lock(struct pip_root *root)
{
	if (lock_acquire(&root->leftovers.lock) != 0) {
	}
}

/* Raw system calls: what a task maps in the ordinary way lies in its window,
 * and goes with it. */
static bool list_grow(struct pip_root *root)
{
	size_t room = root->leftovers.room, more = 2 * room;
	pid_t *old = root->leftovers.pids;
	long at;

	if (more == 0)
		more = LIST_ROOM_FIRST;
	at = arch_syscall6(SYS_mmap, 0, (long)(more * sizeof(pid_t)),
			   PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	if (at < 0 && at > -4096)
		return false;
	if (room != 0)
		memcpy((void *)at, old, room * sizeof(pid_t));
	root->leftovers.pids = (pid_t *)at;
	root->leftovers.room = more;
	if (room != 0)
		arch_syscall2(SYS_munmap, old, room * sizeof(pid_t));
	return true;
}

bool reap_is_asked(struct pip_root *root, const siginfo_t *info)
{
	return info->si_code == SI_QUEUE &&
	       info->si_value.sival_ptr == &root->leftovers;
}

/* It may lack the handler, having executed another program. */
static void ask_root(struct pip_root *root)
{
	siginfo_t info;

	if (!suspend_has_handler(&root->self, root->pid))
		return;
	memset(&info, 0, sizeof(info));
	info.si_signo = SIGNAL_SETXID;
	info.si_code = SI_QUEUE;
	info.si_pid = (pid_t)arch_syscall1(SYS_getpid, 0);
	info.si_uid = (uid_t)arch_syscall1(SYS_getuid, 0);
	info.si_value.sival_ptr = &root->leftovers;
	atomic_fetch_add(&root->leftovers.asked, 1);
	if (arch_syscall3(SYS_rt_sigqueueinfo, root->pid, SIGNAL_SETXID,
			  &info) != 0)
		atomic_fetch_sub(&root->leftovers.asked, 1);
}

bool reap_make_room(struct pip_root *root)
{
	struct timespec pause = { 0, ROOM_PAUSE_NS };
	size_t before = atomic_load(&root->leftovers.count);

	if (before == 0 || slot_is_root(pip_self) || root_is_threaded(root))
		return false;
	ask_root(root);
	for (int i = 0; i < ROOM_LOOKS; i++) {
		if (atomic_load(&root->leftovers.count) < before)
			return true;
		arch_syscall2(SYS_nanosleep, &pause, NULL);
	}
	return false;
}

void reap_leave(struct pip_root *root, pid_t pid)
{
	uint64_t mask = kernel_hold_signals();
	size_t count;

	list_lock(root);
	count = atomic_load(&root->leftovers.count);
	/* Without memory it stays a zombie until the root ends. */
	if (count < root->leftovers.room || list_grow(root)) {
		root->leftovers.pids[count] = pid;
		atomic_store(&root->leftovers.count, ++count);
	}
	lock_release(&root->leftovers.lock);
	kernel_let_signals(mask);
	if (count != 0 && count % MANY == 0)
		ask_root(root);
}

/* Keep those in the list for which keep() holds.  With the lock. */
static void list_filter_locked(struct pip_root *root,
			       bool (*keep)(struct pip_root *, pid_t, pid_t),
			       pid_t arg)
{
	size_t n = 0, count = atomic_load(&root->leftovers.count);

	for (size_t i = 0; i < count; i++)
		if (keep(root, root->leftovers.pids[i], arg))
			root->leftovers.pids[n++] = root->leftovers.pids[i];
	atomic_store(&root->leftovers.count, n);
}

static void list_filter(struct pip_root *root,
			bool (*keep)(struct pip_root *, pid_t, pid_t), pid_t arg)
{
	uint64_t mask;

	if (atomic_load(&root->leftovers.count) == 0)
		return;
	mask = kernel_hold_signals();
	list_lock(root);
	list_filter_locked(root, keep, arg);
	lock_release(&root->leftovers.lock);
	kernel_let_signals(mask);
}

static bool is_other(struct pip_root *root, pid_t pid, pid_t forgotten)
{
	(void)root;
	return pid != forgotten;
}

void reap_forget(struct pip_root *root, pid_t pid)
{
	list_filter(root, is_other, pid);
}

/* False when it is gone.  While it still is a task's, the waiter that has put
 * it here is about to record the end, or has died: then it is waited for as a
 * task. */
static bool is_uncollected(struct pip_root *root, pid_t pid, pid_t unused)
{
	(void)unused;
	if (wait_find_pid(root, pid) != NULL)
		return true;
	/* Not waitpid(2), where the thread may be cancelled. */
	return arch_syscall4(SYS_wait4, pid, NULL, WNOHANG | __WALL, NULL) == 0;
}

void reap_when_asked(struct pip_root *root)
{
	if (lock_acquire_within(&root->leftovers.lock, HANDLER_PATIENCE_NS) >= 0) {
		list_filter_locked(root, is_uncollected, 0);
		lock_release(&root->leftovers.lock);
	}
	atomic_fetch_sub(&root->leftovers.asked, 1);
}

void reap_leftovers(struct pip_root *root)
{
	if (!slot_is_root(pip_self))
		return;
	wait_recover(root);
	list_filter(root, is_uncollected, 0);
}

void reap_finish(struct pip_root *root)
{
	struct timespec pause = { 0, ROOM_PAUSE_NS };

	/* A thread that was to handle the signal may not have run yet. */
	for (int i = 0; i < ROOM_LOOKS && root->leftovers.asked != 0; i++)
		arch_syscall2(SYS_nanosleep, &pause, NULL);
	if (root->leftovers.room != 0)
		munmap(root->leftovers.pids,
		       root->leftovers.room * sizeof(pid_t));
}
