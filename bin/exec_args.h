/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line of pip-exec: sections of options, a program and its
 * arguments, separated by ":" or "::".
 */
#ifndef PIP_EXEC_ARGS_H
#define PIP_EXEC_ARGS_H

#include <stddef.h>

/* Seconds that tasks have to end by themselves after a fatal signal. */
#define EXEC_GRACE_DEFAULT 3
#define EXEC_GRACE_MAX 1000000

/* One section: what to start and how many of it. */
struct exec_section {
	int ntasks;     /* -n, at least 1 */
	char *funcname; /* -f, NULL = main */
	char **argv;    /* the program and its arguments, NULL-terminated */
};

enum exec_request {
	EXEC_RUN,
	EXEC_SHOW_HELP,    /* --help */
	EXEC_SHOW_VERSION, /* --version */
};

struct exec_args {
	enum exec_request request;
	int ntasks;                    /* of all sections */
	/* --with-plugin, those of several separated by colons, malloc'ed; NULL:
	 * not given.  is_plugin[n]: argv[n] is part of it, malloc'ed. */
	char *plugins;
	char *is_plugin;
	int suspend_on; /* --suspend-on: a signal, 0: none */
	int grace;      /* --grace, in seconds */
	int nsections;
	struct exec_section *sections; /* malloc'ed, NULL unless EXEC_RUN */
};

/*
 * Parse argv, whose separators are overwritten with NULL so that each
 * section's argv ends there.  Returns 0, or
 *   EINVAL     bad usage
 *   EOVERFLOW  more tasks than PIP_NTASKS_MAX
 *   ENOMEM
 * with the reason in why (one line without its newline; "" where the usage
 * text says it all), and nothing to free.
 */
int exec_args_parse(struct exec_args *args, int argc, char **argv, char *why,
		    size_t whysize) __attribute__((warn_unused_result));

void exec_args_free(struct exec_args *args);

#endif
