/* SPDX-License-Identifier: BSD-2-Clause */
/* A shared library that test programs need: each task has a copy of it. */
#ifndef TESTS_RUNTIME_LIBRARY_H
#define TESTS_RUNTIME_LIBRARY_H

#include <sys/types.h>

/* What a constructor saw. */
struct constructor_record {
	int ran;      /* how often */
	int error;    /* of pip_get_pipid() */
	int pipid;
	int is_task;
	pid_t pid;    /* getpid() */
	int order;    /* 1 = the first */
	void *imported; /* from the root */
};

void constructor_note(struct constructor_record *record);

extern struct constructor_record library_constructor;

/* A start function in a library. */
int library_start(void *arg);

#endif
