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

#define RECORDS 4096 /* of each ring that are looked at */
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

static uint64_t lane_fill(struct lane *lane,
			  const struct observer_recorder *recorder,
			  const struct pip_record *record, size_t count)
{
	uint64_t since = 0, when = 0, switches = 0;
	int32_t runs = PIPID_NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		if (record[i].event != PIP_EVENT_SWITCH)
			continue;
		when = observer_record_time(recorder, record[i].timestamp);
		if (when >= lane->begin && when <= lane->end)
			switches++;
		/* Of the time before the first record little is known. */
		if (since || runs != PIPID_NULL)
			lane_paint(lane, since, when, runs);
		else
			lane_paint(lane, lane->begin, when, record[i].pipid);
		runs = record[i].other;
		since = when;
	}
	if (since)
		lane_paint(lane, since, lane->end, runs);
	return switches;
}

static void switches_fill_ring(struct top *top, struct top_lines *lines,
			       const struct observer_recorder *recorder,
			       struct pip_record *records, uint32_t ring,
			       unsigned width)
{
	struct lane lane = { .width = width };
	struct pip_ring head;
	uint64_t switches;
	char who[16];
	size_t count;

	/* Most rings are of threads that never switch. */
	if (observer_read_ring(recorder, ring, &head, records, 0, &count) ||
	    head.head == 0 ||
	    observer_read_ring(recorder, ring, &head, records, RECORDS,
			       &count))
		return;
	lane.end = sample_clock();
	lane.begin = lane.end - top->settings.window_ns;
	memset(lane.text, ' ', width);
	switches = lane_fill(&lane, recorder, records, count);
	if (ring == 0)
		snprintf(who, sizeof(who), "root");
	else
		snprintf(who, sizeof(who), "%u", ring - 1);
	lines_add(lines, switches ? COLOR_TEXT : COLOR_DIM,
		  "%6s %7d %8" PRIu64 "|%s|", who, (int)head.tid, switches,
		  lane.text);
}

static void switches_fill_program(struct top *top,
				  const struct top_program *program,
				  struct top_lines *lines, unsigned width)
{
	struct observer_recorder recorder;
	struct pip_record *records;
	int error = observer_open_recorder(program->root, &recorder);
	uint32_t ring, n;

	lines_add(lines, COLOR_TITLE, "program %d: the last %g ms",
		  (int)program->root->reader,
		  (double)top->settings.window_ns / 1e6);
	if (error) {
		lines_add(lines, COLOR_WARN, "  %s", error == ENOENT ?
			  "it has no flight recorder" :
			  error == EPROTONOSUPPORT ?
			  "its flight recorder is of another version" :
			  strerror(error));
		return;
	}
	if (recorder.mode == PIP_RECORDER_OFF) {
		lines_add(lines, COLOR_WARN, "  its flight recorder is off: "
			  "start it with PIP_TRACE=overwrite");
		return;
	}
	records = calloc(RECORDS, sizeof(*records));
	if (!records)
		pips_fail("out of memory");
	n = program->root->header.nused;
	for (ring = 0; ring < n && ring < recorder.header.nkernel; ring++)
		switches_fill_ring(top, lines, &recorder, records, ring,
				   width);
	free(records);
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
	lines_add(lines, COLOR_LABEL, "%6s %7s %8s  who ran: PIPID (after 9 "
		  "letters), @ root, . nobody", "THREAD", "TID", "SWITCHES");
	for (i = 0; i < top->sample.nprograms; i++)
		switches_fill_program(top, top->sample.program[i], lines,
				      width);
}
