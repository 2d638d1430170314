/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recorder: an event of the flight recorder, switched off and on, beside
 * reading the CPU's counter, which is most of it.
 */
#include <pip/pip.h>
#include <pip/pip_trace.h>

#include "bench_args.h"

#define SAMPLES 31
#define EVENTS 200000

static double measure(void)
{
	double start = bench_now_ns();

	for (uint64_t i = 0; i < EVENTS; i++)
		pip_trace_mark(7, i);
	return (bench_now_ns() - start) / EVENTS;
}

static double measure_counter(void)
{
	double start = bench_now_ns();
	uint64_t sum = 0;

	for (int i = 0; i < EVENTS; i++)
		sum += __builtin_ia32_rdtsc();
	__asm__ volatile("" : : "r"(sum));
	return (bench_now_ns() - start) / EVENTS;
}

int main(int argc, char **argv)
{
	static const struct bench_option options[] = {
		{ NULL, NULL, NULL, 0, NULL },
	};
	double off[SAMPLES], overwrite[SAMPLES], full[SAMPLES],
		counter[SAMPLES];
	int ntasks = 1;

	bench_parse(argc, argv,
		    "Time one event of the flight recorder, off and on.",
		    options);
	bench_print_host();
	if (pip_init(NULL, &ntasks, NULL, 0) != 0)
		bench_fail("pip_init fails");
	for (int i = 0; i < SAMPLES; i++) {
		pip_trace_stop();
		off[i] = measure();
		pip_trace_start(PIP_TRACE_OVERWRITE);
		overwrite[i] = measure();
		pip_trace_start(PIP_TRACE_STOP);
		full[i] = measure();
		counter[i] = measure_counter();
	}
	printf("off %.2f ns, overwriting %.2f ns, full %.2f ns, "
	       "the counter alone %.2f ns\n",
	       bench_median(off, SAMPLES), bench_median(overwrite, SAMPLES),
	       bench_median(full, SAMPLES), bench_median(counter, SAMPLES));
	pip_fin();
	return 0;
}
