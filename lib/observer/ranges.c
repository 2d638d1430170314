// SPDX-License-Identifier: BSD-2-Clause
/*
 * The mappings of the one address space, each with who owns it.  That is
 * decided by its place: a task's memory lies in the task's window, and what
 * lies in no window is the root's, but for what the runtime and the kernel
 * have put there by name.
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RANGES_MAX 4000000 /* vm.max_map_count is 65,530 by default */
#define USER_END ((uint64_t)1 << 47)

static bool path_begins(const char *path, const char *start)
{
	return strncmp(path, start, strlen(start)) == 0;
}

static void ranges_set_owner(const struct observer_root *root,
			     struct observer_tasks *tasks,
			     struct observer_range *range)
{
	const struct pip_table_header *header = &root->header;
	const struct observer_task *task;
	uint64_t slot;

	range->owner = OBSERVER_OWNER_ROOT;
	range->pipid = OBSERVER_PIPID_ROOT;
	if (path_begins(range->path, "[v")) { /* [vdso] [vvar] [vsyscall] */
		range->owner = OBSERVER_OWNER_KERNEL;
		return;
	}
	if (path_begins(range->path, "/memfd:" PIP_TABLE_NAME) ||
	    path_begins(range->path, "/memfd:" PIP_RECORDER_NAME)) {
		range->owner = OBSERVER_OWNER_RUNTIME;
		return;
	}
	if (!header->window_size || range->low < header->window_base)
		return;
	slot = (range->low - header->window_base) / header->window_size + 1;
	if (slot >= header->nentries)
		return;
	range->pipid = (int32_t)slot - 1;
	range->owner = OBSERVER_OWNER_NOBODY;
	task = observer_find_slot(tasks, (uint32_t)slot);
	if (task && !task->torn)
		range->owner = task->entry.state == PIP_STATE_ENDED ?
			       OBSERVER_OWNER_ENDED : OBSERVER_OWNER_TASK;
	else if (task)
		range->owner = OBSERVER_OWNER_TASK;
}

static int ranges_add(const struct observer_root *root,
		      struct observer_tasks *tasks,
		      const struct observer_mapping *mapping,
		      struct observer_ranges *ranges)
{
	struct observer_range *range;

	if (ranges->count == ranges->capacity) {
		size_t capacity = ranges->capacity ? ranges->capacity * 2 : 256;

		range = reallocarray(ranges->range, capacity, sizeof(*range));
		if (!range)
			return ENOMEM;
		ranges->range = range;
		ranges->capacity = capacity;
	}
	range = &ranges->range[ranges->count];
	memset(range, 0, sizeof(*range));
	range->path = strdup(mapping->path);
	if (!range->path)
		return ENOMEM;
	ranges->count++;
	range->low = mapping->low;
	range->high = mapping->high;
	range->offset = mapping->offset;
	range->inode = mapping->inode;
	memcpy(range->permissions, mapping->permissions, 4);
	range->resident = range->private = range->shared = -1;
	ranges_set_owner(root, tasks, range);
	return 0;
}

/* maps, or smaps, which has the resident memory with it and is slow. */
static int ranges_read(const struct observer_root *root,
		       struct observer_tasks *tasks,
		       struct observer_ranges *ranges, const char *name)
{
	struct observer_mapping mapping;
	struct observer_maps maps = { 0 };
	size_t length;
	char *line;
	int error = 0;
	int fd = observer_open_file(root->observer, root->reader, name,
				    O_RDONLY);

	if (fd < 0)
		return fd == -ENOENT ? ESRCH : -fd;
	maps.fd = fd;
	while (!error && (line = maps_next_line(&maps, &length))) {
		if (*line >= 'A' && *line <= 'Z') {
			if (ranges->count && path_begins(line, "Rss:"))
				ranges->range[ranges->count - 1].resident =
					strtoll(line + 4, NULL, 10) * 1024;
		} else if (maps_parse_line(line, &mapping)) {
			error = ranges->count == RANGES_MAX ? E2BIG :
				ranges_add(root, tasks, &mapping, ranges);
		}
	}
	maps_close(&maps);
	return error ? error : maps.error;
}

struct ranges_walk {
	struct observer_ranges *ranges;
	size_t i; /* regions ascend, and so do ranges */
};

static void ranges_visit(void *context, uint64_t low, uint64_t high)
{
	struct ranges_walk *walk = context;

	while (walk->i < walk->ranges->count) {
		struct observer_range *range = &walk->ranges->range[walk->i];
		uint64_t from = low > range->low ? low : range->low;
		uint64_t to = high < range->high ? high : range->high;

		if (from < to)
			range->resident += (int64_t)(to - from);
		if (range->high >= high)
			break;
		walk->i++;
	}
}

int observer_read_ranges(struct observer_root *root,
			 struct observer_tasks *tasks,
			 struct observer_ranges *ranges)
{
	struct ranges_walk walk = { ranges, 0 };
	int error, pagemap;
	size_t i;

	observer_free_ranges(ranges);
	error = ranges_read(root, tasks, ranges, "maps");
	if (error)
		return error;
	pagemap = observer_open_file(root->observer, root->reader, "pagemap",
				     O_RDONLY);
	if (pagemap < 0)
		return 0;
	for (i = 0; i < ranges->count; i++)
		ranges->range[i].resident = 0;
	error = memory_visit_present(pagemap, 0, USER_END, ranges_visit,
				     &walk);
	close(pagemap);
	if (error == 0 || error == ENOMEM)
		return error;
	/* A kernel before 6.7 knows no ioctl of this file. */
	observer_free_ranges(ranges);
	return ranges_read(root, tasks, ranges, "smaps");
}

void observer_free_ranges(struct observer_ranges *ranges)
{
	size_t i;

	for (i = 0; i < ranges->count; i++)
		free(ranges->range[i].path);
	free(ranges->range);
	memset(ranges, 0, sizeof(*ranges));
}
