/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which descriptors a new task must close: those with FD_CLOEXEC, as
 * execve(2) would.
 *
 * Listing /proc/self/fd makes the kernel build an inode for each descriptor,
 * which costs a new process tens of microseconds, and an old one that has been
 * listed before next to nothing.  So the spawner lists them, and the task
 * closes what it is told to.  Only where another thread of the spawner may
 * open a descriptor in between must the task look for itself.
 */
#ifndef PIP_DESCRIPTOR_H
#define PIP_DESCRIPTOR_H

#include <stdbool.h>

#define DESCRIPTOR_LIST_MAX 32

struct descriptor_list {
	bool exact; /* false: the task lists its own descriptors */
	int keep;
	int count;
	int fds[DESCRIPTOR_LIST_MAX];
};

/* In the spawner.  keep: one that the task is left with, or -1. */
__attribute__((visibility("hidden"))) void
descriptor_list_cloexec(struct descriptor_list *list, int keep);

/* In the task: raw system calls only (see child.c). */
__attribute__((visibility("hidden"))) void
descriptor_close_listed(const struct descriptor_list *list);

#endif
