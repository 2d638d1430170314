// SPDX-License-Identifier: BSD-2-Clause
/*
 * The recorder's bytes come from the memfd itself, which outlives the program:
 * that is ours if we have started it, or else is opened through
 * /proc/PID/map_files (CAP_CHECKPOINT_RESTORE).  Where it cannot be had, they
 * come from the live process by process_vm_readv(2).
 */
#include <config.h>

#include "recorder_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define HEADERS_AT_ONCE 512 /* below IOV_MAX */
#define STUCK_MAX 2000      /* looks, before a record is given up */
#define RECORDS_MAX (1u << 20)
#define OPEN_TRIES 20

static int read_memory(const struct recorder_reader *reader, uint64_t address,
		       void *buffer, size_t size)
{
	char *to = buffer;

	while (size != 0) {
		struct iovec local = { to, size };
		struct iovec remote = { (void *)(uintptr_t)address, size };
		ssize_t n = process_vm_readv(reader->pid, &local, 1, &remote,
					     1, 0);

		if (n <= 0)
			return n < 0 ? errno : EFAULT;
		to += n;
		address += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

static int read_file(int fd, uint64_t offset, void *buffer, size_t size)
{
	char *to = buffer;

	while (size != 0) {
		ssize_t n = pread(fd, to, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EBADMSG;
		to += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

static int read_recorder(const struct recorder_reader *reader, uint64_t offset,
			 void *buffer, size_t size)
{
	return reader->fd >= 0 ?
		       read_file(reader->fd, offset, buffer, size) :
		       read_memory(reader, reader->address + offset, buffer,
				   size);
}

static int check_header(struct recorder_reader *reader)
{
	const struct pip_recorder_header *header = &reader->header;
	uint64_t rings;

	if (memcmp(header->magic, PIP_RECORDER_MAGIC, 8) != 0)
		return EBADMSG;
	if (header->version_major != PIP_RECORDER_VERSION_MAJOR ||
	    header->record_size != sizeof(struct pip_record))
		return EPROTONOSUPPORT;
	if (header->nrecords == 0 || header->nrecords > RECORDS_MAX ||
	    (header->nrecords & (header->nrecords - 1)) != 0 ||
	    header->ring_size < sizeof(struct pip_ring) +
			header->nrecords * sizeof(struct pip_record) ||
	    header->header_size < sizeof(*header) ||
	    header->header_size > (1u << 20) || header->nkernel == 0 ||
	    header->nkernel > OBSERVER_ENTRIES_MAX)
		return EBADMSG;
	rings = 2ul * header->nkernel * header->ring_size;
	return header->header_size + rings > reader->size ? EBADMSG : 0;
}

/* The first part of its mapping: madvise(2) may have made several of it. */
static bool find_mapping(const struct recorder_reader *reader, char *name,
			 size_t size)
{
	char line[512];
	bool found = false;
	FILE *maps;

	snprintf(line, sizeof(line), "/proc/%d/maps", (int)reader->pid);
	maps = fopen(line, "re");
	while (maps != NULL && !found &&
	       fgets(line, sizeof(line), maps) != NULL) {
		uint64_t low, high;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &low, &high) != 2 ||
		    low != reader->address ||
		    strstr(line, " /memfd:" PIP_RECORDER_NAME " ") == NULL)
			continue;
		snprintf(name, size, "/proc/%d/map_files/%" PRIx64
			 "-%" PRIx64, (int)reader->pid, low, high);
		found = true;
	}
	if (maps != NULL)
		fclose(maps);
	return found;
}

/* Nothing is opened but a regular file: a device could do something. */
static int open_regular(const char *name)
{
	int fd, path = open(name, O_PATH | O_CLOEXEC);
	struct stat status;
	char self[48];

	if (path < 0)
		return -errno;
	fd = -EACCES;
	if (fstat(path, &status) == 0 && S_ISREG(status.st_mode)) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", path);
		fd = open(self, O_RDONLY | O_CLOEXEC);
	}
	close(path);
	return fd < 0 ? -1 : fd;
}

static int open_memfd(const struct recorder_reader *reader)
{
	char name[96];

	/* A spawn may divide the mapping once more between the two. */
	for (int i = 0; i < OPEN_TRIES; i++) {
		int fd = -ENOENT;

		if (find_mapping(reader, name, sizeof(name)))
			fd = open_regular(name);
		if (fd != -ENOENT)
			return fd < 0 ? -1 : fd;
	}
	return -1;
}

/* Numbers of events whose records can still be there. */
static uint64_t oldest(const struct recorder_reader *reader, uint32_t ring)
{
	uint64_t head = reader->rings[ring].head;

	return head > reader->header.nrecords ? head - reader->header.nrecords :
						0;
}

static int start(struct recorder_reader *reader, enum recorder_from from)
{
	int error = recorder_reader_look(reader);

	if (error != 0)
		return error;
	for (uint32_t i = 0; i < reader->nrings; i++) {
		reader->cursor[i].next =
			from == RECORDER_FROM_START ? 0 :
			from == RECORDER_FROM_PAST  ? oldest(reader, i) :
						      reader->rings[i].head;
		reader->cursor[i].stopped_before = reader->rings[i].stopped;
	}
	return 0;
}

/* The memfd that was given to the program, if that has taken it. */
static int take_given(const struct recorder_reader *reader, int given)
{
	struct pip_recorder_header header;

	if (given < 0 || read_file(given, 0, &header, sizeof(header)) != 0 ||
	    memcmp(&header.first, &reader->header.first,
		   sizeof(header.first)) != 0 ||
	    header.root_pid != reader->header.root_pid)
		return -1;
	return fcntl(given, F_DUPFD_CLOEXEC, 0);
}

void recorder_reader_let_go(int given)
{
	uint64_t attached = 1;
	struct stat status;

	if (given >= 0 && fstat(given, &status) == 0 && status.st_size != 0)
		(void)!pwrite(given, &attached, sizeof(attached),
			      offsetof(struct pip_recorder_header, attached));
}

int recorder_reader_open(struct observer_root *root, int given,
			 enum recorder_from from,
			 struct recorder_reader **readerp)
{
	struct recorder_reader *reader = calloc(1, sizeof(*reader));
	int error;

	if (reader == NULL)
		return ENOMEM;
	reader->fd = -1;
	reader->pid = root->reader;
	reader->table_address = root->header.table_address;
	if (reader->table_address == 0)
		reader->table_address = root->table_address;
	error = read_memory(reader, reader->table_address, &reader->table,
			    sizeof(reader->table));
	reader->address = reader->table.recorder_address;
	reader->size = reader->table.recorder_size;
	if (error == 0 &&
	    (reader->table.version_minor < 1 || reader->address == 0))
		error = ENODATA;
	if (error == 0)
		error = read_memory(reader, reader->address, &reader->header,
				    sizeof(reader->header));
	if (error == 0)
		error = check_header(reader);
	if (error == 0) {
		reader->nrings = 2 * reader->header.nkernel;
		reader->fd = take_given(reader, given);
		if (reader->fd < 0)
			reader->fd = open_memfd(reader);
		reader->rings = calloc(reader->nrings, sizeof(*reader->rings));
		reader->cursor = calloc(reader->nrings,
					sizeof(*reader->cursor));
		reader->buffer = calloc(READER_BATCH, sizeof(*reader->buffer));
		error = reader->rings == NULL || reader->cursor == NULL ||
					reader->buffer == NULL ?
				ENOMEM :
				start(reader, from);
	}
	if (error != 0) {
		recorder_reader_close(reader);
		return error;
	}
	*readerp = reader;
	return 0;
}

void recorder_reader_close(struct recorder_reader *reader)
{
	if (reader == NULL)
		return;
	if (reader->fd >= 0)
		close(reader->fd);
	free(reader->rings);
	free(reader->cursor);
	free(reader->buffer);
	free(reader);
}

static uint64_t ring_offset(const struct recorder_reader *reader, uint32_t ring)
{
	return reader->header.header_size +
	       (uint64_t)ring * reader->header.ring_size;
}

/* The headers of rings [first, first + n), from the live process. */
static int look_live(struct recorder_reader *reader, uint32_t first, uint32_t n)
{
	struct iovec local[HEADERS_AT_ONCE], remote[HEADERS_AT_ONCE];
	size_t size = n * sizeof(struct pip_ring);

	for (uint32_t i = 0; i < n; i++) {
		local[i].iov_base = &reader->rings[first + i];
		remote[i].iov_base = (void *)(uintptr_t)(
			reader->address + ring_offset(reader, first + i));
		local[i].iov_len = remote[i].iov_len = sizeof(struct pip_ring);
	}
	return process_vm_readv(reader->pid, local, n, remote, n, 0) ==
			       (ssize_t)size ?
		       0 :
		       ESRCH;
}

static int look_at(struct recorder_reader *reader, uint32_t first, uint32_t n)
{
	while (n != 0) {
		uint32_t part = n < HEADERS_AT_ONCE ? n : HEADERS_AT_ONCE;
		int error = ESRCH;

		if (!reader->gone)
			error = look_live(reader, first, part);
		if (error != 0)
			reader->gone = true;
		for (uint32_t i = 0; error != 0 && i < part; i++) {
			if (reader->fd < 0 ||
			    read_file(reader->fd,
				      ring_offset(reader, first + i),
				      &reader->rings[first + i],
				      sizeof(struct pip_ring)) != 0)
				return ESRCH;
		}
		first += part;
		n -= part;
	}
	return 0;
}

int recorder_reader_look(struct recorder_reader *reader)
{
	struct pip_table_header table;
	int error;

	if (!reader->gone) {
		/* Another program's table could be there by now: it would have
		 * another time of creation. */
		if (read_memory(reader, reader->table_address, &table,
				sizeof(table)) == 0 &&
		    table.created == reader->table.created)
			reader->table = table;
		else
			reader->gone = true;
	}
	/* What it spawned after the last look, nobody tells any more. */
	reader->nused = reader->gone ? reader->header.nkernel :
				       reader->table.nused;
	if (reader->nused > reader->header.nkernel)
		reader->nused = reader->header.nkernel;
	error = look_at(reader, 0, reader->nused);
	if (error == 0)
		error = look_at(reader, reader->header.nkernel, reader->nused);
	return error != 0 ? error : reader->gone ? ESRCH : 0;
}

unsigned recorder_reader_fill(const struct recorder_reader *reader)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < reader->nrings; i++) {
		uint64_t n = reader->rings[i].head - reader->cursor[i].next;

		if (reader->rings[i].head > reader->cursor[i].next && n > most)
			most = n;
	}
	return (unsigned)(most * 1000 / reader->header.nrecords);
}

