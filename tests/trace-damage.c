/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace-damage IN OUT SEED: a trace file with damage of some kind: cut off, or
 * with bytes changed; in two of three, checksums are made right again, so that
 * what is behind them is reached.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

static uint64_t state;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* writer.c wants it. */
void trace_fail(const char *format, ...)
{
	puts(format);
	exit(99);
}

static void damage(char *bytes, size_t size)
{
	static const uint64_t values[] = { 0, 1, UINT64_MAX, 1ul << 63,
					   0x7fffffff, 0xffffffff };
	uint64_t value = values[next_random() % 6];
	size_t width = (size_t)1 << next_random() % 4;
	size_t at = next_random() % size / width * width;

	if (next_random() % 2 == 0)
		value = next_random();
	if (at + width <= size)
		memcpy(bytes + at, &value, width);
}

/* Damage inside of some chunks. */
static void damage_chunks(char *bytes, size_t size)
{
	size_t at = sizeof(struct trace_file_header);
	struct trace_chunk chunk;

	while (at + sizeof(chunk) <= size) {
		memcpy(&chunk, bytes + at, sizeof(chunk));
		at += sizeof(chunk);
		if (chunk.size > size - at)
			break;
		for (uint64_t n = next_random() % 8; n < 2 && chunk.size; n++)
			damage(bytes + at, chunk.size < 512 || n == 1 ?
						   chunk.size : 512);
		chunk.checksum = (uint32_t)trace_checksum(
			bytes + at, chunk.size, chunk.type);
		memcpy(bytes + at - sizeof(chunk), &chunk, sizeof(chunk));
		at += chunk.size;
	}
}

int main(int argc, char **argv)
{
	FILE *in = argc == 4 ? fopen(argv[1], "rb") : NULL, *out;
	size_t size;
	char *bytes;

	if (in == NULL)
		return 99;
	fseek(in, 0, SEEK_END);
	size = (size_t)ftell(in);
	rewind(in);
	bytes = malloc(size);
	if (bytes == NULL || fread(bytes, 1, size, in) != size)
		return 99;
	fclose(in);
	state = strtoul(argv[3], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
	next_random();
	if (next_random() % 3 != 0)
		damage_chunks(bytes, size);
	else if (next_random() % 2 == 0)
		size = next_random() % size;
	else
		for (int i = 0; i < 4; i++)
			damage(bytes, i == 0 ? 128 : size);
	out = fopen(argv[2], "wb");
	if (out == NULL || fwrite(bytes, 1, size, out) != size ||
	    fclose(out) != 0)
		return 99;
	free(bytes);
	return 0;
}
