/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * counter: what one update of a counter in the task table costs,
 * beside an increment of a local variable that is kept in memory.
 */
#include "root.h"

#include "bench_args.h"

#define ROUNDS 31

static struct pip_table_entry entry;

static double time_counter(long n)
{
	struct pip_slot slot = { .entry = &entry };
	double start = bench_now_ns();

	for (long i = 0; i < n; i++) {
		slot_count(&slot, PIP_COUNT_YIELDS);
		__asm__ volatile("" ::: "memory");
	}
	return (bench_now_ns() - start) / (double)n;
}

static double time_variable(long n)
{
	volatile uint64_t variable = 0;
	double start = bench_now_ns();

	for (long i = 0; i < n; i++) {
		variable = variable + 1;
		__asm__ volatile("" ::: "memory");
	}
	return (bench_now_ns() - start) / (double)n;
}

static int millions = 2;
static const struct bench_option options[] = {
	{ "millions", "Millions of updates in a round (2)", &millions, 1000000,
	  NULL },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	double counter[ROUNDS], variable[ROUNDS], a, b;
	long n;

	bench_parse(argc, argv,
		    "Time one update of a counter in the task table beside an "
		    "increment of a variable in memory.",
		    options);
	bench_print_host();
	n = 1000000l * millions;
	for (int i = 0; i < ROUNDS; i++) {
		counter[i] = time_counter(n);
		variable[i] = time_variable(n);
	}
	a = bench_median(counter, ROUNDS);
	b = bench_median(variable, ROUNDS);
	printf("table counter %.2f ns, volatile variable %.2f ns, ratio %.2f\n",
	       a, b, a / b);
	return entry.counters[PIP_COUNT_YIELDS] != (uint64_t)n * ROUNDS;
}
