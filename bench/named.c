/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * named [NAMES]: what it costs to import a name that is present, when the
 * exporter has NAMES of them (default 10000), beside pip_import() and a plain
 * function call, and what exporting them costs, each.
 */
#include <pip/pip.h>

#include "bench.h"

#define ROUNDS 31
#define CALLS 20000

/* The least that importing can cost: a call to a function elsewhere. */
__attribute__((noinline)) static int plain_call(int pipid, void **expp)
{
	__asm__ volatile("" : : "r"(pipid), "r"(expp) : "memory");
	return 0;
}

static int names;

/* Time CALLS evaluations of an expression that is to be 0. */
#define TIME(expression)                                              \
	({                                                            \
		double start_ = bench_now_ns();                       \
		for (int i = 0; i < CALLS; i++)                       \
			if ((expression) != 0)                        \
				bench_fail("fails: %s", #expression); \
		(bench_now_ns() - start_) / CALLS;                    \
	})

enum { PLAIN, IMPORT, CONSTANT, LONG, FORMATTED, CASES };
static const char *const case_names[CASES] = {
	"plain function call",
	"pip_import",
	"pip_named_import, \"result\"",
	"pip_named_import, 64 characters",
	"pip_named_import, \"name-%d\", one of all",
};

static void measure(double samples[CASES][ROUNDS], int round)
{
	void *address = NULL;

	samples[PLAIN][round] = TIME(plain_call(PIP_PIPID_ROOT, &address));
	samples[IMPORT][round] = TIME(pip_import(PIP_PIPID_ROOT, &address));
	samples[CONSTANT][round] =
		TIME(pip_named_import(PIP_PIPID_ROOT, &address, "result"));
	samples[LONG][round] = TIME(pip_named_import(
		PIP_PIPID_ROOT, &address,
		"a-name-of-sixty-four-characters--a-name-of-sixty-four-characters"));
	samples[FORMATTED][round] =
		TIME(pip_named_import(PIP_PIPID_ROOT, &address, "name-%d",
				      (int)(i * 7919l % names)));
}

int main(int argc, char **argv)
{
	static double samples[CASES][ROUNDS];
	double start;
	int error;

	names = bench_argument(argc, argv, 1, 10000);
	error = pip_init(NULL, NULL, NULL, PIP_OPTS_NONE);
	if (error != 0)
		bench_fail("pip_init: %s", strerror(error));
	start = bench_now_ns();
	for (int i = 0; i < names; i++)
		if (pip_named_export(&names, "name-%d", i) != 0)
			bench_fail("pip_named_export: name-%d", i);
	printf("%.1f ns per pip_named_export of \"name-%%d\", %d names\n",
	       (bench_now_ns() - start) / names, names);
	if (pip_named_export(&names, "result") != 0 ||
	    pip_named_export(
		    &names,
		    "a-name-of-sixty-four-characters--a-name-of-sixty-four-characters") !=
		    0)
		bench_fail("pip_named_export: result");
	for (int round = 0; round < ROUNDS; round++)
		measure(samples, round);
	for (int i = 0; i < CASES; i++)
		printf("%8.1f ns  %s\n", bench_median(samples[i], ROUNDS),
		       case_names[i]);
	return pip_fin();
}
