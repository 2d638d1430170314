/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stopping all threads, for the coordinator (suspend.h).
 *
 * The kernel's list of a process's threads is read again and again, each that
 * is new gets the signal, until all that are listed have stopped: then there is
 * nobody left who could make another one.
 *
 * What has no handler for the signal would be killed by it: a program that
 * libpip is not in, or not yet, or that the process has become by execve(2).
 * Its process is sent SIGSTOP.
 */
#include "suspend.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alive.h"
#include "futex.h"
#include "kernel_signal.h"
#include "publish_memory.h"
#include "root.h"
#include "thread_mode.h"

#define MS 1000000ul
/* How long to wait for news before threads are listed again. */
#define LOOK_NS_MIN (50l * 1000)
#define LOOK_NS_MAX (10l * 1000 * 1000)
/* When to send the signal again: libc may have set a handler of its own for a
 * moment, which has ignored it. */
#define AGAIN_NS (100 * MS)
/* When to ask whether a thread is a zombie. */
#define ZOMBIE_NS (3 * MS)

#define TARGETS_FIRST 1024u

struct target {
	pid_t tid; /* 0: this place is free */
	bool gone; /* a zombie */
	struct pip_slot *slot;
	struct suspend_thread *thread; /* NULL: it has not stopped yet */
	uint64_t sent, again;
};

struct suspend_work {
	struct pip_root *root;
	pid_t self;
	struct target *targets; /* a hash table, by TID */
	size_t size, count;
	/* Of the pass that is under way. */
	struct pip_slot *slot;
	pid_t pid;
	uint64_t now;
	long listed;
	bool waiting; /* one of the slot's has not stopped */
	int error;
};

uint64_t suspend_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void suspend_for_each(struct pip_root *root,
		      void (*function)(struct pip_slot *slot, void *arg),
		      void *arg)
{
	function(&root->self, arg);
	for (uint32_t i = 0; i + 1 < root->table->nused; i++)
		if (atomic_load(&root->slots[i].state) == SLOT_LIVE)
			function(&root->slots[i], arg);
}

static pid_t pid_of(const struct pip_slot *slot)
{
	return slot_is_root(slot) ? slot->root->pid : atomic_load(&slot->pid);
}

bool suspend_has_ended(struct pip_slot *slot)
{
	pid_t pid = pid_of(slot);

	if (pid <= 1)
		return true;
	if (root_is_threaded(slot->root))
		return !slot_is_root(slot) &&
		       atomic_load(&slot->end.state) == END_DONE;
	return alive_process_has_ended(pid);
}

bool suspend_sleep(struct pip_root *root, uint32_t news, long ns)
{
	struct suspend *suspend = &root->suspend;

	atomic_store(&suspend->listening, 1);
	if (atomic_load(&suspend->news) == news)
		futex_wait(&suspend->news, news, ns);
	atomic_store(&suspend->listening, 0);
	return atomic_load(&suspend->news) != news;
}

/* --- The table of threads ---------------------------------------------------- */

static size_t table_bytes(size_t size)
{
	return (size * sizeof(struct target) + 4095) & ~4095ul;
}

int suspend_work_begin(struct pip_root *root, struct suspend_work **workp)
{
	struct suspend_work *work = publish_map(4096);

	if (work == NULL)
		return ENOMEM;
	work->targets = publish_map(table_bytes(TARGETS_FIRST));
	if (work->targets == NULL) {
		arch_syscall2(SYS_munmap, work, 4096);
		return ENOMEM;
	}
	work->root = root;
	work->size = TARGETS_FIRST;
	work->self = (pid_t)arch_syscall1(SYS_gettid, 0);
	*workp = work;
	return 0;
}

void suspend_work_end(struct suspend_work *work)
{
	arch_syscall2(SYS_munmap, work->targets, table_bytes(work->size));
	arch_syscall2(SYS_munmap, work, 4096);
}

static struct target *place_for(struct target *targets, size_t size, pid_t tid)
{
	size_t at = (uint32_t)tid * 2654435769u; /* Knuth, 6.4 */

	while (targets[at & (size - 1)].tid != 0 &&
	       targets[at & (size - 1)].tid != tid)
		at++;
	return &targets[at & (size - 1)];
}

static bool grow(struct suspend_work *work)
{
	size_t size = 2 * work->size;
	struct target *targets = publish_map(table_bytes(size));

	if (targets == NULL)
		return false;
	for (size_t i = 0; i < work->size; i++)
		if (work->targets[i].tid != 0)
			*place_for(targets, size, work->targets[i].tid) =
				work->targets[i];
	arch_syscall2(SYS_munmap, work->targets, table_bytes(work->size));
	work->targets = targets;
	work->size = size;
	return true;
}

static struct target *get_target(struct suspend_work *work, pid_t tid,
				 struct pip_slot *slot)
{
	struct target *target = place_for(work->targets, work->size, tid);

