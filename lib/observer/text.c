// SPDX-License-Identifier: BSD-2-Clause
/* Text that a stranger wrote, made fit for a terminal or for JSON. */
#include <config.h>

#include "observer.h"

#include <string.h>

int32_t observer_next_character(const char **in, const char *end)
{
	const unsigned char *p = (const unsigned char *)*in;
	size_t left = (size_t)(end - *in), length, i;
	uint32_t character, least;

	*in += 1;
	if (p[0] < 0x80)
		return p[0];
	if (p[0] >= 0xc2 && p[0] < 0xe0)
		length = 2, least = 0x80, character = p[0] & 0x1f;
	else if ((p[0] & 0xf0) == 0xe0)
		length = 3, least = 0x800, character = p[0] & 0x0f;
	else if (p[0] >= 0xf0 && p[0] < 0xf5)
		length = 4, least = 0x10000, character = p[0] & 0x07;
	else
		return -1;
	if (left < length)
		return -1;
	for (i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		character = character << 6 | (p[i] & 0x3f);
	}
	/* Overlong forms and surrogates are not UTF-8 (RFC 3629, section 3). */
	if (character < least || character > 0x10ffff ||
	    (character >= 0xd800 && character < 0xe000))
		return -1;
	*in += length - 1;
	return (int32_t)character;
}

/*
 * A terminal obeys C0 and C1 controls.  The separators and the bidirectional
 * controls (Unicode Standard Annex 9) can make a line look like another.
 */
static bool text_is_unsafe(int32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
	       character == 0x061c ||
	       (character >= 0x200e && character <= 0x200f) ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2066 && character <= 0x2069) ||
	       character == 0xfeff;
}

static size_t text_escape_byte(char *out, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";
	static const char named[] = "\t\n\r\\", letters[] = "tnr\\";
	const char *name = byte ? strchr(named, byte) : NULL;

	out[0] = '\\';
	if (name) {
		out[1] = letters[name - named];
		return 2;
	}
	out[1] = 'x';
	out[2] = hex[byte >> 4];
	out[3] = hex[byte & 15];
	return 4;
}

size_t observer_escape_text(char *out, size_t size, const char *in,
			    size_t length)
{
	const char *end = in + length;
	size_t used = 0;

	if (size == 0)
		return 0;
	while (in < end) {
		const char *start = in;
		int32_t character = observer_next_character(&in, end);
		char piece[16];
		size_t n = 0;

		if (character < 0 || character == '\\' ||
		    text_is_unsafe(character)) {
			while (start < in)
				n += text_escape_byte(piece + n,
						      (unsigned char)*start++);
		} else {
			n = (size_t)(in - start);
			memcpy(piece, start, n);
		}
		if (used + n >= size)
			break;
		memcpy(out + used, piece, n);
		used += n;
	}
	out[used] = '\0';
	return used;
}

size_t observer_copy_utf8(char *out, size_t size, const char *in,
			  size_t length)
{
	const char *end = in + length;
	size_t used = 0;

	if (size == 0)
		return 0;
	while (in < end) {
		const char *start = in;
		int32_t character = observer_next_character(&in, end);
		const char *piece = character < 0 ? "\xef\xbf\xbd" : start;
		size_t n = character < 0 ? 3 : (size_t)(in - start);

		if (used + n >= size)
			break;
		memcpy(out + used, piece, n);
		used += n;
	}
	out[used] = '\0';
	return used;
}
