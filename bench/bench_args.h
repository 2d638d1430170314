/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of a benchmark, each a number, by argp; and a line that says on
 * which machine and beside what load its figures were taken.
 */
#ifndef PIP_BENCH_ARGS_H
#define PIP_BENCH_ARGS_H

#include <argp.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"
#include "config.h"


/* A table of them ends with a NULL name. */
struct bench_option {
	const char *name; /* --name=N and -n N, its first letter */
	const char *help;
	int *value; /* holds the default */
	int max;
};

static const struct bench_option *bench_options;

static error_t bench_parse_option(int key, char *arg, struct argp_state *state)
{
	const struct bench_option *option = bench_options;
	char *end;
	long value;

	if (key == ARGP_KEY_ARG)
		argp_error(state, "'%s': there are no arguments but options",
			   arg);
	while (option->name != NULL && option->name[0] != key)
		option++;
	if (option->name == NULL)
		return ARGP_ERR_UNKNOWN;
	errno = 0;
	value = strtol(arg, &end, 10);
	if (errno != 0 || end == arg || *end != '\0' || value < 1 ||
	    value > option->max)
		argp_error(state, "--%s: '%s' is no number from 1 to %d",
			   option->name, arg, option->max);
	*option->value = (int)value;
	return 0;
}

/* Parse the command line; doc is what --help says of the program. */
static inline void bench_parse(int argc, char **argv, const char *doc,
			       const struct bench_option *options)
{
	static struct argp_option table[16];
	struct argp argp = { .options = table,
			     .parser = bench_parse_option,
			     .doc = doc };

	bench_options = options;
	for (int i = 0; i < 15 && options[i].name != NULL; i++) {
		table[i].name = options[i].name;
		table[i].key = options[i].name[0];
		table[i].arg = "N";
		table[i].doc = options[i].help;
	}
	argp_program_version = PACKAGE_STRING;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
}

/* The value behind a label in /proc/cpuinfo. */
static inline void bench_cpu_name(char *name, size_t size)
{
	char line[256];
	FILE *file = fopen("/proc/cpuinfo", "re");

	snprintf(name, size, "unknown CPU");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "model name", 10) == 0) {
			char *value = strchr(line, ':');

			line[strcspn(line, "\n")] = '\0';
			if (value != NULL && value[1] != '\0')
				snprintf(name, size, "%s", value + 2);
			break;
		}
	if (file != NULL)
		fclose(file);
}

/* Figures of a loaded machine are worth little, so the load is part of it. */
static inline void bench_print_host(void)
{
	struct utsname system;
	double load = -1;
	char cpu[64];

	uname(&system);
	getloadavg(&load, 1);
	bench_cpu_name(cpu, sizeof(cpu));
	printf("host: %s, %ld cores, Linux %s, glibc %s, load %.2f\n", cpu,
	       sysconf(_SC_NPROCESSORS_ONLN), system.release,
	       gnu_get_libc_version(), load);
	fflush(stdout);
}

/* Bind the calling thread to the nth of the CPUs that this process may use,
 * modulo their number; a benchmark that cannot goes on unbound. */
static inline void bench_bind(const cpu_set_t *allowed, int n)
{
	cpu_set_t one;

	n %= CPU_COUNT(allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, allowed) && n-- == 0) {
			CPU_ZERO(&one);
			CPU_SET(cpu, &one);
			sched_setaffinity(0, sizeof(one), &one);
			return;
		}
}

#endif
