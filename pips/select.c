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
long pips_find_spawner(struct observer_tasks *tasks, size_t i)
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
		long up = pips_find_spawner(tasks, i);

		for (steps = 0; up >= 0 && steps <= tasks->count; steps++) {
			if (selected[up] && listed[i]) {
				selected[i] = true;
				break;
			}
			up = pips_find_spawner(tasks, (size_t)up);
		}
	}
}

/* The rows to show; *rows is to be freed. */
size_t pips_select(const struct pips_options *options,
		   struct observer_root *root, struct observer_tasks *tasks,
		   const struct observer_threads *threads, uint64_t now,
		   struct pips_row **rows)
{
	bool *selected = calloc(tasks->count + 1, sizeof(bool));
	bool *listed = calloc(tasks->count + 1, sizeof(bool));
	size_t i, n = 0;

	if (!selected || !listed)
		pips_fail("out of memory");
	for (i = 0; i < tasks->count; i++) {
		struct pips_row row = { .options = options, .root = root,
					.task = &tasks->task[i], .now = now };

		listed[i] = pips_is_listed(&row);
		selected[i] = select_row(&row);
	}
	if (options->family && tasks->count)
		select_family(tasks, selected, listed);
	if (options->descent)
		select_descent(tasks, selected, listed);
	if (options->tree) {
		n = pips_order_tree(options, root, tasks, threads, selected,
				    now, rows);
	} else {
		*rows = calloc(tasks->count + 1, sizeof(**rows));
		if (!*rows)
			pips_fail("out of memory");
		for (i = 0; i < tasks->count; i++)
			if (selected[i])
				(*rows)[n++] = (struct pips_row){
					.options = options, .root = root,
					.task = &tasks->task[i], .now = now,
					.kind = pips_get_kind(&tasks->task[i]),
				};
	}
	free(selected);
	free(listed);
	return n;
}
