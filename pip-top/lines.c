// SPDX-License-Identifier: BSD-2-Clause
/* A list of lines of text. */
#include <config.h>

#include "top.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 200000 /* more is nothing to page through */

static void lines_take(struct top_lines *lines, int color, char *text)
{
	if (!text)
		pips_fail("out of memory");
	if (lines->count == LINES_MAX) {
		free(text);
		return;
	}
	if (lines->count == lines->capacity) {
		lines->capacity = lines->capacity ? lines->capacity * 2 : 64;
		lines->line = reallocarray(lines->line, lines->capacity,
					   sizeof(*lines->line));
		if (!lines->line)
			pips_fail("out of memory");
	}
	lines->line[lines->count++] = (struct top_line){ text, color };
}

void lines_add(struct top_lines *lines, int color, const char *format, ...)
{
	va_list list;
	char *text;

	va_start(list, format);
	if (vasprintf(&text, format, list) < 0)
		text = NULL;
	va_end(list);
	lines_take(lines, color, text);
}

/* Text of several lines. */
void lines_add_text(struct top_lines *lines, int color, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		lines_take(lines, color, strndup(text, length));
		text += length + (text[length] == '\n');
	}
}

void lines_clear(struct top_lines *lines)
{
	while (lines->count)
		free(lines->line[--lines->count].text);
}
