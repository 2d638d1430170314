// SPDX-License-Identifier: BSD-2-Clause
/* syscalls: how often, how long, with what results. */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "model.h"
#include "names.h"

#define SYSCALLS_MAX 1024
#define ERRNO_MAX 134
#define SHOWN 20

struct call {
	int number;
	uint64_t errors;
	struct histogram latency, result, argument[3];
	uint64_t by_errno[ERRNO_MAX];
};

struct calls {
	struct call *call[SYSCALLS_MAX];
	struct histogram all;
	uint64_t unfinished;
};

static void on_span(struct analysis *analysis, const struct model_span *span)
{
	struct calls *calls = analysis->state;
	struct call *call;

	if (span->kind != SPAN_SYSCALL || span->number < 0 ||
	    span->number >= SYSCALLS_MAX)
		return;
	if (calls->call[span->number] == NULL)
		calls->call[span->number] = calloc(1, sizeof(*call));
	call = calls->call[span->number];
	if (call == NULL)
		trace_fail("out of memory");
	call->number = span->number;
	histogram_add(&calls->all, span->end - span->begin);
	histogram_add(&call->latency, span->end - span->begin);
	for (int i = 0; i < 3; i++)
		histogram_add(&call->argument[i], span->argument[i]);
	/* Results from -4095 on are errors: linux/err.h. */
	if (span->result < 0 && span->result >= -4095) {
		call->errors++;
		if (span->result > -ERRNO_MAX)
			call->by_errno[-span->result]++;
	} else {
		histogram_add(&call->result, (uint64_t)span->result);
	}
}

static int compare(const void *a, const void *b)
{
	const struct call *x = *(struct call *const *)a;
	const struct call *y = *(struct call *const *)b;

	return (x->latency.count < y->latency.count) -
	       (x->latency.count > y->latency.count);
}

static size_t sort(const struct calls *calls, struct call **list)
{
	size_t n = 0;

	for (size_t i = 0; i < SYSCALLS_MAX; i++)
		if (calls->call[i] != NULL)
			list[n++] = calls->call[i];
	qsort(list, n, sizeof(struct call *), compare);
	return n;
}

static json_t *call_json(const struct call *call)
{
	json_t *object, *errors = json_object(), *arguments = json_array();
	char text[24];

	for (int i = 0; i < ERRNO_MAX; i++)
		if (call->by_errno[i] != 0) {
			const char *name = strerrorname_np(i);

			json_object_set_new(errors, name ? name : "unknown",
				json_integer((json_int_t)call->by_errno[i]));
		}
	for (int i = 0; i < 3; i++)
		json_array_append_new(arguments,
				      histogram_json(&call->argument[i]));
	object = json_pack("{s:s, s:i, s:I, s:I, s:o, s:o, s:o, s:o}",
			   "name", name_of_syscall(call->number, text),
			   "number", call->number,
			   "count", (json_int_t)call->latency.count,
			   "failed", (json_int_t)call->errors,
			   "latency_ns", histogram_json(&call->latency),
			   "results", histogram_json(&call->result),
			   "errors", errors, "arguments", arguments);
	return object;
}

static void print_results(const struct call *call)
{
	char text[24], number[16];

	printf("\n%s: results\n", name_of_syscall(call->number, text));
	if (call->result.count != 0)
		histogram_print(&call->result, "");
	for (int i = 0; i < ERRNO_MAX; i++)
		if (call->by_errno[i] != 0)
			printf("  -%s %s\n", strerrorname_np(i) ?: "?",
			       format_short(call->by_errno[i], number));
}

static void print(struct analysis *analysis, json_t *document)
{
	struct calls *calls = analysis->state;
	struct call *list[SYSCALLS_MAX];
	size_t n = sort(calls, list);
	char text[24];

	if (document != NULL) {
		json_t *array = json_array();

		for (size_t i = 0; i < n; i++)
			json_array_append_new(array, call_json(list[i]));
		json_object_set_new(document, "syscalls", array);
		json_object_set_new(document, "latency_ns",
				    histogram_json(&calls->all));
		return;
	}
	printf("%-24s %9s %9s %11s %11s %11s\n", "SYSCALL", "COUNT", "FAILED",
	       "TOTAL ms", "MEAN us", "MOST us");
	for (size_t i = 0; i < n; i++)
		printf("%-24.24s %9" PRIu64 " %9" PRIu64
		       " %11.3f %11.3f %11.3f\n",
		       name_of_syscall(list[i]->number, text),
		       list[i]->latency.count, list[i]->errors,
		       (double)list[i]->latency.sum / 1e6,
		       (double)list[i]->latency.sum /
			       (double)list[i]->latency.count / 1e3,
		       (double)list[i]->latency.max / 1e3);
	puts("\nAll: from entry to return");
	histogram_print(&calls->all, "ns");
	for (size_t i = 0; i < n && i < 3; i++)
		print_results(list[i]);
}

static void reset(struct analysis *analysis)
{
	struct calls *calls = analysis->state;

	for (size_t i = 0; i < SYSCALLS_MAX; i++)
		free(calls->call[i]);
	memset(calls, 0, sizeof(*calls));
}

int command_syscalls(const struct trace_options *options)
{
	static struct calls calls;
	struct analysis analysis = {
		.state = &calls,
		.span = on_span,
		.print = print,
		.reset = reset,
	};

	return trace_run(options, &analysis);
}
