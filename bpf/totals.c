// SPDX-License-Identifier: BSD-2-Clause
#include <config.h>

#include "totals.h"

#include <stdlib.h>
#include <string.h>

/* A list in the order of id, in which lookups come in runs of the same. */
static struct total *find(struct total **list, size_t *count, int32_t id)
{
	size_t low = 0, high = *count;
	struct total *total;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((*list)[middle].id == id)
			return &(*list)[middle];
		if ((*list)[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	if ((*count & (*count - 1)) == 0) {
		*list = reallocarray(*list, *count == 0 ? 1 : 2 * *count,
				     sizeof(**list));
		if (*list == NULL)
			trace_fail("out of memory");
	}
	total = &(*list)[low];
	memmove(total + 1, total, (*count - low) * sizeof(*total));
	memset(total, 0, sizeof(*total));
	total->id = id;
	(*count)++;
	return total;
}

static void add_event(struct total *total, const struct trace_event *event,
		      const struct model_thread *thread)
{
	if (!event->kernel) {
		total->events += event->event != TRACE_EVENT_LOST;
		/* Out of the idle context: nobody has left. */
		total->switches += event->event == PIP_EVENT_SWITCH &&
				   event->pipid != TRACE_PIPID_IDLE;
		return;
	}
	total->kernel_switches += event->event == TRACE_KERNEL_OUT;
	total->wakeups += event->event == TRACE_KERNEL_WAKEUP ||
			  (event->event == TRACE_KERNEL_IN && thread != NULL &&
			   thread->woken_unseen);
	total->faults += event->event == TRACE_KERNEL_FAULT;
	total->major += event->event == TRACE_KERNEL_MAJOR;
	total->signals += event->event == TRACE_KERNEL_SIGNAL;
	total->exceptions += event->event == TRACE_KERNEL_EXCEPTION;
}

void totals_put_event(struct totals *totals, const struct analysis *analysis,
		      const struct trace_event *event)
{
	int32_t who = model_event_context(analysis->model, event);
	const struct model_thread *known = NULL;
	struct total *thread;

	if (event->tid != 0) {
		known = model_thread(analysis->model, event->tid);
		thread = find(&totals->thread, &totals->nthreads, event->tid);
		if (known != NULL)
			thread->owner = known->owner;
		add_event(thread, event, known);
	}
	if (who != TRACE_PIPID_IDLE)
		add_event(find(&totals->context, &totals->ncontexts, who),
			  event, known);
	add_event(&totals->all, event, known);
}

static void add_span(struct total *total, const struct model_span *span)
{
	uint64_t ns = span->end - span->begin;

	total->ns[span->kind] += ns;
	if (!span->open && !span->cut)
		total->count[span->kind]++;
	if (span->whole > total->max[span->kind])
		total->max[span->kind] = span->whole;
	total->migrations += span->kind == SPAN_RUN && !span->open &&
			     span->from != 0 && span->from != span->tid;
}

void totals_put_span(struct totals *totals, const struct model_span *span)
{
	struct total *thread;

	if (span->tid != 0) {
		thread = find(&totals->thread, &totals->nthreads, span->tid);
		thread->owner = span->owner;
		if (span->kind == SPAN_RUN && span->pipid == TRACE_PIPID_IDLE) {
			thread->idle_ns += span->end - span->begin;
			thread->idle_count += !span->open;
			return;
		}
		add_span(thread, span);
	}
	if (span->pipid != TRACE_PIPID_IDLE)
		add_span(find(&totals->context, &totals->ncontexts,
			      span->pipid), span);
	add_span(&totals->all, span);
}

void totals_clear(struct totals *totals)
{
	free(totals->context);
	free(totals->thread);
	memset(totals, 0, sizeof(*totals));
}
