/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the CPUs' rings of context switches and wakeups: sched_ring.h. */
#ifndef SCHED_READER_H
#define SCHED_READER_H

#include <stddef.h>

#include "kernel_events.h"
#include "sched_clock.h"
#include "sched_ring.h"

struct sched_reader {
	unsigned cpus;
	uint32_t size;                /* records of a ring, a power of two */
	struct sched_ring *ring;      /* shared with the BPF programs */
	const struct sched_record *records;
	size_t ring_bytes, records_bytes;
	bool trusts_clock;            /* of the run queues */
	bool uses_clock;              /* there are samples, which agree */
	bool has_waits;               /* the kernel counts how long we wait */
	struct sched_clock clock;
	int64_t suspended;            /* CLOCK_BOOTTIME - CLOCK_MONOTONIC, ns */
	uint64_t sample;              /* number of the last */
};

/* How many CPUs, and how large a ring, with so many bytes for all of them. */
void sched_reader_plan(struct sched_reader *reader, size_t bytes);
/* The maps have these sizes now. */
int sched_reader_map(struct sched_reader *reader, int rings, int records);
void sched_reader_unmap(struct sched_reader *reader);

/* Does each switch say how long who gets the CPU has waited? */
bool sched_reader_has_waits(const struct sched_reader *reader);

/* Take a new sample, if there is one.  From the first one on the programs use
 * the clock, until it turns out that they cannot. */
void sched_reader_look(struct sched_reader *reader,
		       const struct sched_sample *sample);

/* Give an event, or the two that one record is. */
int sched_reader_give(const struct sched_reader *reader, unsigned stream,
		      const struct sched_record *record,
		      kernel_events_sink sink, void *argument);
/* Give all that is there; CPU n is stream n + 1. */
int sched_reader_drain(struct sched_reader *reader, kernel_events_sink sink,
		       void *argument);
uint64_t sched_reader_lost(const struct sched_reader *reader);
/* How full the fullest ring is, in 1/1000. */
unsigned sched_reader_fill(const struct sched_reader *reader);

#endif
