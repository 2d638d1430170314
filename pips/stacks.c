// SPDX-License-Identifier: BSD-2-Clause
/* Where all tasks are: their stacks, as a tree, one by one, or as JSON. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pips.h"

#if defined(HAVE_LIBDW) && !defined(TEST_WITHOUT_LIBDW)

#include <backtrace/backtrace.h>

struct pips_backtraces {
	const struct pips_options *options;
	const struct observer_root *root;
	const struct observer_tasks *tasks;
	struct backtrace *backtrace;
	struct backtrace_stacks stacks;
};

void pips_check_backtraces(void)
{
}

struct pips_backtraces *pips_open_backtraces(const struct pips_options *options,
					     struct observer_root *root,
					     const struct observer_tasks *tasks)
{
	struct pips_backtraces *backtraces = calloc(1, sizeof(*backtraces));

	if (!backtraces ||
	    backtrace_open(root, tasks, options->stop ? BACKTRACE_STOP : 0,
			   &backtraces->backtrace))
		pips_fail("out of memory");
	backtraces->options = options;
	backtraces->root = root;
	backtraces->tasks = tasks;
	if (options->frames)
		backtrace_set_limit(backtraces->backtrace, options->frames);
	return backtraces;
}

/* EPERM: the kernel has refused it, and there is nothing to print. */
int pips_add_backtraces(struct pips_backtraces *backtraces,
			const struct pips_row *row)
{
	struct backtrace_stacks *stacks = &backtraces->stacks;
	size_t before = stacks->count, i;

	if (backtrace_read_task(backtraces->backtrace, row->task, stacks))
		pips_fail("out of memory");
	for (i = before; i < stacks->count; i++)
		if (stacks->stack[i].end != BACKTRACE_END_REFUSED)
			return 0;
	return i > before ? EPERM : 0;
}

static void stacks_print_flat(const struct pips_backtraces *backtraces,
			      const struct backtrace_style *style)
{
	size_t i;

	for (i = 0; i < backtraces->stacks.count; i++) {
		const struct backtrace_stack *stack =
			&backtraces->stacks.stack[i];

		if (i)
			putchar('\n');
		if (stack->slot)
			printf("task %d", (int)stack->pipid);
		else
			printf("root");
		if (stack->tid)
			printf(", thread %d", (int)stack->tid);
		putchar('\n');
		backtrace_print_stack(stdout, stack, style);
	}
}

static size_t stacks_count_tasks(const struct pips_backtraces *backtraces)
{
	size_t i, n = 0;

	for (i = 0; i < backtraces->stacks.count; i++)
		if (!i || backtraces->stacks.stack[i].slot !=
				  backtraces->stacks.stack[i - 1].slot)
			n++;
	return n;
}

void pips_print_backtraces(struct pips_backtraces *backtraces, bool separate)
{
	const struct pips_options *options = backtraces->options;
	struct backtrace_style style = { .wide = options->wide,
					 .width = pips_line_width(options) };
	size_t tasks = stacks_count_tasks(backtraces);

	if (style.width == 0)
		style.wide = true;
	if (separate)
		putchar('\n');
	if (options->header)
		printf("program of root %d: %zu process%s, %zu stack%s\n",
		       (int)backtraces->root->pid, tasks,
		       tasks == 1 ? "" : "es", backtraces->stacks.count,
		       backtraces->stacks.count == 1 ? "" : "s");
	if (options->flat)
		stacks_print_flat(backtraces, &style);
	else if (backtrace_print_tree(stdout, &backtraces->stacks, &style))
		pips_fail("out of memory");
}

static json_t *json_optional_text(const char *text)
{
	return text ? pips_make_json_text(text, strlen(text)) : json_null();
}

static json_t *json_frame(const struct backtrace_frame *frame)
{
	const struct backtrace_place *place = frame->place;
	json_t *functions = json_array();
	size_t i;

	for (i = 0; i < place->nlines; i++) {
		const struct backtrace_line *line = &place->lines[i];

		json_array_append_new(functions, json_pack(
			"{s:o, s:o, s:o}", "name",
			json_optional_text(line->function), "source",
			json_optional_text(line->source), "line",
			line->line ? json_integer(line->line) : json_null()));
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:b, s:o}",
			 "pc", pips_make_json_address(frame->pc),
			 "sp", pips_make_json_address(frame->sp),
			 "object", json_optional_text(place->object),
			 "address", place->object ?
			 pips_make_json_address(place->address) : json_null(),
			 "guessed", frame->kind == BACKTRACE_FRAME_GUESSED,
			 "signal", frame->kind == BACKTRACE_FRAME_SIGNAL,
			 "functions", functions);
}

json_t *pips_make_json_backtraces(struct pips_backtraces *backtraces,
				  const struct pips_row *row)
{
	struct backtrace_stacks stacks = { 0 };
	json_t *array = json_array();
	size_t i, n;

	if (backtrace_read_task(backtraces->backtrace, row->task, &stacks))
		pips_fail("out of memory");
	for (i = 0; i < stacks.count; i++) {
		const struct backtrace_stack *stack = &stacks.stack[i];
		json_t *frames = json_array();

		for (n = 0; n < stack->nframes; n++)
			json_array_append_new(frames,
					      json_frame(&stack->frames[n]));
		json_array_append_new(array, json_pack(
			"{s:s, s:o, s:s, s:o}", "kind",
			backtrace_name_kind(stack->kind), "tid",
			stack->tid ? json_integer(stack->tid) : json_null(),
			"end", backtrace_name_end(stack->end), "frames",
			frames));
	}
	backtrace_free_stacks(&stacks);
	return array;
}

void pips_close_backtraces(struct pips_backtraces *backtraces)
{
	backtrace_free_stacks(&backtraces->stacks);
	backtrace_close(backtraces->backtrace);
	free(backtraces);
}

#else

void pips_check_backtraces(void)
{
	pips_fail("-b needs libdw, without which this pips was built: install "
		  "libdw-dev (elfutils) and build it again");
}

struct pips_backtraces *pips_open_backtraces(const struct pips_options *options,
					     struct observer_root *root,
					     const struct observer_tasks *tasks)
{
	(void)options;
	(void)root;
	(void)tasks;
	return NULL;
}

int pips_add_backtraces(struct pips_backtraces *backtraces,
			const struct pips_row *row)
{
	(void)backtraces;
	(void)row;
	return 0;
}

void pips_print_backtraces(struct pips_backtraces *backtraces, bool separate)
{
	(void)backtraces;
	(void)separate;
}

json_t *pips_make_json_backtraces(struct pips_backtraces *backtraces,
				  const struct pips_row *row)
{
	(void)backtraces;
	(void)row;
	return json_null();
}

void pips_close_backtraces(struct pips_backtraces *backtraces)
{
	(void)backtraces;
}

#endif
