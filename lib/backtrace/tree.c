// SPDX-License-Identifier: BSD-2-Clause
/*
 * Many stacks as one tree, from the outermost function on (Arnold et al. 2007,
 * "Stack Trace Analysis for Large Scale Debugging"): what tasks have in common
 * is there once, and the odd one out is a branch of its own.
 */
#include <config.h>

#include "print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_SIZE 32768
#define INDENT 2

/* A line, and the stacks that lead through it. */
struct node {
	char *text;         /* NULL: the stacks end here */
	const char *object; /* the file that it is in; "" = none */
	int32_t *pipids;    /* of each stack, in the order of stacks */
	size_t count, capacity;
	struct node *child, *last, *next;
};

static void tree_free(struct node *node)
{
	while (node) {
		struct node *next = node->next;

		tree_free(node->child);
		free(node->text);
		free(node->pipids);
		free(node);
		node = next;
	}
}

static int tree_count(struct node *node, int32_t pipid)
{
	if (node->count == node->capacity) {
		size_t capacity = node->capacity ? node->capacity * 2 : 4;
		int32_t *more = reallocarray(node->pipids, capacity,
					     sizeof(*more));

		if (!more)
			return ENOMEM;
		node->pipids = more;
		node->capacity = capacity;
	}
	node->pipids[node->count++] = pipid;
	return 0;
}

static bool tree_is_same(const struct node *node, const char *text,
			 const char *object)
{
	if (!text || !node->text)
		return !text && !node->text;
	return strcmp(node->text, text) == 0 &&
	       strcmp(node->object, object) == 0;
}

/* Go down to the child for that line; takes text.  NULL: out of memory. */
static struct node *tree_enter(struct node *parent, char *text,
			       const char *object, int32_t pipid)
{
	struct node *node;

	for (node = parent->child; node; node = node->next)
		if (tree_is_same(node, text, object))
			break;
	if (node) {
		free(text);
	} else {
		node = calloc(1, sizeof(*node));
		if (!node) {
			free(text);
			return NULL;
		}
		node->text = text;
		node->object = object;
		if (parent->last)
			parent->last->next = node;
		else
			parent->child = node;
		parent->last = node;
	}
	return tree_count(node, pipid) ? NULL : node;
}

static struct node *tree_enter_remark(struct node *node, const char *remark,
				      int32_t pipid)
{
	char *text;

	if (!node || !remark)
		return node;
	text = strdup(remark);
	return text ? tree_enter(node, text, "", pipid) : NULL;
}

static int tree_add(struct node *root, const struct backtrace_stack *stack,
		    bool wide)
{
	struct node *node = root;
	size_t i, j;

	if (tree_count(root, stack->pipid))
		return ENOMEM;
	node = tree_enter_remark(node, print_explain_end(stack), stack->pipid);
	for (i = stack->nframes; node && i-- > 0;) {
		const struct backtrace_frame *frame = &stack->frames[i];
		const char *object = frame->place->object;

		for (j = frame->place->nlines; node && j-- > 0;) {
			char *text = print_frame_text(frame, j, wide);

			if (!text)
				return ENOMEM;
			node = tree_enter(node, text, object ? object : "",
					  stack->pipid);
		}
	}
	node = tree_enter_remark(node, print_explain_kind(stack), stack->pipid);
	/* So that it is seen where others go on. */
	return node && tree_enter(node, NULL, "", stack->pipid) ? 0 : ENOMEM;
}

/* The largest branch first; of the same size, in the order of stacks. */
static void tree_sort(struct node *parent)
{
	struct node *sorted = NULL, *node = parent->child;

	while (node) {
		struct node *next = node->next, **at = &sorted;

		while (*at && (*at)->count >= node->count)
			at = &(*at)->next;
		node->next = *at;
		*at = node;
		tree_sort(node);
		node = next;
	}
	parent->child = sorted;
}

static int tree_compare_pipids(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

/* "root", "5" or "0-3".  The root's number is the only negative one. */
static int tree_format_range(char *text, size_t size, int32_t first,
			     int32_t end)
{
	if (first < 0)
		return snprintf(text, size, "root");
	if (first == end)
		return snprintf(text, size, "%d", (int)first);
	return snprintf(text, size, "%d-%d", (int)first, (int)end);
}

size_t backtrace_format_pipids(char *text, size_t size, int32_t *pipids,
			       size_t count)
{
	size_t used = 0, tasks = 0, i, j;
	bool full = false;

	qsort(pipids, count, sizeof(*pipids), tree_compare_pipids);
	*text = '\0';
	for (i = 0; i < count; i = j) {
		char range[32];
		int n;

		tasks++;
		for (j = i + 1; j < count &&
				pipids[j] - pipids[j - 1] <= 1; j++)
			tasks += pipids[j] != pipids[j - 1];
		n = tree_format_range(range, sizeof(range), pipids[i],
				      pipids[j - 1]);
		/* There is to be room for ",..." as well. */
		if (full || used + (size_t)n + 6 > size) {
			if (!full && used + 5 <= size)
				strcpy(text + used, ",...");
			full = true; /* the rest is counted */
			continue;
		}
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 used ? "," : "", range);
	}
	return tasks;
}

static int tree_print_label(FILE *out, const struct node *node, size_t indent,
			    const struct backtrace_style *style)
{
	size_t tasks, size = LABEL_SIZE, room;
	char *text = malloc(LABEL_SIZE), *line = malloc(LABEL_SIZE + 64);

	if (!text || !line) {
		free(text);
		free(line);
		return ENOMEM;
	}
	/* Brackets and counts take some 30 columns. */
	room = style->width > indent + 50 ? style->width - indent - 30 : 20;
	if (!style->wide && room < size)
		size = room;
	tasks = backtrace_format_pipids(text, size, node->pipids, node->count);
	if (node->count == tasks)
		snprintf(line, LABEL_SIZE + 64, "[%s] %zu task%s", text, tasks,
			 tasks == 1 ? "" : "s");
	else
		snprintf(line, LABEL_SIZE + 64, "[%s] %zu task%s, %zu stacks",
			 text, tasks, tasks == 1 ? "" : "s", node->count);
	print_indented(out, indent, line, style);
	free(text);
	free(line);
	return 0;
}

/* Down to where stacks part. */
static int tree_print(FILE *out, const struct node *node, size_t indent,
		      const struct backtrace_style *style)
{
	const struct node *child;
	int error = 0;

	while (node->child && !node->child->next) {
		node = node->child;
		if (!node->text)
			return 0;
		print_indented(out, indent, node->text, style);
	}
	for (child = node->child; child && !error; child = child->next) {
		error = tree_print_label(out, child, indent, style);
		if (error)
			break;
		print_indented(out, indent + INDENT, child->text ?
			       child->text : "(here)", style);
		if (child->text)
			error = tree_print(out, child, indent + INDENT, style);
	}
	return error;
}

int backtrace_print_tree(FILE *out, const struct backtrace_stacks *stacks,
			 const struct backtrace_style *style)
{
	struct node *root = calloc(1, sizeof(*root));
	int error = root ? 0 : ENOMEM;
	size_t i;

	for (i = 0; i < stacks->count && !error; i++)
		error = tree_add(root, &stacks->stack[i], style->wide);
	if (!error && stacks->count) {
		tree_sort(root);
		/* All go the same way: the label says who all are. */
		if (root->child && !root->child->next)
			error = tree_print_label(out, root, 0, style);
		if (!error)
			error = tree_print(out, root, root->child->next ?
					   0 : INDENT, style);
	}
	tree_free(root);
	return error;
}
