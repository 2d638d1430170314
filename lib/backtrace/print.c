// SPDX-License-Identifier: BSD-2-Clause
/* Frames as text. */
#include <config.h>

#include "print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SAME_SHOWN 3 /* frames of a recursion */

const char *backtrace_name_end(enum backtrace_end end)
{
	static const char *const names[] = {
		[BACKTRACE_END_COMPLETE] = "complete",
		[BACKTRACE_END_LIMIT] = "limit",
		[BACKTRACE_END_BROKEN] = "broken",
		[BACKTRACE_END_CHANGED] = "changed",
		[BACKTRACE_END_RUNNING] = "running",
		[BACKTRACE_END_REFUSED] = "refused",
		[BACKTRACE_END_UNKNOWN] = "unknown",
		[BACKTRACE_END_GONE] = "gone",
	};

	return names[end];
}

const char *backtrace_name_kind(enum backtrace_kind kind)
{
	static const char *const names[] = {
		[BACKTRACE_THREAD] = "thread",
		[BACKTRACE_FOREIGN] = "decoupled",
		[BACKTRACE_SAVED] = "saved",
		[BACKTRACE_IDLE] = "idle",
	};

	return names[kind];
}

/* Why the list ends, or there is none; NULL: there is nothing to say. */
const char *print_explain_end(const struct backtrace_stack *stack)
{
	switch (stack->end) {
	case BACKTRACE_END_COMPLETE:
		break;
	case BACKTRACE_END_LIMIT:
		return "(more frames)";
	case BACKTRACE_END_BROKEN:
		return "(the next frame cannot be found)";
	case BACKTRACE_END_CHANGED:
		return "(it went on while it was looked at)";
	case BACKTRACE_END_RUNNING:
		return "(it is running: --stop would show where)";
	case BACKTRACE_END_REFUSED:
		return "(you may not look into it, or it is being traced)";
	case BACKTRACE_END_UNKNOWN:
		return "(the kernel does not tell where it is)";
	case BACKTRACE_END_GONE:
		return "(it has ended)";
	}
	return NULL;
}

/* What is special about it; NULL: nothing. */
const char *print_explain_kind(const struct backtrace_stack *stack)
{
	switch (stack->kind) {
	case BACKTRACE_THREAD:
		break;
	case BACKTRACE_FOREIGN:
		return "(decoupled: runs on another task's thread)";
	case BACKTRACE_IDLE:
		return "(its thread, without its context)";
	case BACKTRACE_SAVED:
		return stack->state == PIP_BLT_SUSPENDED ?
			       "(context is suspended)" :
		       stack->state == PIP_BLT_READY ?
			       "(context is ready to run)" :
			       "(context is not running)";
	}
	return NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void put_escaped(FILE *out, const char *text)
{
	char piece[256];
	size_t length = strlen(text);

	while (length) {
		/* An escaped byte takes four. */
		size_t n = length < sizeof(piece) / 4 - 1 ?
			   length : sizeof(piece) / 4 - 1;

		while (n < length && n > 1 && (text[n] & 0xc0) == 0x80)
			n--;
		observer_escape_text(piece, sizeof(piece), text, n);
		fputs(piece, out);
		text += n;
		length -= n;
	}
}

void print_frame(FILE *out, const struct backtrace_frame *frame, size_t i,
		 bool wide)
{
	const struct backtrace_place *place = frame->place;
	const struct backtrace_line *line = &place->lines[i];
	bool inlined = i + 1 < place->nlines;

	if (frame->kind == BACKTRACE_FRAME_SIGNAL) {
		fputs("<signal handler called>", out);
		return;
	}
	if (line->function)
		put_escaped(out, line->function);
	else
		fprintf(out, "0x%" PRIx64, place->object ? place->address :
							   frame->pc);
	if (line->function && !line->line && !inlined)
		fprintf(out, "+%#" PRIx64, place->offset + frame->back);
	if (line->line && line->source) {
		fputs(" at ", out);
		put_escaped(out, wide ? line->source :
					base_name(line->source));
		fprintf(out, ":%d", line->line);
	}
	if (inlined) {
		fputs(" (inlined)", out);
	} else if (place->object && (wide || !line->line)) {
		fputs(" (", out);
		put_escaped(out, wide ? place->object :
					base_name(place->object));
		fputc(')', out);
	}
	if (frame->kind == BACKTRACE_FRAME_GUESSED)
		fputs(" (guessed)", out);
}

/* End a line that was written to memory: cut it, and print it. */
static void print_line(FILE *out, const char *text, size_t width)
{
	size_t length = strlen(text);

	if (width && length > width) {
		length = width;
		while (length && (text[length] & 0xc0) == 0x80)
			length--;
	}
	fprintf(out, "%.*s\n", (int)length, text);
}

void print_indented(FILE *out, size_t indent, const char *text,
		    const struct backtrace_style *style)
{
	size_t width = style->wide ? 0 : style->width;

	fprintf(out, "%*s", (int)indent, "");
	print_line(out, text, width > indent ? width - indent : width ? 1 : 0);
}

/* To be freed; NULL: out of memory. */
char *print_frame_text(const struct backtrace_frame *frame, size_t i, bool wide)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_frame(out, frame, i, wide);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static void print_numbered(FILE *out, const struct backtrace_frame *frame,
			   size_t number, size_t i,
			   const struct backtrace_style *style)
{
	char *text = print_frame_text(frame, i, style->wide);
	char label[48];
	int length;

	length = style->wide ? snprintf(label, sizeof(label),
					"#%-3zu 0x%016" PRIx64 " ", number,
					frame->pc) :
			       snprintf(label, sizeof(label), "#%-3zu ",
					number);
	fputs(label, out);
	print_line(out, text ? text : "?", style->wide ? 0 :
		   style->width > (size_t)length ?
		   style->width - (size_t)length : 1);
	free(text);
}

/* How many frames from i on are at the same place: a recursion. */
static size_t print_count_same(const struct backtrace_stack *stack, size_t i)
{
	size_t n = 1;

	while (i + n < stack->nframes &&
	       stack->frames[i + n].place == stack->frames[i].place &&
	       stack->frames[i + n].kind == stack->frames[i].kind)
		n++;
	return n;
}

void backtrace_print_stack(FILE *out, const struct backtrace_stack *stack,
			   const struct backtrace_style *style)
{
	const char *remark = print_explain_kind(stack);
	size_t number = 0, same, i, j, n;
	char text[64];

	if (remark)
		print_indented(out, 4, remark, style);
	for (i = 0; i < stack->nframes; i += same) {
		const struct backtrace_frame *frame = &stack->frames[i];

		same = print_count_same(stack, i);
		n = same > SAME_SHOWN + 1 ? SAME_SHOWN : same;
		for (j = 0; j < n * frame->place->nlines; j++)
			print_numbered(out, frame, number + j,
				       j % frame->place->nlines, style);
		number += same * frame->place->nlines;
		if (n < same) {
			snprintf(text, sizeof(text), "(the same %zu times more)",
				 same - n);
			print_indented(out, 4, text, style);
		}
	}
	remark = print_explain_end(stack);
	if (remark)
		print_indented(out, 4, remark, style);
}
