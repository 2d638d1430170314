// SPDX-License-Identifier: BSD-2-Clause
/* Which tasks are shown, and in which order. */
#include <config.h>

#include "top.h"

#include <stdlib.h>
#include <string.h>

void pattern_set(struct top_pattern *pattern, const char *text)
{
	if (pattern->active && !pattern->literal)
		regfree(&pattern->regex);
	snprintf(pattern->text, sizeof(pattern->text), "%s", text);
	pattern->active = *text;
	pattern->literal = false;
	/* While it is being typed it often is none yet: then it is itself. */
	if (pattern->active)
		pattern->literal = regcomp(&pattern->regex, text, REG_EXTENDED |
					   REG_ICASE | REG_NOSUB) != 0;
}

bool pattern_matches(const struct top_pattern *pattern,
		     const struct top_task *task)
{
	/* (A thread has none.) */
	const char *program = task->task->torn ? "" :
			      task->task->entry.program;

	if (!pattern->active)
		return true;
	if (pattern->literal)
		return strcasestr(task->command, pattern->text) ||
		       strcasestr(program, pattern->text);
	return regexec(&pattern->regex, task->command, 0, NULL, 0) == 0 ||
	       regexec(&pattern->regex, program, 0, NULL, 0) == 0;
}

/* qsort(3) has no argument for these. */
static const struct top_settings *view_settings;

static int view_compare(const void *a, const void *b)
{
	const struct top_task *x = *(struct top_task *const *)a;
	const struct top_task *y = *(struct top_task *const *)b;
	const struct top_column *column = &top_columns[view_settings->sort];
	int order = column_compare(view_settings->sort, x, y);

	if (column->descending != view_settings->inverted)
		order = -order;
	if (order)
		return order;
	/* So that equal ones keep their places from sample to sample. */
	if (x->program != y->program)
		return x->program->root->reader < y->program->root->reader ?
		       -1 : 1;
	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return (x->task->tid > y->task->tid) - (x->task->tid < y->task->tid);
}

static void view_add(struct top_view *view, struct top_task *task,
		     unsigned depth, bool last, bool parent, bool matches)
{
	if (view->count == view->capacity) {
		view->capacity = view->capacity ? view->capacity * 2 : 256;
		view->row = reallocarray(view->row, view->capacity,
					 sizeof(*view->row));
		if (!view->row)
			pips_fail("out of memory");
	}
	view->row[view->count++] = (struct top_row){ task, depth, last, parent,
						     matches };
}

/* A task in the tree; the arrays of them are by position in the sorted list. */
struct view_node {
	struct top_task *task;
	int parent, first_child, next; /* positions, -1 none */
	bool matches, kept, done;
};

struct view_tree {
	struct top_view *view;
	struct view_node *node;
	int count;
};

/*
 * Who is above it: above a thread its task, above a BLT the task on whose
 * kernel thread it runs, above the others who spawned them.  NULL: nobody.
 */
static const struct top_task *find_above(const struct top_task *task)
{
	const struct top_program *program = task->program;
	const struct pip_table_entry *entry = &task->task->entry;
	const struct top_task *above = NULL;
	int32_t pipid = entry->parent_pipid;

	if (task->kind == PIPS_THREAD)
		return sample_find_slot(program, task->slot);
	if (task->slot == 0)
		return NULL;
	if (task->kind == PIPS_BLT)
		above = sample_find_slot(program, entry->blt_domain ==
					 OBSERVER_PIPID_ROOT ? 0 :
					 (int64_t)entry->blt_domain + 1);
	if ((!above || above == task) && !task->task->torn &&
	    pipid != OBSERVER_PIPID_ROOT)
		above = sample_find_slot(program, (int64_t)pipid + 1);
	return above ? above : sample_find_slot(program, 0);
}

/* Where it is in the sorted list; position has the tasks' of its program. */
static int node_above(const int *position, const struct top_task *task)
{
	const struct top_task *above = find_above(task);

	return above ? position[above - task->program->task] : -1;
}

