// SPDX-License-Identifier: BSD-2-Clause
/* The last switches of each kernel thread, out of the flight recorder. */
#include <config.h>

#include "top.h"
#include "recording.h"

#include <stdlib.h>

#define RECORDS 1024 /* of each ring that are looked at */

static void ring_fill(struct top_ring *ring,
		      const struct observer_recorder *recorder,
		      const struct pip_record *record, size_t count)
{
	size_t i;

	if (!count)
		return;
	ring->first = observer_record_time(recorder, record[0].timestamp);
	ring->last = observer_record_time(recorder,
					  record[count - 1].timestamp);
	ring->at = calloc(count, sizeof(*ring->at));
	if (!ring->at)
		pips_fail("out of memory");
	for (i = 0; i < count; i++) {
		if (record[i].event != PIP_EVENT_SWITCH)
			continue;
		ring->at[ring->count++] = (struct recording_switch){
			.when = observer_record_time(recorder,
						     record[i].timestamp),
			.from = record[i].pipid, .to = record[i].other,
		};
	}
}

/* All rings that ever had a record; most threads never switch. */
static void rings_read(const struct observer_recorder *recorder,
		       uint32_t nused, struct top_switches *switches)
{
	static struct pip_record record[RECORDS];
	struct pip_ring head;
	size_t count;
	uint32_t ring;

	for (ring = 0; ring < nused && ring < recorder->header.nkernel &&
	     switches->nrings < RECORDING_RINGS_MAX; ring++) {
		struct top_ring *to = &switches->ring[switches->nrings];

		if (observer_read_ring(recorder, ring, &head, NULL, 0,
				       &count) || !head.head)
			continue;
		if (observer_read_ring(recorder, ring, &head, record, RECORDS,
				       &count))
			count = 0;
		to->ring = ring;
		to->tid = head.tid;
		to->whole = head.head <= count;
		ring_fill(to, recorder, record, count);
		switches->nrings++;
	}
}

void switches_read(const struct top_program *program,
		   struct top_switches *switches)
{
	struct observer_recorder recorder;

	switches_free(switches);
	switches->problem = observer_open_recorder(program->root, &recorder);
	if (!switches->problem && recorder.mode == PIP_RECORDER_OFF)
		switches->problem = SWITCHES_OFF;
	if (switches->problem)
		return;
	switches->ring = calloc(RECORDING_RINGS_MAX, sizeof(*switches->ring));
	if (!switches->ring)
		pips_fail("out of memory");
	rings_read(&recorder, program->root->header.nused, switches);
}
