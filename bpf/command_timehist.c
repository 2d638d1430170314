// SPDX-License-Identifier: BSD-2-Clause
/*
 * timehist: a line for each time that a context (user) ran, and that a kernel
 * thread (kernel) had a CPU.  The words are those of perf-sched(1): wait time
 * is until somebody made it runnable, sch delay from then until it ran.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "model.h"

/* What it did since it ran last. */
struct before {
	uint64_t wait, delay;
	uint64_t run; /* with contexts that it has run before */
	int32_t id;
	struct before *next;
};

#define BUCKETS 1024u

struct timehist {
	struct before *before[2][BUCKETS]; /* contexts, kernel threads */
	json_t *runs;
	bool header;
};

static struct before *find(struct timehist *all, int level, int32_t id)
{
	struct before **list = &all->before[level][(uint32_t)id % BUCKETS];
	struct before *before;

	for (before = *list; before != NULL; before = before->next)
		if (before->id == id)
			return before;
	before = calloc(1, sizeof(*before));
	if (before == NULL)
		trace_fail("out of memory");
	before->id = id;
	before->next = *list;
	*list = before;
	return before;
}

static void print_run(struct timehist *all, const struct analysis *analysis,
		      const struct model_span *span,
		      const struct before *before)
{
	bool kernel = span->kind == SPAN_CPU;
	char name[TRACE_NAME_MAX], cpu[8] = "-";

	if (kernel)
		snprintf(cpu, sizeof(cpu), "%d", span->number % 100000);
	trace_name(span->pipid, name);
	if (analysis->options->json) {
		if (all->runs == NULL)
			all->runs = json_array();
		json_array_append_new(all->runs, json_pack(
			"{s:I, s:s, s:s, s:i, s:I, s:I, s:I}",
			"ns", (json_int_t)span->end,
			"level", kernel ? "kernel" : "user",
			"task", name, "tid", span->tid,
			"wait_ns", (json_int_t)before->wait,
			"delay_ns", (json_int_t)before->delay,
			"run_ns", (json_int_t)before->run));
		return;
	}
	if (!all->header)
		printf("%14s %5s %-6s %-5s %8s %10s %10s %10s\n", "time", "cpu",
		       "level", "task", "thread", "wait time", "sch delay",
		       "run time");
	all->header = true;
	printf("%14.6f %5s %-6s %-5s %8d %10.3f %10.3f %10.3f\n",
	       (double)span->end / 1e9, cpu, kernel ? "kernel" : "user", name,
	       (int)span->tid, (double)before->wait / 1e6,
	       (double)before->delay / 1e6,
	       (double)before->run / 1e6);
}

static void on_span(struct analysis *analysis, const struct model_span *span)
{
	struct timehist *all = analysis->state;
	bool kernel = span->kind >= SPAN_CPU;
	struct before *before;

	if (span->kind > SPAN_SUSPENDED &&
	    (span->kind < SPAN_CPU || span->kind > SPAN_SLEEP))
		return;
	if (!kernel && span->pipid == TRACE_PIPID_IDLE)
		return;
	before = find(all, kernel, kernel ? span->tid : span->pipid);
	switch (span->kind) {
	case SPAN_SUSPENDED:
	case SPAN_SLEEP:
		before->wait += span->end - span->begin;
		break;
	case SPAN_READY:
	case SPAN_RUNNABLE:
		before->delay += span->end - span->begin;
		break;
	default:
		before->run += span->end - span->begin;
		if (span->cut)
			break;
		print_run(all, analysis, span, before);
		before->wait = before->delay = before->run = 0;
	}
}

static void print(struct analysis *analysis, json_t *document)
{
	struct timehist *all = analysis->state;

	if (document != NULL)
		json_object_set_new(document, "runs",
				    all->runs != NULL ? all->runs :
							json_array());
	all->runs = NULL;
}

int command_timehist(const struct trace_options *options)
{
	static struct timehist all;
	struct analysis analysis = {
		.state = &all,
		.span = on_span,
		.print = print,
	};
	int status = trace_run(options, &analysis);

	for (int level = 0; level < 2; level++)
		for (size_t i = 0; i < BUCKETS; i++)
			while (all.before[level][i] != NULL) {
				struct before *next =
					all.before[level][i]->next;

				free(all.before[level][i]);
				all.before[level][i] = next;
			}
	return status;
}
