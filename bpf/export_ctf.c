// SPDX-License-Identifier: BSD-2-Clause
/*
 * ctf: a directory in the Common Trace Format 1.8, which
 * babeltrace2 and Trace Compass read.  One stream file for each of the two
 * sources; packets of a fixed size, padded at the end.
 */
#include <config.h>

#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "names.h"

#define PACKET (64 * 1024u)
#define CTF_MAGIC 0xc1fc1fc1u

struct packet_head {
	uint32_t magic, stream;
	uint64_t begin, end;         /* time */
	uint64_t content, size;      /* bits */
	uint64_t discarded;          /* so far */
} __attribute__((packed));

struct ctf_event {
	uint16_t id;
	uint64_t ns;
	int32_t context, tid, pid, other;
	uint16_t cpu;
	uint64_t argument[3];
} __attribute__((packed));

struct stream {
	FILE *file;
	uint32_t number;
	size_t used;
	uint64_t discarded;
	char packet[PACKET];
};

struct ctf {
	struct stream stream[2]; /* recorder, kernel */
};

static FILE *open_file(const struct export *export, const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", export->output, name);
	file = fopen(path, "we");
	if (file == NULL)
		trace_fail("%s: %s", path, strerror(errno));
	return file;
}

static void flush_packet(struct stream *stream)
{
	struct packet_head head;

	if (stream->used == 0)
		return;
	memcpy(&head, stream->packet, sizeof(head));
	head.content = stream->used * 8;
	head.size = PACKET * 8ul;
	head.discarded = stream->discarded;
	memcpy(stream->packet, &head, sizeof(head));
	memset(stream->packet + stream->used, 0, PACKET - stream->used);
	fwrite(stream->packet, PACKET, 1, stream->file);
	stream->used = 0;
}

static void ctf_event(struct export *export, const struct trace_event *event)
{
	struct ctf *ctf = export->state;
	struct stream *stream = &ctf->stream[event->kernel];
	struct packet_head head = { CTF_MAGIC, stream->number, event->ns, 0,
				    0, 0, 0 };
	struct ctf_event record = {
		.id = event->event,
		.ns = event->ns,
		.context = model_event_context(export->analysis->model,
					       event),
		.tid = event->tid,
		.pid = event->pid,
		.other = event->other,
		.cpu = event->cpu,
	};

	if (!event->kernel && event->event == TRACE_EVENT_LOST) {
		/* Between this packet and the next. */
		flush_packet(stream);
		stream->discarded += event->argument[0];
		return;
	}
	/* A reader refuses what the metadata does not have. */
	if (strcmp(name_of_event(event), "unknown") == 0)
		return;
	if (stream->used + sizeof(record) > PACKET)
		flush_packet(stream);
	if (stream->used == 0) {
		memcpy(stream->packet, &head, sizeof(head));
		stream->used = sizeof(head);
	}
	memcpy(record.argument, event->argument, sizeof(record.argument));
	memcpy(stream->packet + stream->used, &record, sizeof(record));
	stream->used += sizeof(record);
	memcpy(&head, stream->packet, sizeof(head));
	head.end = event->ns;
	memcpy(stream->packet, &head, sizeof(head));
}

static void put_metadata_events(FILE *file, bool kernel)
{
	for (int id = 1; id < 128; id++) {
		struct trace_event event = { .kernel = kernel,
					     .event = (uint16_t)id };
		const char *name = name_of_event(&event);

		if (strcmp(name, "unknown") == 0)
			continue;
		fprintf(file,
			"event {\n"
			"\tname = \"%s:%s\";\n"
			"\tid = %d;\n"
			"\tstream_id = %d;\n"
			"\tfields := struct {\n"
			"\t\tint32_t context;\n\t\tint32_t tid;\n"
			"\t\tint32_t pid;\n\t\tint32_t other;\n"
			"\t\tuint16_t cpu;\n\t\tuint64_t argument0;\n"
			"\t\tuint64_t argument1;\n\t\tuint64_t argument2;\n"
			"\t};\n};\n\n", kernel ? "kernel" : "pip", name, id,
			kernel);
	}
}

