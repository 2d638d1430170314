// SPDX-License-Identifier: BSD-2-Clause
/*
 * The events of all streams in the order of time: a heap of the streams, by
 * the time of their next event.
 *
 * A stream is in order already, but for moments: a signal handler may put an
 * event between the moment at which another one takes its number and that at
 * which it takes its time, and BPF programs of two CPUs do so, too, in the
 * kernel's stream 0.  Records of a window of that are sorted; for the rest, time
 * stands still.
 */
#include <config.h>

#include "reader.h"

#include <stdlib.h>
#include <string.h>

static uint64_t interpolate(const struct pip_clock_pair *a,
			    const struct pip_clock_pair *b, uint64_t timestamp)
{
	const __int128 most = (__int128)1 << 62; /* a damaged file has any */
	__int128 ticks = (__int128)b->timestamp - a->timestamp;
	__int128 ns = (__int128)b->ns - a->ns;
	__int128 offset = (__int128)timestamp - a->timestamp;

	if (ns > most || offset > most || offset < -most)
		return a->ns;
	ns = a->ns + offset * ns / ticks;
	return ns < 0 ? 0 : ns > most ? (uint64_t)most : (uint64_t)ns;
}

uint64_t trace_file_time(const struct trace_file *file, uint64_t timestamp)
{
	size_t low = 0, high = file->npairs;

	if (file->npairs < 2)
		return timestamp;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (file->pair[middle].timestamp <= timestamp)
			low = middle;
		else
			high = middle;
	}
	if (low == file->npairs - 1)
		low--;
	return interpolate(&file->pair[low], &file->pair[low + 1], timestamp);
}

static int compare_records(const void *a, const void *b)
{
	const struct trace_kernel_record *x = a, *y = b;

	return (x->ns > y->ns) - (x->ns < y->ns);
}

/* False: the stream has no more. */
static bool fill_window(struct trace_file *file, struct trace_stream *stream)
{
	size_t size = stream->kernel ? sizeof(struct trace_kernel_record) :
				       sizeof(struct pip_record);
	struct trace_extent *extent;
	uint32_t count;

	while (stream->current < stream->nextents &&
	       stream->used == stream->extent[stream->current].count) {
		stream->current++;
		stream->used = 0;
		stream->gap = false;
	}
	if (stream->current == stream->nextents)
		return false;
	extent = &stream->extent[stream->current];
	count = extent->count - stream->used;
	if (count > WINDOW)
		count = WINDOW;
	if (stream->window == NULL)
		stream->window = calloc(WINDOW, size);
	if (stream->window == NULL)
		trace_fail("out of memory");
	/* It was read once before; it may have been changed since. */
	if (trace_file_pread(file, extent->offset + stream->used * size,
			     stream->window, count * size) != 0)
		return false;
	if (stream->kernel && stream->ring == 0)
		qsort(stream->window, count, size, compare_records);
	stream->used += count;
	stream->filled = count;
	stream->at = 0;
	return true;
}

static void take_record(struct trace_file *file, struct trace_stream *stream,
			const struct pip_record *record)
{
	struct trace_extent *extent = &stream->extent[stream->current];
	struct trace_event *event = &stream->next;

	memset(event, 0, sizeof(*event));
	event->ring = stream->ring;
	event->tid = extent->tid;
	event->ns = trace_file_time(file, record->timestamp);
	event->pipid = record->pipid;
	if (extent->lost != 0 && !stream->gap) {
		stream->gap = true;
		/* It begins where the last one that was read has left off. */
		if (stream->ns != 0)
			event->ns = stream->ns;
		event->event = TRACE_EVENT_LOST;
		event->argument[0] = extent->lost;
		event->pipid = extent->pipid;
		return;
	}
	event->event = record->event;
	event->other = record->other;
	event->argument[0] = record->argument;
	stream->at++;
}

static void take_kernel(struct trace_stream *stream,
			const struct trace_kernel_record *record)
{
	struct trace_event *event = &stream->next;

	memset(event, 0, sizeof(*event));
	event->kernel = true;
	event->ns = record->ns;
	event->event = record->event;
	event->cpu = record->cpu;
	event->pid = record->pid;
	event->tid = record->tid;
	event->other = record->other;
	event->pipid = TRACE_PIPID_UNKNOWN;
	memcpy(event->argument, record->argument, sizeof(event->argument));
	stream->at++;
}

static bool advance(struct trace_file *file, struct trace_stream *stream)
{
	if (stream->at == stream->filled && !fill_window(file, stream))
		return false;
	if (stream->kernel)
		take_kernel(stream, (struct trace_kernel_record *)
					    stream->window + stream->at);
	else
		take_record(file, stream,
			    (struct pip_record *)stream->window + stream->at);
	if (stream->next.ns < stream->ns)
		stream->next.ns = stream->ns;
	stream->ns = stream->next.ns;
	return true;
}

static bool is_before(const struct trace_stream *a,
		      const struct trace_stream *b)
{
	if (a->next.ns != b->next.ns)
		return a->next.ns < b->next.ns;
	return a < b;
}

static void sink(struct trace_file *file, size_t i)
{
	struct trace_stream **heap = file->heap;

	for (;;) {
		size_t child = 2 * i + 1;
		struct trace_stream *stream = heap[i];

		if (child >= file->nheap)
			return;
		if (child + 1 < file->nheap &&
		    is_before(heap[child + 1], heap[child]))
			child++;
		if (!is_before(heap[child], stream))
			return;
		heap[i] = heap[child];
		heap[child] = stream;
		i = child;
	}
}

static void start(struct trace_file *file)
{
	file->started = true;
	file->heap = calloc(file->nstreams + 1, sizeof(struct trace_stream *));
	if (file->heap == NULL)
		trace_fail("out of memory");
	for (size_t i = 0; i < file->nstreams; i++)
		if (advance(file, &file->stream[i]))
			file->heap[file->nheap++] = &file->stream[i];
	for (size_t i = file->nheap; i-- != 0;)
		sink(file, i);
}

bool trace_file_next(struct trace_file *file, struct trace_event *event)
{
	if (!file->started)
		start(file);
	if (file->nheap == 0)
		return false;
	*event = file->heap[0]->next;
	if (!advance(file, file->heap[0]))
		file->heap[0] = file->heap[--file->nheap];
	sink(file, 0);
	return true;
}
