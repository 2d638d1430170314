/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for tasks.  The kernel's wait family does the work; what is added
 * is that only tasks are collected, never the root's other children, so
 * nothing here may collect "any child".
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "hook.h"
#include "plugin.h"
#include "probe.h"
#include "reap.h"
#include "root.h"
#include "spawn.h"
#include "table.h"
#include "thread_mode.h"
#include "wait.h"

/* How many pidfds to sleep on, and for how long before new tasks are looked
 * for. */
#define POLL_MAX 64
#define POLL_MS 100
/* The same where no new ones are expected: a task may spawn its first. */
#define POLL_MS_QUIET 1000
/* Where there is nothing to sleep on. */
#define SHORT_SLEEP_NS (2 * 1000 * 1000)
/* After how many naps to ask for each task, and not only whether any child has
 * ended, which is one question. */
#define NAPS_PER_CHECK 8
/* Between two looks whether another thread has recorded an end. */
#define LOSS_PAUSE_NS (200 * 1000)

static uint64_t nanoseconds(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u +
	       (uint64_t)time->tv_usec * 1000u;
}

/* A holder who died between freeing the PID and the slot. */
static void end_lock(struct pip_root *root)
{
	if (lock_acquire(&root->end_lock) == 0)
		return;
	for (int i = 0; i < root->ntasks; i++)
		if (atomic_load(&root->slots[i].state) == SLOT_LIVE &&
		    atomic_load(&root->slots[i].pid) == 0)
			atomic_store(&root->slots[i].state, SLOT_IDLE);
}

void wait_recover(struct pip_root *root)
{
	uint64_t mask;

	if (!lock_is_orphaned(&root->end_lock))
		return;
	mask = kernel_hold_signals();
	end_lock(root);
	lock_release(&root->end_lock);
	kernel_let_signals(mask);
}

/*
 * Several may find out at the same time; who has the lock first does it.  Any
 * of them may be killed at any point, so the process is in the root's list
 * before the PID is taken out of the slot.
 */
bool wait_record_end(struct pip_slot *slot, pid_t pid,
		     const struct outcome *outcome, bool leave)
{
	struct pip_table_entry *entry = slot->entry;
	struct pip_root *root = slot->root;
	uint64_t mask = kernel_hold_signals();

	end_lock(root);
	if (atomic_load(&slot->state) != SLOT_LIVE ||
	    atomic_load(&slot->pid) != pid) {
		lock_release(&root->end_lock);
		kernel_let_signals(mask);
		return false;
	}
	if (leave)
		reap_leave(root, pid);
	table_write_begin(entry);
	entry->state = PIP_STATE_ENDED;
	entry->ended = table_now();
	entry->wait_status = outcome->status;
	entry->user_ns = outcome->user_ns;
	entry->system_ns = outcome->system_ns;
	table_write_end(entry);
	hook_release(slot);
	blt_bury(slot);
	probe_task_wait(slot->pipid, pid, outcome->status);
	if (recorder_is_on())
		recorder_adjust_clock(root);
	names_close(slot); /* before the next life of the slot can begin */
	__atomic_fetch_add(&root->table->ended_total, 1, __ATOMIC_RELAXED);
	slot_count(pip_self, PIP_COUNT_WAITS);
	atomic_store(&slot->pid, 0);
	atomic_store(&slot->state, SLOT_IDLE);
	lock_release(&root->end_lock);
	kernel_let_signals(mask);
	return true;
}

void wait_record_loss(struct pip_slot *slot, pid_t pid)
{
	struct outcome lost = { 0 };

	while (atomic_load(&slot->collectors) != 0 &&
	       atomic_load(&slot->pid) == pid)
		nanosleep(&(struct timespec){ 0, LOSS_PAUSE_NS }, NULL);
	if (wait_record_end(slot, pid, &lost, false))
		return;
}

/* The same as wait_collect(), in thread mode. */
static int collect_thread(struct pip_slot *slot, pid_t pid, int *statusp)
{
	struct outcome outcome;

	if (!thread_mode_has_ended(slot))
		return EAGAIN;
	outcome.status = atomic_load(&slot->end.status);
	outcome.user_ns = atomic_load(&slot->end.user_ns);
	outcome.system_ns = atomic_load(&slot->end.system_ns);
	if (!wait_record_end(slot, pid, &outcome, false))
		return ECHILD;
	if (statusp != NULL)
		*statusp = outcome.status;
	return 0;
}

