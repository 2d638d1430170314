// SPDX-License-Identifier: BSD-2-Clause
/* The list of a root's tasks, from its table. */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How often one reading yields the CPU to writers that hold a lock. */
#define PATIENCE 50

static struct observer_task *tasks_append(struct observer_tasks *tasks)
{
	if (tasks->count == tasks->capacity) {
		size_t capacity = tasks->capacity ? tasks->capacity * 2 : 64;
		struct observer_task *more;

		more = reallocarray(tasks->task, capacity, sizeof(*more));
		if (!more)
			return NULL;
		tasks->task = more;
		tasks->capacity = capacity;
	}
	return &tasks->task[tasks->count];
}

static void tasks_identify(const struct observer_root *root,
			   struct observer_task *task)
{
	task->pipid = task->slot ? (int32_t)task->slot - 1 :
				   OBSERVER_PIPID_ROOT;
	task->rss = -1;
	task->facts.error = ENOENT;
	if (task->slot == 0) {
		task->pid = task->tid = root->pid;
	} else if (!task->torn) {
		task->pid = pids_translate(root->pids, task->entry.pid);
		task->tid = pids_translate(root->pids, task->entry.tid);
		/* The list of a namespace has processes, not threads. */
		if (!task->tid || task->entry.tid == task->entry.pid)
			task->tid = task->pid;
	}
}

int observer_read_tasks(struct observer_root *root,
			struct observer_tasks *tasks)
{
	uint32_t slot, nused = root->header.nused;
	unsigned patience = PATIENCE;
	int error;

	tasks->count = tasks->torn = 0;
	tasks->total_rss = tasks->outside_rss = 0;
	tasks->memory_known = false;
	error = source_read(root->source,
			    offsetof(struct pip_table_header, nused), &nused,
			    sizeof(nused));
	if (error)
		return error;
	if (nused < 1)
		nused = 1;
	if (nused > root->header.nentries)
		nused = root->header.nentries;
	root->header.nused = nused;

	for (slot = 0; slot < nused; slot++) {
		struct observer_task *task = tasks_append(tasks);

		if (!task)
			return ENOMEM;
		memset(task, 0, offsetof(struct observer_task, entry));
		task->slot = slot;
		error = table_read_entry(root->source, &root->header, slot,
					 &patience, &task->entry);
		if (error && error != EAGAIN)
			return error;
		task->torn = error == EAGAIN;
		if (slot && !task->torn && task->entry.state == PIP_STATE_FREE)
			continue;
		tasks->torn += task->torn;
		tasks_identify(root, task);
		tasks->count++;
	}
	return 0;
}

struct observer_task *observer_find_task(struct observer_tasks *tasks,
					 pid_t pid)
{
	size_t i;

	for (i = 0; i < tasks->count; i++) {
		struct observer_task *task = &tasks->task[i];

		if ((task->slot && task->entry.state == PIP_STATE_ENDED) ||
		    task->torn)
			continue;
		if (pid > 0 && (task->pid == pid || task->tid == pid))
			return task;
	}
	return NULL;
}

struct observer_task *observer_find_slot(struct observer_tasks *tasks,
					 uint32_t slot)
{
	size_t low = 0, high = tasks->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tasks->task[middle].slot == slot)
			return &tasks->task[middle];
		if (tasks->task[middle].slot < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void observer_free_tasks(struct observer_tasks *tasks)
{
	free(tasks->task);
	memset(tasks, 0, sizeof(*tasks));
}

bool observer_get_window(const struct observer_root *root, uint32_t slot,
			 uint64_t *low, uint64_t *high)
{
	const struct pip_table_header *header = &root->header;

	if (slot < 1 || slot >= header->nentries || !header->window_size)
		return false;
	*low = header->window_base + (slot - 1) * header->window_size;
	*high = *low + header->window_size;
	return true;
}