static void lose(struct recorder_cursor *cursor, uint64_t until)
{
	cursor->lost += until - cursor->next;
	cursor->gap += until - cursor->next;
	cursor->next = until;
	cursor->stuck = 0;
}

/* Copy count records from number on; they may wrap around. */
static int copy(struct recorder_reader *reader, uint32_t ring, uint64_t number,
		uint32_t count)
{
	uint64_t base = ring_offset(reader, ring) + sizeof(struct pip_ring);
	uint32_t mask = reader->header.nrecords - 1;
	uint32_t at = (uint32_t)number & mask;
	uint32_t part = mask + 1 - at < count ? mask + 1 - at : count;
	int error = read_recorder(reader, base + at * sizeof(struct pip_record),
				  reader->buffer,
				  part * sizeof(struct pip_record));

	if (error == 0 && part < count)
		error = read_recorder(reader, base, reader->buffer + part,
				      (count - part) *
					      sizeof(struct pip_record));
	return error;
}

/* The ring's head now, after a copy. */
static int look_again(struct recorder_reader *reader, uint32_t ring,
		      uint64_t *head)
{
	return read_recorder(reader, ring_offset(reader, ring), head,
			     sizeof(*head));
}

int recorder_reader_read(struct recorder_reader *reader, uint32_t ring,
			 bool last, struct recorder_batch *batch)
{
	struct recorder_cursor *cursor = &reader->cursor[ring];
	uint32_t nrecords = reader->header.nrecords, count, skip, good;
	uint64_t head = reader->rings[ring].head, now = 0;
	int error;

	memset(batch, 0, sizeof(*batch));
	batch->ring = ring;
	batch->header = &reader->rings[ring];
	if (head <= cursor->next)
		return 0;
	if (oldest(reader, ring) > cursor->next)
		lose(cursor, oldest(reader, ring));
	for (;;) {
		if (head <= cursor->next)
			return 0;
		count = head - cursor->next < READER_BATCH ?
				(uint32_t)(head - cursor->next) :
				READER_BATCH;
		error = copy(reader, ring, cursor->next, count);
		if (error == 0)
			error = look_again(reader, ring, &now);
		if (error != 0)
			return error;
		/* What may have been overwritten while it was copied. */
		skip = 0;
		if (now > nrecords && now - nrecords > cursor->next)
			skip = now - nrecords - cursor->next < count ?
				       (uint32_t)(now - nrecords -
						  cursor->next) :
				       count;
		if (skip != 0)
			lose(cursor, cursor->next + skip);
		for (good = skip; good < count; good++)
			if (reader->buffer[good].sequence !=
			    (uint32_t)(cursor->next + good - skip) + 1)
				break;
		if (good > skip)
			break;
		if (skip == count)
			continue; /* all lost: go on behind it */
		/* The first is not complete: its writer is at it, or dead. */
		if (!last && ++cursor->stuck < STUCK_MAX)
			return 0;
		lose(cursor, cursor->next + 1);
	}
	batch->first = cursor->next;
	batch->count = good - skip;
	batch->lost = cursor->gap;
	batch->records = reader->buffer + skip;
	cursor->next += batch->count;
	cursor->read += batch->count;
	cursor->gap = 0;
	cursor->stuck = 0;
	return 0;
}

