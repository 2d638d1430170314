/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of a trace file that is read: reader.c, merge.c, objects.c. */
#ifndef TRACE_READER_H
#define TRACE_READER_H

#include "trace.h"

#define WINDOW 1024 /* records of a stream that are in memory */

/* Where a chunk of records is. */
struct trace_extent {
	uint64_t offset; /* of the first record */
	uint32_t count;
	uint64_t lost;   /* right before */
	int32_t pipid, tid;
};

/* The records of one ring, or of the kernel. */
struct trace_stream {
	bool kernel;
	uint32_t ring;        /* or the stream of the kernel */
	struct trace_extent *extent;
	size_t nextents, capacity;
	size_t current;       /* extent */
	uint32_t used;        /* records of it that are in the window or past */
	uint32_t at, filled;  /* in the window */
	bool gap;             /* the loss before this extent was told */
	uint64_t ns;          /* of the last event: time does not go back */
	void *window;
	struct trace_event next;
};

struct trace_object {
	uint64_t low, high;
	char *name;
};

struct trace_file {
	int fd;
	const char *name;
	struct trace_file_header header;
	struct trace_end end;
	bool complete;
	struct pip_clock_pair *pair;
	size_t npairs;
	struct trace_task *first, *last; /* in the order of PIPIDs */
	size_t nfirst, nlast;
	char (*user)[PIP_RECORDER_NAME_MAX];
	size_t nuser;
	struct trace_object *object;
	size_t nobjects;
	struct trace_stream *stream;
	size_t nstreams;
	struct trace_stream **heap;
	size_t nheap;
	bool started;
};

int trace_file_pread(const struct trace_file *file, uint64_t offset,
		     void *buffer, size_t size);
void trace_file_add_objects(struct trace_file *file, const char *text,
			    size_t size);
void trace_file_free_objects(struct trace_file *file);
uint64_t trace_file_time(const struct trace_file *file, uint64_t timestamp);

#endif
