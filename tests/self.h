/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc says of the calling process and of its address space. */
#ifndef TESTS_SELF_H
#define TESTS_SELF_H

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <pip/pip_table.h>

#include "check.h"

struct self_map {
	unsigned long start, end;
	char prot[5];
	char name[512]; /* "" anonymous */
};

/* Call visit for each mapping, in the order of addresses. */
__attribute__((unused))
static void self_for_each_map(void (*visit)(const struct self_map *, void *),
			      void *arg)
{
	FILE *file = fopen("/proc/self/maps", "re");
	struct self_map map;
	char line[1024];

	NEED(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL) {
		map.name[0] = '\0';
		NEED(sscanf(line, "%lx-%lx %4s %*s %*s %*s %511[^\n]",
			    &map.start, &map.end, map.prot, map.name) >= 3);
		visit(&map, arg);
	}
	fclose(file);
}

__attribute__((unused))
static void self_count_one_map(const struct self_map *map, void *count)
{
	(void)map;
	++*(long *)count;
}

/* Number of mappings of the address space. */
__attribute__((unused))
static long self_count_maps(void)
{
	long count = 0;

	self_for_each_map(self_count_one_map, &count);
	return count;
}

__attribute__((unused))
static void self_note_table(const struct self_map *map, void *table)
{
	if (strstr(map->name, "/memfd:" PIP_TABLE_NAME) != NULL)
		*(void **)table = (void *)map->start;
}

/* The task table, found as an observer finds it. */
__attribute__((unused))
static const struct pip_table_header *self_table(void)
{
	const struct pip_table_header *table = NULL;

	self_for_each_map(self_note_table, &table);
	CHECK_OR_STOP(table != NULL);
	CHECK_OR_STOP(memcmp(table->magic, PIP_TABLE_MAGIC, 8) == 0);
	return table;
}

/* The table's entry of a PIPID. */
__attribute__((unused))
static const struct pip_table_entry *self_entry(int pipid)
{
	const struct pip_table_header *table = self_table();

	CHECK_OR_STOP((uint32_t)pipid + 1 < table->nentries);
	return (const void *)((const char *)table + table->header_size +
			      (size_t)(pipid + 1) * table->entry_size);
}

/*
 * Send a signal to a task.  Not simply kill(2): where the spawn has failed the
 * PID is 0, and that is the whole process group, make and CI included.
 */
__attribute__((unused))
static int self_kill(int pipid, int signal)
{
	pid_t pid = self_entry(pipid)->pid;

	CHECK_OR_STOP(pid > 1);
	return kill(pid, signal);
}

/* Are tasks threads of the root's process?  In a root or a task. */
__attribute__((unused))
static bool self_is_threaded(void)
{
	return self_entry(-1)->mode == PIP_TABLE_MODE_THREAD;
}

/* Number of open descriptors of the calling process. */
__attribute__((unused))
static int self_count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	NEED(dir != NULL);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count - 3; /* ".", ".." and the one that lists them */
}

/* A line "NAME: n" of /proc/self/status. */
__attribute__((unused))
static long self_status(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	size_t length = strlen(name);
	char line[256];
	long value = -1;

	NEED(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			value = atol(line + length + 1);
	fclose(file);
	return value;
}

/* Resident set size in KiB, exact: VmRSS lags behind by up to 64 pages per
 * CPU (linux/Documentation/filesystems/proc.rst). */
__attribute__((unused))
static long self_rss_kib(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	char line[256];
	long value = -1;

	if (file == NULL)
		return self_status("VmRSS");
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Rss: %ld", &value) == 1)
			break;
	fclose(file);
	return value;
}

/* A number from the environment, for tests that can do more on request. */
__attribute__((unused))
static long self_number(const char *variable, long otherwise)
{
	const char *text = getenv(variable);

	return text != NULL && atol(text) > 0 ? atol(text) : otherwise;
}

/* Until it may leave: allocate, and find everything as it was left. */
__attribute__((unused))
static void self_witness(const _Atomic int *leave)
{
	unsigned char *block = malloc(1 << 16);

	for (unsigned round = 0; !*leave; round++) {
		memset(block, (int)round & 0xff, 1 << 16);
		check_sleep_ms(1);
		for (int i = 0; i < 1 << 16; i++)
			if (block[i] != (round & 0xff)) {
				check_fail("byte %d has changed", i);
				break;
			}
		free(block);
		block = malloc(1 << 16);
	}
	free(block);
}

#endif
