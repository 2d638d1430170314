/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format_quickly() writes what vsnprintf() does, or says that it cannot, and
 * not a byte more than there is room for.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "check.h"
#include "format.h"

#define ROOM 64
#define GUARD '#'

/* Does it do it, within size bytes?  What it writes is checked. */
__attribute__((format(printf, 2, 3))) static bool
done_within(size_t size, const char *format, ...)
{
	char expected[2 * ROOM], buffer[2 * ROOM];
	size_t length = 0;
	va_list ap;
	bool done;
	int n;

	memset(buffer, GUARD, sizeof(buffer));
	va_start(ap, format);
	done = format_quickly(buffer, size, &length, format, ap);
	va_end(ap);
	for (size_t i = size; i < sizeof(buffer); i++)
		if (buffer[i] != GUARD)
			check_fail("'%s': byte %zu of %zu is written", format,
				   i, size);
	if (!done)
		return false;
	va_start(ap, format);
	n = vsnprintf(expected, sizeof(expected), format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n != length ||
	    memcmp(expected, buffer, length) != 0)
		check_fail("'%s' gives '%.*s', not '%s'", format, (int)length,
			   buffer, expected);
	return true;
}

#define DONE(...) CHECK(done_within(ROOM, __VA_ARGS__))
#define NOT_DONE(...) CHECK(!done_within(ROOM, __VA_ARGS__))

static void check_numbers(void)
{
	static const int ints[] = { 0, 1, -1, 9, 10, -10, 99, 100, 1234567890,
				    INT_MAX, INT_MIN };
	static const long longs[] = { 0, -1, 1l << 32, LONG_MAX, LONG_MIN };

	for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
		DONE("%d", ints[i]);
		DONE("<%i>", ints[i]);
		DONE("%u", (unsigned)ints[i]);
		/* In registers, and on the stack. */
		DONE("%d %u %d %u %d %u %d", ints[i], 1u, ints[i], 2u, 3, 4u,
		     5);
	}
	for (size_t i = 0; i < sizeof(longs) / sizeof(longs[0]); i++) {
		DONE("%ld", longs[i]);
		DONE("%li", longs[i]);
		DONE("%lu", (unsigned long)longs[i]);
		DONE("%lld", (long long)longs[i]);
		DONE("%llu", (unsigned long long)longs[i]);
	}
}

static void check_others(void)
{
	static const char *const formats[] = {
		"%", "a%", "%l", "%ll", "%llld", "%5d", "%-d", "%05d", "% d",
		"%+d", "%'d", "%.3d", "%.1s", "%*d", "%hd", "%hhd", "%zd",
		"%jd", "%x", "%lx", "%p", "%c", "%ls", "%f", "%%", "%m", "%1$d"
	};
	const char *volatile null = NULL;

	DONE("%s", "");
	DONE("%s", "text");
	DONE("a%sb%sc", "1", "2");
	DONE("%s-%d-%lu", "rank", -7, 8ul);
	DONE("%s", "100%d");
	DONE("d");
	NOT_DONE("%s", null);
	/* Not as literals: the compiler is right that some make no sense. */
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const char *volatile format = formats[i];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
		if (done_within(ROOM, format, 1, 2))
			check_fail("'%s' is not refused", format);
#pragma GCC diagnostic pop
	}
}

static void check_room(void)
{
	CHECK(done_within(0, "%s", ""));
	CHECK(!done_within(0, "a"));
	CHECK(!done_within(0, "%d", 0));
	CHECK(done_within(6, "ab%d", 1234));
	CHECK(!done_within(5, "ab%d", 1234));
	CHECK(done_within(20, "%ld", LONG_MIN));
	CHECK(!done_within(19, "%ld", LONG_MIN));
	CHECK(done_within(6, "%sdef", "abc"));
	CHECK(!done_within(5, "%sdef", "abc"));
	CHECK(!done_within(2, "%sdef", "abc"));
}

int main(void)
{
	check_start();
	check_numbers();
	check_others();
	check_room();
	return check_finish();
}
