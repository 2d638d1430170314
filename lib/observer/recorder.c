// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reading the flight recorder while it is written; the protocol is described
 * in pip_recorder.h.  Nothing in it is taken on trust.
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Numbers that a recorder may have, and that cannot overflow together. */
#define RECORDS_MAX (1u << 20)

static int recorder_check(const struct pip_recorder_header *header,
			  uint64_t size)
{
	uint64_t rings = 2 * (uint64_t)header->nkernel;

	if (memcmp(header->magic, PIP_RECORDER_MAGIC, sizeof(header->magic)))
		return EBADMSG;
	if (header->version_major != PIP_RECORDER_VERSION_MAJOR)
		return EPROTONOSUPPORT;
	if (header->header_size < sizeof(*header) ||
	    header->header_size > 1u << 20 ||
	    header->record_size != sizeof(struct pip_record) ||
	    header->nrecords == 0 || header->nrecords > RECORDS_MAX ||
	    (header->nrecords & (header->nrecords - 1)) ||
	    header->ring_size < sizeof(struct pip_ring) +
				(uint64_t)header->nrecords *
				header->record_size ||
	    header->nkernel > OBSERVER_ENTRIES_MAX ||
	    header->header_size + rings * header->ring_size > size)
		return EBADMSG;
	return 0;
}

/* The program's newest pair of clocks may be as old as itself. */
static void recorder_take_pair(struct pip_clock_pair *pair)
{
#ifdef __x86_64__
	uint64_t timestamp = __builtin_ia32_rdtsc();
	struct timespec now;

	if (timestamp <= pair->timestamp ||
	    clock_gettime(CLOCK_BOOTTIME, &now) != 0)
		return;
	pair->timestamp = timestamp;
	pair->ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#else
	(void)pair;
#endif
}

int observer_open_recorder(struct observer_root *root,
			   struct observer_recorder *recorder)
{
	struct pip_table_header header;
	struct pip_recorder_header *own = &recorder->header;
	unsigned i;
	int error;

	error = source_read(root->source, 0, &header, sizeof(header));
	if (error)
		return error;
	if (header.version_minor < 1 || !header.recorder_address)
		return ENOENT;
	recorder->mode = header.recorder;
	recorder->reader = root->reader;
	recorder->address = header.recorder_address;
	error = remote_read(root->reader, recorder->address, own,
			    sizeof(*own));
	if (!error)
		error = recorder_check(own, header.recorder_size);
	if (error)
		return error;
	recorder_take_pair(&own->last);
	if (own->names > PIP_RECORDER_NAMES)
		own->names = PIP_RECORDER_NAMES;
	for (i = 0; i < PIP_RECORDER_NAMES; i++)
		own->name[i][PIP_RECORDER_NAME_MAX - 1] = '\0';
	return 0;
}

/* Records number [first, first + count), which must not wrap around. */
static int recorder_copy(const struct observer_recorder *recorder,
			 uint64_t ring, uint64_t first, size_t count,
			 struct pip_record *records)
{
	uint64_t index = first & (recorder->header.nrecords - 1);

	return remote_read(recorder->reader,
			   ring + sizeof(struct pip_ring) +
			   index * sizeof(struct pip_record),
			   records, count * sizeof(struct pip_record));
}

int observer_read_ring(const struct observer_recorder *recorder, uint32_t ring,
		       struct pip_ring *head, struct pip_record *records,
		       size_t max, size_t *countp)
{
	const struct pip_recorder_header *header = &recorder->header;
	uint64_t address, first, oldest, n, i, part;
	struct pip_ring after;
	size_t kept = 0;
	int error;

	*countp = 0;
	if (ring >= 2 * header->nkernel)
		return ENOENT;
	address = recorder->address + header->header_size +
		  (uint64_t)ring * header->ring_size;
	error = remote_read(recorder->reader, address, head, sizeof(*head));
	if (error || !max)
		return error;
	n = head->head < header->nrecords ? head->head : header->nrecords;
	if (n > max)
		n = max;
	first = head->head - n;
	part = header->nrecords - (first & (header->nrecords - 1));
	if (part > n)
		part = n;
	error = recorder_copy(recorder, address, first, part, records);
	if (!error && part < n)
		error = recorder_copy(recorder, address, first + part,
				      n - part, records + part);
	if (!error)
		error = remote_read(recorder->reader, address, &after,
				    sizeof(after));
	if (error)
		return error;
	oldest = after.head > header->nrecords && recorder->mode !=
		 PIP_RECORDER_STOP ? after.head - header->nrecords : 0;
	for (i = 0; i < n; i++)
		if (first + i >= oldest &&
		    records[i].sequence == (uint32_t)(first + i + 1))
			records[kept++] = records[i];
	*countp = kept;
	return 0;
}

