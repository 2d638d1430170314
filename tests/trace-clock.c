// SPDX-License-Identifier: BSD-2-Clause
/* sched_clock.c: samples that come late, clocks that drift, stand still or do
 * not agree. */
#include <config.h>

#include "sched_clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MS 1000000ll
#define FIRST 7000000000ull /* of the one clock when the other is at 0 */

static int failed;

static void expect(const char *what, int64_t is, int64_t least, int64_t most)
{
	if (is >= least && is <= most)
		return;
	if (failed)
		return;
	printf("FAIL: %s: %" PRId64 " is not from %" PRId64 " to %" PRId64
	       "\n", what, is, least, most);
	failed = 1;
}

/* Nanoseconds by which a moment after the last sample is wrong. */
static int64_t error_at(const struct sched_clock *clock, int64_t now,
			int64_t ppm)
{
	int64_t true_ns = (int64_t)FIRST + now + now / 1000000 * ppm;

	return (int64_t)sched_clock_convert(clock, (uint64_t)now) - true_ns;
}

/* One each so many ns, 100 to 300 ns late, each 17th much later. */
static void drift(int64_t interval, int64_t ppm)
{
	struct sched_clock clock = { 0 };

	for (int64_t i = 1; i < 3003; i++) {
		int64_t now = i * interval;
		int64_t late = 100 + i * 7919 % 200 + (i % 17 == 0) * i % 5 * MS;

		if (!sched_clock_put(&clock, (uint64_t)now,
				     FIRST + (uint64_t)(now + now / 1000000 *
							ppm + late)))
			expect("clocks that agree", 0, 1, 1);
		/* Drift is known from the end of the second window on. */
		if (now > 300 * MS && i > 24)
			expect("error of a time",
			       error_at(&clock, now + interval * 2 / 3, ppm),
			       -400, 900);
	}
}

static void sleep_an_hour(void)
{
	struct sched_clock clock = { 0 };
	int64_t hour = 3600 * 1000 * MS;

	for (int64_t i = 1; i < 100; i++) {
		int64_t now = i * 10 * MS;
		uint64_t ns = FIRST + (uint64_t)(now + (i >= 50) * hour);

		expect("no disagreement", sched_clock_put(&clock, (uint64_t)now,
							  ns), 1, 1);
	}
	expect("after an hour", error_at(&clock, 995 * MS, 0) - hour, 0, 0);
}

static void disagree(void)
{
	struct sched_clock clock = { 0 };
	bool agrees = true;

	/* Of two CPUs, in turns: one is faster. */
	for (int64_t i = 1; i < 100; i++)
		agrees &= sched_clock_put(&clock,
					  (uint64_t)(i * 10 * MS +
						     i % 2 * i * MS / 10),
					  FIRST + (uint64_t)(i * 10 * MS));
	expect("disagreement is seen", agrees, 0, 0);
	expect("and not forgotten",
	       sched_clock_put(&clock, 2000 * MS, FIRST + 2000 * MS), 0, 0);
}

/* Some do not come in order; some records are older than all. */
static void go_beyond(void)
{
	struct sched_clock clock = { 0 };

	sched_clock_put(&clock, 100, 1100);
	expect("before", (int64_t)sched_clock_convert(&clock, 50), 1050, 1050);
	expect("after", (int64_t)sched_clock_convert(&clock, 200), 1200, 1200);
	sched_clock_put(&clock, 200, 1150);
	expect("a lower one", (int64_t)sched_clock_convert(&clock, 150), 1100,
	       1100);
	sched_clock_put(&clock, 300, 1290);
	sched_clock_put(&clock, 300, 1240);
	sched_clock_put(&clock, 200, 1140);
	expect("higher and older ones",
	       (int64_t)sched_clock_convert(&clock, 400), 1350, 1350);
}

int main(void)
{
	for (int64_t ppm = -500; ppm <= 500; ppm += 100) {
		drift(10 * MS, ppm);
		drift(MS / 10, ppm);
		drift(40 * MS, ppm);
	}
	sleep_an_hour();
	disagree();
	go_beyond();
	return failed;
}
