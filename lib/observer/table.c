// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table itself: is it one, and a consistent copy of an entry (the sequence
 * lock is described in pip_table.h).
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>

#define QUICK_TRIES 200 /* about what a writer's critical section lasts */

static int table_report(char *text, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int table_report(char *text, int error, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(text, OBSERVER_PROBLEM_MAX, format, list);
	va_end(list);
	return error;
}

static int table_check_windows(const struct pip_table_header *header,
			       char *text)
{
	const uint64_t highest = (uint64_t)1 << 57; /* 5-level paging */
	uint64_t base = header->window_base, size = header->window_size;

	if (size == 0)
		return 0;
	if ((base | size) & 0xfff)
		return table_report(text, EBADMSG,
				    "windows of %#" PRIx64 " bytes at %#" PRIx64
				    " are not aligned to pages", size, base);
	if (base > highest ||
	    size > (highest - base) / (header->nentries ? header->nentries : 1))
		return table_report(text, EBADMSG,
				    "windows of %#" PRIx64 " bytes at %#" PRIx64
				    " do not fit an address space", size, base);
	return 0;
}

int observer_check_header(const struct pip_table_header *header, uint64_t size,
			  char *text)
{
	static const char none[sizeof(header->magic)];
	uint64_t need;

	text[0] = '\0';
	if (size < sizeof(*header))
		return table_report(text, EBADMSG,
				    "%" PRIu64 " bytes are too short for a "
				    "task table", size);
	if (memcmp(header->magic, none, sizeof(none)) == 0 ||
	    (header->version_major == 0 && header->created == 0))
		return table_report(text, EAGAIN, "is still being made");
	if (memcmp(header->magic, PIP_TABLE_MAGIC, sizeof(header->magic)) != 0)
		return table_report(text, EBADMSG, "is not a task table");
	if (header->byte_order != PIP_TABLE_BYTE_ORDER)
		return table_report(text, EBADMSG, "has byte order %#x, this "
				    "program reads %#x", header->byte_order,
				    PIP_TABLE_BYTE_ORDER);
	if (header->version_major != PIP_TABLE_VERSION_MAJOR)
		return table_report(text, EPROTONOSUPPORT,
				    "has version %u.%u, this program reads "
				    "versions %u.x", header->version_major,
				    header->version_minor,
				    PIP_TABLE_VERSION_MAJOR);
	if (header->created == 0)
		return table_report(text, EAGAIN, "is still being made");
	if (header->header_size < sizeof(*header) ||
	    header->header_size % 64 || header->header_size > 65536)
		return table_report(text, EBADMSG, "has a header of %u bytes",
				    header->header_size);
	if (header->entry_size < sizeof(struct pip_table_entry) ||
	    header->entry_size % 64 || header->entry_size > 65536)
		return table_report(text, EBADMSG, "has entries of %u bytes",
				    header->entry_size);
	if (header->nentries < 1 || header->nentries > OBSERVER_ENTRIES_MAX)
		return table_report(text, EBADMSG, "claims %u entries",
				    header->nentries);
	need = header->header_size +
	       (uint64_t)header->nentries * header->entry_size;
	if (need > header->table_size || need > size)
		return table_report(text, EBADMSG,
				    "claims %u entries, %" PRIu64
				    " bytes, and has %" PRIu64,
				    header->nentries, need,
				    size < header->table_size ?
				    size : header->table_size);
	return table_check_windows(header, text);
}

int table_read_header(const struct observer_source *source,
		      struct pip_table_header *header, char *text)
{
	int error = 0;

	if (source->size < sizeof(*header))
		memset(header, 0, sizeof(*header));
	else
		error = source_read(source, 0, header, sizeof(*header));
	if (error)
		return table_report(text, error, "cannot be read: %s",
				    observer_explain_error(error));
	error = observer_check_header(header, source->size, text);
	if (header->nused > header->nentries)
		header->nused = header->nentries;
	/* Text that the owner wrote; terminated once, here. */
	header->runtime[sizeof(header->runtime) - 1] = '\0';
	return error;
}

/*
 * Copy an entry.  EAGAIN: it changed or stayed locked during all our tries,
 * and the copy is torn.  *patience counts how often we may yield the CPU for
 * a writer that was preempted; it is shared by all entries of a reading, so
 * that a table full of dead locks does not stop us for long.
 */
int table_read_entry(const struct observer_source *source,
		     const struct pip_table_header *header, uint32_t slot,
		     unsigned *patience, struct pip_table_entry *entry)
{
	uint64_t offset = header->header_size +
			  (uint64_t)slot * header->entry_size;
	unsigned tries = 0;
	int error;

	for (;;) {
		uint32_t before, after;

		error = source_read(source, offset, &before, sizeof(before));
		if (error)
			return error;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		error = source_read(source, offset, entry, sizeof(*entry));
		if (error)
			return error;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		error = source_read(source, offset, &after, sizeof(after));
		if (error)
			return error;
		if (before == after && !(before & 1))
			break;
		if (++tries % QUICK_TRIES == 0) {
			error = EAGAIN;
			if (*patience == 0)
				break;
			(*patience)--;
			sched_yield();
		} else if (*patience == 0 && tries > 3) {
			error = EAGAIN;
			break;
		}
		error = 0;
	}
	entry->program[PIP_TABLE_PROGRAM_MAX - 1] = '\0';
	entry->command[PIP_TABLE_COMMAND_MAX - 1] = '\0';
	entry->func[PIP_TABLE_FUNC_MAX - 1] = '\0';
	return error;
}
