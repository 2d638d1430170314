// SPDX-License-Identifier: BSD-2-Clause
/* Where BPF programs cannot be built. */
#include <config.h>

#include "stack_events.h"

#include <errno.h>
#include <stdio.h>

int stack_events_open(pid_t root, size_t buffer, size_t stack_bytes,
		      bool measure, stack_events_sink sink, void *argument,
		      struct stack_events **eventsp, char *why)
{
	(void)root, (void)buffer, (void)stack_bytes, (void)measure;
	(void)sink, (void)argument, (void)eventsp;
	snprintf(why, STACK_EVENTS_WHY_MAX,
		 "pip-trace was built without it; missing: %s",
		 MISSING_FOR_BPF);
	return ENOTSUP;
}

void stack_events_close(struct stack_events *events)
{
	(void)events;
}

int stack_events_attach(struct stack_events *events, pid_t root,
			const struct stack_place *place, char *why)
{
	(void)events, (void)root, (void)place, (void)why;
	return ENOTSUP;
}

void stack_events_detach(struct stack_events *events)
{
	(void)events;
}

int stack_events_follow(struct stack_events *events, pid_t root)
{
	(void)events, (void)root;
	return ENOTSUP;
}

int stack_events_drain(struct stack_events *events)
{
	(void)events;
	return 0;
}

uint64_t stack_events_seen(const struct stack_events *events)
{
	(void)events;
	return 0;
}

uint64_t stack_events_lost(const struct stack_events *events)
{
	(void)events;
	return 0;
}

uint64_t stack_events_cost(const struct stack_events *events)
{
	(void)events;
	return 0;
}

void stack_events_take_lost(struct stack_events *events,
			    void (*put)(void *argument, uint64_t address,
					uint64_t count),
			    void *argument)
{
	(void)events, (void)put, (void)argument;
}
