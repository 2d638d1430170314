/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and stacks of a program at an event, by BPF: stack_events.bpf.c. */
#ifndef STACK_EVENTS_H
#define STACK_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "stack_event.h"

#define STACK_EVENTS_WHY_MAX 512 /* bytes of a reason */

struct stack_events;

/* bytes: of the stack from event->low on, event->size of them. */
typedef void (*stack_events_sink)(void *argument,
				  const struct stack_event *event,
				  const char *bytes);

/* What to attach to. */
struct stack_place {
	const char *file; /* of a probe or function; NULL: a tracepoint */
	const uint64_t *offsets;
	size_t noffsets;
	const char *category, *tracepoint;
};

/*
 * Load the BPF programs and select the program that root is, or will have
 * executed.  stack_bytes: how much of a stack is taken.  Fails with an errno
 * value and the reason in why.
 */
int stack_events_open(pid_t root, size_t buffer, size_t stack_bytes,
		      bool measure, stack_events_sink sink, void *argument,
		      struct stack_events **eventsp, char *why);
void stack_events_close(struct stack_events *events);

int stack_events_attach(struct stack_events *events, pid_t root,
			const struct stack_place *place, char *why);
/* No more events. */
void stack_events_detach(struct stack_events *events);

/* From now on that process is the root. */
int stack_events_follow(struct stack_events *events, pid_t root);

/* Give all that is there to the sink. */
int stack_events_drain(struct stack_events *events);

/* All events so far, and those that have no stack. */
uint64_t stack_events_seen(const struct stack_events *events);
uint64_t stack_events_lost(const struct stack_events *events);

/* Time spent in the BPF programs; 0 = not measured. */
uint64_t stack_events_cost(const struct stack_events *events);

/* Those without a stack, by the upper half of the stack pointer.  Calls put
 * for each; what it was told before is not told again. */
void stack_events_take_lost(struct stack_events *events,
			    void (*put)(void *argument, uint64_t address,
					uint64_t count),
			    void *argument);

#endif
