/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages on stderr: "PiP-ERR[1234(R)] text", one write(2) each.  The
 * environment variable PIP_QUIET silences them.
 */
#ifndef PIP_MESSAGE_H
#define PIP_MESSAGE_H

#include <stdarg.h>
#include <stddef.h>

enum message_level { MESSAGE_ERROR, MESSAGE_WARNING, MESSAGE_INFO };

__attribute__((visibility("hidden"), format(printf, 2, 3))) void
message(enum message_level level, const char *format, ...);

__attribute__((visibility("hidden"), format(printf, 3, 0))) void
message_to(int fd, enum message_level level, const char *format, va_list ap);

/* "1234(T5)": TID and what the caller is.  Returns what snprintf() does. */
__attribute__((visibility("hidden"))) int message_who(char *text, size_t size);

#define error_message(...) message(MESSAGE_ERROR, __VA_ARGS__)
#define warning_message(...) message(MESSAGE_WARNING, __VA_ARGS__)

#endif
