// SPDX-License-Identifier: BSD-2-Clause
/* Writing a trace file, chunk by chunk.  What cannot be written ends all. */
#include <config.h>

#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define KERNEL_BUFFER 8192 /* records */

uint64_t trace_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t read_counter(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t value;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
	return value;
#endif
}

/* The closest of several: we may be interrupted between the two clocks. */
struct pip_clock_pair trace_take_pair(void)
{
	struct pip_clock_pair best = { 0, 0 };
	uint64_t width = UINT64_MAX;

	for (int i = 0; i < 16; i++) {
		uint64_t before = read_counter(), ns = trace_now();
		uint64_t after = read_counter();

		if (after - before >= width)
			continue;
		width = after - before;
		best.timestamp = before + width / 2;
		best.ns = ns;
	}
	return best;
}

/*
 * A multiplicative hash of 8-byte words, after Knuth (The Art of Computer
 * Programming 3, 6.4): finds what was cut, shifted or overwritten, at the speed
 * of memory.  Parts but the last must be multiples of 8 bytes.
 */
uint64_t trace_checksum(const void *data, size_t size, uint64_t sum)
{
	const char *bytes = data;

	while (size != 0) {
		uint64_t word = 0;
		size_t n = size < 8 ? size : 8;

		memcpy(&word, bytes, n);
		sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
		sum ^= sum >> 29;
		bytes += n;
		size -= n;
	}
	return sum;
}

static void put_bytes(struct trace_writer *writer, struct iovec *part, int n)
{
	while (n != 0) {
		ssize_t done = writev(writer->fd, part, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			trace_fail("%s: %s", writer->name,
				   strerror(done < 0 ? errno : EIO));
		writer->bytes += (uint64_t)done;
		while (n != 0 && (size_t)done >= part->iov_len) {
			done -= (ssize_t)part->iov_len;
			part++;
			n--;
		}
		if (n != 0) {
			part->iov_base = (char *)part->iov_base + done;
			part->iov_len -= (size_t)done;
		}
	}
}

void writer_open(struct trace_writer *writer, int fd, const char *name)
{
	memset(writer, 0, sizeof(*writer));
	writer->fd = fd;
	writer->name = name;
	writer->buffer = calloc(KERNEL_BUFFER, sizeof(*writer->buffer));
	if (writer->buffer == NULL)
		trace_fail("out of memory");
}

void writer_close(struct trace_writer *writer)
{
	free(writer->buffer);
	writer->buffer = NULL;
}

void writer_put_header(struct trace_writer *writer,
		       const struct trace_file_header *header)
{
	struct iovec part = { (void *)header, sizeof(*header) };

	put_bytes(writer, &part, 1);
}

static void put_chunk(struct trace_writer *writer, enum trace_chunk_type type,
		      unsigned stream, const void *data, size_t size,
		      const void *more, size_t rest)
{
	struct trace_chunk chunk = {
		.magic = TRACE_CHUNK_MAGIC,
		.type = (uint16_t)type,
		.stream = (uint16_t)stream,
		.size = (uint32_t)(size + rest),
	};
	struct iovec part[3] = {
		{ &chunk, sizeof(chunk) },
		{ (void *)data, size },
		{ (void *)more, rest },
	};

	chunk.checksum = (uint32_t)trace_checksum(
		more, rest, trace_checksum(data, size, type));
	put_bytes(writer, part, 3);
}

void writer_put(struct trace_writer *writer, enum trace_chunk_type type,
		const void *data, size_t size, const void *more, size_t rest)
{
	put_chunk(writer, type, 0, data, size, more, rest);
}

void writer_put_kernel(struct trace_writer *writer, unsigned stream,
		       const struct trace_kernel_record *record)
{
	if (stream != writer->stream || writer->nbuffered == KERNEL_BUFFER)
		writer_flush_kernel(writer);
	writer->stream = stream;
	writer->buffer[writer->nbuffered++] = *record;
}

void writer_flush_kernel(struct trace_writer *writer)
{
	if (writer->nbuffered == 0)
		return;
	put_chunk(writer, TRACE_CHUNK_KERNEL, writer->stream, writer->buffer,
		  writer->nbuffered * sizeof(*writer->buffer), NULL, 0);
	writer->kernel_events += writer->nbuffered;
	writer->nbuffered = 0;
}
