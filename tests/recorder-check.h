/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the flight recorder as pip_recorder.h says, by whatever means copies
 * memory: of the test itself, of another process, or of a core file.
 */
#ifndef TESTS_RECORDER_CHECK_H
#define TESTS_RECORDER_CHECK_H

#include <pip/pip_recorder.h>
#include <pip/pip_trace.h>

#include "role.h"
#include "self.h"

#define MARKS 10007 /* a prime */

/* Copy from an address of the observed program; false: it cannot be read. */
typedef bool recorder_copy(void *arg, uint64_t from, void *to, size_t size);

__attribute__((unused))
static bool recorder_copy_own(void *arg, uint64_t from, void *to, size_t size)
{
	(void)arg;
	memcpy(to, (const void *)from, size);
	return true;
}

struct recorder_view {
	recorder_copy *copy;
	void *arg;
	uint64_t address;
	bool is_core;
	struct pip_recorder_header header;
};

/* What one ring holds. */
struct recorder_ring {
	struct pip_ring ring;
	struct pip_record *records; /* accepted ones, oldest first */
	uint64_t count;
	uint64_t lost;
};

__attribute__((unused))
static bool recorder_open_view(struct recorder_view *view, recorder_copy *copy,
			       void *arg, uint64_t address)
{
	view->copy = copy;
	view->arg = arg;
	view->address = address;
	view->is_core = false;
	return copy(arg, address, &view->header, sizeof(view->header)) &&
	       memcmp(view->header.magic, PIP_RECORDER_MAGIC, 8) == 0 &&
	       view->header.version_major == PIP_RECORDER_VERSION_MAJOR &&
	       view->header.header_size == sizeof(view->header) &&
	       view->header.record_size == sizeof(struct pip_record);
}

/* That of the calling program. */
__attribute__((unused))
static void recorder_open_own(struct recorder_view *view)
{
	CHECK_OR_STOP(recorder_open_view(view, recorder_copy_own, NULL,
					 self_table()->recorder_address));
}

__attribute__((unused))
static bool recorder_read(const struct recorder_view *view, uint32_t number,
			  struct recorder_ring *out)
{
	uint64_t at = view->address + view->header.header_size +
		      (uint64_t)number * view->header.ring_size;
	uint64_t n = view->header.nrecords, used, first;
	struct pip_record *all;
	struct pip_ring before;

	out->count = out->lost = 0;
	out->records = NULL;
	if (!view->copy(view->arg, at, &before, sizeof(before))) {
		memset(&out->ring, 0, sizeof(out->ring));
		return view->is_core; /* nobody has used it */
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	used = before.head < n ? before.head : n;
	all = calloc(used + 1, sizeof(*all));
	out->records = calloc(used + 1, sizeof(*all));
	NEED(all != NULL && out->records != NULL);
	if (!view->copy(view->arg, at + sizeof(before), all,
			used * sizeof(*all)))
		return false;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (!view->copy(view->arg, at, &out->ring, sizeof(out->ring)))
		return false;
	first = out->ring.head > n ? out->ring.head - n : 0;
	if (first > before.head)
		first = before.head;
	out->lost = first;
	/* In order; what is not as it should be is lost. */
	for (uint64_t i = first; i < before.head; i++) {
		const struct pip_record *record = &all[i % n];

		if (record->sequence == (uint32_t)(i + 1))
			out->records[out->count++] = *record;
		else
			out->lost++;
	}
	free(all);
	return true;
}

/* How many records in all rings satisfy this; -1 matches anything. */
__attribute__((unused))
static uint64_t recorder_count(const struct recorder_view *view, int event,
			       int pipid, int64_t other)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < 2 * view->header.nkernel; i++) {
		struct recorder_ring ring;

		CHECK_OR_STOP(recorder_read(view, i, &ring));
		for (uint64_t j = 0; j < ring.count; j++)
			count += (event == -1 ||
				  ring.records[j].event == event) &&
				 (pipid == -1 ||
				  ring.records[j].pipid == pipid) &&
				 (other == -1 ||
				  ring.records[j].other == (int32_t)other);
		free(ring.records);
	}
	return count;
}

/* Events that were written or would have been, in all rings; and how many of
 * them are lost. */
__attribute__((unused))
static uint64_t recorder_total(const struct recorder_view *view,
			       uint64_t *lost, uint64_t *stopped)
{
	uint64_t total = 0;

	*lost = *stopped = 0;
	for (uint32_t i = 0; i < 2 * view->header.nkernel; i++) {
		struct recorder_ring ring;

		CHECK_OR_STOP(recorder_read(view, i, &ring));
		CHECK_INT(ring.count + ring.lost, ring.ring.head);
		total += ring.ring.head;
		*lost += ring.lost;
		*stopped += ring.ring.stopped;
		free(ring.records);
	}
	return total;
}

/* A mark whose two halves belong together: a torn record shows. */
__attribute__((unused))
static void recorder_mark_pair(uint64_t i)
{
	pip_trace_mark((uint32_t)(i * 2654435761u), i);
}

__attribute__((unused))
static bool recorder_is_pair(const struct pip_record *record)
{
	return record->event == PIP_EVENT_MARK && record->timestamp != 0 &&
	       record->reserved == 0 &&
	       (uint32_t)record->other ==
		       (uint32_t)(record->argument * 2654435761u);
}

#endif
