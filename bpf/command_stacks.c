// SPDX-License-Identifier: BSD-2-Clause
/*
 * stacks: the stacks of all tasks, again and again, or those of who comes by at
 * an event, folded for flame graphs.  Contexts that do not run are included;
 * nobody is stopped.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "all.h"
#include "program.h"
#include "session.h"

#if defined(HAVE_LIBDW) && !defined(WITHOUT_STACKS)

#include "stacks.h"

#define SAMPLES_MAX 1000000000ul
#define ALL_KINDS (~0u)

struct sampling {
	struct folds folds;
	uint64_t samples, failed;
	pid_t root;
};

/* By Yama, all of them: that is no sample. */
static bool are_refused(const struct backtrace_stacks *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->stack[i].end != BACKTRACE_END_REFUSED)
			return false;
	return list->count > 0 && observer_explain_refusal() != NULL;
}

int stacks_take_all(struct folds *folds, struct backtrace *backtrace,
		    const struct observer_tasks *tasks, unsigned kinds)
{
	struct backtrace_stacks list = { 0 };
	int error = 0;

	for (size_t i = 0; error == 0 && i < tasks->count; i++) {
		const struct observer_task *task = &tasks->task[i];

		if (!task->torn && !task->gone && task->pid != 0 &&
		    (i == 0 || task->entry.state != PIP_STATE_ENDED))
			error = backtrace_read_task(backtrace, task, &list);
	}
	if (error == 0 && are_refused(&list))
		error = EPERM;
	for (size_t i = 0; error == 0 && i < list.count; i++) {
		const struct backtrace_stack *stack = &list.stack[i];

		if (!(kinds >> stack->kind & 1))
			continue;
		for (size_t j = 0; j < stack->nframes && error == 0; j++)
			error = backtrace_describe_place(
				stack->frames[j].place);
		fold_stack(folds, stack, 1);
	}
	backtrace_free_stacks(&list);
	return error;
}

/* ESRCH: the program has ended. */
static int take_sample(struct sampling *sampling, struct observer_root *root)
{
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
	if (error == 0)
		error = stacks_take_all(&sampling->folds, backtrace, &tasks,
					ALL_KINDS);
	sampling->samples += error == 0;
	if (backtrace != NULL)
		backtrace_close(backtrace);
	observer_free_tasks(&tasks);
	return error;
}

json_t *stacks_make_document(const struct folds *folds, pid_t root,
			     const char *name, json_t *value)
{
	json_t *list = json_array();

	fold_print(folds, list);
	return json_pack("{s:i, s:s, s:o, s:i, s:I, s:o}", "version", 1,
			 "command", "stacks", name, value, "root_pid",
			 (int)root, "total",
			 (json_int_t)folds->total, "stacks", list);
}

void stacks_print_document(json_t *document)
{
	if (document == NULL)
		trace_fail("out of memory");
	json_dumpf(document, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(document);
}

static double used_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void print(const struct sampling *sampling,
		  const struct trace_options *options)
{
	json_t *document;

	if (!options->json) {
		fold_print(&sampling->folds, NULL);
	} else {
		document = stacks_make_document(
			&sampling->folds, sampling->root, "samples",
			json_integer((json_int_t)sampling->samples));
		json_object_set_new(document, "lost",
				    json_integer((json_int_t)
						 sampling->failed));
		stacks_print_document(document);
	}
	fflush(stdout);
	if (!options->quiet)
		fprintf(stderr, "stacks: %" PRIu64 " samples, %" PRIu64
			" stacks, %" PRIu64 " samples lost\n",
			sampling->samples, sampling->folds.total,
			sampling->failed);
	if (options->overhead)
		fprintf(stderr, "overhead: nothing runs in the program; "
			"reading it took %.3f s of CPU time\n",
			used_seconds());
}

int command_stacks(const struct trace_options *options)
{
	unsigned long count = options->count;
	struct sampling sampling = { 0 };
	struct observer_root *root;
	struct observer *observer;
	struct timespec interval;
	int error;

	if (options->event != NULL)
		return stacks_at_event(options);
	if (options->program != NULL)
		trace_fail("stacks: of a program that runs: -p PID; of one "
			   "that is started: -e EVENT");
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
	root = program_attach(observer, options->pid);
	if (root == NULL)
		return TRACE_NOTHING;
	sampling.root = root->pid;
	for (unsigned long i = 0; i < count && session_signal() == 0; i++) {
		if (i != 0)
			nanosleep(&interval, NULL);
		error = take_sample(&sampling, root);
		sampling.failed += error != 0 && error != ESRCH;
		if (error != 0)
			break;
	}
	if (sampling.samples == 0)
		trace_fail("the stacks of process %d: %s", (int)options->pid,
			   observer_explain_error(error));
	all_begin_report(options);
	print(&sampling, options);
	all_end_report(options);
	fold_clear(&sampling.folds);
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
