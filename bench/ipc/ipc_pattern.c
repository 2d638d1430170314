// SPDX-License-Identifier: BSD-2-Clause
/* The bytes that are sent when they are to be checked. */
#include "ipc.h"

#include <string.h>

/* splitmix64 (Steele, Lea, Flood 2014): neighbours have nothing in common, so
 * a block that is late, twice or shifted does not fit. */
static uint64_t mix(uint64_t number)
{
	number += 0x9e3779b97f4a7c15ull;
	number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9ull;
	number = (number ^ (number >> 27)) * 0x94d049bb133111ebull;
	return number ^ (number >> 31);
}

static char pattern_byte(uint64_t offset)
{
	return (char)(mix(offset / 8) >> (8 * (offset % 8)));
}

void ipc_fill(char *buffer, size_t size, uint64_t offset)
{
	size_t i = 0;

	for (; i < size && (offset + i) % 8 != 0; i++)
		buffer[i] = pattern_byte(offset + i);
	for (; size - i >= 8; i += 8) {
		uint64_t word = mix((offset + i) / 8);

		memcpy(buffer + i, &word, 8);
	}
	for (; i < size; i++)
		buffer[i] = pattern_byte(offset + i);
}

size_t ipc_compare(const char *data, size_t size, uint64_t offset)
{
	size_t i = 0;

	while (i < size) {
		uint64_t word, is;

		if ((offset + i) % 8 == 0 && size - i >= 8) {
			word = mix((offset + i) / 8);
			memcpy(&is, data + i, 8);
			if (is == word) {
				i += 8;
				continue;
			}
		}
		if (data[i] != pattern_byte(offset + i))
			return i;
		i++;
	}
	return size;
}

/* FNV-1a, byte by byte: it does not depend on how the stream was cut. */
uint64_t ipc_checksum(uint64_t checksum, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		checksum = (checksum ^ (unsigned char)data[i]) *
			   0x100000001b3ull;
	return checksum;
}
