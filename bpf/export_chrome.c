// SPDX-License-Identifier: BSD-2-Clause
/*
 * chrome: the Trace Event Format, which Perfetto's viewer and chrome://tracing
 * open.  One track per kernel thread; on it, a slice for each context that it
 * runs, and in that its system calls.  Arrows show a couple, a decouple and
 * other moves between kernel threads.  A program's own begin and end are
 * asynchronous slices: they may last over many slices of a context.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "names.h"

struct chrome {
	bool more;         /* an event was written before */
	uint64_t arrows;   /* their numbers */
	int32_t *track;    /* kernel threads that have a name */
	size_t ntracks;
	/* Where a context ran last, for arrows: by PIPID + 1. */
	uint64_t *left;
	int32_t *left_tid;
	uint32_t ncontexts;
};

/* Microseconds, to the nanosecond; a double would lose them. */
static void put_time(struct export *export, const char *key, uint64_t ns)
{
	fprintf(export->file, ",\"%s\":%" PRIu64 ".%03u", key, ns / 1000,
		(unsigned)(ns % 1000));
}

static uint64_t since_begin(const struct export *export, uint64_t ns)
{
	return ns > export->begin ? ns - export->begin : 0;
}

static int root_of(const struct export *export)
{
	return trace_file_header(export->analysis->file)->root_pid;
}

static void put_head(struct export *export, const char *phase, int tid)
{
	struct chrome *chrome = export->state;

	fprintf(export->file, "%s\n{\"ph\":\"%s\",\"pid\":%d,\"tid\":%d",
		chrome->more ? "," : "", phase, root_of(export), tid);
	chrome->more = true;
}

static void put_metadata(struct export *export, const char *what, int tid,
			 const char *name)
{
	put_head(export, "M", tid);
	fprintf(export->file, ",\"name\":\"%s\",\"args\":{\"name\":", what);
	export_put_string(export->file, name);
	fputs("}}", export->file);
}

static void name_track(struct export *export, int32_t tid, int32_t owner)
{
	struct chrome *chrome = export->state;
	char text[64], name[TRACE_NAME_MAX];

	for (size_t i = 0; i < chrome->ntracks; i++)
		if (chrome->track[i] == tid)
			return;
	chrome->track = reallocarray(chrome->track, chrome->ntracks + 1,
				     sizeof(*chrome->track));
	if (chrome->track == NULL)
		trace_fail("out of memory");
	chrome->track[chrome->ntracks++] = tid;
	snprintf(text, sizeof(text), "kernel thread of %s",
		 trace_name(owner, name));
	put_metadata(export, "thread_name", tid, text);
}

static void chrome_begin(struct export *export)
{
	struct chrome *chrome = calloc(1, sizeof(*chrome));
	char text[64];

	if (chrome == NULL)
		trace_fail("out of memory");
	chrome->ncontexts = trace_file_header(export->analysis->file)->nkernel;
	chrome->left = calloc(chrome->ncontexts + 1, sizeof(*chrome->left));
	chrome->left_tid = calloc(chrome->ncontexts + 1,
				  sizeof(*chrome->left_tid));
	if (chrome->left == NULL || chrome->left_tid == NULL)
		trace_fail("out of memory");
	export->state = chrome;
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", export->file);
	snprintf(text, sizeof(text), "PiP program %d", root_of(export));
	put_metadata(export, "process_name", root_of(export), text);
}

static void put_arrow(struct export *export, const char *phase, int tid,
		      uint64_t ns, uint64_t id)
{
	put_head(export, phase, tid);
	put_time(export, "ts", since_begin(export, ns));
	fprintf(export->file, ",\"id\":%" PRIu64 ",\"cat\":\"move\","
		"\"name\":\"move\"%s}", id,
		*phase == 'f' ? ",\"bp\":\"e\"" : "");
}

/* From where it ran last to here. */
static void put_move(struct export *export, const struct model_span *span)
{
	struct chrome *chrome = export->state;
	uint32_t i = span->pipid == TRACE_PIPID_ROOT ?
			     0 : (uint32_t)span->pipid + 1;

	if (i >= chrome->ncontexts)
		return;
	if (chrome->left_tid[i] != 0 && chrome->left_tid[i] != span->tid) {
		chrome->arrows++;
		put_arrow(export, "s", chrome->left_tid[i], chrome->left[i],
			  chrome->arrows);
		put_arrow(export, "f", span->tid, span->begin,
			  chrome->arrows);
	}
	chrome->left_tid[i] = span->tid;
	/* Inside of the slice, or the arrow would hang in the air. */
	chrome->left[i] = span->end > span->begin ? span->end - 1 : span->end;
}

