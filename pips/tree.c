// SPDX-License-Identifier: BSD-2-Clause
/*
 * The tree: the root; below it the tasks that it spawned, and below these
 * those that they spawned; below the task on whose kernel thread they run, the
 * BLTs of its scheduling domain; below each the threads that it has made.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "pips.h"

#define DEPTH_MAX 100

struct tree {
	const struct pips_options *options;
	struct observer_root *root;
	struct observer_tasks *tasks;
	const struct observer_threads *threads;
	const bool *selected;
	uint64_t now;
	long *child, *next; /* positions in tasks; -1: none */
	bool *done;
	struct pips_row *row;
	struct observer_task *made; /* for the threads */
	size_t count, nmade;
};

static long tree_find_parent(const struct tree *tree, size_t i)
{
	const struct observer_task *task = &tree->tasks->task[i], *host;
	int64_t slot = (int64_t)task->entry.blt_domain + 1;

	if (pips_get_kind(task) != PIPS_BLT)
		return pips_find_spawner(tree->tasks, i);
	if (task->entry.blt_domain == OBSERVER_PIPID_ROOT)
		slot = 0;
	host = slot < 0 || slot >= OBSERVER_ENTRIES_MAX ? NULL :
	       observer_find_slot(tree->tasks, (uint32_t)slot);
	return host && host != task ? host - tree->tasks->task :
				      pips_find_spawner(tree->tasks, i);
}

/* Who was asked for may be below somebody who was not. */
static void tree_add(struct tree *tree, const struct observer_task *task,
		     unsigned depth, enum pips_kind kind, const char *thread)
{
	tree->row[tree->count++] = (struct pips_row){
		.options = tree->options, .root = tree->root, .task = task,
		.now = tree->now, .kind = kind, .thread = thread,
		.depth = depth > DEPTH_MAX ? DEPTH_MAX : depth,
	};
}

static void tree_add_threads(struct tree *tree,
			     const struct observer_task *task, unsigned depth)
{
	size_t low = 0, high = tree->threads->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tree->threads->thread[middle].slot < task->slot)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < tree->threads->count &&
	       tree->threads->thread[low].slot == task->slot; low++) {
		const struct observer_thread *thread =
			&tree->threads->thread[low];
		struct observer_task *made = &tree->made[tree->nmade++];

		pips_make_thread(made, tree->root, task, thread);
		tree_add(tree, made, depth, PIPS_THREAD, thread->name);
	}
}

/* Append i and those below it; a circle of parents is passed once. */
static void tree_walk(struct tree *tree, size_t i, unsigned depth,
		      unsigned steps)
{
	const struct observer_task *task = &tree->tasks->task[i];
	long c;

	if (tree->done[i])
		return;
	tree->done[i] = true;
	if (tree->selected[i]) {
		tree_add(tree, task, depth, pips_get_kind(task), NULL);
		tree_add_threads(tree, task, depth + 1);
		depth++;
	}
	for (c = tree->child[i]; c >= 0 && steps < 1000; c = tree->next[c])
		tree_walk(tree, (size_t)c, depth, steps + 1);
}

static void tree_link(struct tree *tree)
{
	size_t count = tree->tasks->count, i;

	for (i = 0; i < count; i++)
		tree->child[i] = tree->next[i] = -1;
	for (i = count; i-- > 0;) {
		long parent = tree_find_parent(tree, i);

		if (parent < 0)
			continue;
		tree->next[i] = tree->child[parent];
		tree->child[parent] = (long)i;
	}
}

/* One block: the rows, and what those of threads are about. */
static void tree_open(struct tree *tree)
{
	size_t count = tree->tasks->count, nrows;

	nrows = count + tree->threads->count + 1;
	tree->row = calloc(1, nrows * sizeof(*tree->row) +
			      tree->threads->count * sizeof(*tree->made));
	tree->child = calloc(count + 1, sizeof(long));
	tree->next = calloc(count + 1, sizeof(long));
	tree->done = calloc(count + 1, sizeof(bool));
	if (!tree->row || !tree->child || !tree->next || !tree->done)
		pips_fail("out of memory");
	tree->made = (struct observer_task *)(tree->row + nrows);
}

size_t pips_order_tree(const struct pips_options *options,
		       struct observer_root *root,
		       struct observer_tasks *tasks,
		       const struct observer_threads *threads,
		       const bool *selected, uint64_t now,
		       struct pips_row **rows)
{
	struct tree tree = { .options = options, .root = root, .tasks = tasks,
			     .threads = threads, .selected = selected,
			     .now = now };
	size_t i;

	tree_open(&tree);
	tree_link(&tree);
	for (i = 0; i < tasks->count; i++)
		if (tree_find_parent(&tree, i) < 0)
			tree_walk(&tree, i, 0, 0);
	for (i = 0; i < tasks->count; i++)
		tree_walk(&tree, i, 0, 0);
	free(tree.child);
	free(tree.next);
	free(tree.done);
	*rows = tree.row;
	return tree.count;
}
