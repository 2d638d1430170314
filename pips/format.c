// SPDX-License-Identifier: BSD-2-Clause
/* Quantities as short text, and the width of text on a terminal. */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "pips.h"

/* "0", "912K", "1.2M", "34G": powers of 1024, at most 5 characters. */
void pips_format_bytes(char *out, size_t size, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	double value = (double)bytes;
	unsigned unit = 0;

	while (value >= 999.5 && unit < sizeof(units) - 2) {
		value /= 1024;
		unit++;
	}
	if (unit == 0)
		snprintf(out, size, "%" PRIu64, bytes);
	else if (value < 9.95 && unit > 1)
		snprintf(out, size, "%.1f%c", value, units[unit]);
	else
		snprintf(out, size, "%.0f%c", value, units[unit]);
}

/* [days-]hours:minutes:seconds, as ps(1) has it. */
void pips_format_time(char *out, size_t size, uint64_t ns)
{
	uint64_t s = ns / 1000000000u, days = s / 86400;

	if (days)
		snprintf(out, size, "%" PRIu64 "-%02u:%02u:%02u", days,
			 (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60),
			 (unsigned)(s % 60));
	else
		snprintf(out, size, "%02u:%02u:%02u", (unsigned)(s / 3600),
			 (unsigned)(s / 60 % 60), (unsigned)(s % 60));
}

void pips_format_percent(char *out, size_t size, double percent)
{
	if (percent < 99.95)
		snprintf(out, size, "%.1f", percent);
	else if (percent < 99999.5)
		snprintf(out, size, "%.0f", percent);
	else
		snprintf(out, size, "99999");
}

static int format_character_width(int32_t character)
{
	int width;

	if (character >= 0x20 && character < 0x7f)
		return 1;
	/* Only in a UTF-8 locale does wcwidth(3) know the others. */
	width = MB_CUR_MAX > 1 ? wcwidth((wchar_t)character) : 1;
	return width < 0 ? 1 : width;
}

/* Columns that text takes. */
size_t pips_measure(const char *text)
{
	const char *end = text + strlen(text);
	size_t width = 0;

	while (text < end)
		width += (size_t)format_character_width(
			observer_next_character(&text, end));
	return width;
}

/* How many bytes of text fit into width columns, in whole characters. */
size_t pips_cut(const char *text, size_t width)
{
	const char *start = text, *end = text + strlen(text);

	while (text < end) {
		const char *before = text;
		int32_t character = observer_next_character(&text, end);
		size_t need = (size_t)format_character_width(character);

		if (need > width)
			return (size_t)(before - start);
		width -= need;
	}
	return (size_t)(text - start);
}