static void put_slice(struct export *export, const struct model_span *span,
		      const char *category, const char *label)
{
	name_track(export, span->tid, span->owner);
	put_head(export, "X", span->tid);
	put_time(export, "ts", since_begin(export, span->begin));
	put_time(export, "dur", span->end - span->begin);
	fprintf(export->file, ",\"cat\":\"%s\",\"name\":", category);
	export_put_string(export->file, label);
}

static void put_run(struct export *export, const struct model_span *span)
{
	char label[96], name[TRACE_NAME_MAX];
	const char *program = trace_file_program(export->analysis->file,
						 span->pipid);

	snprintf(label, sizeof(label), "%s%s%.64s",
		 trace_name(span->pipid, name), *program ? " " : "", program);
	put_slice(export, span, "context", label);
	fputc('}', export->file);
	put_move(export, span);
}

static void put_call(struct export *export, const struct model_span *span)
{
	char text[24], name[TRACE_NAME_MAX];

	put_slice(export, span, "syscall",
		  name_of_syscall(span->number, text));
	fprintf(export->file, ",\"args\":{\"task\":\"%s\",\"result\":%" PRId64
		"}}", trace_name(span->pipid, name), span->result);
}

static const char *user_name(const struct export *export, int id, char *text,
			     size_t size)
{
	const char *name = trace_file_user_name(export->analysis->file,
						(uint32_t)id);

	if (name != NULL && *name != '\0')
		return name;
	snprintf(text, size, "event %u", (uint32_t)id);
	return text;
}

static void put_async(struct export *export, const struct model_span *span,
		      const char *label)
{
	static const char *const phases[] = { "b", "e" };

	for (int i = 0; i < 2; i++) {
		put_head(export, phases[i], span->tid);
		put_time(export, "ts", since_begin(export, i == 0 ?
						   span->begin : span->end));
		fprintf(export->file, ",\"cat\":\"%s\",\"id\":\"%d\","
			"\"name\":", model_span_name(span->kind), span->pipid);
		export_put_string(export->file, label);
		fputc('}', export->file);
	}
}

static void chrome_span(struct export *export, const struct model_span *span)
{
	char text[32];

	if (span->kind == SPAN_RUN && span->pipid != TRACE_PIPID_IDLE)
		put_run(export, span);
	else if (span->kind == SPAN_SYSCALL)
		put_call(export, span);
	else if (span->kind == SPAN_USER)
		put_async(export, span, user_name(export, span->number, text,
						  sizeof(text)));
	else if (span->kind >= SPAN_COUPLE && span->kind <= SPAN_IMPORT)
		put_async(export, span, model_span_name(span->kind));
}

static void chrome_event(struct export *export,
			 const struct trace_event *event)
{
	char text[32];

	if (event->kernel)
		return;
	if (event->event == PIP_EVENT_COUNTER) {
		put_head(export, "C", event->tid);
		put_time(export, "ts", since_begin(export, event->ns));
		fputs(",\"name\":", export->file);
		export_put_string(export->file, user_name(
			export, event->other, text, sizeof(text)));
		fprintf(export->file, ",\"args\":{\"value\":%" PRIu64 "}}",
			event->argument[0]);
	} else if (event->event == PIP_EVENT_MARK ||
		   event->event == TRACE_EVENT_LOST ||
		   event->event == PIP_EVENT_SIGNAL ||
		   event->event == PIP_EVENT_EXCEPTION) {
		put_head(export, "i", event->tid);
		put_time(export, "ts", since_begin(export, event->ns));
		fputs(",\"s\":\"t\",\"name\":", export->file);
		export_put_string(export->file,
				  event->event == PIP_EVENT_MARK ?
					  user_name(export, event->other, text,
						    sizeof(text)) :
					  name_of_event(event));
		fprintf(export->file, ",\"args\":{\"value\":%" PRIu64 "}}",
			event->argument[0]);
	}
}

static void chrome_end(struct export *export)
{
	struct chrome *chrome = export->state;
	bool complete;
	const struct trace_end *end = trace_file_end(export->analysis->file,
						     &complete);

	fprintf(export->file, "],\n\"otherData\":{\"version\":\"1\","
		"\"begin_ns\":\"%" PRIu64 "\",\"lost\":\"%" PRIu64
		"\",\"kernel_lost\":\"%" PRIu64 "\"}}\n", export->begin,
		end->lost + end->stopped, end->kernel_lost);
	free(chrome->track);
	free(chrome->left);
	free(chrome->left_tid);
	free(chrome);
}

const struct export_format export_chrome = {
	.name = "chrome",
	.begin = chrome_begin,
	.event = chrome_event,
	.span = chrome_span,
	.end = chrome_end,
};