uint64_t observer_record_time(const struct observer_recorder *recorder,
			      uint64_t timestamp)
{
	const struct pip_clock_pair *first = &recorder->header.first;
	const struct pip_clock_pair *last = &recorder->header.last;
	double rate, when;

	if (last->timestamp <= first->timestamp || last->ns <= first->ns)
		return 0;
	rate = (double)(last->ns - first->ns) /
	       (double)(last->timestamp - first->timestamp);
	when = (double)last->ns +
	       ((double)timestamp - (double)last->timestamp) * rate;
	/* The program may have written any number. */
	return when > 0 && when < 1e19 ? (uint64_t)when : 0;
}

const char *observer_name_event(uint16_t event)
{
	static const char *const names[] = {
		[PIP_EVENT_ROOT_INIT] = "root-init",
		[PIP_EVENT_ROOT_FIN] = "root-fin",
		[PIP_EVENT_SPAWN_BEGIN] = "spawn-begin",
		[PIP_EVENT_SPAWN_END] = "spawn-end",
		[PIP_EVENT_TASK_START] = "task-start",
		[PIP_EVENT_TASK_EXIT] = "task-exit",
		[PIP_EVENT_TASK_WAIT] = "task-wait",
		[PIP_EVENT_COUPLE_BEGIN] = "couple-begin",
		[PIP_EVENT_COUPLE_END] = "couple-end",
		[PIP_EVENT_DECOUPLE_BEGIN] = "decouple-begin",
		[PIP_EVENT_DECOUPLE_END] = "decouple-end",
		[PIP_EVENT_SWITCH] = "switch",
		[PIP_EVENT_SUSPEND] = "suspend",
		[PIP_EVENT_RESUME] = "resume",
		[PIP_EVENT_READY] = "ready",
		[PIP_EVENT_BARRIER_BEGIN] = "barrier-begin",
		[PIP_EVENT_BARRIER_END] = "barrier-end",
		[PIP_EVENT_MUTEX_BEGIN] = "mutex-begin",
		[PIP_EVENT_MUTEX_END] = "mutex-end",
		[PIP_EVENT_IMPORT_BEGIN] = "import-begin",
		[PIP_EVENT_IMPORT_END] = "import-end",
		[PIP_EVENT_EXPORT] = "export",
		[PIP_EVENT_SIGNAL] = "signal",
		[PIP_EVENT_EXCEPTION] = "exception",
		[PIP_EVENT_HOOK_BEGIN] = "hook-begin",
		[PIP_EVENT_HOOK_END] = "hook-end",
		[PIP_EVENT_PLUGIN_BEGIN] = "plugin-begin",
		[PIP_EVENT_PLUGIN_END] = "plugin-end",
		[PIP_EVENT_SUSPEND_ALL_BEGIN] = "suspend-all-begin",
		[PIP_EVENT_SUSPEND_ALL_STEP] = "suspend-all-step",
		[PIP_EVENT_SUSPEND_ALL_END] = "suspend-all-end",
		[PIP_EVENT_THREAD_STOP] = "thread-stop",
		[PIP_EVENT_THREAD_GO] = "thread-go",
		[PIP_EVENT_MARK] = "mark",
		[PIP_EVENT_BEGIN] = "begin",
		[PIP_EVENT_END] = "end",
		[PIP_EVENT_COUNTER] = "counter",
	};

	return event < sizeof(names) / sizeof(names[0]) ? names[event] : NULL;
}
