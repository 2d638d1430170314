// SPDX-License-Identifier: BSD-2-Clause
/* report: what each task and each kernel thread did with its time. */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>

#include "histogram.h"
#include "totals.h"

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

/* In microseconds; of none, 0. */
static double mean(const struct total *total, enum span_kind kind)
{
	return total->count[kind] == 0 ? 0 :
	       (double)total->ns[kind] / (double)total->count[kind] / 1e3;
}

static void print_contexts(const struct analysis *analysis,
			   const struct totals *totals)
{
	char name[TRACE_NAME_MAX], number[2][16];

	printf("%-5s %-11s %8s %9s %9s %9s %5s %7s %7s\n", "TASK", "PROGRAM",
	       "SWITCHES", "RUN ms", "READY ms", "SUSP ms", "COUP", "CPL us",
	       "DEC us");
	for (size_t i = 0; i < totals->ncontexts; i++) {
		const struct total *total = &totals->context[i];

		printf("%-5s %-11.11s %8s %9.2f %9.2f %9.2f %5s %7.1f %7.1f\n",
		       trace_name(total->id, name),
		       trace_file_program(analysis->file, total->id),
		       format_short(total->switches, number[0]),
		       ms(total->ns[SPAN_RUN]), ms(total->ns[SPAN_READY]),
		       ms(total->ns[SPAN_SUSPENDED]),
		       format_short(total->count[SPAN_COUPLE], number[1]),
		       mean(total, SPAN_COUPLE), mean(total, SPAN_DECOUPLE));
	}
}

static void print_kernel(const struct totals *totals)
{
	char name[TRACE_NAME_MAX], number[6][16];

	printf("\n%-5s %9s %9s %9s %9s %7s %6s %5s %5s %5s\n", "TASK",
	       "SWITCHES", "CPU ms", "DELAY ms", "WAIT ms", "CALLS", "FAULTS",
	       "MAJOR", "SIGS", "MOVES");
	for (size_t i = 0; i < totals->ncontexts; i++) {
		const struct total *total = &totals->context[i];

		printf("%-5s %9s %9.2f %9.2f %9.2f %7s %6s %5s %5s %5s\n",
		       trace_name(total->id, name),
		       format_short(total->kernel_switches, number[0]),
		       ms(total->ns[SPAN_CPU]), ms(total->ns[SPAN_RUNNABLE]),
		       ms(total->ns[SPAN_SLEEP]),
		       format_short(total->count[SPAN_SYSCALL], number[1]),
		       format_short(total->faults, number[2]),
		       format_short(total->major, number[3]),
		       format_short(total->signals, number[4]),
		       format_short(total->migrations, number[5]));
	}
}

static void print_exceptions(const struct totals *totals)
{
	char name[TRACE_NAME_MAX];

	if (totals->all.exceptions == 0)
		return;
	printf("\nended by a signal:");
	for (size_t i = 0; i < totals->ncontexts; i++)
		if (totals->context[i].exceptions != 0)
			printf(" %s", trace_name(totals->context[i].id, name));
	putchar('\n');
}

static void print_threads(const struct totals *totals)
{
	char name[TRACE_NAME_MAX], number[3][16];

	printf("\n%-8s %-5s %9s %9s %9s %9s %9s %9s\n", "THREAD", "OWNER",
	       "USER SW", "KERNEL SW", "IDLE ms", "CPU ms", "DELAY ms",
	       "WAIT ms");
	for (size_t i = 0; i < totals->nthreads; i++) {
		const struct total *total = &totals->thread[i];

		printf("%-8d %-5s %9s %9s %9.2f %9.2f %9.2f %9.2f\n",
		       (int)total->id, trace_name(total->owner, name),
		       format_short(total->switches, number[0]),
		       format_short(total->kernel_switches, number[1]),
		       ms(total->idle_ns), ms(total->ns[SPAN_CPU]),
		       ms(total->ns[SPAN_RUNNABLE]),
		       ms(total->ns[SPAN_SLEEP]));
	}
}

