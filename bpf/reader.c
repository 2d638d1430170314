// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reading a trace file, which may have been cut off or overwritten anywhere.
 * First all chunks are looked at, one after the other, up to the first that is
 * damaged; merge.c then reads the records again, in the order of time.
 */
#include <config.h>

#include "reader.h"
#include "observer/observer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int trace_file_pread(const struct trace_file *file, uint64_t offset,
		     void *buffer, size_t size)
{
	char *to = buffer;

	while (size != 0) {
		ssize_t n = pread(file->fd, to, size, (off_t)offset);

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

static void *grow(void *array, size_t count, size_t size)
{
	/* A power of two was allocated before. */
	if ((count & (count - 1)) != 0)
		return array;
	array = reallocarray(array, count == 0 ? 1 : 2 * count, size);
	if (array == NULL)
		trace_fail("out of memory");
	return array;
}

static struct trace_stream *get_stream(struct trace_file *file, bool kernel,
				       uint32_t ring)
{
	struct trace_stream *stream;

	/* There are few, and they take turns. */
	for (size_t i = 0; i < file->nstreams; i++)
		if (file->stream[i].kernel == kernel &&
		    file->stream[i].ring == ring)
			return &file->stream[i];
	file->stream = grow(file->stream, file->nstreams,
			    sizeof(*file->stream));
	stream = &file->stream[file->nstreams++];
	memset(stream, 0, sizeof(*stream));
	stream->kernel = kernel;
	stream->ring = ring;
	return stream;
}

static void add_extent(struct trace_stream *stream, struct trace_extent extent)
{
	stream->extent = grow(stream->extent, stream->nextents,
			      sizeof(*stream->extent));
	stream->extent[stream->nextents++] = extent;
}

static bool add_ring(struct trace_file *file, const char *data, uint32_t size,
		     uint64_t offset)
{
	struct trace_ring_head head;

	if (size < sizeof(head))
		return false;
	memcpy(&head, data, sizeof(head));
	if (head.ring >= 2 * (uint64_t)file->header.nkernel ||
	    head.count == 0 || (size - sizeof(head)) / sizeof(struct pip_record)
				       != head.count)
		return false;
	add_extent(get_stream(file, false, head.ring), (struct trace_extent){
		.offset = offset + sizeof(head),
		.count = head.count,
		.lost = head.lost,
		.pipid = head.pipid,
		.tid = head.tid,
	});
	file->end.events += head.count;
	file->end.lost += head.lost;
	return true;
}

static bool add_kernel(struct trace_file *file, uint16_t stream, uint32_t size,
		       uint64_t offset)
{
	uint32_t count = size / sizeof(struct trace_kernel_record);

	if (count == 0 || size % sizeof(struct trace_kernel_record) != 0)
		return false;
	add_extent(get_stream(file, true, stream),
		   (struct trace_extent){ .offset = offset, .count = count });
	file->end.kernel_events += count;
	return true;
}

static bool add_clock(struct trace_file *file, const char *data, uint32_t size)
{
	struct pip_clock_pair pair;

	for (; size >= sizeof(pair); size -= sizeof(pair)) {
		memcpy(&pair, data, sizeof(pair));
		data += sizeof(pair);
		/* Both clocks go on. */
		if (file->npairs != 0 &&
		    (pair.timestamp <=
			     file->pair[file->npairs - 1].timestamp ||
		     pair.ns <= file->pair[file->npairs - 1].ns))
			continue;
		file->pair = grow(file->pair, file->npairs, sizeof(pair));
		file->pair[file->npairs++] = pair;
	}
	return size == 0;
}

static int compare_tasks(const void *a, const void *b)
{
	const struct trace_task *x = a, *y = b;

	return (x->pipid > y->pipid) - (x->pipid < y->pipid);
}

static void put_task(struct trace_file *file, const struct trace_task *task)
{
	struct trace_task *known;

	known = file->nlast == 0 ? NULL :
		bsearch(task, file->last, file->nlast, sizeof(*task),
			compare_tasks);
	if (known != NULL) {
		*known = *task;
		return;
	}
	file->last = grow(file->last, file->nlast, sizeof(*task));
	file->last[file->nlast++] = *task;
	qsort(file->last, file->nlast, sizeof(*task), compare_tasks);
}

/* A program names itself: for terminals, and JSON. */
static void clean_text(char *text, size_t size)
{
	char copy[256];

	text[size - 1] = '\0';
	observer_escape_text(copy, size < sizeof(copy) ? size : sizeof(copy),
			     text, strlen(text));
	strcpy(text, copy);
}

static bool add_tasks(struct trace_file *file, const char *data, uint32_t size)
{
	size_t count = size / sizeof(struct trace_task);
	bool first = file->first == NULL;

	if (size % sizeof(struct trace_task) != 0 ||
	    count > 1 + (size_t)file->header.nkernel)
		return false;
	if (first) {
		file->first = calloc(count + 1, sizeof(*file->first));
		if (file->first == NULL)
			trace_fail("out of memory");
	}
	for (size_t i = 0; i < count; i++) {
		struct trace_task task;

		memcpy(&task, data + i * sizeof(task), sizeof(task));
		clean_text(task.program, sizeof(task.program));
		put_task(file, &task);
		if (first)
			file->first[file->nfirst++] = task;
	}
	return true;
}

static bool add_names(struct trace_file *file, const char *data, uint32_t size)
{
	size_t count = size / PIP_RECORDER_NAME_MAX;

	if (count > PIP_RECORDER_NAMES)
		return false;
	free(file->user);
	file->user = calloc(count + 1, PIP_RECORDER_NAME_MAX);
	if (file->user == NULL)
		trace_fail("out of memory");
	memcpy(file->user, data, count * PIP_RECORDER_NAME_MAX);
	for (size_t i = 0; i < count; i++)
		clean_text(file->user[i], PIP_RECORDER_NAME_MAX);
	file->nuser = count;
	return true;
}

static bool add_end(struct trace_file *file, const char *data, uint32_t size)
{
	if (size < sizeof(file->end))
		return false;
	memcpy(&file->end, data, sizeof(file->end));
	file->complete = true;
	return true;
}

static bool add_chunk(struct trace_file *file, const struct trace_chunk *chunk,
		      const char *data, uint64_t offset)
{
	switch (chunk->type) {
	case TRACE_CHUNK_CLOCK:
		return add_clock(file, data, chunk->size);
	case TRACE_CHUNK_TASKS:
		return add_tasks(file, data, chunk->size);
	case TRACE_CHUNK_NAMES:
		return add_names(file, data, chunk->size);
	case TRACE_CHUNK_RING:
		return add_ring(file, data, chunk->size, offset);
	case TRACE_CHUNK_KERNEL:
		return add_kernel(file, chunk->stream, chunk->size,
				  offset);
	case TRACE_CHUNK_MAPS:
		trace_file_add_objects(file, data, chunk->size);
		return true;
	case TRACE_CHUNK_END:
		return add_end(file, data, chunk->size);
	}
	return true; /* of a newer minor version */
}

/* Up to the end, or to the first chunk that is not right. */
static const char *read_chunks(struct trace_file *file, uint64_t *position)
{
	uint64_t offset = file->header.header_size;
	const char *problem = NULL;
	size_t capacity = 0;
	char *data = NULL;

	while (problem == NULL && !file->complete) {
		struct trace_chunk chunk;
		char byte;

		*position = offset;
		if (trace_file_pread(file, offset, &byte, 1) != 0)
			break;
		if (trace_file_pread(file, offset, &chunk, sizeof(chunk)) != 0) {
			problem = "is cut off";
			break;
		}
		if (chunk.magic != TRACE_CHUNK_MAGIC ||
		    chunk.size > TRACE_CHUNK_MAX) {
			problem = "is damaged";
			break;
		}
		if (chunk.size > capacity) {
			capacity = chunk.size;
			free(data);
			data = malloc(capacity);
			if (data == NULL)
				trace_fail("out of memory");
		}
		offset += sizeof(chunk);
		if (chunk.size != 0 &&
		    trace_file_pread(file, offset, data, chunk.size) != 0)
			problem = "is cut off";
		else if ((uint32_t)trace_checksum(data, chunk.size,
						    chunk.type) !=
				 chunk.checksum ||
			 !add_chunk(file, &chunk, data, offset))
			problem = "is damaged";
		offset += chunk.size;
	}
	free(data);
	if (!file->complete && file->npairs != 0)
		file->end.ns = file->pair[file->npairs - 1].ns;
	return problem;
}

static const char *check_header(const struct trace_file_header *header)
{
	if (memcmp(header->magic, TRACE_MAGIC, sizeof(header->magic)) != 0)
		return "is not a file of pip-trace record";
	if (header->byte_order != TRACE_BYTE_ORDER)
		return "comes from a machine with another byte order";
	if (header->version_major != TRACE_VERSION_MAJOR)
		return "has another version of the format";
	if (header->header_size < sizeof(*header) ||
	    header->header_size > 65536 ||
	    header->record_size != sizeof(struct pip_record) ||
	    header->kernel_record_size != sizeof(struct trace_kernel_record) ||
	    header->nkernel > 65536)
		return "has a damaged header";
	return NULL;
}

struct trace_file *trace_file_open(int fd, const char *name)
{
	struct trace_file *file = calloc(1, sizeof(*file));
	const char *problem;
	uint64_t offset = 0;
	int error;

	if (file == NULL)
		trace_fail("out of memory");
	file->name = name;
	file->fd = fd >= 0 ? fd : open(name, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0) {
		trace_warn("%s: %s", name, strerror(errno));
		free(file);
		return NULL;
	}
	error = trace_file_pread(file, 0, &file->header, sizeof(file->header));
	problem = error == 0	   ? check_header(&file->header) :
		  error == EBADMSG ? "is not a file of pip-trace record" :
				     strerror(error);
	if (problem != NULL) {
		trace_warn("%s: %s", name, problem);
		trace_file_close(file);
		return NULL;
	}
	problem = read_chunks(file, &offset);
	if (problem != NULL)
		trace_warn("%s %s at byte %" PRIu64 "; what is before is used",
			   name, problem, offset);
	else if (!file->complete)
		trace_warn("%s has no end: the recording was interrupted, or "
			   "goes on", name);
	return file;
}

void trace_file_close(struct trace_file *file)
{
	if (file == NULL)
		return;
	for (size_t i = 0; i < file->nstreams; i++) {
		free(file->stream[i].extent);
		free(file->stream[i].window);
	}
	trace_file_free_objects(file);
	free(file->stream);
	free(file->heap);
	free(file->pair);
	free(file->first);
	free(file->last);
	free(file->user);
	close(file->fd);
	free(file);
}

const struct trace_file_header *trace_file_header(const struct trace_file *file)
{
	return &file->header;
}

const struct trace_end *trace_file_end(const struct trace_file *file,
				       bool *completep)
{
	*completep = file->complete;
	return &file->end;
}

const struct trace_task *trace_file_tasks(const struct trace_file *file,
					  size_t *countp)
{
	*countp = file->nlast;
	return file->last;
}

const struct trace_task *trace_file_first_tasks(const struct trace_file *file,
						size_t *countp)
{
	*countp = file->nfirst;
	return file->first;
}

const char *trace_file_user_name(const struct trace_file *file, uint32_t id)
{
	return id < file->nuser ? file->user[id] : NULL;
}

const char *trace_file_program(const struct trace_file *file, int32_t pipid)
{
	struct trace_task key = { .pipid = pipid }, *task;
	const char *slash;

	task = file->nlast == 0 ? NULL :
	       bsearch(&key, file->last, file->nlast, sizeof(key),
		       compare_tasks);
	if (task == NULL)
		return "";
	slash = strrchr(task->program, '/');
	return slash != NULL ? slash + 1 : task->program;
}
