// SPDX-License-Identifier: BSD-2-Clause
/* Which file is at an address: by the link map of the task that it is in. */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <stdlib.h>

static const struct observer_task *space_task(const struct backtrace *backtrace,
					      size_t i)
{
	return &backtrace->tasks->task[i];
}

static int space_compare(const void *a, const void *b)
{
	const struct backtrace_mapping *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

void space_read(struct backtrace *backtrace, size_t i)
{
	const struct observer_task *task = space_task(backtrace, i);
	struct backtrace_space *space = &backtrace->spaces[i];
	pid_t reader = task->executed ? task->pid : backtrace->reader;
	struct observer_modules modules = { 0 };
	size_t m;

	space->read = true;
	space->whole = task->entry.state == PIP_STATE_RUNNING;
	space->generation = task->entry.generation;
	if (observer_read_modules(backtrace->root, task, &modules)) {
		observer_free_modules(&modules);
		return;
	}
	space->mapping = calloc(modules.count + 1, sizeof(*space->mapping));
	for (m = 0; space->mapping && m < modules.count; m++) {
		const struct observer_module *module = &modules.module[m];
		struct backtrace_mapping *mapping =
			&space->mapping[space->count];

		mapping->file = file_find(backtrace, reader, module->path,
					  module->bias);
		if (!mapping->file || !mapping->file->module)
			continue;
		mapping->bias = module->bias;
		mapping->low = mapping->file->low + module->bias;
		mapping->high = mapping->file->high + module->bias;
		space->count++;
	}
	observer_free_modules(&modules);
	if (space->mapping)
		qsort(space->mapping, space->count, sizeof(*space->mapping),
		      space_compare);
}

/* Does it still hold, of that task? */
static bool space_is_right(const struct backtrace_space *space,
			   const struct observer_task *task)
{
	return space->read && space->whole &&
	       space->generation == task->entry.generation && !task->executed;
}

int space_renew(struct backtrace *backtrace,
		const struct observer_tasks *tasks)
{
	struct backtrace_space *old = backtrace->spaces, *spaces;
	size_t nold = backtrace->nspaces, at = 0, i;

	spaces = calloc(tasks->count + 1, sizeof(*spaces));
	if (!spaces)
		return ENOMEM;
	/* Both are in the order of slots. */
	for (i = 0; i < tasks->count; i++) {
		while (at < nold && old[at].slot < tasks->task[i].slot)
			at++;
		if (at < nold && old[at].slot == tasks->task[i].slot &&
		    space_is_right(&old[at], &tasks->task[i])) {
			spaces[i] = old[at];
			old[at].mapping = NULL;
		}
		spaces[i].slot = tasks->task[i].slot;
	}
	for (i = 0; i < nold; i++)
		free(old[i].mapping);
	free(old);
	backtrace->spaces = spaces;
	backtrace->nspaces = tasks->count;
	backtrace->tasks = tasks;
	return 0;
}

static const struct backtrace_mapping *
space_find_in(struct backtrace *backtrace, size_t i, uint64_t address)
{
	struct backtrace_space *space = &backtrace->spaces[i];
	size_t low = 0, high;

	if (!space->read)
		space_read(backtrace, i);
	high = space->count;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (space->mapping[middle].high <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < space->count && space->mapping[low].low <= address)
		return &space->mapping[low];
	return NULL;
}

/* The position of a slot in the list, or of the root. */
static size_t space_index(const struct backtrace *backtrace, uint32_t slot)
{
	size_t low = 0, high = backtrace->tasks->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (space_task(backtrace, middle)->slot < slot)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < backtrace->tasks->count &&
	    space_task(backtrace, low)->slot == slot)
		return low;
	return 0;
}

const struct backtrace_mapping *space_find(struct backtrace *backtrace,
					   uint32_t home, uint64_t address)
{
	const struct pip_table_header *header = &backtrace->root->header;
	size_t mine = space_index(backtrace, home), other = 0;
	const struct backtrace_mapping *mapping =
		space_find_in(backtrace, mine, address);

	if (mapping || space_task(backtrace, mine)->executed)
		return mapping;
	if (header->window_size && address >= header->window_base &&
	    (address - header->window_base) / header->window_size <
		    header->nentries)
		other = space_index(backtrace, 1 +
				    (uint32_t)((address - header->window_base) /
					       header->window_size));
	if (other == mine || space_task(backtrace, other)->executed)
		return NULL;
	return space_find_in(backtrace, other, address);
}

bool space_is_code(struct backtrace *backtrace, uint32_t home,
		   uint64_t address)
{
	const struct backtrace_mapping *mapping =
		space_find(backtrace, home, address);
	unsigned i;

	if (!mapping)
		return false;
	address -= mapping->bias;
	for (i = 0; i < mapping->file->ncode; i++)
		if (address >= mapping->file->code[i].low &&
		    address < mapping->file->code[i].high)
			return true;
	return false;
}
