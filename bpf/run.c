// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where the events of an analysis come from: a file, or a recording that goes
 * on, of which each interval is a file of its own that has no name.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "all.h"
#include "losses.h"
#include "model.h"
#include "trace.h"

#define JSON_SCHEMA_VERSION 1
#define REPORTS_MAX 10000 /* of a file, unless it is said how many */

struct run {
	const struct trace_options *options;
	struct analysis *analysis;
	struct model *model;
	uint64_t next;        /* when the next report is due; 0 = at the end */
	unsigned long printed;
	bool partial;         /* this report is not the file's last */
	struct trace_end sum; /* of what the files of a recording have lost */
};

static void on_span(void *argument, const struct model_span *span)
{
	struct analysis *analysis = argument;

	if (analysis->span != NULL)
		analysis->span(analysis, span);
}

static json_t *make_document(const struct run *run,
			     const struct trace_end *end, bool complete)
{
	const struct analysis *analysis = run->analysis;

	return json_pack("{s:i, s:s, s:i, s:I, s:I, s:I, s:b,"
			 " s:{s:I, s:I, s:I, s:b}}",
			 "version", JSON_SCHEMA_VERSION,
			 "command", run->options->command->name,
			 "root_pid", trace_file_header(analysis->file)->root_pid,
			 "begin_ns", (json_int_t)analysis->begin,
			 "end_ns", (json_int_t)analysis->end,
			 "events", (json_int_t)analysis->events,
			 "complete", complete,
			 "lost", "recorder", (json_int_t)end->lost,
			 "stopped", (json_int_t)end->stopped,
			 "kernel", (json_int_t)end->kernel_lost,
			 "tail_unknown", end->tail_unknown != 0);
}

static void add_overhead(json_t *document, const struct trace_end *end)
{
	json_object_set_new(document, "overhead",
			    json_pack("{s:f, s:I}", "event_ns",
				      (double)end->event_ps / 1e3,
				      "bpf_ns",
				      (json_int_t)end->kernel_run_ns));
}

