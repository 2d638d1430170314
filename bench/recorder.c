/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recorder: an event of the flight recorder, switched off and on, beside
 * reading the CPU's counter, which is most of it, and an event of LTTng-UST
 * (bench/recorder.sh); and a probe that nobody has attached to.
 */
#include "config.h"

#include <pip/pip.h>
#include <pip/pip_trace.h>
#ifdef HAVE_SYS_SDT_H
#define STAP_SDT_ARG_CONSTRAINT nr
#include <sys/sdt.h>
#endif

#include "bench_args.h"
#include "recorder_lttng.h"

#define SAMPLES 31
#define EVENTS 200000

static void mark(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		pip_trace_mark(7, i);
}

static void read_counter(uint64_t n)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < n; i++)
		sum += __builtin_ia32_rdtsc();
	__asm__ volatile("" : : "r"(sum));
}

/* A chain of additions, with a probe in each round and without. */
static __attribute__((noinline)) void count_with_probe(uint64_t n)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < n; i++) {
#ifdef HAVE_SYS_SDT_H
		STAP_PROBE2(pip_bench, loop, i, sum);
#endif
		__asm__ volatile("" : "+r"(sum) : "r"(i));
		sum += i;
	}
}

static __attribute__((noinline)) void count_without(uint64_t n)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		__asm__ volatile("" : "+r"(sum) : "r"(i));
		sum += i;
	}
}

static const struct {
	const char *name;
	int mode; /* of the recorder; 0: off */
	void (*run)(uint64_t n);
} cases[] = {
	{ "pip_trace_mark, recorder off", 0, mark },
	{ "pip_trace_mark, overwriting", PIP_TRACE_OVERWRITE, mark },
	{ "pip_trace_mark, full and stopped", PIP_TRACE_STOP, mark },
	{ "the CPU's counter alone", 0, read_counter },
	{ "a loop with a probe", 0, count_with_probe },
	{ "the loop without", 0, count_without },
	{ "LTTng-UST", 0, recorder_lttng_mark },
};
#define NCASES (sizeof(cases) / sizeof(cases[0]))

static double measure(size_t i)
{
	double start;

	if (cases[i].mode == 0)
		pip_trace_stop();
	else
		pip_trace_start(cases[i].mode);
	start = bench_now_ns();
	cases[i].run(EVENTS);
	return (bench_now_ns() - start) / EVENTS;
}

int main(int argc, char **argv)
{
	static const struct bench_option options[] = {
		{ NULL, NULL, NULL, 0, NULL },
	};
	static double times[NCASES][SAMPLES];
	size_t n = recorder_lttng_is_on() ? NCASES : NCASES - 1;
	int ntasks = 1;

	bench_parse(argc, argv,
		    "Time one event of the flight recorder, off and on.",
		    options);
	bench_print_host();
	if (pip_init(NULL, &ntasks, NULL, 0) != 0)
		bench_fail("pip_init fails");
	for (int sample = 0; sample < SAMPLES; sample++)
		for (size_t i = 0; i < n; i++)
			times[i][sample] = measure(i);
	for (size_t i = 0; i < n; i++)
		printf("%6.2f ns  %s\n", bench_median(times[i], SAMPLES),
		       cases[i].name);
	if (n < NCASES)
		puts("           LTTng-UST: see bench/recorder.sh");
	pip_fin();
	return 0;
}
