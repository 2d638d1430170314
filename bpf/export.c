// SPDX-License-Identifier: BSD-2-Clause
/* export: the events of a recording, for other programs. */
#include <config.h>

#include "export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "losses.h"
#include "observer/observer.h"

struct exporter {
	struct export export;
	const struct export_format *format;
};

void export_put_string(FILE *file, const char *text)
{
	char copy[512];

	observer_copy_utf8(copy, sizeof(copy), text, strlen(text));
	putc('"', file);
	for (const char *c = copy; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			putc('\\', file);
		if ((unsigned char)*c < ' ')
			fprintf(file, "\\u%04x", *c);
		else
			putc(*c, file);
	}
	putc('"', file);
}

static void start(struct analysis *analysis, uint64_t begin, uint64_t end)
{
	struct exporter *exporter = analysis->state;

	exporter->export.begin = begin;
	exporter->export.end = end;
	exporter->export.analysis = analysis;
	exporter->format->begin(&exporter->export);
}

static void on_event(struct analysis *analysis,
		     const struct trace_event *event)
{
	struct exporter *exporter = analysis->state;

	if (exporter->format->event != NULL)
		exporter->format->event(&exporter->export, event);
}

static void on_span(struct analysis *analysis, const struct model_span *span)
{
	struct exporter *exporter = analysis->state;

	if (exporter->format->span != NULL)
		exporter->format->span(&exporter->export, span);
}

static void print(struct analysis *analysis, json_t *document)
{
	struct exporter *exporter = analysis->state;
	const struct trace_end *end;
	bool complete;

	(void)document;
	if (exporter->format->end != NULL)
		exporter->format->end(&exporter->export);
	end = trace_file_end(analysis->file, &complete);
	if (!analysis->options->quiet)
		losses_print(stderr, end, true);
	if (analysis->options->overhead)
		overhead_print(stderr, end);
}

static const struct export_format *find_format(const char *name)
{
	static const struct export_format *const formats[] = {
		&export_chrome, &export_folded, &export_csv, &export_json,
		&export_svg, &export_ctf,
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	trace_fail("export: no format '%s': chrome, folded, csv, json, svg or "
		   "ctf", name);
}

int command_export(const struct trace_options *options)
{
	struct exporter exporter = { .format = find_format(options->format) };
	struct analysis analysis = {
		.state = &exporter,
		.start = start,
		.event = on_event,
		.span = on_span,
		/* print is called once, at the end */
	};
	FILE *file = stdout;
	int status;

	exporter.export.output = options->output;
	if (exporter.format->directory && options->output == NULL)
		trace_fail("export: --format %s writes a directory: -o which?",
			   options->format);
	if (!exporter.format->directory && options->output != NULL) {
		file = fopen(options->output, "we");
		if (file == NULL)
			trace_fail("%s: %s", options->output, strerror(errno));
	}
	exporter.export.file = file;
	analysis.print = print;
	status = trace_run(options, &analysis);
	if (file != stdout && (ferror(file) | fclose(file)) != 0)
		trace_fail("%s: %s", options->output, strerror(errno));
	return status;
}
