// SPDX-License-Identifier: BSD-2-Clause
/*
 * A sample's time is read some 100 ns after its clock, and much later if the
 * CPU was taken away in between; never before.  So the lowest of several is the
 * best, and two of them tell how the clocks drift.
 */
#include <config.h>

#include "sched_clock.h"

#define WINDOW_NS 100000000 /* ns, and at least so many samples */
#define WINDOW_SAMPLES 8
#define DRIFT_MAX 600e-6    /* what adjtimex(2) may do to a clock, and more */
#define EARLY_NS 50000
#define EARLY_MAX 8

static int64_t offset_at(const struct sched_clock *clock, uint64_t at)
{
	return clock->offset + clock->shift +
	       (int64_t)((double)(int64_t)(at - clock->at) * clock->slope);
}

/* No clock runs as fast as that. */
static bool is_too_early(const struct sched_clock *clock, uint64_t at,
			 int64_t above)
{
	return at < clock->last ||
	       (double)above < -EARLY_NS - 2 * DRIFT_MAX *
				(double)(at - clock->last);
}

static void begin_window(struct sched_clock *clock, uint64_t at)
{
	clock->window_begin = at;
	clock->in_window = 0;
}

/* All that this window has seen was later than the line says, or some of it
 * earlier: here is a better one. */
static void move_line(struct sched_clock *clock)
{
	double run = (double)(int64_t)(clock->best_at - clock->at);
	double slope = run < WINDOW_NS / 2 ? clock->slope :
		       (double)(clock->best_offset - clock->offset) / run;

	/* The machine was suspended, or the first samples were late. */
	if (slope > DRIFT_MAX || slope < -DRIFT_MAX)
		slope = 0;
	clock->at = clock->best_at;
	clock->offset = clock->best_offset;
	clock->shift = 0;
	clock->slope = slope;
}

bool sched_clock_put(struct sched_clock *clock, uint64_t at, uint64_t ns)
{
	int64_t offset = (int64_t)(ns - at), above;

	if (clock->samples++ == 0) {
		clock->at = clock->last = at;
		clock->offset = offset;
		begin_window(clock, at);
		return true;
	}
	above = offset - offset_at(clock, at);
	clock->early += is_too_early(clock, at, above);
	if (clock->early > EARLY_MAX)
		return false;
	if (at <= clock->last)
		return true;
	clock->last = at;
	if (clock->in_window++ == 0 || above < clock->best_above) {
		clock->best_at = at;
		clock->best_offset = offset;
		clock->best_above = above;
	}
	if (at - clock->window_begin >= WINDOW_NS &&
	    clock->in_window >= WINDOW_SAMPLES) {
		move_line(clock);
		begin_window(clock, at);
	} else if (above < 0) {
		clock->shift += above;
		clock->best_above = 0;
	}
	return true;
}

uint64_t sched_clock_convert(const struct sched_clock *clock, uint64_t at)
{
	return at + (uint64_t)offset_at(clock, at);
}
