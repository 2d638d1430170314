/* SPDX-License-Identifier: BSD-2-Clause */
/* A line for stderr in a signal handler: no stdio, no thread-local variable. */
#ifndef PIP_LINE_H
#define PIP_LINE_H

#include <limits.h>

#include "root.h"

struct line {
	char text[PATH_MAX + 256];
	size_t used;
};

/* What does not fit is left out. */
PIP_HIDDEN void line_put(struct line *line, const char *text);
PIP_HIDDEN void line_put_hexadecimal(struct line *line, uint64_t number);
PIP_HIDDEN void line_put_number(struct line *line, long number);

/* "SEGV", or "RTMIN+1". */
PIP_HIDDEN void line_put_signal(struct line *line, int sig);

/* As message() begins: "PiP-ERR[TID(T3)] ".  self: NULL for neither root nor
 * task. */
PIP_HIDDEN void line_begin(struct line *line, const struct pip_slot *self);

/* Write it, and a newline. */
PIP_HIDDEN void line_write(struct line *line);

/* Write all of it, whatever comes between. */
PIP_HIDDEN void line_write_text(const char *text, size_t size);

#endif
