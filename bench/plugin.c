/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plugin: what plugins cost.  A function of libc that does next to nothing,
 * called plainly, through a pointer, and through one to three wrapper functions;
 * and an event of which nobody is told, or one to three plugins.
 *
 * The plugins are loaded when a program starts, so each row is a process of its
 * own, this program again, which prints its figure.
 */
#include <strings.h>
#include <sys/types.h>

#include <pip/pip.h>
#include <pip/pip_plugin.h>

#include "bench_args.h"

#define PLUGINS 3
#define CALLS 200000
#define EVENTS 20000
#define ROUNDS_MAX 1001

static int rounds = 101;

static const struct bench_option options[] = {
	{ "rounds", "measure N times, and print the median (101)", &rounds,
	  ROUNDS_MAX, NULL },
	{ 0 },
};

/* libc's ffs(3), which the wrappers are for. */
static double time_call(void)
{
	double start = bench_now_ns();

	for (int i = 0; i < CALLS; i++) {
		volatile int bit = ffs(i);

		(void)bit;
	}
	return (bench_now_ns() - start) / CALLS;
}

/* The same by a pointer: a call that NEXT_FNC() is to be compared with. */
static double time_pointer(void)
{
	static int (*volatile pointer)(int) = ffs;
	double start = bench_now_ns();

	for (int i = 0; i < CALLS; i++) {
		volatile int bit = pointer(i);

		(void)bit;
	}
	return (bench_now_ns() - start) / CALLS;
}

/* A signal that does not exist: nothing is sent, but it is an event. */
static double time_event(void)
{
	double start = bench_now_ns();

	for (int i = 0; i < EVENTS; i++)
		if (pip_kill(PIP_PIPID_MYSELF, -1) != EINVAL)
			bench_fail("pip_kill() sends signal -1");
	return (bench_now_ns() - start) / EVENTS;
}

static const struct {
	const char *name;
	double (*function)(void);
} measures[] = { { "call", time_call },
		 { "pointer", time_pointer },
		 { "event", time_event } };

/* In the process that is measured. */
static int measure(const char *name)
{
	double *samples = bench_samples(rounds);
	int ntasks = 1;

	if (pip_init(NULL, &ntasks, NULL, 0) != 0)
		bench_fail("pip_init() fails");
	for (size_t m = 0; m < sizeof(measures) / sizeof(measures[0]); m++)
		for (int i = 0; strcmp(measures[m].name, name) == 0 &&
				 i < rounds; i++)
			samples[i] = measures[m].function();
	printf("%.2f\n", bench_median(samples, rounds));
	return 0;
}

/* "DIRECTORY/plugin_pass1.so:..." beside this program. */
static void set_plugins(const char *directory, int n)
{
	char list[PLUGINS * 4096] = "";

	for (int i = 1; i <= n; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list),
			 "%s%s/plugin_pass%d.so", i > 1 ? ":" : "", directory, i);
	setenv(PIP_ENV_PLUGINS, list, 1);
}

static double run(const char *name)
{
	char command[256], line[64];
	double value = -1;
	FILE *child;

	snprintf(command, sizeof(command),
		 "exec /proc/%d/exe --rounds=%d", (int)getpid(), rounds);
	setenv("BENCH_PLUGIN_MEASURE", name, 1);
	child = popen(command, "re");
	if (child == NULL || fgets(line, sizeof(line), child) == NULL ||
	    sscanf(line, "%lf", &value) != 1 || pclose(child) != 0)
		bench_fail("cannot measure '%s' with %s", name,
			   getenv(PIP_ENV_PLUGINS));
	return value;
}

static void print_row(const char *what, double value, double base)
{
	printf("%-36s %8.1f %8.1f\n", what, value, value - base);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *name = getenv("BENCH_PLUGIN_MEASURE");
	char path[4096], what[64];
	double plain, silent;
	ssize_t n;

	bench_parse(argc, argv,
		    "Measure wrapper functions and events of plugins.",
		    options);
	if (name != NULL)
		return measure(name);
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n <= 0)
		bench_fail("/proc/self/exe cannot be read");
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	bench_print_host();
	printf("%-36s %8s %8s\n", "ns", "median", "more");
	set_plugins(path, 0);
	plain = run("call");
	print_row("a function of libc", plain, plain);
	print_row("  by a pointer", run("pointer"), plain);
	for (int i = 1; i <= PLUGINS; i++) {
		set_plugins(path, i);
		snprintf(what, sizeof(what), "  through %d wrapper function%s", i,
			 i > 1 ? "s" : "");
		print_row(what, run("call"), plain);
	}
	set_plugins(path, 0);
	silent = run("event");
	print_row("a call that is an event", silent, silent);
	for (int i = 1; i <= PLUGINS; i++) {
		set_plugins(path, i);
		snprintf(what, sizeof(what), "  with %d plugin%s", i,
			 i > 1 ? "s" : "");
		print_row(what, run("event"), silent);
	}
	return 0;
}
