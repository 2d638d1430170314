/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace-make FILE MINOR END: a recording of the root, PID 100, with minor
 * version MINOR, that begins at 0 and ends at END.  Its events of the kernel are
 * lines of standard input:
 *
 *	STREAM TIME EVENT TID CPU OTHER ARGUMENT0 ARGUMENT1 ARGUMENT2
 *
 * The times, and an argument behind a +, are microseconds; what follows a # is
 * left out.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define ROOT 100
#define BEGIN 1000000000ull

/* writer.c wants it. */
void trace_fail(const char *format, ...)
{
	puts(format);
	exit(99);
}

static uint64_t number(const char *text)
{
	return *text == '+' ? 1000 * strtoull(text + 1, NULL, 10) :
			      strtoull(text, NULL, 10);
}

static uint16_t event_number(const char *name)
{
	static const char *const names[] = {
		[TRACE_KERNEL_IN] = "in", [TRACE_KERNEL_OUT] = "out",
		[TRACE_KERNEL_WAKEUP] = "wakeup", [TRACE_KERNEL_GONE] = "gone",
	};

	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i] != NULL && strcmp(names[i], name) == 0)
			return (uint16_t)i;
	trace_fail("trace-make: no such event");
	return 0;
}

static void put_line(struct trace_writer *writer, const char *line)
{
	struct trace_kernel_record record = { .pid = ROOT };
	char name[16], argument[3][24];
	unsigned long long time;
	unsigned stream;

	if (sscanf(line, "%u %llu %15s %d %hu %d %23s %23s %23s", &stream,
		   &time, name, &record.tid, &record.cpu, &record.other,
		   argument[0], argument[1], argument[2]) != 9)
		trace_fail("trace-make: a line has not 9 words");
	record.ns = BEGIN + 1000 * time;
	record.event = event_number(name);
	for (int i = 0; i < 3; i++)
		record.argument[i] = number(argument[i]);
	writer_put_kernel(writer, stream, &record);
}

int main(int argc, char **argv)
{
	struct trace_file_header header = {
		.byte_order = TRACE_BYTE_ORDER,
		.version_major = TRACE_VERSION_MAJOR,
		.header_size = sizeof(header),
		.flags = TRACE_FLAG_KERNEL,
		.record_size = sizeof(struct pip_record),
		.kernel_record_size = sizeof(struct trace_kernel_record),
		.root_pid = ROOT,
		.nkernel = 2,
		.started_ns = BEGIN,
	};
	struct pip_clock_pair pairs[2] = { { 1, BEGIN }, { 2, BEGIN + 1 } };
	struct trace_task root = { .pipid = TRACE_PIPID_ROOT, .pid = ROOT,
				   .tid = ROOT };
	struct trace_end end = { 0 };
	struct trace_writer writer;
	FILE *file = argc == 4 ? fopen(argv[1], "wb") : NULL;
	char line[256];

	if (file == NULL)
		return 99;
	memcpy(header.magic, TRACE_MAGIC, sizeof(header.magic));
	header.version_minor = (uint16_t)atoi(argv[2]);
	end.ns = BEGIN + 1000 * strtoull(argv[3], NULL, 10);
	writer_open(&writer, fileno(file), argv[1]);
	writer_put_header(&writer, &header);
	writer_put(&writer, TRACE_CHUNK_CLOCK, pairs, sizeof(pairs), NULL, 0);
	writer_put(&writer, TRACE_CHUNK_TASKS, &root, sizeof(root), NULL, 0);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "#\n")] = '\0';
		if (strspn(line, " \t") != strlen(line))
			put_line(&writer, line);
	}
	writer_flush_kernel(&writer);
	end.kernel_events = writer.kernel_events;
	writer_put(&writer, TRACE_CHUNK_END, &end, sizeof(end), NULL, 0);
	writer_close(&writer);
	return fclose(file) == 0 ? 0 : 99;
}
