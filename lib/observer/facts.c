// SPDX-License-Identifier: BSD-2-Clause
/* What the kernel says of each task, and whether it is still that task. */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int facts_share_memory(pid_t a, pid_t b)
{
	long order;

	if (a == b)
		return 1;
	order = syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0);
	return order < 0 ? -1 : order == 0;
}

/*
 * Without kcmp(2): addresses that the kernel keeps per address space, which
 * address space layout randomization makes differ.  Of who may not be looked
 * into, alone or with all the others, it shows 1 instead (fs/proc/array.c).
 */
static bool facts_look_shared(const struct observer_facts *a,
			      const struct observer_facts *b)
{
	if (a->address_space[0] <= 1 || b->address_space[0] <= 1)
		return true;
	return memcmp(a->address_space, b->address_space,
		      sizeof(a->address_space)) == 0;
}

/*
 * The table may name a process that is none of its tasks: it was reaped by
 * somebody else and its PID used again, or the table is made up.  A task is
 * the child of its root or of another task, or at least was started when the
 * table says; its parent changes when the root dies.
 */
static bool facts_belong(const struct observer_root *root,
			 struct observer_tasks *tasks,
			 const struct observer_task *task)
{
	const uint64_t tolerance = 2000000000u;
	uint64_t spawned = task->entry.spawned;
	uint64_t started = task->facts.started_ns;
	const struct observer_task *parent;
	int64_t slot = (int64_t)task->entry.parent_pipid + 1;

	if (task->facts.ppid == root->pid || task->pid == root->pid)
		return true;
	if (started < spawned ? spawned - started <= tolerance :
				started - spawned <= tolerance)
		return true;
	if (slot < 1 || slot >= (int64_t)root->header.nentries)
		return false;
	parent = observer_find_slot(tasks, (uint32_t)slot);
	return parent && parent->pid && parent->pid == task->facts.ppid;
}

/* In thread mode a task is one thread, and the root is one, too. */
static void facts_read(const struct observer_root *root,
		       const struct observer_task *task,
		       struct observer_facts *facts)
{
	if (root->header.mode == PIP_TABLE_MODE_THREAD)
		stat_read_thread(root->observer, task->pid, task->tid, facts);
	else
		stat_read(root->observer, task->pid, task->tid, facts);
}

static void facts_fill(struct observer_root *root,
		       struct observer_tasks *tasks,
		       const struct observer_facts *reader,
		       struct observer_task *task)
{
	int shared;

	facts_read(root, task, &task->facts);
	if (task->facts.error) {
		task->gone = task->facts.error == ENOENT;
		return;
	}
	if (task->slot == 0)
		return;
	if (!facts_belong(root, tasks, task)) {
		memset(&task->facts, 0, sizeof(task->facts));
		task->facts.error = ENOENT;
		task->gone = true;
		return;
	}
	/* A zombie has no address space left to compare. */
	if (strchr("ZXx", task->facts.state))
		return;
	/* The scan, a moment ago, has asked for most. */
	if (pids_is_member(root->observer, task->pid))
		return;
	shared = facts_share_memory(root->reader, task->pid);
	if (shared < 0)
		shared = reader->error ||
			 facts_look_shared(reader, &task->facts);
	/* It may have ended between the two looks, or be about to: then its
	 * address space is gone before it is a zombie. */
	if (!shared) {
		struct observer_facts again;

		facts_read(root, task, &again);
		task->facts = again;
		if (again.error || again.exiting ||
		    strchr("ZXx", again.state))
			return;
	}
	task->executed = !shared;
}

static void facts_read_all(struct observer_root *root,
			   struct observer_tasks *tasks,
			   struct observer_tasks *old)
{
	struct observer_facts reader;
	size_t i;

	stat_read(root->observer, root->reader, 0, &reader);
	for (i = 0; i < tasks->count; i++) {
		struct observer_task *task = &tasks->task[i];
		const struct observer_task *before;

		task->gone = task->executed = false;
		memset(&task->facts, 0, sizeof(task->facts));
		task->facts.error = ENOENT;
		if (task->slot == 0)
			task->gone = task->pid == 0;
		else if (task->torn || task->entry.state == PIP_STATE_ENDED)
			continue;
		if (task->pid <= 0)
			continue;
		before = old ? observer_find_slot(old, task->slot) : NULL;
		if (before && scheduling_is_unchanged(root->observer, task,
						      before, &task->facts))
			task->executed = before->executed;
		else
			facts_fill(root, tasks, &reader, task);
	}
}

void observer_read_facts(struct observer_root *root,
			 struct observer_tasks *tasks)
{
	facts_read_all(root, tasks, NULL);
}

void observer_update_facts(struct observer_root *root,
			   struct observer_tasks *tasks,
			   struct observer_tasks *old)
{
	facts_read_all(root, tasks, old);
	observer_read_scheduling(root, tasks);
}