int recorder_reader_names(struct recorder_reader *reader,
			  char (*names)[PIP_RECORDER_NAME_MAX], uint32_t *np)
{
	uint64_t at = offsetof(struct pip_recorder_header, name);
	int error = read_recorder(reader,
				  offsetof(struct pip_recorder_header, names),
				  np, sizeof(*np));

	if (error != 0)
		return error;
	if (*np > PIP_RECORDER_NAMES)
		*np = PIP_RECORDER_NAMES;
	error = read_recorder(reader, at, names, *np * PIP_RECORDER_NAME_MAX);
	for (uint32_t i = 0; i < *np; i++)
		names[i][PIP_RECORDER_NAME_MAX - 1] = '\0';
	return error;
}

int recorder_reader_switch(struct recorder_reader *reader, uint32_t mode,
			   uint32_t *beforep)
{
	uint64_t at = reader->table_address +
		      offsetof(struct pip_table_header, recorder);
	char path[48];
	ssize_t n;
	int error, fd;

	error = read_memory(reader, at, beforep, sizeof(*beforep));
	if (error != 0 || *beforep == mode)
		return error;
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)reader->pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno;
	n = pwrite(fd, &mode, sizeof(mode), (off_t)at);
	error = n == sizeof(mode) ? 0 : n < 0 ? errno : EIO;
	close(fd);
	return error;
}

void recorder_reader_sum(const struct recorder_reader *reader, uint64_t *read,
			 uint64_t *lost, uint64_t *stopped)
{
	*read = *lost = *stopped = 0;
	for (uint32_t i = 0; i < reader->nrings; i++) {
		*read += reader->cursor[i].read;
		*lost += reader->cursor[i].lost;
		*stopped += reader->rings[i].stopped -
			    reader->cursor[i].stopped_before;
	}
}
