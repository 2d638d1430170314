// SPDX-License-Identifier: BSD-2-Clause
/*
 * The screen of switches: from the flight recorder, which context each kernel
 * thread ran in the last moments; a column of characters is a slice of time.
 */
#include <config.h>

#include "ui.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 1024 /* of each ring that are looked at */
#define RINGS_MAX 256 /* that are shown */
#define WINDOW_MOST 50000000u /* ns; if it is not set */
#define LANE_MAX 512
#define PIPID_NULL (-751) /* PIP_PIPID_NULL of pip.h: the idle context */

/* PIPIDs go round after 62. */
static char lane_letter(int32_t pipid)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (pipid == OBSERVER_PIPID_ROOT)
		return '@';
	if (pipid == PIPID_NULL)
		return '.';
	if (pipid < 0)
		return '?';
	return letters[pipid % 62];
}

struct lane {
	char text[LANE_MAX + 1];
	unsigned width;
	uint64_t begin, end; /* CLOCK_BOOTTIME ns */
};

/* pipid ran from one time until another. */
static void lane_paint(struct lane *lane, uint64_t from, uint64_t to,
		       int32_t pipid)
{
	uint64_t slice = (lane->end - lane->begin) / lane->width;
	uint64_t first, last, i;

	if (from < lane->begin)
		from = lane->begin;
	if (to > lane->end)
		to = lane->end;
	if (from >= to || !slice)
		return;
	first = (from - lane->begin) / slice;
	last = (to - 1 - lane->begin) / slice;
	for (i = first; i <= last && i < lane->width; i++) {
		/* More than one in a slice: the one that began it stays. */
		if (lane->text[i] == ' ' || i > first)
			lane->text[i] = lane_letter(pipid);
	}
}

/* What was read of a ring. */
struct history {
	uint32_t ring;
	struct pip_ring head;
	struct pip_record *record;
	size_t count;
};

static uint64_t lane_fill(struct lane *lane,
			  const struct observer_recorder *recorder,
			  const struct history *history)
{
	uint64_t since = 0, when = 0, switches = 0;
	int32_t runs = PIPID_NULL;
	size_t i;

	for (i = 0; i < history->count; i++) {
		const struct pip_record *record = &history->record[i];

		if (record->event != PIP_EVENT_SWITCH)
			continue;
		when = observer_record_time(recorder, record->timestamp);
		switches += when >= lane->begin && when <= lane->end;
		/* What was before the first record is not known, but if it is
		 * the first of all. */
		if (since)
			lane_paint(lane, since, when, runs);
		else if (history->head.head <= history->count)
			lane_paint(lane, lane->begin, when, record->pipid);
		runs = record->other;
		since = when;
	}
	if (since)
		lane_paint(lane, since, lane->end, runs);
	return switches;
}

/* Read all rings that ever had a record; most threads never switch. */
static size_t histories_read(const struct observer_recorder *recorder,
			     uint32_t nused, struct history *history)
{
	size_t n = 0, none;
	uint32_t ring;

	for (ring = 0; ring < nused && ring < recorder->header.nkernel &&
	     n < RINGS_MAX; ring++) {
		struct history *h = &history[n];

		if (observer_read_ring(recorder, ring, &h->head, NULL, 0,
				       &none) || !h->head.head)
			continue;
		h->record = calloc(RECORDS, sizeof(*h->record));
		if (!h->record)
			pips_fail("out of memory");
		h->ring = ring;
		if (observer_read_ring(recorder, ring, &h->head, h->record,
				       RECORDS, &h->count))
			h->count = 0;
		n++;
	}
	return n;
}

/* Up to the newest record, and back to where the busiest thread's begin. */
static void lane_set_time(struct lane *lane, uint64_t wish,
			  const struct observer_recorder *recorder,
			  const struct history *history, size_t n)
{
	uint64_t first, last, begin;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!history[i].count)
			continue;
		last = observer_record_time(recorder, history[i].record[
					    history[i].count - 1].timestamp);
		if (last > lane->end)
			lane->end = last;
	}
	begin = lane->end > WINDOW_MOST ? lane->end - WINDOW_MOST : 0;
	for (i = 0; i < n; i++) {
		if (history[i].count < 2)
			continue;
		first = observer_record_time(recorder,
					     history[i].record[0].timestamp);
		last = observer_record_time(recorder, history[i].record[
					    history[i].count - 1].timestamp);
		if (first > begin && last > begin && first < last)
			begin = first;
	}
	lane->begin = wish ? lane->end - (wish < lane->end ? wish : 0) : begin;
}

static void switches_print(struct top_lines *lines, struct lane lane,
			   const struct observer_recorder *recorder,
			   const struct history *history)
{
	uint64_t switches;
	char who[16];

	memset(lane.text, ' ', lane.width);
	switches = lane_fill(&lane, recorder, history);
	if (history->ring == 0)
		snprintf(who, sizeof(who), "root");
	else
		snprintf(who, sizeof(who), "%u", history->ring - 1);
	lines_add(lines, switches ? COLOR_TEXT : COLOR_DIM,
		  "%6s %7d %8" PRIu64 "|%s|", who, (int)history->head.tid,
		  switches, lane.text);
}

static void switches_fill_program(struct top *top,
				  const struct top_program *program,
				  struct top_lines *lines, unsigned width)
{
	static struct history history[RINGS_MAX];
	struct observer_recorder recorder;
	struct lane lane = { .width = width };
	int error = observer_open_recorder(program->root, &recorder);
	const char *problem = NULL;
	size_t n, i;

	if (error)
		problem = error == ENOENT ? "it has no flight recorder" :
			  error == EPROTONOSUPPORT ?
			  "its flight recorder is of another version" :
			  strerror(error);
	else if (recorder.mode == PIP_RECORDER_OFF)
		problem = "its flight recorder is off: start it with "
			  "PIP_TRACE=overwrite";
	if (problem) {
		lines_add(lines, COLOR_WARN, "program %d: %s",
			  (int)program->root->reader, problem);
		return;
	}
	n = histories_read(&recorder, program->root->header.nused, history);
	lane_set_time(&lane, top->settings.window_ns, &recorder, history, n);
	top->window_shown = lane.end - lane.begin;
	lines_add(lines, COLOR_TITLE, "program %d: %g us",
		  (int)program->root->reader,
		  (double)top->window_shown / 1e3);
	for (i = 0; i < n; i++) {
		switches_print(lines, lane, &recorder, &history[i]);
		free(history[i].record);
	}
	if (!n)
		lines_add(lines, COLOR_DIM, "  nothing has happened yet");
}

void switches_fill(struct top *top, struct top_lines *lines)
{
	unsigned width = 54; /* 80 columns */
	size_t i;

	if (top->screen_width > 0)
		width = top->screen_width > 36 ?
			(unsigned)top->screen_width - 26 : 10;
	if (width > LANE_MAX)
		width = LANE_MAX;
	lines_add(lines, COLOR_LABEL, "%6s %7s %8s  who ran: a PIPID (after 9 "
		  "letters), @ root, . nobody", "THREAD", "TID", "SWITCHES");
	if (top->sample.replay) {
		lines_add(lines, COLOR_WARN, "a recording has no switches one "
			  "by one: pip-trace(1) records these");
		return;
	}
	for (i = 0; i < top->sample.nprograms; i++)
		switches_fill_program(top, top->sample.program[i], lines,
				      width);
}
