/* SPDX-License-Identifier: BSD-2-Clause */
#include "exec_tasks.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <pip/pip_table.h>

static const struct pip_table_header *table;

/*
 * The table is ours, written by our own libpip, so it is found like anybody
 * else's (the name of its mapping) but needs none of a stranger's checks.
 */
int exec_tasks_open(void)
{
	char line[512];
	uint64_t start;
	FILE *maps = fopen("/proc/self/maps", "re");

	if (maps == NULL)
		return errno;
	while (table == NULL && fgets(line, sizeof(line), maps) != NULL)
		if (strstr(line, "/memfd:" PIP_TABLE_NAME) != NULL &&
		    sscanf(line, "%" SCNx64 "-", &start) == 1)
			table = (const void *)(uintptr_t)start;
	fclose(maps);
	return table != NULL ? 0 : ENOENT;
}

/* The PID in entry i, 0 if there is no such task or it was waited for. */
static pid_t pid_of_entry(uint32_t i)
{
	const struct pip_table_entry *entry =
		(const void *)((const char *)table + table->header_size +
			       (size_t)i * table->entry_size);
	uint32_t state = __atomic_load_n(&entry->state, __ATOMIC_ACQUIRE);

	if (state != PIP_STATE_LOADING && state != PIP_STATE_RUNNING)
		return 0;
	return __atomic_load_n(&entry->pid, __ATOMIC_RELAXED);
}

static uint32_t entry_count(void)
{
	return __atomic_load_n(&table->nused, __ATOMIC_ACQUIRE);
}

/* An entry may have the PID of a task whose spawner died half-way. */
static bool is_there(uint32_t i)
{
	pid_t pid = pid_of_entry(i);

	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

bool exec_tasks_exist(void)
{
	for (uint32_t i = 1; i < entry_count(); i++)
		if (is_there(i))
			return true;
	return false;
}

int exec_tasks_count(void)
{
	int count = 0;

	for (uint32_t i = 1; i < entry_count(); i++)
		count += is_there(i);
	return count;
}

void exec_tasks_kill(int signal, bool others_only)
{
	for (uint32_t i = 1; i < entry_count(); i++) {
		pid_t pid = pid_of_entry(i);

		if (pid > 0 && (!others_only || getpgid(pid) != getpgrp()))
			kill(pid, signal);
	}
}
