/* SPDX-License-Identifier: BSD-2-Clause */
#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "root.h"

#define LINE_MAX_BYTES (4096 + 512)

static const char *const level_names[] = { "ERR", "WARN", "INFO" };

/* Who speaks, as the original writes it: R, T<n>, or - outside PiP. */
static void describe_self(char *text, size_t size)
{
	if (pip_self == NULL)
		snprintf(text, size, "-");
	else if (slot_is_root(pip_self))
		snprintf(text, size, "R");
	else
		snprintf(text, size, "T%d", pip_self->pipid);
}

int message_who(char *text, size_t size)
{
	char who[16];

	describe_self(who, sizeof(who));
	return snprintf(text, size, "%d(%s)", (int)gettid(), who);
}

void message_to(int fd, enum message_level level, const char *format,
		va_list ap)
{
	char line[LINE_MAX_BYTES], who[32];
	int saved = errno;
	size_t used;

	if (getenv("PIP_QUIET") != NULL)
		return;
	message_who(who, sizeof(who));
	used = (size_t)snprintf(line, sizeof(line), "PiP-%s[%s] ",
				level_names[level], who);
	vsnprintf(line + used, sizeof(line) - used - 1, format, ap);
	used = strlen(line);
	line[used++] = '\n';
	if (write(fd, line, used) < 0) {
		/* It is closed: there is nobody left to tell. */
	}
	errno = saved;
}

void message(enum message_level level, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	message_to(STDERR_FILENO, level, format, ap);
	va_end(ap);
}
