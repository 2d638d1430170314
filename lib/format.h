/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What names are mostly made with, in two thirds of the time that vsnprintf(3)
 * takes: %d, %i and %u, also with l or ll, and %s, without flags, width and
 * precision.
 */
#ifndef PIP_FORMAT_H
#define PIP_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Write at most size bytes, without a NUL at the end, and say how many.
 * False: there is something else in the format, a NULL to be printed, or too
 * little room; ask vsnprintf() then.  Uses up ap in both cases.
 */
__attribute__((visibility("hidden"), warn_unused_result,
	       format(printf, 4, 0))) bool
format_quickly(char *buffer, size_t size, size_t *length, const char *format,
	       va_list ap);

#endif