static json_t *total_json(const struct analysis *analysis,
			  const struct total *total, bool thread)
{
	char name[TRACE_NAME_MAX];
	json_t *object = json_object(), *spans = json_object();

	if (thread) {
		json_object_set_new(object, "tid", json_integer(total->id));
		json_object_set_new(object, "owner", json_string(
			trace_name(total->owner, name)));
		json_object_set_new(object, "idle_ns", json_integer(
			(json_int_t)total->idle_ns));
	} else {
		json_object_set_new(object, "task", json_string(
			trace_name(total->id, name)));
		json_object_set_new(object, "program", json_string(
			trace_file_program(analysis->file, total->id)));
		json_object_set_new(object, "migrations", json_integer(
			(json_int_t)total->migrations));
	}
	for (int i = 0; i < SPAN_MAX; i++)
		json_object_set_new(spans, model_span_name(i), json_pack(
			"{s:I, s:I, s:I}",
			"count", (json_int_t)total->count[i],
			"ns", (json_int_t)total->ns[i],
			"max_ns", (json_int_t)total->max[i]));
	json_object_update_new(object, json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
		"events", (json_int_t)total->events,
		"switches", (json_int_t)total->switches,
		"kernel_switches", (json_int_t)total->kernel_switches,
		"wakeups", (json_int_t)total->wakeups,
		"faults", (json_int_t)total->faults,
		"major_faults", (json_int_t)total->major,
		"signals", (json_int_t)total->signals,
		"exceptions", (json_int_t)total->exceptions, "spans", spans));
	return object;
}

static json_t *totals_json(const struct analysis *analysis,
			   const struct total *list, size_t count, bool thread)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, total_json(analysis, &list[i],
							thread));
	return array;
}

static void print(struct analysis *analysis, json_t *document)
{
	const struct totals *totals = analysis->state;

	if (document != NULL) {
		json_object_set_new(document, "tasks", totals_json(
			analysis, totals->context, totals->ncontexts, false));
		json_object_set_new(document, "threads", totals_json(
			analysis, totals->thread, totals->nthreads, true));
		return;
	}
	printf("%.6f s, %" PRIu64 " events: %" PRIu64 " switches at user "
	       "level, %" PRIu64 " in the kernel\n\n",
	       (double)(analysis->end - analysis->begin) / 1e9,
	       analysis->events, totals->all.switches,
	       totals->all.kernel_switches);
	print_contexts(analysis, totals);
	if (trace_file_header(analysis->file)->flags & TRACE_FLAG_KERNEL)
		print_kernel(totals);
	print_exceptions(totals);
	print_threads(totals);
}

static void on_event(struct analysis *analysis,
		     const struct trace_event *event)
{
	totals_put_event(analysis->state, analysis, event);
}

static void on_span(struct analysis *analysis, const struct model_span *span)
{
	totals_put_span(analysis->state, span);
}

static void reset(struct analysis *analysis)
{
	totals_clear(analysis->state);
}

int command_report(const struct trace_options *options)
{
	struct totals totals = { 0 };
	struct analysis analysis = {
		.state = &totals,
		.event = on_event,
		.span = on_span,
		.print = print,
		.reset = reset,
	};

	return trace_run(options, &analysis);
}

static void print_line(struct analysis *analysis, json_t *document)
{
	static unsigned lines;
	const struct totals *totals = analysis->state;
	const struct total *all = &totals->all;
	double seconds = (double)(analysis->end - analysis->begin) / 1e9;
	char n[6][16];

	if (document != NULL) {
		json_object_set_new(document, "total",
				    total_json(analysis, all, true));
		json_object_set_new(document, "tasks", totals_json(
			analysis, totals->context, totals->ncontexts, false));
		return;
	}
	if (lines++ % 20 == 0)
		printf("%8s %6s %6s %6s %6s %6s %6s %8s %8s %8s\n", "SECONDS",
		       "EVENTS", "USW/s", "KSW/s", "CALL/s", "FLT/s", "COUPLE",
		       "CPU %", "READY us", "DELAY us");
	if (seconds <= 0)
		seconds = 1e-9;
	printf("%8.3f %6s %6s %6s %6s %6s %6s %8.1f %8.1f %8.1f\n", seconds,
	       format_short(analysis->events, n[0]),
	       format_short((uint64_t)((double)all->switches / seconds), n[1]),
	       format_short((uint64_t)((double)all->kernel_switches / seconds),
			    n[2]),
	       format_short((uint64_t)((double)all->count[SPAN_SYSCALL] /
				       seconds), n[3]),
	       format_short((uint64_t)((double)all->faults / seconds), n[4]),
	       format_short(all->count[SPAN_COUPLE], n[5]),
	       (double)all->ns[SPAN_CPU] / seconds / 1e7,
	       mean(all, SPAN_READY), mean(all, SPAN_RUNNABLE));
}

int command_summary(const struct trace_options *options)
{
	struct totals totals = { 0 };
	struct analysis analysis = {
		.state = &totals,
		.event = on_event,
		.span = on_span,
		.print = print_line,
		.reset = reset,
	};

	return trace_run(options, &analysis);
}