/* Has it not ended, as far as the kernel lets us know? */
static bool is_running(pid_t pid)
{
	siginfo_t info = { 0 };

	return arch_syscall6(SYS_waitid, P_PID, pid, (long)&info,
			     WEXITED | WNOHANG | WNOWAIT | __WALL, 0, 0) == 0 &&
	       info.si_pid == 0;
}

int wait_collect(struct pip_slot *slot, int *statusp)
{
	pid_t pid = atomic_load(&slot->pid);
	struct rusage usage;
	bool recorded = false;
	uint64_t mask;
	long result;
	int status;

	if (atomic_load(&slot->state) != SLOT_LIVE || pid == 0)
		return ECHILD;
	if (root_is_threaded(slot->root))
		return collect_thread(slot, pid, statusp);
	if (is_running(pid))
		return EAGAIN;
	/* From before wait4() to after recording what it says; not to be
	 * interrupted by a handler that waits for that. */
	mask = kernel_hold_signals();
	atomic_fetch_add(&slot->collectors, 1);
	do /* not wait4(3), where the thread may be cancelled */
		result = arch_syscall4(SYS_wait4, pid, &status,
				       WNOHANG | __WALL, &usage);
	while (result == -EINTR);
	if (result > 0) {
		struct outcome outcome = {
			.status = status,
			.user_ns = nanoseconds(&usage.ru_utime),
			.system_ns = nanoseconds(&usage.ru_stime),
		};

		recorded = wait_record_end(slot, pid, &outcome, false);
		/* A spawner may have left it to us, and been faster, or have
		 * died before it could record that. */
		reap_forget(slot->root, pid);
	}
	atomic_fetch_sub(&slot->collectors, 1);
	kernel_let_signals(mask);
	if (result == 0)
		return EAGAIN;
	if (result < 0) {
		wait_record_loss(slot, pid);
		return ECHILD;
	}
	if (!recorded)
		return ECHILD;
	if (statusp != NULL)
		*statusp = status;
	return 0;
}

/* A task that is being loaded by one who has died meanwhile is nobody's. */
static void recover_loading(struct pip_root *root)
{
	if (!lock_is_orphaned(&root->lock))
		return;
	spawn_lock(root);
	lock_release(&root->lock);
}

static int wait_one(int pipid, int *status, bool block)
{
	struct pip_slot *slot;
	pid_t pid;
	int error;

	if (pip_isa_task())
		return wait_spawner_one(pipid, status, block);
	error = slot_check_pipid(pipid, 2, &slot);
	if (error != 0)
		return error;
	if (slot_is_root(slot))
		return EDEADLK;
	reap_leftovers(slot->root);
	if (atomic_load(&slot->state) == SLOT_LOADING)
		recover_loading(slot->root);
	pid = atomic_load(&slot->pid);
	while ((error = wait_collect(slot, status)) == EAGAIN && block) {
		wait_sleep_for(slot, pid);
		reap_leftovers(slot->root);
		/* Collected by another thread, and used again? */
		if (atomic_load(&slot->pid) != pid)
			return ECHILD;
	}
	reap_leftovers(slot->root);
	/* The original has one code for "not yet" and "never". */
	return error == EAGAIN ? ECHILD : error;
}

static int wait_any(int *pipidp, int *status, bool block);

static __attribute__((noinline)) void raise_wait(int pipid, int status)
{
	pip_event_data_t data = {
		.wait = { .pipid = pipid, .status = status },
	};

	plugin_raise(PIP_PLUGIN_EVENT_TASK_WAIT, &data);
}

/* The kernel asks whose children they are: at home, they are the caller's.
 * *pipidp: which task; PIP_PIPID_ANY: any, and which it was. */
static int wait_at_home(int *pipidp, int *statusp, bool block)
{
	bool was_away = pip_couple() == 0;
	int status = 0, error;

	blt_begin_naps();
	error = *pipidp == PIP_PIPID_ANY ? wait_any(pipidp, &status, block) :
					   wait_one(*pipidp, &status, block);
	if (error == 0 && statusp != NULL)
		*statusp = status;
	if (error == 0 && plugin_is_active())
		raise_wait(*pipidp, status);
	if (was_away)
		(void)pip_decouple(NULL);
	return error;
}

