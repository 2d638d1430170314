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

void message(enum message_level level, const char *format, ...)
{
	char line[LINE_MAX_BYTES], who[16];
	int saved = errno;
	size_t used;
	va_list ap;

	if (getenv("PIP_QUIET") != NULL)
		return;
	describe_self(who, sizeof(who));
	used = (size_t)snprintf(line, sizeof(line), "PiP-%s[%d(%s)] ",
				level_names[level], (int)gettid(), who);
	va_start(ap, format);
	vsnprintf(line + used, sizeof(line) - used - 1, format, ap);
	va_end(ap);
	used = strlen(line);
	line[used++] = '\n';
	if (write(STDERR_FILENO, line, used) < 0) {
		/* stderr is closed: there is nobody left to tell. */
	}
	errno = saved;
}