static void print_report(struct run *run, uint64_t ns)
{
	struct analysis *analysis = run->analysis;
	const struct trace_end *end;
	json_t *document = NULL;
	bool complete;

	end = trace_file_end(analysis->file, &complete);
	model_cut(run->model, ns);
	analysis->end = ns;
	if (run->options->json) {
		document = make_document(run, end, complete);
		if (document == NULL)
			trace_fail("out of memory");
		if (run->options->overhead)
			add_overhead(document, end);
	}
	if (analysis->print != NULL)
		analysis->print(analysis, document);
	if (document != NULL) {
		json_dumpf(document, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(document);
	} else if (!run->partial && !run->options->quiet) {
		/* With intervals, the sum comes at the end. */
		losses_print(stdout, end, run->options->interval == 0);
		if (run->options->overhead)
			overhead_print(stdout, end);
	}
	fflush(stdout);
	if (++run->printed == REPORTS_MAX && run->partial &&
	    run->options->count == 0)
		trace_fail("%s: more than %d intervals; give a longer one, or "
			   "a count", run->options->input, REPORTS_MAX);
	analysis->begin = ns;
	analysis->events = 0;
	if (analysis->reset != NULL)
		analysis->reset(analysis);
}

static bool is_enough(const struct run *run)
{
	return run->options->count != 0 &&
	       run->printed >= run->options->count;
}

static uint64_t interval_ns(const struct trace_options *options)
{
	return (uint64_t)(options->interval * 1e9);
}

/* All events of a file; with intervals, if it is the only one. */
static void feed(struct run *run, struct trace_file *file, bool intervals)
{
	struct analysis *analysis = run->analysis;
	const struct trace_end *end;
	struct trace_event event;
	uint64_t step = interval_ns(run->options), last = 0;
	bool complete, first = run->model == NULL, more;
	const struct trace_task *tasks;
	size_t ntasks;

	analysis->file = file;
	end = trace_file_end(file, &complete);
	more = trace_file_next(file, &event);
	if (first) {
		uint64_t started = trace_file_header(file)->started_ns;

		analysis->begin = more && event.ns < started ? event.ns :
							       started;
		run->model = model_new(trace_file_header(file)->nkernel,
				       analysis->begin, on_span, analysis);
		tasks = trace_file_first_tasks(file, &ntasks);
		model_put_tasks(run->model, tasks, ntasks,
				analysis->begin == started ? started : 0);
		if (intervals)
			run->next = analysis->begin + step;
	}
	analysis->model = run->model;
	tasks = trace_file_tasks(file, &ntasks);
	model_put_tasks(run->model, tasks, ntasks, 0);
	if (analysis->start != NULL)
		analysis->start(analysis, analysis->begin, end->ns);
	for (; more && !is_enough(run);
	     more = trace_file_next(file, &event)) {
		run->partial = true;
		if (intervals && event.ns - analysis->begin > 1000 * step &&
		    event.ns > run->next) {
			/* A hole: no report for each of its intervals. */
			print_report(run, run->next);
			run->next = event.ns - step;
		}
		while (intervals && event.ns >= run->next && !is_enough(run)) {
			print_report(run, run->next);
			run->next += step;
		}
		if (is_enough(run))
			break;
		analysis->events++;
		model_put(run->model, &event);
		if (analysis->event != NULL)
			analysis->event(analysis, &event);
		last = event.ns;
	}
	run->partial = false;
	if (complete && end->ns > last)
		last = end->ns;
	if (last < analysis->begin)
		last = analysis->begin;
	if (!is_enough(run))
		print_report(run, last);
}

/* A file that goes away by itself. */
static int open_nameless(void)
{
	const char *directory = getenv("TMPDIR");
	char name[4096];
	int fd;

	if (directory == NULL || *directory == '\0')
		directory = "/tmp";
	fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	if (snprintf(name, sizeof(name), "%s/pip-trace.XXXXXX", directory) <
	    (int)sizeof(name)) {
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			unlink(name);
	}
	if (fd < 0)
		trace_fail("%s: %s", directory, strerror(errno));
	return fd;
}

static void add_losses(struct run *run, const struct trace_end *end)
{
	run->sum.lost += end->lost;
	run->sum.stopped += end->stopped;
	run->sum.kernel_lost += end->kernel_lost;
}

static int run_live(struct run *run)
{
	const struct trace_options *options = run->options;
	struct trace_session *session;
	uint64_t step = interval_ns(options), next;
	struct trace_file *file;
	struct trace_end end;
	int status, fd;

	session = session_open(options, &status);
	if (session == NULL)
		return status;
	next = trace_now();
	do {
		next += step;
		fd = open_nameless();
		session_record(session, fd, "temporary file",
			       step != 0 ? next : 0, &end);
		file = trace_file_open(fd, "temporary file");
		if (file == NULL)
			trace_fail("cannot read what was recorded");
		add_losses(run, &end);
		all_begin_report(options);
		feed(run, file, false);
		all_end_report(options);
		trace_file_close(file);
	} while (step != 0 && !is_enough(run) && !session_has_ended(session));
	/* CMD's exit status is not that of the analysis. */
	(void)session_close(session);
	return TRACE_DONE;
}

int trace_run(const struct trace_options *options, struct analysis *analysis)
{
	struct run run = { .options = options, .analysis = analysis };
	struct trace_file *file;
	int status = TRACE_DONE;
	bool complete;

	analysis->options = options;
	if (options->input == NULL) {
		status = run_live(&run);
	} else {
		file = trace_file_open(-1, options->input);
		if (file == NULL)
			return TRACE_ERROR;
		add_losses(&run, trace_file_end(file, &complete));
		feed(&run, file, options->interval != 0);
		trace_file_close(file);
	}
	if (options->interval != 0 && run.printed != 0 && !options->json &&
	    !options->quiet)
		losses_print(stdout, &run.sum, true);
	model_free(run.model);
	return status;
}
