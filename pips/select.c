// SPDX-License-Identifier: BSD-2-Clause
/* Which tasks of a program are meant, and in which order. */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "pips.h"

/* The letters of -m: P any process, L preload, G got, C pipclone, T thread. */
static bool select_mode(const struct pips_row *row)
{
	const char *letters = row->options->modes;
	uint32_t mode = row->task->slot ? row->task->entry.mode :
					  row->root->header.mode;

	for (; letters && *letters; letters++)
		switch (toupper((unsigned char)*letters)) {
		case 'P':
			if (mode != PIP_TABLE_MODE_THREAD)
				return true;
			break;
		case 'L':
			if (mode == PIP_TABLE_MODE_PROCESS_PRELOAD)
				return true;
			break;
		case 'G':
			if (mode == PIP_TABLE_MODE_PROCESS_GOT)
				return true;
			break;
		case 'C':
			if (mode == PIP_TABLE_MODE_PROCESS_PIPCLONE)
				return true;
			break;
		case 'T':
			if (mode == PIP_TABLE_MODE_THREAD)
				return true;
			break;
		}
	return !row->options->modes;
}

static bool select_row(const struct pips_row *row)
{
	const struct pips_options *options = row->options;
	bool one = options->modules || options->view || options->signal ||
		   options->backtrace;

	if (!pips_is_listed(row) || !pips_matches(row) || !select_mode(row))
		return false;
	if (options->roots != options->tasks &&
	    (row->task->slot == 0) != options->roots)
		return false;
	if ((options->modules || options->backtrace) && !row->task->pid)
		return false;
	/* Then the PID of a task means the task; of a root, all. */
	return !one || !options->pid || options->pid == row->root->pid ||
	       options->pid == row->task->pid ||
	       options->pid == row->task->tid;
}

/* Position of who spawned it, or -1. */
static long select_parent(struct observer_tasks *tasks, size_t i)
{
	const struct observer_task *task = &tasks->task[i], *parent;
	int64_t slot = (int64_t)task->entry.parent_pipid + 1;

	if (task->slot == 0)
		return -1;
	if (task->torn || task->entry.parent_pipid == OBSERVER_PIPID_ROOT ||
	    slot < 1 || slot >= OBSERVER_ENTRIES_MAX || slot == task->slot)
		slot = 0;
	parent = observer_find_slot(tasks, (uint32_t)slot);
	return parent ? parent - tasks->task : -1;
}

/* -f: the root of selected tasks, and all tasks of a selected root. */
static void select_family(struct observer_tasks *tasks, bool *selected,
			  const bool *listed)
{
	bool root = tasks->task[0].slot == 0 && selected[0], any = false;
	size_t i;

	for (i = 0; i < tasks->count; i++)
		any |= selected[i];
	for (i = 0; i < tasks->count; i++)
		if (listed[i] && any && (root || tasks->task[i].slot == 0))
			selected[i] = true;
}

/* -d: whom selected ones have spawned.  PIDs do not tell, parents do. */
static void select_descent(struct observer_tasks *tasks, bool *selected,
			   const bool *listed)
{
	size_t i, steps;

	for (i = 0; i < tasks->count; i++) {
		long up = select_parent(tasks, i);

		for (steps = 0; up >= 0 && steps <= tasks->count; steps++) {
			if (selected[up] && listed[i]) {
				selected[i] = true;
				break;
			}
			up = select_parent(tasks, (size_t)up);
		}
	}
}

static unsigned select_depth(struct observer_tasks *tasks, const bool *selected,
			     size_t i)
{
	unsigned depth = 0;
	size_t steps;
	long up = select_parent(tasks, i);

	for (steps = 0; up >= 0 && steps <= tasks->count; steps++) {
		depth += selected[up];
		up = select_parent(tasks, (size_t)up);
	}
	return depth > 100 ? 100 : depth;
}

/* Append i and then those below it; a circle of parents is passed once. */
static void select_walk(struct observer_tasks *tasks, const long *child,
			const long *next, bool *done, size_t i, size_t *order,
			size_t *n, unsigned depth)
{
	long c;

	if (done[i])
		return;
	done[i] = true;
	order[(*n)++] = i;
	for (c = child[i]; c >= 0 && depth < 1000; c = next[c])
		select_walk(tasks, child, next, done, (size_t)c, order, n,
			    depth + 1);
}

static void select_order(struct observer_tasks *tasks, bool tree, size_t *order)
{
	size_t count = tasks->count, i, n = 0;
	long *child = calloc(count + 1, sizeof(long));
	long *next = calloc(count + 1, sizeof(long)), parent;
	bool *done = calloc(count + 1, sizeof(bool));

	if (!child || !next || !done)
		pips_fail("out of memory");
	for (i = 0; i < count; i++)
		child[i] = next[i] = -1;
	for (i = count; tree && i-- > 0;) {
		parent = select_parent(tasks, i);
		if (parent < 0)
			continue;
		next[i] = child[parent];
		child[parent] = (long)i;
	}
	for (i = 0; i < count; i++)
		if (!tree || select_parent(tasks, i) < 0)
			select_walk(tasks, child, next, done, i, order, &n, 0);
	for (i = 0; i < count; i++)
		select_walk(tasks, child, next, done, i, order, &n, 0);
	free(child);
	free(next);
	free(done);
}

/* The rows to show; *rows is to be freed. */
size_t pips_select(const struct pips_options *options,
		   struct observer_root *root, struct observer_tasks *tasks,
		   uint64_t now, struct pips_row **rows)
{
	bool *selected = calloc(tasks->count + 1, sizeof(bool));
	bool *listed = calloc(tasks->count + 1, sizeof(bool));
	size_t *order = calloc(tasks->count + 1, sizeof(size_t));
	size_t i, n = 0;

	*rows = calloc(tasks->count + 1, sizeof(**rows));
	if (!selected || !listed || !order || !*rows)
		pips_fail("out of memory");
	for (i = 0; i < tasks->count; i++) {
		struct pips_row row = { options, root, &tasks->task[i], now,
					0 };

		listed[i] = pips_is_listed(&row);
		selected[i] = select_row(&row);
	}
	if (options->family && tasks->count)
		select_family(tasks, selected, listed);
	if (options->descent)
		select_descent(tasks, selected, listed);
	select_order(tasks, options->tree, order);
	for (i = 0; i < tasks->count; i++) {
		size_t at = order[i];

		if (!selected[at])
			continue;
		(*rows)[n++] = (struct pips_row){
			options, root, &tasks->task[at], now,
			options->tree ? select_depth(tasks, selected, at) : 0,
		};
	}
	free(selected);
	free(listed);
	free(order);
	return n;
}
