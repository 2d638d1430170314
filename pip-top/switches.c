// SPDX-License-Identifier: BSD-2-Clause
/*
 * The screen of switches: from the flight recorder, which context each kernel
 * thread ran in the last moments; a column of characters is a slice of time.
 */
#include <config.h>

#include "ui.h"
#include "recording.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

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

static uint64_t lane_fill(struct lane *lane, const struct top_ring *ring)
{
	uint64_t since = 0, switches = 0;
	int32_t runs = PIPID_NULL;
	size_t i;

	for (i = 0; i < ring->count; i++) {
		const struct recording_switch *one = &ring->at[i];

		switches += one->when >= lane->begin && one->when <= lane->end;
		/* What was before the first record is not known, but if it is
		 * the first of all. */
		if (since)
			lane_paint(lane, since, one->when, runs);
		else if (ring->whole)
			lane_paint(lane, lane->begin, one->when, one->from);
		runs = one->to;
		since = one->when;
	}
	if (since)
		lane_paint(lane, since, lane->end, runs);
	return switches;
}

/* Up to the newest record, and back to where the busiest thread's begin. */
static void lane_set_time(struct lane *lane, uint64_t wish,
			  const struct top_switches *switches)
{
	uint64_t begin;
	size_t i;

	for (i = 0; i < switches->nrings; i++)
		if (switches->ring[i].last > lane->end)
			lane->end = switches->ring[i].last;
	begin = lane->end > WINDOW_MOST ? lane->end - WINDOW_MOST : 0;
	for (i = 0; i < switches->nrings; i++) {
		const struct top_ring *ring = &switches->ring[i];

		if (ring->first > begin && ring->last > begin &&
		    ring->first < ring->last)
			begin = ring->first;
	}
	lane->begin = wish ? lane->end - (wish < lane->end ? wish : 0) : begin;
}

static void switches_print(struct top_lines *lines, struct lane lane,
			   const struct top_ring *ring)
{
	uint64_t switches;
	char who[16];

	memset(lane.text, ' ', lane.width);
	switches = lane_fill(&lane, ring);
	if (ring->ring == 0)
		snprintf(who, sizeof(who), "root");
	else
		snprintf(who, sizeof(who), "%u", ring->ring - 1);
	lines_add(lines, switches ? COLOR_TEXT : COLOR_DIM,
		  "%6s %7d %8" PRIu64 "|%s|", who, (int)ring->tid, switches,
		  lane.text);
}

static const char *switches_name_problem(int problem)
{
	switch (problem) {
	case SWITCHES_OFF:
		return "its flight recorder is off: start it with "
		       "PIP_TRACE=overwrite";
	case ENOENT:
		return "it has no flight recorder";
	case EPROTONOSUPPORT:
		return "its flight recorder is of another version";
	case EBADMSG:
		return "its flight recorder is damaged";
	}
	return observer_explain_error(problem);
}

static void switches_fill_program(struct top *top, struct top_program *program,
				  struct top_lines *lines, unsigned width)
{
	struct top_switches *switches = &program->switches;
	struct lane lane = { .width = width };
	size_t i;

	if (!program->recorded)
		switches_read(program, switches);
	if (switches->problem) {
		lines_add(lines, COLOR_WARN, "program %d: %s",
			  (int)program->root->reader,
			  switches_name_problem(switches->problem));
		return;
	}
	lane_set_time(&lane, top->settings.window_ns, switches);
	top->window_shown = lane.end - lane.begin;
	lines_add(lines, COLOR_TITLE, "program %d: %g us",
		  (int)program->root->reader,
		  (double)top->window_shown / 1e3);
	for (i = 0; i < switches->nrings; i++)
		switches_print(lines, lane, &switches->ring[i]);
	if (!switches->nrings)
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
	for (i = 0; i < top->sample.nprograms; i++)
		switches_fill_program(top, top->sample.program[i], lines,
				      width);
}