	if (target->tid != 0)
		return target;
	if ((work->count + 1) * 2 > work->size) {
		if (!grow(work)) {
			work->error = ENOMEM;
			return NULL;
		}
		target = place_for(work->targets, work->size, tid);
	}
	work->count++;
	target->tid = tid;
	target->slot = slot;
	return target;
}

/* Those that have stopped since the last time. */
static void take_in(struct suspend_work *work)
{
	struct suspend_thread *thread =
		atomic_exchange(&work->root->suspend.stopped, NULL);

	while (thread != NULL) {
		struct suspend_thread *next = thread->next;
		struct target *target =
			get_target(work, thread->tid, thread->slot);

		if (target != NULL) {
			target->thread = thread;
			target->slot = thread->slot;
		}
		thread = next;
	}
}

/* --- What /proc says ---------------------------------------------------------- */

/* The value of a line of /proc/PID/task/TID/status, a number of that base. */
static bool read_status(pid_t pid, pid_t tid, const char *name, char *state,
			uint64_t *value)
{
	char path[64], text[4096], *line;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", (int)pid,
		 (int)tid);
	fd = (int)arch_syscall4(SYS_openat, AT_FDCWD, path,
				O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	n = arch_syscall3(SYS_read, fd, text, sizeof(text) - 1);
	arch_syscall1(SYS_close, fd);
	text[n > 0 ? n : 0] = '\0';
	line = strstr(text, "State:\t");
	if (state != NULL && line != NULL)
		*state = line[7];
	line = strstr(text, name);
	if (line == NULL)
		return false;
	*value = strtoul(line + strlen(name), NULL, 16);
	return true;
}

static bool is_zombie(pid_t pid, pid_t tid)
{
	uint64_t value;
	char state = '\0';

	if (arch_syscall3(SYS_tgkill, pid, tid, 0) == -ESRCH)
		return true;
	(void)read_status(pid, tid, "SigBlk:\t", &state, &value);
	return state == 'Z' || state == 'X';
}

bool suspend_has_handler(const struct pip_slot *slot, pid_t pid)
{
	uint64_t caught;
	long same;

	if (root_is_threaded(slot->root))
		return true;
	if (!atomic_load(&slot->suspend.ready))
		return false;
	same = arch_syscall6(SYS_kcmp, arch_syscall1(SYS_getpid, 0), pid,
			     KCMP_VM, 0, 0, 0);
	if (same > 0) /* it has executed another program */
		return false;
	return read_status(pid, pid, "SigCgt:\t", NULL, &caught) &&
	       (caught >> (SIGNAL_SETXID - 1) & 1);
}

/* Why does it not stop? */
static const char *explain(pid_t pid, pid_t tid)
{
	char state = '\0';
	uint64_t blocked = 0;

	if (!read_status(pid, tid, "SigBlk:\t", &state, &blocked))
		return "the kernel says nothing about it";
	if (state == 'T')
		return "it is stopped by a signal";
	if (state == 't')
		return "a debugger has stopped it";
	if (state == 'D')
		return "it waits in the kernel, where signals do not reach it";
	if (blocked >> (SIGNAL_SETXID - 1) & 1)
		return "it blocks signal 33";
	return "a hook of a plugin does not return, or it gets no CPU time";
}

/* --- One pass ------------------------------------------------------------------ */

static void send(struct suspend_work *work, struct target *target)
{
	siginfo_t info;
	long result;

	if (target->again == 0)
		target->again = AGAIN_NS;
	else
		target->again *= 2;
	target->sent = work->now;
	memset(&info, 0, sizeof(info));
	info.si_signo = SIGNAL_SETXID;
	info.si_code = SI_QUEUE;
	info.si_pid = (pid_t)arch_syscall1(SYS_getpid, 0);
	info.si_value.sival_ptr = work->root;
	result = arch_syscall4(SYS_rt_tgsigqueueinfo, work->pid, target->tid,
			       SIGNAL_SETXID, &info);
	if (result == -ESRCH)
		target->gone = true;
}

/* A thread that the runtime has made only to lend its thread pointer stops as
 * any other. */
static void visit(void *arg, pid_t tid)
{
	struct suspend_work *work = arg;
	struct target *target;

	work->listed++;
	if (tid == work->self)
		return;
	target = get_target(work, tid, work->slot);
	if (target == NULL || target->gone || target->thread != NULL)
		return;
	if (target->sent == 0 || work->now - target->sent > target->again)
		send(work, target);
	else if (work->now - target->sent > ZOMBIE_NS &&
		 is_zombie(work->pid, tid))
		target->gone = true;
	work->waiting = work->waiting || !target->gone;
}

