// SPDX-License-Identifier: BSD-2-Clause
/* Read what a recording has besides tasks: their threads, and switches. */
#include <config.h>

#include "recording.h"

#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 1000000

void recording_free_extras(struct recorded_program *program)
{
	size_t i;

	free(program->thread);
	for (i = 0; i < program->nrings; i++)
		free(program->ring[i].at);
	free(program->ring);
}

/* All threads, each of a task that there may be. */
static bool threads_take(struct recorded_program *to,
			 struct recording_bytes *bytes)
{
	size_t size = (size_t)(bytes->end - bytes->at), i;

	if (size % sizeof(*to->thread) ||
	    size / sizeof(*to->thread) > THREADS_MAX)
		return false;
	free(to->thread);
	to->nthreads = 0;
	to->thread = malloc(size + 1);
	if (!to->thread)
		return false;
	memcpy(to->thread, recording_take(bytes, size), size);
	to->nthreads = size / sizeof(*to->thread);
	for (i = 0; i < to->nthreads; i++) {
		const struct recording_thread *one = &to->thread[i];

		to->thread[i].name[RECORDING_NAME_MAX - 1] = '\0';
		if (one->slot >= to->head.nentries ||
		    (i && (one[-1].slot > one->slot ||
			   (one[-1].slot == one->slot &&
			    one[-1].tid >= one->tid))))
			return false;
	}
	return true;
}

/* The ring's place in the list, made if it has none; NULL: no room. */
static struct recorded_ring *ring_find(struct recorded_program *program,
				       uint32_t ring)
{
	struct recorded_ring *more;
	size_t at;

	for (at = 0; at < program->nrings; at++)
		if (program->ring[at].head.ring >= ring)
			break;
	if (at < program->nrings && program->ring[at].head.ring == ring)
		return &program->ring[at];
	if (program->nrings == RECORDING_RINGS_MAX)
		return NULL;
	more = reallocarray(program->ring, program->nrings + 1, sizeof(*more));
	if (!more)
		return NULL;
	program->ring = more;
	memmove(more + at + 1, more + at,
		(program->nrings - at) * sizeof(*more));
	program->nrings++;
	memset(&more[at], 0, sizeof(more[at]));
	more[at].head.ring = ring;
	return &more[at];
}

/* What is new goes behind the rest, of which the oldest make room. */
static bool ring_take(struct recorded_program *to,
		      struct recording_bytes *bytes)
{
	const struct recording_switch *new;
	const struct recording_ring *head;
	struct recording_switch *list;
	struct recorded_ring *ring;
	uint32_t kept = 0, old;

	head = recording_take(bytes, sizeof(*head));
	if (!head || head->ring >= to->head.nentries ||
	    head->count > RECORDING_SWITCHES_MAX)
		return false;
	new = recording_take(bytes, head->count * sizeof(*new));
	ring = new ? ring_find(to, head->ring) : NULL;
	list = ring ? malloc(RECORDING_SWITCHES_MAX * sizeof(*list)) : NULL;
	if (!list)
		return false;
	old = ring->head.count;
	if (head->flags & RECORDING_RING_GOES_ON) {
		kept = RECORDING_SWITCHES_MAX - head->count;
		kept = old < kept ? old : kept;
	}
	if (kept)
		memcpy(list, ring->at + (old - kept), kept * sizeof(*list));
	memcpy(list + kept, new, head->count * sizeof(*list));
	free(ring->at);
	ring->at = list;
	ring->head = *head;
	ring->head.count = kept + head->count;
	return true;
}

static bool switches_take(struct recorded_program *to,
			  struct recording_bytes *bytes)
{
	const struct recording_switches *head;
	uint32_t i;

	head = recording_take(bytes, sizeof(*head));
	if (!head || head->nrings > RECORDING_RINGS_MAX)
		return false;
	to->switches_problem = head->problem;
	for (i = 0; i < head->nrings; i++)
		if (!ring_take(to, bytes))
			return false;
	return bytes->at == bytes->end;
}

static void extras_move(struct recorded_program *to,
			struct recorded_program *from)
{
	to->thread = from->thread;
	to->nthreads = from->nthreads;
	to->switches_problem = from->switches_problem;
	to->ring = from->ring;
	to->nrings = from->nrings;
	from->thread = NULL;
	from->ring = NULL;
	from->nthreads = from->nrings = 0;
}

bool recording_take_extras(struct recorded_program *to,
			   struct recorded_program *from,
			   struct recording_bytes *bytes)
{
	const char *all = recording_take(bytes, to->head.extra_size);
	struct recording_bytes rest = { all, all + to->head.extra_size };

	if (!all || to->head.extra_size % 8)
		return false;
	if (from)
		extras_move(to, from);
	while (rest.at < rest.end) {
		const struct recording_extra *head;
		struct recording_bytes one;

		head = recording_take(&rest, sizeof(*head));
		if (!head || head->size < sizeof(*head) || head->size % 8)
			return false;
		one.at = recording_take(&rest, head->size - sizeof(*head));
		if (!one.at)
			return false;
		one.end = rest.at;
		if (head->kind == RECORDING_THREADS && !threads_take(to, &one))
			return false;
		if (head->kind == RECORDING_SWITCHES &&
		    !switches_take(to, &one))
			return false;
	}
	return true;
}
