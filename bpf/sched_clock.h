/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the clock of run queues, which the kernel reads anyway, to
 * CLOCK_BOOTTIME, by samples of both.
 */
#ifndef SCHED_CLOCK_H
#define SCHED_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* What to add to the clock: a line through the lowest samples.  All 0 at
 * first. */
struct sched_clock {
	uint64_t at;           /* clock where the line begins */
	int64_t offset;        /* ns to add there, */
	int64_t shift;         /* and everywhere: never positive */
	double slope;          /* of the line */
	uint64_t last;         /* clock of the last sample */
	unsigned samples;
	unsigned early;        /* samples that cannot be */
	/* Of this window, the one that is lowest in relation to the line. */
	uint64_t window_begin, best_at;
	int64_t best_offset, best_above;
	unsigned in_window;
};

/* A sample: the clock, and the time shortly after.  False: the clocks of this
 * machine's CPUs do not agree. */
bool sched_clock_put(struct sched_clock *clock, uint64_t at, uint64_t ns);

uint64_t sched_clock_convert(const struct sched_clock *clock, uint64_t at);

#endif