/* Stop its process as a whole. */
static void halt(struct suspend_work *work, struct pip_slot *slot)
{
	if (!atomic_load(&slot->suspend.halted)) {
		if (alive_is_stopped(work->pid)) {
			slot->suspend.settled = true; /* it was before */
			return;
		}
		atomic_store(&slot->suspend.halted, true);
		arch_syscall2(SYS_kill, work->pid, SIGSTOP);
	}
	slot->suspend.settled = alive_is_stopped(work->pid) ||
				suspend_has_ended(slot);
	work->waiting = work->waiting || !slot->suspend.settled;
}

static void pass_over(struct pip_slot *slot, void *arg)
{
	struct suspend_work *work = arg;
	bool waiting = work->waiting;
	long counted = 0, error;

	/* Thread mode: all are the root's process's. */
	if (slot->suspend.settled ||
	    (root_is_threaded(work->root) && !slot_is_root(slot)))
		return;
	work->slot = slot;
	work->pid = pid_of(slot);
	work->listed = 0;
	work->waiting = false;
	if (work->pid <= 1 || work->error != 0)
		goto out;
	if (!slot->suspend.checked)
		slot->suspend.checked = suspend_has_handler(slot, work->pid);
	if (!slot->suspend.checked) {
		if (!suspend_has_ended(slot))
			halt(work, slot);
		goto out;
	}
	error = threads_list(work->pid, visit, work, &counted);
	if (error == -EMFILE || error == -ENFILE || error == -ENOMEM)
		work->error = (int)-error;
	/* It has ended: ENOENT, ESRCH. */
	slot->suspend.settled = error < 0 ||
				(!work->waiting && work->listed == counted);
	if (!slot->suspend.settled)
		work->waiting = true;
out:
	work->waiting = work->waiting || waiting;
}

static void find_culprit(struct suspend_work *work,
			 struct suspend_culprit *culprit)
{
	for (size_t i = 0; i < work->size; i++) {
		const struct target *target = &work->targets[i];
		pid_t pid;

		if (target->tid == 0 || target->gone || target->thread != NULL)
			continue;
		pid = root_is_threaded(work->root) ? work->root->pid :
						     pid_of(target->slot);
		if (is_zombie(pid, target->tid))
			continue;
		*culprit = (struct suspend_culprit){
			.pipid = target->slot->pipid,
			.pid = pid,
			.tid = target->tid,
			.why = explain(pid, target->tid),
		};
		if (root_is_threaded(work->root)) {
			struct pip_slot *owner =
				threads_owner(work->root, target->tid);

			if (owner != NULL)
				culprit->pipid = owner->pipid;
		}
		return;
	}
}

static void find_halted(struct pip_slot *slot, void *arg)
{
	struct suspend_culprit *culprit = arg;

	if (culprit->pid == 0 && atomic_load(&slot->suspend.halted) &&
	    !slot->suspend.settled)
		*culprit = (struct suspend_culprit){
			.pipid = slot->pipid,
			.pid = pid_of(slot),
			.tid = pid_of(slot),
			.why = "SIGSTOP does not stop it",
		};
}

static void unsettle(struct pip_slot *slot, void *arg)
{
	(void)arg;
	slot->suspend.settled = slot->suspend.checked = false;
	slot->suspend.late = false;
	slot->suspend.runner = NULL;
}

/* The first thread, or, if that has ended, any other. */
static void choose_runners(struct suspend_work *work)
{
	for (size_t i = 0; i < work->size; i++) {
		struct suspend_thread *thread = work->targets[i].thread;
		struct suspend_slot *of;

		if (thread == NULL)
			continue;
		of = &thread->slot->suspend;
		if (of->runner == NULL ||
		    thread->tid == thread->slot->kernel.tid)
			of->runner = thread;
	}
}

int suspend_threads_stop(struct suspend_work *work, uint64_t until,
			 struct suspend_culprit *culprit)
{
	struct pip_root *root = work->root;
	long pause = LOOK_NS_MIN;

	suspend_for_each(root, unsettle, NULL);
	for (;;) {
		uint32_t news = atomic_load(&root->suspend.news);

		take_in(work);
		work->now = suspend_now();
		work->waiting = false;
		suspend_for_each(root, pass_over, work);
		if (work->error != 0)
			return work->error;
		if (!work->waiting)
			break;
		if (work->now > until) {
			find_culprit(work, culprit);
			suspend_for_each(root, find_halted, culprit);
			return ETIMEDOUT;
		}
		(void)suspend_sleep(root, news, pause);
		if (pause < LOOK_NS_MAX)
			pause *= 2;
	}
	choose_runners(work);
	return 0;
}

void suspend_threads_release(struct suspend_work *work)
{
	take_in(work);
	for (size_t i = 0; i < work->size; i++) {
		struct suspend_thread *thread = work->targets[i].thread;

		if (thread == NULL)
			continue;
		/* Once it has the order its stack may go; the kernel does not
		 * look at the word. */
		work->targets[i].thread = NULL;
		atomic_store(&thread->order, SUSPEND_GO);
		futex_wake(&thread->order, 1);
	}
}
