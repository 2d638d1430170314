/* SPDX-License-Identifier: BSD-2-Clause */
#include "line.h"

#include <errno.h>
#include <unistd.h>

#include "arch.h"
#include "exception_settings.h"

void line_put(struct line *line, const char *text)
{
	while (*text != '\0' && line->used < sizeof(line->text) - 1)
		line->text[line->used++] = *text++;
}

void line_put_hexadecimal(struct line *line, uint64_t number)
{
	line_put(line, "0x");
	for (int shift = 60; shift >= 0; shift -= 4) {
		char digit[2] = { "0123456789abcdef"[number >> shift & 15] };

		line_put(line, digit);
	}
}

void line_put_number(struct line *line, long number)
{
	char digits[24];
	char *at = digits + sizeof(digits);

	*--at = '\0';
	do
		*--at = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	line_put(line, at);
}

void line_put_signal(struct line *line, int sig)
{
	for (unsigned i = 0; i < exception_signals_count; i++)
		if (exception_signals[i].number == sig) {
			line_put(line, exception_signals[i].name);
			return;
		}
	line_put(line, "RTMIN+");
	line_put_number(line, sig - 34);
}

void line_begin(struct line *line, const struct pip_slot *self)
{
	line->used = 0;
	line_put(line, "PiP-ERR[");
	line_put_number(line, arch_syscall1(SYS_gettid, 0));
	if (self == NULL) {
		line_put(line, "(-)] ");
	} else if (slot_is_root(self)) {
		line_put(line, "(R)] ");
	} else {
		line_put(line, "(T");
		line_put_number(line, self->pipid);
		line_put(line, ")] ");
	}
}

void line_write_text(const char *text, size_t size)
{
	while (size > 0) {
		long n = arch_syscall3(SYS_write, STDERR_FILENO, text, size);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		size -= (size_t)n;
	}
}

void line_write(struct line *line)
{
	line->text[line->used++] = '\n';
	line_write_text(line->text, line->used);
}
