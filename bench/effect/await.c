// SPDX-License-Identifier: BSD-2-Clause
/* Part of pip-probe-effect's workloads, and of pip-ipc as one of them. */
#include "await.h"

#include <errno.h>
#include <pip/pip_recorder.h>
#include <pip/pip_table.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS 10000000
#define RECORDER_POLLS 12000 /* two minutes */

const void *await_find_mapping(const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long address = 0;
	char line[512];

	while (maps != NULL && address == 0 &&
	       fgets(line, sizeof(line), maps) != NULL)
		if (strstr(line, name) != NULL)
			sscanf(line, "%lx", &address);
	if (maps != NULL)
		fclose(maps);
	return (const void *)address;
}

bool await_recorder(void)
{
	const struct pip_table_header *table;

	if (getenv(EFFECT_AWAIT_RECORDER) == NULL)
		return true;
	table = await_find_mapping("/memfd:" PIP_TABLE_NAME);
	for (int i = 0; table != NULL && i < RECORDER_POLLS; i++) {
		if (__atomic_load_n(&table->recorder, __ATOMIC_RELAXED) !=
		    PIP_RECORDER_OFF)
			return true;
		nanosleep(&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
	}
	fprintf(stderr, "%s: nobody switches the flight recorder on\n",
		program_invocation_short_name);
	return false;
}

bool await_byte(int fd)
{
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}
