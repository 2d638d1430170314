// SPDX-License-Identifier: BSD-2-Clause
/* csv and json: the events themselves.  folded: sums, as for flame graphs. */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "names.h"
#include "totals.h"

/* Of enum pip_table_counter; what the runtime itself has counted. */
static const char *const counters[] = {
	"spawns", "waits", "exports", "imports", "yields", "switches",
	"couples", "decouples", "suspends", "resumes", "barrier_waits",
	"lock_waits",
};
#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

static void csv_begin(struct export *export)
{
	fputs("time_ns,source,event,task,tid,pid,cpu,other,argument0,"
	      "argument1,argument2\n", export->file);
}

static void csv_event(struct export *export, const struct trace_event *event)
{
	char name[TRACE_NAME_MAX];

	trace_name(model_event_context(export->analysis->model, event), name);
	fprintf(export->file, "%" PRIu64 ",%s,%s,%s,%d,%d,%d,%d,%" PRIu64
		",%" PRIu64 ",%" PRIu64 "\n", event->ns,
		event->kernel ? "kernel" : "recorder", name_of_event(event),
		name, event->tid, event->pid, event->kernel ? event->cpu : -1,
		event->other, event->argument[0], event->argument[1],
		event->argument[2]);
}

const struct export_format export_csv = {
	.name = "csv",
	.begin = csv_begin,
	.event = csv_event,
};

static void json_begin(struct export *export)
{
	const struct trace_file *file = export->analysis->file;
	const struct trace_task *task;
	char name[TRACE_NAME_MAX];
	size_t count;

	fprintf(export->file, "{\"version\":1,\"command\":\"export\","
		"\"root_pid\":%d,\"tasks\":[",
		trace_file_header(file)->root_pid);
	task = trace_file_tasks(file, &count);
	for (size_t i = 0; i < count; i++) {
		fprintf(export->file, "%s\n{\"task\":\"%s\",\"pid\":%d,"
			"\"tid\":%d,\"program\":", i == 0 ? "" : ",",
			trace_name(task[i].pipid, name), task[i].pid,
			task[i].tid);
		export_put_string(export->file, task[i].program);
		fputs(",\"counters\":{", export->file);
		for (size_t j = 0; j < COUNTERS; j++)
			fprintf(export->file, "%s\"%s\":%" PRIu64,
				j == 0 ? "" : ",", counters[j],
				task[i].counters[j]);
		fputs("}}", export->file);
	}
	fputs("],\"events\":[", export->file);
	export->state = NULL;
}

static void json_event(struct export *export, const struct trace_event *event)
{
	char name[TRACE_NAME_MAX];

	trace_name(model_event_context(export->analysis->model, event), name);
	fprintf(export->file, "%s\n{\"ns\":%" PRIu64 ",\"source\":\"%s\","
		"\"event\":\"%s\",\"task\":\"%s\",\"tid\":%d,\"other\":%d,"
		"\"arguments\":[%" PRIu64, export->state == NULL ? "" : ",",
		event->ns, event->kernel ? "kernel" : "recorder",
		name_of_event(event), name, event->tid, event->other,
		event->argument[0]);
	if (event->kernel)
		fprintf(export->file, ",%" PRIu64 ",%" PRIu64 "],\"pid\":%d,"
			"\"cpu\":%d}", event->argument[1], event->argument[2],
			event->pid, event->cpu);
	else
		fputs("]}", export->file);
	export->state = export;
}

static void json_end(struct export *export)
{
	bool complete;
	const struct trace_end *end = trace_file_end(export->analysis->file,
						     &complete);

	fprintf(export->file, "],\n\"lost\":{\"recorder\":%" PRIu64
		",\"stopped\":%" PRIu64 ",\"kernel\":%" PRIu64 "}}\n",
		end->lost, end->stopped, end->kernel_lost);
}

const struct export_format export_json = {
	.name = "json",
	.begin = json_begin,
	.event = json_event,
	.end = json_end,
};

/* --- folded: "program;T3;ready 123", in microseconds --- */

static struct totals totals;

static void folded_begin(struct export *export)
{
	(void)export;
}

static void folded_span(struct export *export, const struct model_span *span)
{
	(void)export;
	totals_put_span(&totals, span);
}

/* A name must not have what separates. */
static void put_frame(FILE *file, const char *text)
{
	for (; *text != '\0'; text++)
		putc(*text == ';' || (unsigned char)*text <= ' ' ? '_' : *text,
		     file);
}

static void folded_end(struct export *export)
{
	static const struct {
		enum span_kind kind;
		const char *frames;
	} kinds[] = {
		{ SPAN_READY, "ready" },
		{ SPAN_SUSPENDED, "suspended" },
		{ SPAN_CPU, "run;cpu" },
		{ SPAN_RUNNABLE, "run;kernel-delay" },
		{ SPAN_SLEEP, "run;kernel-wait" },
	};
	char name[TRACE_NAME_MAX];

	for (size_t i = 0; i < totals.ncontexts; i++) {
		const struct total *total = &totals.context[i];
		bool kernel = total->ns[SPAN_CPU] != 0;

		for (size_t j = 0; j < 5; j++) {
			uint64_t us = total->ns[kinds[j].kind] / 1000;

			if (us == 0)
				continue;
			put_frame(export->file, trace_file_program(
				export->analysis->file, total->id));
			fprintf(export->file, ";%s;%s %" PRIu64 "\n",
				trace_name(total->id, name), kinds[j].frames,
				us);
		}
		if (!kernel && total->ns[SPAN_RUN] >= 1000) {
			put_frame(export->file, trace_file_program(
				export->analysis->file, total->id));
			fprintf(export->file, ";%s;run %" PRIu64 "\n",
				trace_name(total->id, name),
				total->ns[SPAN_RUN] / 1000);
		}
	}
	totals_clear(&totals);
}

const struct export_format export_folded = {
	.name = "folded",
	.begin = folded_begin,
	.span = folded_span,
	.end = folded_end,
};