/* Both of which "any" means nothing to. */
static int wait_for(int pipid, int *status, bool block)
{
	if (pipid == PIP_PIPID_ANY)
		return pip_self != NULL && slot_is_root(pip_self) ? EINVAL :
								    EPERM;
	return wait_at_home(&pipid, status, block);
}

int pip_wait(int pipid, int *status)
{
	return wait_for(pipid, status, true);
}

int pip_trywait(int pipid, int *status)
{
	return wait_for(pipid, status, false);
}

struct pip_slot *wait_find_pid(struct pip_root *root, pid_t pid)
{
	for (int i = 0; i < root->ntasks; i++)
		if (atomic_load_explicit(&root->slots[i].pid,
					 memory_order_relaxed) == pid &&
		    atomic_load(&root->slots[i].state) == SLOT_LIVE)
			return &root->slots[i];
	return NULL;
}

static bool any_live(struct pip_root *root)
{
	for (int i = 0; i < root->ntasks; i++)
		if (atomic_load(&root->slots[i].state) != SLOT_IDLE)
			return true;
	return false;
}

/* Ask each task.  Returns 0, EAGAIN all run, ECHILD there is none. */
static int collect_any(struct pip_root *root, struct pip_slot **slotp,
		       int *status)
{
	bool live = false;

	for (int i = 0; i < root->ntasks; i++) {
		struct pip_slot *slot = &root->slots[i];
		int error;

		if (atomic_load(&slot->state) == SLOT_IDLE)
			continue;
		if (wait_is_left_to_spawner(slot)) {
			live = true;
			continue;
		}
		error = wait_collect(slot, status);
		if (error == 0) {
			*slotp = slot;
			return 0;
		}
		if (atomic_load(&slot->state) == SLOT_LOADING)
			recover_loading(root);
		live = live || error == EAGAIN ||
		       atomic_load(&slot->state) != SLOT_IDLE;
	}
	return live ? EAGAIN : ECHILD;
}

/* In the root: tasks may leave something to be collected. */
static int poll_ms(const struct pip_root *root)
{
	return slot_is_root(pip_self) && atomic_load(&root->has_nested) ?
		       POLL_MS :
		       POLL_MS_QUIET;
}

void wait_sleep_for(const struct pip_slot *slot, pid_t pid)
{
	int ms = poll_ms(slot->root);
	struct timespec timeout = { ms / 1000, ms % 1000 * 1000000 };
	struct pollfd process = { .events = POLLIN };

	if (blt_nap_instead(&slot->pid))
		return;
	if (root_is_threaded(slot->root)) {
		thread_mode_sleep((struct pip_slot *)slot);
		return;
	}
	/* Not poll(2), where the thread may be cancelled. */
	process.fd = (int)arch_syscall2(SYS_pidfd_open, pid, 0);
	if (process.fd < 0) {
		timeout = (struct timespec){ 0, SHORT_SLEEP_NS };
		if (slot_is_root(pip_self) &&
		    !atomic_load(&slot->root->has_nested))
			arch_syscall6(SYS_waitid, P_PID, pid, 0,
				      WEXITED | WNOWAIT | __WALL, 0, 0);
		else
			arch_syscall2(SYS_nanosleep, &timeout, NULL);
		return;
	}
	arch_syscall4(SYS_ppoll, &process, 1, &timeout, NULL);
	arch_syscall1(SYS_close, process.fd);
}

/* Open a pidfd for each task.  Returns how many, or -1 if not for all. */
static int open_pidfds(struct pip_root *root,
		       bool (*wanted)(const struct pip_slot *),
		       struct pollfd polls[POLL_MAX])
{
	int n = 0;

