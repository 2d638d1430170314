/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing two states of the address space. */
#ifndef TESTS_MAPS_H
#define TESTS_MAPS_H

#include "self.h"

#define MAPS_MAX 16384

struct maps {
	int count;
	struct self_map map[MAPS_MAX];
};

__attribute__((unused))
static void maps_add(const struct self_map *map, void *arg)
{
	struct maps *maps = arg;

	NEED(maps->count < MAPS_MAX);
	maps->map[maps->count++] = *map;
}

__attribute__((unused))
static void maps_take(struct maps *maps)
{
	maps->count = 0;
	self_for_each_map(maps_add, maps);
}

/* Was all of [start, end) mapped in the old state? */
__attribute__((unused))
static bool maps_cover(const struct maps *old, unsigned long start,
		       unsigned long end)
{
	for (int i = 0; i < old->count && start < end; i++)
		if (old->map[i].start <= start && old->map[i].end > start)
			start = old->map[i].end;
	return start >= end;
}

/*
 * Every mapping of now that old does not have lies in [low, high).  Returns
 * how many do.
 */
__attribute__((unused))
static int maps_check_new(const struct maps *old, const struct maps *now,
			  unsigned long low, unsigned long high,
			  const char *what)
{
	int inside = 0;

	for (int i = 0; i < now->count; i++) {
		const struct self_map *map = &now->map[i];

		if (map->start >= low && map->end <= high)
			inside++;
		else if (!maps_cover(old, map->start, map->end))
			check_fail("%s: mapping %lx-%lx %s %s is new and not in %lx-%lx",
				   what, map->start, map->end, map->prot,
				   map->name, low, high);
	}
	return inside;
}

/* How many mappings lie in [low, high), in whole or in part. */
__attribute__((unused))
static int maps_count_in(const struct maps *maps, unsigned long low,
			 unsigned long high)
{
	int count = 0;

	for (int i = 0; i < maps->count; i++)
		count += maps->map[i].start < high && maps->map[i].end > low;
	return count;
}

/* Can a byte be read there? */
__attribute__((unused))
static bool maps_is_readable(const void *address)
{
	int fds[2];
	ssize_t n;

	NEED(pipe(fds) == 0);
	n = write(fds[1], address, 1);
	NEED(n == 1 || errno == EFAULT);
	close(fds[0]);
	close(fds[1]);
	return n == 1;
}

#endif
