// SPDX-License-Identifier: BSD-2-Clause
/* All that is known of one task. */
#include <config.h>

#include "ui.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS 40

static void details_counters(const struct top_task *task,
			     struct top_lines *lines)
{
	static const struct {
		const char *name;
		enum pip_table_counter counter;
	} names[] = {
		{ "spawns", PIP_COUNT_SPAWNS }, { "waits", PIP_COUNT_WAITS },
		{ "exports", PIP_COUNT_EXPORTS },
		{ "imports", PIP_COUNT_IMPORTS },
		{ "yields", PIP_COUNT_YIELDS },
		{ "switches", PIP_COUNT_SWITCHES },
		{ "couples", PIP_COUNT_COUPLES },
		{ "decouples", PIP_COUNT_DECOUPLES },
		{ "suspends", PIP_COUNT_SUSPENDS },
		{ "resumes", PIP_COUNT_RESUMES },
		{ "barrier waits", PIP_COUNT_BARRIER_WAITS },
		{ "lock waits", PIP_COUNT_LOCK_WAITS },
	};
	size_t i;

	lines_add(lines, COLOR_TITLE, "Counters");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i += 2)
		lines_add(lines, COLOR_TEXT, "  %-14s %12" PRIu64
			  "   %-14s %12" PRIu64, names[i].name,
			  task->task->entry.counters[names[i].counter],
			  names[i + 1].name,
			  task->task->entry.counters[names[i + 1].counter]);
}

static void details_columns(const struct top_task *task,
			    struct top_lines *lines)
{
	char text[TOP_CELL];
	unsigned i;

	lines_add(lines, COLOR_TITLE, "Now");
	for (i = 0; i + 1 < top_ncolumns; i++) {
		int pad;

		top_columns[i].text(text, task);
		pad = 16 - (int)pips_measure(text);
		lines_add(lines, COLOR_TEXT, "  %-9s %s%*s %s",
			  top_columns[i].header, text, pad > 0 ? pad : 0, "",
			  top_columns[i].help);
	}
}

static void details_maps(const struct top_task *task, struct top_lines *lines,
			 FILE *out)
{
	struct observer_ranges ranges = { 0 };
	int error = observer_read_ranges(task->program->root,
					 &task->program->observed, &ranges);
	size_t i;

	if (error)
		lines_add(lines, COLOR_BAD, "  %s", strerror(error));
	for (i = 0; i < ranges.count; i++)
		if (pips_owns(task->task, &ranges.range[i]))
			pips_print_range(out, &ranges.range[i]);
	observer_free_ranges(&ranges);
}

static void details_view(const struct top_task *task, struct top_lines *lines,
			 const struct pips_view *view)
{
	struct pips_row row = sample_row(task);
	size_t size, before = lines->count;
	char *text = NULL;
	int error = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		pips_fail("out of memory");
	lines_add(lines, COLOR_TITLE, "%c%s", view->name[0] - 'a' + 'A',
		  view->name + 1);
	if (view->print)
		error = view->print(out, &row);
	else
		details_maps(task, lines, out);
	if (fclose(out) != 0)
		pips_fail("out of memory");
	lines_add(lines, COLOR_LABEL, "%s", view->header);
	lines_add_text(lines, COLOR_TEXT, text);
	free(text);
	if (error)
		lines_add(lines, COLOR_WARN, "  not known: %s",
			  error == ENOENT ? "the task has not said where" :
			  observer_explain_error(error));
	else if (lines->count == before + 2)
		lines_add(lines, COLOR_DIM, "  none");
}

static void details_events(const struct top_task *task,
			   struct top_lines *lines)
{
	struct observer_recorder recorder;
	struct pip_record record[EVENTS];
	struct pip_ring head;
	uint64_t now = sample_clock();
	size_t count = 0, i;
	int error = observer_open_recorder(task->program->root, &recorder);

	lines_add(lines, COLOR_TITLE,
		  "Recent events of its kernel thread, newest first");
	if (!error)
		error = observer_read_ring(&recorder, task->slot, &head,
					   record, EVENTS, &count);
	if (error || recorder.mode == PIP_RECORDER_OFF) {
		lines_add(lines, COLOR_DIM, "  the flight recorder is %s%s",
			  error == ENOENT ? "not there" :
			  error ? "not known: " :
			  "off: start the program with PIP_TRACE=overwrite",
			  error && error != ENOENT ?
				  observer_explain_error(error) : "");
		return;
	}
	for (i = count; i > 0; i--) {
		const struct pip_record *r = &record[i - 1];
		uint64_t when = observer_record_time(&recorder, r->timestamp);
		const char *name = observer_name_event(r->event);

		lines_add(lines, COLOR_TEXT, "  %12.6f s ago  PIPID %5d  "
			  "%-14s other %5d  %#" PRIx64,
			  when < now ? (double)(now - when) / 1e9 : 0.0,
			  (int)r->pipid, name ? name : "?", (int)r->other,
			  r->argument);
	}
	if (!count)
		lines_add(lines, COLOR_DIM, "  none");
}

void details_fill(struct top *top, struct top_lines *lines)
{
	const struct top_task *task = sample_find(&top->sample,
						  &top->detailed);
	const struct pips_view *view;

	if (!task) {
		lines_add(lines, COLOR_WARN, "The %s has ended.",
			  top->detailed.tid ? "thread" : "task");
		return;
	}
	lines_add(lines, COLOR_TEXT, "%s", task->command);
	details_columns(task, lines);
	if (task->kind == PIPS_THREAD) {
		lines_add(lines, COLOR_DIM, "All else it shares with its "
			  "task.");
		return;
	}
	if (!task->task->torn)
		details_counters(task, lines);
	if (top->sample.replay) {
		lines_add(lines, COLOR_DIM, "A recording has no more of a "
			  "task than this.");
		return;
	}
	details_events(task, lines);
	for (view = pips_views; view->key; view++)
		details_view(task, lines, view);
}
