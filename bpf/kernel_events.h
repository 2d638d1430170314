/* SPDX-License-Identifier: BSD-2-Clause */
/* Events of the kernel, by BPF: kernel_events.bpf.c. */
#ifndef KERNEL_EVENTS_H
#define KERNEL_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "trace_file.h"

#define KERNEL_EVENTS_WHY_MAX 200 /* bytes of a reason */

/* What is recorded; which processes and threads begin and end always is. */
enum {
	KERNEL_EVENTS_SCHED = 1,
	KERNEL_EVENTS_SYSCALLS = 2,
	KERNEL_EVENTS_FAULTS = 4,
	KERNEL_EVENTS_SIGNALS = 8,
	KERNEL_EVENTS_WAKEUPS = 16,
	KERNEL_EVENTS_ALL = 31,
};

struct kernel_events;

/* stream: 0, or one more than the CPU; each is in the order of time, but for
 * moments. */
typedef int (*kernel_events_sink)(void *argument, unsigned stream,
				  const struct trace_kernel_record *record);

/* Record what the kernel does for the address space of that process.  Who
 * calls it is the thread that drains.  Fails with an errno value and the reason
 * in why. */
int kernel_events_open(pid_t root, unsigned kinds, size_t size, bool measure,
		       kernel_events_sink sink, void *argument,
		       struct kernel_events **eventsp, char *why);
void kernel_events_close(struct kernel_events *events);

/* From now on that process is the root. */
int kernel_events_follow(struct kernel_events *events, pid_t root);

/* Give all that is there to the sink. */
int kernel_events_drain(struct kernel_events *events);

/* How full the fullest of the CPUs' rings is, in 1/1000. */
unsigned kernel_events_fill(const struct kernel_events *events);

uint64_t kernel_events_lost(const struct kernel_events *events);

/* Time spent in the BPF programs; 0 = not measured. */
uint64_t kernel_events_cost(const struct kernel_events *events);

#endif