static void tree_add(struct view_tree *tree, int i, unsigned depth, bool last)
{
	struct view_node *node = &tree->node[i];
	int child, next;

	if (node->done)
		return;
	node->done = true;
	if (!node->kept)
		return;
	view_add(tree->view, node->task, depth, last, node->first_child >= 0,
		 node->matches);
	/* Depth is that of spawns in spawns and of domains; a damaged table may claim more
	 * than a stack has room for. */
	if (node->task->collapsed || depth > 200)
		return;
	for (child = node->first_child; child >= 0; child = next) {
		next = tree->node[child].next;
		while (next >= 0 && !tree->node[next].kept)
			next = tree->node[next].next;
		tree_add(tree, child, depth + 1, next < 0);
	}
}

/* Children in the order of the list; whoever matches keeps his ancestors. */
static void tree_link(struct view_tree *tree, struct top_sample *sample)
{
	size_t p, t;
	int i;

	for (p = 0; p < sample->nprograms; p++) {
		struct top_program *program = sample->program[p];
		int *position = calloc(program->count + 1, sizeof(int));

		if (!position)
			pips_fail("out of memory");
		for (t = 0; t < program->count; t++)
			position[t] = -1;
		for (i = 0; i < tree->count; i++)
			if (tree->node[i].task->program == program &&
			    tree->node[i].task->kind != PIPS_THREAD)
				position[tree->node[i].task -
					 program->task] = i;
		for (i = 0; i < tree->count; i++)
			if (tree->node[i].task->program == program)
				tree->node[i].parent = node_above(
					position, tree->node[i].task);
		free(position);
	}
	for (i = tree->count - 1; i >= 0; i--) {
		struct view_node *node = &tree->node[i];

		if (node->parent < 0 || node->parent == i)
			continue;
		node->next = tree->node[node->parent].first_child;
		tree->node[node->parent].first_child = i;
	}
	for (i = 0; i < tree->count; i++) {
		int up = i, steps;

		for (steps = 0; tree->node[i].matches && up >= 0 &&
		     steps <= tree->count; steps++) {
			if (tree->node[up].kept && up != i)
				break;
			tree->node[up].kept = true;
			up = tree->node[up].parent;
		}
	}
}

/* Parents in a circle: the table is damaged. */
static bool tree_is_circle(const struct view_tree *tree, int i)
{
	int steps;

	for (steps = 0; i >= 0 && steps <= tree->count; steps++)
		i = tree->node[i].parent;
	return i >= 0;
}

static void view_build_tree(struct top_view *view, struct top_sample *sample,
			    struct top_task **list, size_t count)
{
	struct view_tree tree = { view, NULL, (int)count };
	int i;

	tree.node = calloc(count + 1, sizeof(*tree.node));
	if (!tree.node)
		pips_fail("out of memory");
	for (i = 0; i < tree.count; i++)
		tree.node[i] = (struct view_node){
			list[i], -1, -1, -1,
			pattern_matches(&view->filter, list[i]), false, false,
		};
	tree_link(&tree, sample);
	for (i = 0; i < tree.count; i++)
		if (tree.node[i].parent < 0)
			tree_add(&tree, i, 0, true);
	for (i = 0; i < tree.count; i++)
		if (!tree.node[i].done && tree_is_circle(&tree, i))
			tree_add(&tree, i, 0, true);
	free(tree.node);
}

void view_build(struct top_view *view, struct top_sample *sample,
		const struct top_settings *settings)
{
	const bool threads = settings->tree && settings->threads;
	struct top_task **list;
	size_t count = 0, n = 0, i, j;

	for (i = 0; i < sample->nprograms; i++)
		count += sample->program[i]->count +
			 sample->program[i]->nthreads;
	list = calloc(count + 1, sizeof(struct top_task *));
	if (!list)
		pips_fail("out of memory");
	for (i = 0; i < sample->nprograms; i++) {
		struct top_program *program = sample->program[i];

		if (view->user[0] && strcmp(view->user, program->user_name))
			continue;
		for (j = 0; j < program->count; j++)
			list[n++] = &program->task[j];
		for (j = 0; threads && j < program->nthreads; j++)
			list[n++] = &program->thread[j];
	}
	view_settings = settings;
	qsort(list, n, sizeof(struct top_task *), view_compare);
	view->count = 0;
	if (settings->tree)
		view_build_tree(view, sample, list, n);
	for (i = 0; !settings->tree && i < n; i++)
		if (pattern_matches(&view->filter, list[i]))
			view_add(view, list[i], 0, false, false, true);
	free(list);
}

void view_free(struct top_view *view)
{
	pattern_set(&view->filter, "");
	pattern_set(&view->search, "");
	free(view->row);
}
