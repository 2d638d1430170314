/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that write a recording share. */
#ifndef TOP_RECORD_H
#define TOP_RECORD_H

#include "top.h"
#include "recording.h"

struct buffer {
	char *bytes;
	size_t size, capacity;
};

/* size more bytes, all zero; a pointer until the next one is added. */
void *buffer_add(struct buffer *buffer, size_t size);
void buffer_append(struct buffer *buffer, const void *bytes, size_t size);

/* record-extra.c: as the frame before has them */
struct record_extras {
	struct buffer threads;
	struct top_switches switches;
	bool begun; /* switches are what a frame has said */
};

void record_append_extras(struct buffer *frame,
			  const struct top_program *program,
			  struct record_extras *before, bool key);
void record_forget_extras(struct record_extras *extras);

#endif /* TOP_RECORD_H */
