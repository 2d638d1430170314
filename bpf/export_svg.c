// SPDX-License-Identifier: BSD-2-Clause
/*
 * svg: a timeline that a browser shows, a row per kernel thread and a colour
 * per context.  What is narrower than a pixel is merged with its neighbours,
 * so that the picture of a long recording stays small.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"

#define WIDTH 1400
#define LEFT 120
#define ROW 24
#define TOP 40

struct row {
	int32_t tid, owner;
	int32_t pixel[WIDTH]; /* the context that ran there longest */
	uint64_t ns[WIDTH];
};

struct svg {
	struct row *row;
	size_t nrows;
};

static void svg_begin(struct export *export)
{
	export->state = calloc(1, sizeof(struct svg));
	if (export->state == NULL)
		trace_fail("out of memory");
}

static struct row *find_row(struct svg *svg, const struct model_span *span)
{
	for (size_t i = 0; i < svg->nrows; i++)
		if (svg->row[i].tid == span->tid)
			return &svg->row[i];
	svg->row = reallocarray(svg->row, svg->nrows + 1, sizeof(*svg->row));
	if (svg->row == NULL)
		trace_fail("out of memory");
	memset(&svg->row[svg->nrows], 0, sizeof(*svg->row));
	svg->row[svg->nrows].tid = span->tid;
	svg->row[svg->nrows].owner = span->owner;
	return &svg->row[svg->nrows++];
}

static double per_pixel(const struct export *export)
{
	return export->end > export->begin ?
		       (double)(export->end - export->begin) / WIDTH : 1;
}

static void svg_span(struct export *export, const struct model_span *span)
{
	double scale = per_pixel(export), from, to;
	struct row *row;

	if (span->kind != SPAN_RUN || span->tid == 0 ||
	    span->end < export->begin || span->begin > export->end)
		return;
	row = find_row(export->state, span);
	if (span->pipid == TRACE_PIPID_IDLE)
		return;
	from = span->begin > export->begin ?
		       (double)(span->begin - export->begin) / scale : 0;
	to = (double)(span->end - export->begin) / scale;
	for (int i = (int)from; i < WIDTH && i <= to; i++) {
		double low = from > i ? from : i, high = to < i + 1 ? to : i + 1;
		uint64_t ns = (uint64_t)((high - low) * scale) + 1;

		if (ns <= row->ns[i])
			continue;
		row->ns[i] = ns;
		row->pixel[i] = span->pipid;
	}
}

/* Neighbours in the list of tasks get colours far apart. */
static int hue(int32_t pipid)
{
	return pipid < 0 ? 0 : (int)((uint32_t)pipid * 137u % 360u);
}

static void put_row(struct export *export, const struct row *row, int y)
{
	char name[TRACE_NAME_MAX];

	fprintf(export->file, "<text x=\"4\" y=\"%d\">%s  %d</text>\n",
		y + 16, trace_name(row->owner, name), (int)row->tid);
	for (int i = 0, end; i < WIDTH; i = end) {
		for (end = i + 1; end < WIDTH; end++)
			if (row->pixel[end] != row->pixel[i] ||
			    (row->ns[end] == 0) != (row->ns[i] == 0))
				break;
		if (row->ns[i] == 0)
			continue;
		fprintf(export->file, "<rect x=\"%d\" y=\"%d\" width=\"%d\" "
			"height=\"%d\" fill=\"hsl(%d,65%%,60%%)\"><title>%s "
			"%.6f s</title></rect>\n", LEFT + i, y + 2, end - i,
			ROW - 4, hue(row->pixel[i]),
			trace_name(row->pixel[i], name),
			i * per_pixel(export) / 1e9);
		if (end - i > 30)
			fprintf(export->file, "<text x=\"%d\" y=\"%d\">%s"
				"</text>\n", LEFT + i + 3, y + 16, name);
	}
}

static void svg_end(struct export *export)
{
	struct svg *svg = export->state;
	int height = TOP + (int)svg->nrows * ROW + 30;
	double seconds = (double)(export->end - export->begin) / 1e9;

	fprintf(export->file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%d\" viewBox=\"0 0 %d %d\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		"<text x=\"4\" y=\"20\">PiP program %d, %.6f s: kernel "
		"threads, and whose context they run</text>\n",
		LEFT + WIDTH + 10, height, LEFT + WIDTH + 10, height,
		trace_file_header(export->analysis->file)->root_pid, seconds);
	for (size_t i = 0; i < svg->nrows; i++)
		put_row(export, &svg->row[i], TOP + (int)i * ROW);
	for (int i = 0; i <= 10; i++)
		fprintf(export->file, "<text x=\"%d\" y=\"%d\" "
			"text-anchor=\"middle\" fill=\"#555\">%.6g</text>\n",
			LEFT + i * WIDTH / 10, height - 10, seconds * i / 10);
	fputs("</svg>\n", export->file);
	free(svg->row);
	free(svg);
}

const struct export_format export_svg = {
	.name = "svg",
	.begin = svg_begin,
	.span = svg_span,
	.end = svg_end,
};
