// SPDX-License-Identifier: BSD-2-Clause
/*
 * Write what a recording has besides tasks: their threads when they are not as
 * before, and of each kernel thread's switches those that are new.
 */
#include <config.h>

#include "record.h"

#include <stdlib.h>
#include <string.h>

void *buffer_add(struct buffer *buffer, size_t size)
{
	void *at;

	if (buffer->size + size > buffer->capacity) {
		buffer->capacity = (buffer->size + size) * 2;
		buffer->bytes = realloc(buffer->bytes, buffer->capacity);
		if (!buffer->bytes)
			pips_fail("out of memory");
	}
	at = buffer->bytes + buffer->size;
	memset(at, 0, size);
	buffer->size += size;
	return at;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
	memcpy(buffer_add(buffer, size), bytes, size);
}

static void extra_begin(struct buffer *frame, uint32_t kind, size_t *at)
{
	struct recording_extra *extra;

	*at = frame->size;
	extra = buffer_add(frame, sizeof(*extra));
	extra->kind = kind;
}

static void extra_end(struct buffer *frame, size_t at)
{
	struct recording_extra *extra = (void *)(frame->bytes + at);

	extra->size = (uint32_t)(frame->size - at);
}

static void thread_append(struct buffer *to, const struct top_task *thread)
{
	const struct observer_facts *facts = &thread->task->facts;
	struct recording_thread fixed;

	memset(&fixed, 0, sizeof(fixed)); /* they are compared by bytes */
	fixed.slot = thread->slot;
	fixed.pid = thread->task->pid;
	fixed.tid = thread->task->tid;
	fixed.flags = (facts->scheduling ? RECORDING_SCHEDULING : 0) |
		      (thread->measured ? RECORDING_MEASURED : 0);
	fixed.kernel_state = (unsigned char)facts->state;
	fixed.cpu = facts->cpu;
	fixed.cpu_ns = thread->counts.cpu_ns;
	fixed.started_ns = facts->started_ns;
	fixed.cpu_percent = thread->cpu;
	fixed.wait_percent = thread->wait;
	fixed.kernel_switches = thread->kernel_switches;
	fixed.faults = thread->faults;
	memcpy(fixed.name, thread->command,
	       strnlen(thread->command, sizeof(fixed.name) - 1));
	buffer_append(to, &fixed, sizeof(fixed));
}

static void threads_append(struct buffer *frame,
			   const struct top_program *program,
			   struct buffer *before, bool key)
{
	struct buffer now = { 0 };
	size_t at, i;

	for (i = 0; i < program->nthreads; i++)
		thread_append(&now, &program->thread[i]);
	if (key ? now.size != 0 : now.size != before->size ||
	    (now.size && memcmp(now.bytes, before->bytes, now.size))) {
		extra_begin(frame, RECORDING_THREADS, &at);
		if (now.size)
			buffer_append(frame, now.bytes, now.size);
		extra_end(frame, at);
	}
	free(before->bytes);
	*before = now;
}

static const struct top_ring *ring_find(const struct top_switches *switches,
					uint32_t ring)
{
	size_t i;

	for (i = 0; i < switches->nrings; i++)
		if (switches->ring[i].ring == ring)
			return &switches->ring[i];
	return NULL;
}

/* How many of now are new: those behind the last one of before. */
static size_t ring_count_new(const struct top_ring *before,
			     const struct top_ring *now, bool *goes_on)
{
	const struct recording_switch *last;
	size_t i;

	*goes_on = false;
	if (!before || !before->count || before->tid != now->tid)
		return now->count;
	last = &before->at[before->count - 1];
	for (i = now->count; i > 0; i--)
		if (memcmp(&now->at[i - 1], last, sizeof(*last)) == 0) {
			*goes_on = true;
			return now->count - i;
		}
	return now->count;
}

/* Returns whether there was something to write. */
static bool ring_append(struct buffer *frame, const struct top_ring *before,
			const struct top_ring *now)
{
	struct recording_ring head = {
		.ring = now->ring, .tid = now->tid, .first = now->first,
		.last = now->last,
	};
	bool goes_on, whole = now->whole;
	size_t count = ring_count_new(before, now, &goes_on);

	if (before && count == 0 && before->last == now->last &&
	    before->tid == now->tid)
		return false;
	if (count > RECORDING_SWITCHES_MAX)
		count = RECORDING_SWITCHES_MAX;
	/* What the reader then has of it. */
	if (now->count > RECORDING_SWITCHES_MAX) {
		whole = false;
		head.first = now->at[now->count - RECORDING_SWITCHES_MAX].when;
	}
	head.flags = (goes_on ? RECORDING_RING_GOES_ON : 0) |
		     (whole ? RECORDING_RING_WHOLE : 0);
	head.count = (uint32_t)count;
	buffer_append(frame, &head, sizeof(head));
	if (count)
		buffer_append(frame, now->at + (now->count - count),
			      count * sizeof(*now->at));
	return true;
}

static void switches_append(struct buffer *frame,
			    const struct top_switches *now,
			    struct record_extras *before, bool key)
{
	const struct top_switches none = { 0 };
	const struct top_switches *old = key ? &none : &before->switches;
	struct recording_switches head = { .problem = now->problem };
	size_t extra, at, i;

	extra_begin(frame, RECORDING_SWITCHES, &extra);
	at = frame->size;
	buffer_append(frame, &head, sizeof(head));
	for (i = 0; i < now->nrings; i++)
		head.nrings += ring_append(frame, ring_find(old,
						now->ring[i].ring),
					   &now->ring[i]);
	memcpy(frame->bytes + at, &head, sizeof(head));
	extra_end(frame, extra);
	if (!key && before->begun && !head.nrings &&
	    before->switches.problem == now->problem)
		frame->size = extra; /* nothing is new */
	switches_free(&before->switches);
	before->switches = switches_copy(now);
	before->begun = true;
}

void record_append_extras(struct buffer *frame,
			  const struct top_program *program,
			  struct record_extras *before, bool key)
{
	threads_append(frame, program, &before->threads, key);
	switches_append(frame, &program->switches, before, key);
}

void record_forget_extras(struct record_extras *extras)
{
	free(extras->threads.bytes);
	switches_free(&extras->switches);
}
