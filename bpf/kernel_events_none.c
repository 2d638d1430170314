// SPDX-License-Identifier: BSD-2-Clause
/* Where configure found no clang, bpftool or libbpf: no kernel events. */
#include <config.h>

#include <stdbool.h>

#include "kernel_events.h"

#include <errno.h>
#include <stdio.h>

int kernel_events_open(pid_t root, unsigned kinds, size_t size, bool measure,
		       kernel_events_sink sink, void *argument,
		       struct kernel_events **eventsp, char *why)
{
	(void)root;
	(void)kinds;
	(void)size;
	(void)measure;
	(void)sink;
	(void)argument;
	(void)eventsp;
	snprintf(why, KERNEL_EVENTS_WHY_MAX,
		 "pip-trace was built without: %s", MISSING_FOR_BPF);
	return ENOTSUP;
}

void kernel_events_close(struct kernel_events *events)
{
	(void)events;
}

int kernel_events_follow(struct kernel_events *events, pid_t root)
{
	(void)events;
	(void)root;
	return ENOTSUP;
}

int kernel_events_drain(struct kernel_events *events)
{
	(void)events;
	return 0;
}

unsigned kernel_events_fill(const struct kernel_events *events)
{
	(void)events;
	return 0;
}

uint64_t kernel_events_lost(const struct kernel_events *events)
{
	(void)events;
	return 0;
}

uint64_t kernel_events_cost(const struct kernel_events *events)
{
	(void)events;
	return 0;
}
