/* SPDX-License-Identifier: BSD-2-Clause */
#include "format.h"

struct output {
	char *next, *end;
};

/* Byte by byte: most of what is put is shorter than a call takes. */
static inline bool put(struct output *output, const char *text)
{
	while (*text != '\0') {
		if (output->next == output->end)
			return false;
		*output->next++ = *text++;
	}
	return true;
}

static inline bool put_number(struct output *output, unsigned long value,
			      bool negative)
{
	char digits[21], *first = digits + sizeof(digits) - 1; /* LONG_MIN */

	*first = '\0';
	do {
		*--first = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	if (negative)
		*--first = '-';
	return put(output, first);
}

/* long and long long are the same where this runs. */
_Static_assert(sizeof(long) == sizeof(long long), "LP64");

bool format_quickly(char *buffer, size_t size, size_t *length,
		    const char *format, va_list ap)
{
	struct output output = { buffer, buffer + size };

	while (*format != '\0') {
		unsigned longs = 0;
		const char *text;
		long value;
		bool fits;

		if (*format != '%') {
			if (output.next == output.end)
				return false;
			*output.next++ = *format++;
			continue;
		}
		for (format++; *format == 'l' && longs < 2; format++)
			longs++;
		switch (*format++) {
		case 'd':
		case 'i':
			value = longs > 0 ? va_arg(ap, long) : va_arg(ap, int);
			fits = put_number(&output,
					  value < 0 ? -(unsigned long)value :
						      (unsigned long)value,
					  value < 0);
			break;
		case 'u':
			fits = put_number(&output,
					  longs > 0 ?
						  va_arg(ap, unsigned long) :
						  va_arg(ap, unsigned),
					  false);
			break;
		case 's':
			text = longs > 0 ? NULL : va_arg(ap, const char *);
			fits = text != NULL && put(&output, text);
			break;
		default:
			return false;
		}
		if (!fits)
			return false;
	}
	*length = (size_t)(output.next - buffer);
	return true;
}