static void put_stream(FILE *file, int number)
{
	fprintf(file,
		"stream {\n"
		"\tid = %d;\n"
		"\tevent.header := struct {\n"
		"\t\tuint16_t id;\n\t\tuint64_clock_t timestamp;\n\t};\n"
		"\tpacket.context := struct {\n"
		"\t\tuint64_clock_t timestamp_begin;\n"
		"\t\tuint64_clock_t timestamp_end;\n"
		"\t\tuint64_t content_size;\n\t\tuint64_t packet_size;\n"
		"\t\tuint64_t events_discarded;\n\t};\n};\n\n", number);
}

static void put_metadata(const struct export *export)
{
	const struct trace_file_header *header =
		trace_file_header(export->analysis->file);
	FILE *file = open_file(export, "metadata");
	/* Event times are CLOCK_BOOTTIME: what was 0 then? */
	int64_t offset = (int64_t)(header->started_realtime_ns -
				   header->started_ns);

	fprintf(file,
		"/* CTF 1.8 */\n\n"
		"typealias integer { size = 16; align = 8; signed = false; } "
		":= uint16_t;\n"
		"typealias integer { size = 32; align = 8; signed = false; } "
		":= uint32_t;\n"
		"typealias integer { size = 32; align = 8; signed = true; } "
		":= int32_t;\n"
		"typealias integer { size = 64; align = 8; signed = false; } "
		":= uint64_t;\n\n"
		"trace {\n\tmajor = 1;\n\tminor = 8;\n"
		"\tbyte_order = %s;\n"
		"\tpacket.header := struct {\n"
		"\t\tuint32_t magic;\n\t\tuint32_t stream_id;\n\t};\n};\n\n"
		"env {\n\ttracer_name = \"pip-trace\";\n"
		"\troot_pid = %d;\n};\n\n"
		"clock {\n\tname = \"boottime\";\n\tfreq = 1000000000;\n"
		"\toffset = %" PRId64 ";\n};\n\n"
		"typealias integer { size = 64; align = 8; signed = false; "
		"map = clock.boottime.value; } := uint64_clock_t;\n\n",
		__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "le" : "be",
		header->root_pid, offset > 0 ? offset : 0);
	for (int i = 0; i < 2; i++)
		put_stream(file, i);
	put_metadata_events(file, false);
	put_metadata_events(file, true);
	if ((ferror(file) | fclose(file)) != 0)
		trace_fail("%s/metadata: %s", export->output,
			   strerror(errno));
}

static void ctf_begin(struct export *export)
{
	static const char *const names[] = { "recorder", "kernel" };
	struct ctf *ctf = calloc(1, sizeof(*ctf));

	if (ctf == NULL)
		trace_fail("out of memory");
	if (mkdir(export->output, 0777) != 0 && errno != EEXIST)
		trace_fail("%s: %s", export->output, strerror(errno));
	export->state = ctf;
	put_metadata(export);
	for (uint32_t i = 0; i < 2; i++) {
		ctf->stream[i].number = i;
		ctf->stream[i].file = open_file(export, names[i]);
	}
}

static void ctf_end(struct export *export)
{
	struct ctf *ctf = export->state;

	for (int i = 0; i < 2; i++) {
		flush_packet(&ctf->stream[i]);
		if ((ferror(ctf->stream[i].file) |
		     fclose(ctf->stream[i].file)) != 0)
			trace_fail("%s: %s", export->output, strerror(errno));
	}
	free(ctf);
}

const struct export_format export_ctf = {
	.name = "ctf",
	.directory = true,
	.begin = ctf_begin,
	.event = ctf_event,
	.end = ctf_end,
};
