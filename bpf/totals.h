/* SPDX-License-Identifier: BSD-2-Clause */
/* Sums per context and per kernel thread, that several commands print. */
#ifndef TOTALS_H
#define TOTALS_H

#include "model.h"

struct total {
	int32_t id;    /* PIPID, or TID */
	int32_t owner; /* of a kernel thread */
	uint64_t ns[SPAN_MAX], count[SPAN_MAX], max[SPAN_MAX];
	uint64_t switches;        /* at user level */
	uint64_t kernel_switches; /* off a CPU */
	uint64_t wakeups, faults, major, signals, migrations;
	uint64_t exceptions;      /* signals that nobody handles, and end it */
	uint64_t idle_ns;         /* of a kernel thread: no context */
	uint64_t idle_count;
	uint64_t events;          /* of the flight recorder */
};

struct totals {
	struct total *context, *thread; /* in the order of id */
	size_t ncontexts, nthreads;
	struct total all;
};

void totals_put_event(struct totals *totals, const struct analysis *analysis,
		      const struct trace_event *event);
void totals_put_span(struct totals *totals, const struct model_span *span);
void totals_clear(struct totals *totals);

#endif
