// SPDX-License-Identifier: BSD-2-Clause
/* runqlat, offcpu and ulp: histograms of how long states last. */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "totals.h"

struct wanted {
	const char *title;
	const char *name; /* in JSON */
	enum span_kind kind;
};

struct latency {
	struct totals totals;
	struct histogram histogram[SPAN_MAX];
	const struct wanted *wanted;
	size_t nwanted;
	enum { COLUMNS_NONE, COLUMNS_OFF, COLUMNS_ULP } columns;
};

static void on_event(struct analysis *analysis,
		     const struct trace_event *event)
{
	struct latency *latency = analysis->state;

	totals_put_event(&latency->totals, analysis, event);
}

static void on_span(struct analysis *analysis, const struct model_span *span)
{
	struct latency *latency = analysis->state;

	totals_put_span(&latency->totals, span);
	/* How long a span is that goes on is not known. */
	if (!span->open && !span->cut && span->pipid != TRACE_PIPID_IDLE)
		histogram_add(&latency->histogram[span->kind], span->whole);
}

static void print_off(const struct analysis *analysis,
		      const struct totals *totals)
{
	char name[TRACE_NAME_MAX];

	printf("%-5s %-15s %12s %12s %14s %14s\n", "TASK", "PROGRAM",
	       "SUSPENDED ms", "longest ms", "KERNEL WAIT ms", "longest ms");
	for (size_t i = 0; i < totals->ncontexts; i++) {
		const struct total *total = &totals->context[i];

		printf("%-5s %-15.15s %12.3f %12.3f %14.3f %14.3f\n",
		       trace_name(total->id, name),
		       trace_file_program(analysis->file, total->id),
		       (double)total->ns[SPAN_SUSPENDED] / 1e6,
		       (double)total->max[SPAN_SUSPENDED] / 1e6,
		       (double)total->ns[SPAN_SLEEP] / 1e6,
		       (double)total->max[SPAN_SLEEP] / 1e6);
	}
}

static void print_ulp(const struct analysis *analysis,
		      const struct totals *totals)
{
	char name[TRACE_NAME_MAX], n[6][16];

	printf("%-5s %-15s %8s %8s %8s %8s %8s %8s\n", "TASK", "PROGRAM",
	       "SWITCHES", "COUPLES", "DECOUPL", "SUSPENDS", "MOVES", "RUN ms");
	for (size_t i = 0; i < totals->ncontexts; i++) {
		const struct total *total = &totals->context[i];

		printf("%-5s %-15.15s %8s %8s %8s %8s %8s %8.2f\n",
		       trace_name(total->id, name),
		       trace_file_program(analysis->file, total->id),
		       format_short(total->switches, n[0]),
		       format_short(total->count[SPAN_COUPLE], n[1]),
		       format_short(total->count[SPAN_DECOUPLE], n[2]),
		       format_short(total->count[SPAN_SUSPENDED], n[3]),
		       format_short(total->migrations, n[4]),
		       (double)total->ns[SPAN_RUN] / 1e6);
	}
}

static json_t *tasks_json(const struct latency *latency)
{
	json_t *list = json_array();
	char name[TRACE_NAME_MAX];

	for (size_t i = 0; i < latency->totals.ncontexts; i++) {
		const struct total *total = &latency->totals.context[i];
		json_t *task = json_pack("{s:s, s:I, s:I}", "task",
					 trace_name(total->id, name),
					 "switches",
					 (json_int_t)total->switches,
					 "migrations",
					 (json_int_t)total->migrations);

		for (size_t j = 0; j < latency->nwanted; j++) {
			enum span_kind kind = latency->wanted[j].kind;

			json_object_set_new(task, latency->wanted[j].name,
				json_pack("{s:I, s:I, s:I}",
					  "count",
					  (json_int_t)total->count[kind],
					  "ns", (json_int_t)total->ns[kind],
					  "max_ns",
					  (json_int_t)total->max[kind]));
		}
		json_array_append_new(list, task);
	}
	return list;
}

static void print(struct analysis *analysis, json_t *document)
{
	struct latency *latency = analysis->state;

	if (document != NULL) {
		for (size_t i = 0; i < latency->nwanted; i++)
			json_object_set_new(
				document, latency->wanted[i].name,
				histogram_json(&latency->histogram[
					latency->wanted[i].kind]));
		json_object_set_new(document, "tasks", tasks_json(latency));
		return;
	}
	if (latency->columns == COLUMNS_OFF)
		print_off(analysis, &latency->totals);
	else if (latency->columns == COLUMNS_ULP)
		print_ulp(analysis, &latency->totals);
	for (size_t i = 0; i < latency->nwanted; i++) {
		printf("%s%s\n", i != 0 || latency->columns ? "\n" : "",
		       latency->wanted[i].title);
		histogram_print(&latency->histogram[latency->wanted[i].kind],
				"ns");
	}
}

static void reset(struct analysis *analysis)
{
	struct latency *latency = analysis->state;

	totals_clear(&latency->totals);
	memset(latency->histogram, 0, sizeof(latency->histogram));
}

static int run(const struct trace_options *options,
	       const struct wanted *wanted, size_t nwanted, int columns)
{
	static struct latency latency;
	struct analysis analysis = {
		.state = &latency,
		.event = on_event,
		.span = on_span,
		.print = print,
		.reset = reset,
	};

	latency.wanted = wanted;
	latency.nwanted = nwanted;
	latency.columns = columns;
	return trace_run(options, &analysis);
}

int command_runqlat(const struct trace_options *options)
{
	static const struct wanted wanted[] = {
		{ "Contexts: ready, until they run", "ready", SPAN_READY },
		{ "Kernel threads: runnable, until they have a CPU",
		  "runnable", SPAN_RUNNABLE },
	};

	return run(options, wanted, 2, COLUMNS_NONE);
}

int command_offcpu(const struct trace_options *options)
{
	static const struct wanted wanted[] = {
		{ "Contexts: suspended, until they are resumed", "suspended",
		  SPAN_SUSPENDED },
		{ "Kernel threads with a context: asleep, until woken up",
		  "sleep", SPAN_SLEEP },
	};

	return run(options, wanted, 2, COLUMNS_OFF);
}

int command_ulp(const struct trace_options *options)
{
	static const struct wanted wanted[] = {
		{ "Time between two switches of a kernel thread", "run",
		  SPAN_RUN },
		{ "pip_couple(), from call to return", "couple", SPAN_COUPLE },
		{ "pip_decouple(), from call to return", "decouple",
		  SPAN_DECOUPLE },
		{ "Waiting at barriers", "barrier", SPAN_BARRIER },
		{ "Waiting for mutexes", "mutex", SPAN_MUTEX },
	};

	return run(options, wanted, 5, COLUMNS_ULP);
}
