/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames as text: what lists and trees share. */
#ifndef BACKTRACE_PRINT_H
#define BACKTRACE_PRINT_H

#include "backtrace.h"

const char *print_explain_end(const struct backtrace_stack *stack);
const char *print_explain_kind(const struct backtrace_stack *stack);

/* The i-th of the functions that are inlined there: "work at prog.c:31". */
void print_frame(FILE *out, const struct backtrace_frame *frame, size_t i,
		 bool wide);
char *print_frame_text(const struct backtrace_frame *frame, size_t i,
		       bool wide);

/* A line, cut where the style says. */
void print_indented(FILE *out, size_t indent, const char *text,
		    const struct backtrace_style *style);

#endif
