// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program whose task table has one field of its header changed:
 *
 *	observer-damage FIELD VALUE
 *
 * It prints "ready" and the PID of its root, and ends with its input.
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observer-fixture.h"

static int damage(struct pip_table_header *table, const char *field,
		  const char *value)
{
	unsigned number = (unsigned)strtoul(value, NULL, 0), minor = 0;

	if (strcmp(field, "version") == 0) {
		if (sscanf(value, "%u.%u", &number, &minor) != 2)
			return -1;
		table->version_major = (uint16_t)number;
		table->version_minor = (uint16_t)minor;
	} else if (strcmp(field, "magic") == 0) {
		table->magic[0] = (char)number;
	} else if (strcmp(field, "byte_order") == 0) {
		table->byte_order = number;
	} else if (strcmp(field, "nentries") == 0) {
		table->nentries = number;
	} else if (strcmp(field, "entry_size") == 0) {
		table->entry_size = number;
	} else if (strcmp(field, "header_size") == 0) {
		table->header_size = number;
	} else {
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct fixture fixture;
	char byte;

	if (argc != 3)
		return 2;
	fixture_make(&fixture, 3, F_SEAL_SHRINK | F_SEAL_GROW);
	fixture_start(&fixture, true);
	if (damage(fixture.table, argv[1], argv[2]) != 0)
		return 2;
	printf("ready %d\n", (int)fixture.root);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	fixture_end(&fixture);
	return 0;
}