	for (int i = 0; i < root->ntasks; i++) {
		pid_t pid = atomic_load(&root->slots[i].pid);
		int fd;

		if (pid == 0 || !wanted(&root->slots[i]))
			continue;
		fd = n < POLL_MAX ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
		if (fd < 0 && n < POLL_MAX && errno == ESRCH)
			continue; /* ended, and collected by somebody */
		if (fd < 0) {
			while (n-- > 0)
				close(polls[n].fd);
			return -1;
		}
		polls[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	return n;
}

bool wait_sleep_for_any(struct pip_root *root,
			bool (*wanted)(const struct pip_slot *))
{
	struct pollfd polls[POLL_MAX];
	int n;

	if (blt_nap_instead(root))
		return true;
	if (root_is_threaded(root)) {
		thread_mode_sleep_any(root, wanted);
		return true;
	}
	n = open_pidfds(root, wanted, polls);
	if (n > 0)
		/* Another thread may spawn meanwhile. */
		poll(polls, (nfds_t)n,
		     __libc_single_threaded ? poll_ms(root) : POLL_MS);
	else if (n == 0)
		nanosleep(&(struct timespec){ 0, SHORT_SLEEP_NS }, NULL);
	else
		return false;
	while (n-- > 0)
		close(polls[n].fd);
	return true;
}

static bool is_for_root(const struct pip_slot *slot)
{
	return !wait_is_left_to_spawner(slot);
}

/*
 * Sleep until a task may have ended.  With a pidfd each, only tasks count, and
 * a signal handler that waits for children itself makes us look again.  Where
 * there are too many, waitid(2) sleeps until any child has ended; foreign says
 * that one has that is not to be collected here, for which it would return
 * again and again: then a short sleep must do.
 */
static void sleep_until_end(struct pip_root *root, bool foreign)
{
	siginfo_t info;

	if (wait_sleep_for_any(root, is_for_root))
		return;
	if (!foreign)
		waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
	else
		nanosleep(&(struct timespec){ 0, SHORT_SLEEP_NS }, NULL);
}

/*
 * Collect whichever task has ended.  Returns 0; EAGAIN none, *foreign whether
 * a child has that is not to be collected; ECHILD there is no task.  thorough:
 * ask for each, also if the kernel knows of no child that has ended: the
 * program may have collected it itself.
 */
static int take_any(struct pip_root *root, struct pip_slot **slotp, int *status,
		    bool *foreign, bool thorough)
{
	siginfo_t info = { 0 };
	int result;

	*foreign = false;
	if (!any_live(root))
		return ECHILD;
	if (root_is_threaded(root))
		return collect_any(root, slotp, status);
	/* Who has ended?  Looked at, not collected. */
	result = waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG);
	if (result == 0 && info.si_pid == 0 && !thorough)
		return EAGAIN;
	if (result != 0)
		info.si_pid = 0;
	*slotp = info.si_pid != 0 ? wait_find_pid(root, info.si_pid) : NULL;
	if (*slotp != NULL && wait_is_left_to_spawner(*slotp))
		*slotp = NULL;
	*foreign = info.si_pid != 0 && *slotp == NULL;
	if (*slotp != NULL && wait_collect(*slotp, status) == 0)
		return 0;
	return collect_any(root, slotp, status);
}

static int wait_any(int *pipidp, int *status, bool block)
{
	struct pip_slot *slot;
	struct pip_root *root;
	bool foreign, napped = false;
	unsigned naps = 0;
	int error;

	if (pip_isa_task())
		return wait_spawner_any(pipidp, status, block);
	if (pip_self == NULL)
		return EPERM;
	root = pip_self->root;
	reap_leftovers(root);
	while ((error = take_any(root, &slot, status, &foreign,
				 !napped || naps++ % NAPS_PER_CHECK == 0)) ==
		       EAGAIN &&
	       block) {
		napped = blt_nap_instead(root);
		if (!napped)
			sleep_until_end(root, foreign);
		reap_leftovers(root);
	}
	if (error != 0)
		return ECHILD;
	if (pipidp != NULL)
		*pipidp = slot->pipid;
	return 0;
}

static int wait_for_any(int *pipidp, int *status, bool block)
{
	int pipid = PIP_PIPID_ANY;
	int error = wait_at_home(&pipid, status, block);

	if (error == 0 && pipidp != NULL)
		*pipidp = pipid;
	return error;
}

int pip_wait_any(int *pipidp, int *status)
{
	return wait_for_any(pipidp, status, true);
}

int pip_trywait_any(int *pipidp, int *status)
{
	return wait_for_any(pipidp, status, false);
}
