/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events as people write them:
 *	pip:NAME                   one of libpip's probes, pip-probes(7)
 *	usdt:OBJECT:PROVIDER:NAME  another USDT probe
 *	uprobe:OBJECT:FUNCTION     a function is called
 *	tracepoint:CATEGORY:NAME   of the kernel
 * OBJECT is a path, or the name of a mapped file up to '.' or '-' ("libc").
 */
#ifndef EVENT_NAME_H
#define EVENT_NAME_H

#include <stdbool.h>
#include <sys/types.h>

struct event_name {
	bool in_kernel;
	char *object;         /* NULL: libpip */
	char *provider;       /* or category; NULL: a function */
	char *name;
};

#define EVENT_FILES_MAX 8

/* Ends pip-trace if it is none. */
void event_name_parse(const char *text, struct event_name *event);

/*
 * The files that have it: those that process root has mapped; or, with root 0,
 * those that program (argv[0]) may map.  libpip: where that is, or NULL.  They
 * are to be freed.  Ends pip-trace where there is none.
 */
size_t event_name_find_files(const struct event_name *event, pid_t root,
			     const char *program, const char *libpip,
			     char *files[EVENT_FILES_MAX]);

#endif
