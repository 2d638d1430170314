// SPDX-License-Identifier: BSD-2-Clause
/*
 * stacks: the stacks of all tasks, again and again, folded for flame graphs.
 * Contexts that do not run are included; nobody is stopped.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "session.h"

#if defined(HAVE_LIBDW) && !defined(WITHOUT_STACKS)

#include "backtrace/backtrace.h"

#define STACK_MAX 16384 /* bytes of a folded one */
#define SAMPLES_MAX 1000000000ul

struct folded {
	uint64_t count;
	char text[];
};

struct stacks {
	void *tree;
	uint64_t samples, total;
	json_t *list; /* of the document that is being made */
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct folded *)a)->text,
		      ((const struct folded *)b)->text);
}

static void add(struct stacks *stacks, const char *text)
{
	size_t size = strlen(text) + 1;
	struct folded *folded = malloc(sizeof(*folded) + size), **found;

	if (folded == NULL)
		trace_fail("out of memory");
	folded->count = 0;
	memcpy(folded->text, text, size);
	found = tsearch(folded, &stacks->tree, compare);
	if (found == NULL)
		trace_fail("out of memory");
	if (*found != folded)
		free(folded);
	(*found)->count++;
	stacks->total++;
}

/* A frame must have neither what separates frames, nor a blank. */
static void append(char *text, size_t *used, const char *frame)
{
	if (*used + 2 >= STACK_MAX)
		return;
	if (*used != 0)
		text[(*used)++] = ';';
	for (; *frame != '\0' && *used + 1 < STACK_MAX; frame++)
		text[(*used)++] = *frame == ';' ||
						  (unsigned char)*frame <= ' ' ?
					  '_' : *frame;
	text[*used] = '\0';
}

static void append_place(char *text, size_t *used,
			 const struct backtrace_place *place)
{
	const char *slash = place->object ? strrchr(place->object, '/') : NULL;
	char frame[256];

	for (size_t i = place->nlines; i-- != 0;) {
		if (place->lines[i].function != NULL) {
			append(text, used, place->lines[i].function);
			continue;
		}
		snprintf(frame, sizeof(frame), "%.200s+%#" PRIx64,
			 slash != NULL ? slash + 1 :
			 place->object ? place->object : "?", place->address);
		append(text, used, frame);
	}
}

static void fold(struct stacks *stacks, const struct backtrace_stack *stack)
{
	static char text[STACK_MAX];
	char name[TRACE_NAME_MAX], end[64];
	size_t used = 0;

	append(text, &used, trace_name(stack->pipid, name));
	if (stack->kind != BACKTRACE_THREAD) {
		snprintf(end, sizeof(end), "[%s]",
			 backtrace_name_kind(stack->kind));
		append(text, &used, end);
	}
	if (stack->end != BACKTRACE_END_COMPLETE) {
		snprintf(end, sizeof(end), "[%s]",
			 backtrace_name_end(stack->end));
		append(text, &used, end);
	}
	for (size_t i = stack->nframes; i-- != 0;)
		if (stack->frames[i].place != NULL)
			append_place(text, &used, stack->frames[i].place);
	add(stacks, text);
}

/* ESRCH: the program has ended. */
static int take_sample(struct stacks *stacks, struct observer_root *root)
{
	struct backtrace_stacks list = { 0 };
	struct observer_tasks tasks = { 0 };
	struct backtrace *backtrace = NULL;
	int error = observer_read_tasks(root, &tasks);

	if (error == 0) {
		observer_read_facts(root, &tasks);
		if (tasks.count == 0 || tasks.task[0].facts.error != 0)
			error = ESRCH;
	}
	if (error == 0)
		error = backtrace_open(root, &tasks, 0, &backtrace);
	for (size_t i = 0; error == 0 && i < tasks.count; i++) {
		const struct observer_task *task = &tasks.task[i];

		if (!task->torn && !task->gone && task->pid != 0 &&
		    (i == 0 || task->entry.state != PIP_STATE_ENDED))
			error = backtrace_read_task(backtrace, task, &list);
	}
	for (size_t i = 0; i < list.count; i++)
		fold(stacks, &list.stack[i]);
	stacks->samples += error == 0;
	backtrace_free_stacks(&list);
	if (backtrace != NULL)
		backtrace_close(backtrace);
	observer_free_tasks(&tasks);
	return error;
}

static json_t *json_list;

static void print_one(const void *node, VISIT visit, int depth)
{
	const struct folded *folded = *(struct folded *const *)node;

	(void)depth;
	if (visit != postorder && visit != leaf)
		return;
	if (json_list == NULL)
		printf("%s %" PRIu64 "\n", folded->text, folded->count);
	else
		json_array_append_new(json_list, json_pack(
			"{s:s, s:I}", "stack", folded->text,
			"count", (json_int_t)folded->count));
}

static void print(const struct stacks *stacks, bool json)
{
	json_t *document;

	json_list = json ? json_array() : NULL;
	twalk(stacks->tree, print_one);
	if (!json)
		return;
	document = json_pack("{s:i, s:s, s:I, s:I, s:o}", "version", 1,
			     "command", "stacks",
			     "samples", (json_int_t)stacks->samples,
			     "total", (json_int_t)stacks->total,
			     "stacks", json_list);
	json_dumpf(document, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(document);
}

int command_stacks(const struct trace_options *options)
{
	unsigned long count = options->count;
	struct stacks stacks = { 0 };
	struct observer_root *root;
	struct observer *observer;
	struct timespec interval;
	int error;

	if (options->program != NULL)
		trace_fail("stacks: of a program that runs: -p PID");
	if (options->interval == 0)
		count = 1;
	else if (count == 0)
		count = SAMPLES_MAX;
	interval.tv_sec = (time_t)options->interval;
	interval.tv_nsec = (long)((options->interval -
				   (double)interval.tv_sec) * 1e9);
	error = observer_open(&observer);
	if (error != 0)
		trace_fail("/proc: %s", strerror(error));
	session_catch_signals();
	error = observer_scan(observer, options->pid);
	root = error == 0 ? observer_get_root(observer, 0) : NULL;
	if (root == NULL) {
		trace_warn("process %d: %s", (int)options->pid,
			   error == ESRCH  ? "no such process" :
			   error == EACCES ? "you may not look into it" :
			   "does not belong to a PiP program");
		return TRACE_NOTHING;
	}
	for (unsigned long i = 0; i < count && session_signal() == 0; i++) {
		if (i != 0)
			nanosleep(&interval, NULL);
		error = take_sample(&stacks, root);
		if (error != 0)
			break;
	}
	if (stacks.samples == 0)
		trace_fail("the stacks of process %d: %s", (int)options->pid,
			   strerror(error));
	print(&stacks, options->json);
	tdestroy(stacks.tree, free);
	observer_close(observer);
	return TRACE_DONE;
}

#else

int command_stacks(const struct trace_options *options)
{
	(void)options;
	trace_fail("stacks: pip-trace was built without libdw (elfutils)");
}

#endif
