/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of a benchmark by argp; and a line that says on which machine and
 * beside what load its figures were taken.
 */
#ifndef PIP_BENCH_ARGS_H
#define PIP_BENCH_ARGS_H

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
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
	int *value; /* a positive number; holds the default */
	int max;
	const char **text; /* instead of a number: anything */
};

static const struct bench_option *bench_options;

static void bench_set_option(const struct bench_option *option,
			     const char *arg, struct argp_state *state)
{
	char *end;
	long value;

	if (option->text != NULL) {
		*option->text = arg;
		return;
	}
	errno = 0;
	value = strtol(arg, &end, 10);
	if (errno != 0 || end == arg || *end != '\0' || value < 1 ||
	    value > option->max)
		argp_error(state, "%s: '%s' is no number from 1 to %d",
			   option->name, arg, option->max);
	*option->value = (int)value;
}

static error_t bench_parse_option(int key, char *arg, struct argp_state *state)
{
	const struct bench_option *option = bench_options;

	if (key == ARGP_KEY_ARG) {
		for (unsigned i = 0; i < state->arg_num; i++)
			if (option->name != NULL)
				option++;
		if (option->name == NULL)
			argp_error(state, "'%s': one argument too many", arg);
	} else {
		while (option->name != NULL && option->name[0] != key)
			option++;
		if (option->name == NULL)
			return ARGP_ERR_UNKNOWN;
	}
	bench_set_option(option, arg, state);
	return 0;
}

/* Parse the command line; doc is what --help says of the program.  Arguments
 * that are no options are the values of the options in their order. */
static inline void bench_parse(int argc, char **argv, const char *doc,
			       const struct bench_option *options)
{
	static struct argp_option table[16];
	struct argp argp = { .options = table,
			     .parser = bench_parse_option,
			     .args_doc = "[VALUE-OF-AN-OPTION]...",
			     .doc = doc };

	bench_options = options;
	for (int i = 0; i < 15 && options[i].name != NULL; i++) {
		table[i].name = options[i].name;
		table[i].key = options[i].name[0];
		table[i].arg = options[i].text != NULL ? "FILE" : "N";
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

/* The tasks' standard input is a pipe; it ends when this is closed. */
static inline int bench_open_input(void)
{
	int ends[2];

	if (pipe(ends) != 0 || dup2(ends[0], STDIN_FILENO) < 0 ||
	    fcntl(ends[1], F_SETFD, FD_CLOEXEC) != 0)
		bench_fail("pipe: %s", strerror(errno));
	close(ends[0]);
	return ends[1];
}

#endif
