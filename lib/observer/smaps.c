// SPDX-License-Identifier: BSD-2-Clause
/*
 * /proc/PID/smaps, proc_pid_smaps(5): of each mapping which of the resident
 * memory is its alone, which others have mapped as well, and its flags.  Slow:
 * the kernel formats some 25 lines for each.
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct smaps_usage {
	uint64_t low, high; /* of the mapping */
	uint64_t private, shared; /* bytes */
	char flags[8];
};

typedef void smaps_visit(void *context, const struct smaps_usage *usage);

/* "VmFlags: rd wr mr ..." of these the ones that people ask for. */
static void smaps_set_flags(struct smaps_usage *usage, const char *words)
{
	static const struct {
		char name[3], letter;
	} flags[] = {
		{ "gd", 'D' }, { "lo", 'L' }, { "dd", 'N' }, { "dc", 'F' },
		{ "hg", 'H' }, { "ht", 'H' }, { "io", 'I' },
	};
	size_t i, n = 0;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const char *at = words;

		while ((at = strstr(at, flags[i].name)) &&
		       (at[-1] != ' ' || (at[2] && at[2] != ' ')))
			at++;
		if (at && !strchr(usage->flags, flags[i].letter))
			usage->flags[n++] = flags[i].letter;
	}
}

static bool line_begins(const char *line, const char *name)
{
	return strncmp(line, name, strlen(name)) == 0;
}

/* The number behind "Name:", in bytes. */
static uint64_t line_bytes(const char *line)
{
	return strtoull(strchr(line, ':') + 1, NULL, 10) * 1024;
}

static void smaps_take(struct smaps_usage *usage, const char *line)
{
	if (line_begins(line, "Private_Clean:") ||
	    line_begins(line, "Private_Dirty:"))
		usage->private += line_bytes(line);
	else if (line_begins(line, "Shared_Clean:") ||
		 line_begins(line, "Shared_Dirty:"))
		usage->shared += line_bytes(line);
	else if (line_begins(line, "VmFlags:"))
		smaps_set_flags(usage, line + strlen("VmFlags:"));
}

static int smaps_read(const struct observer_root *root, smaps_visit *visit,
		      void *context)
{
	struct observer_mapping mapping;
	struct observer_maps smaps = { 0 };
	struct smaps_usage usage = { 0 };
	size_t length;
	char *line;
	int fd = observer_open_file(root->observer, root->reader, "smaps",
				    O_RDONLY);

	if (fd < 0)
		return fd == -ENOENT ? ESRCH : -fd;
	smaps.fd = fd;
	while ((line = maps_next_line(&smaps, &length))) {
		/* Names of values begin with a capital, addresses do not. */
		if (*line >= 'A' && *line <= 'Z') {
			smaps_take(&usage, line);
		} else if (maps_parse_line(line, &mapping)) {
			if (usage.high)
				visit(context, &usage);
			memset(&usage, 0, sizeof(usage));
			usage.low = mapping.low;
			usage.high = mapping.high;
		}
	}
	if (usage.high)
		visit(context, &usage);
	maps_close(&smaps);
	return smaps.error;
}

struct usage_walk {
	struct observer_ranges *ranges;
	size_t i; /* both ascend */
};

static void usage_visit(void *context, const struct smaps_usage *usage)
{
	struct usage_walk *walk = context;
	struct observer_range *range;

	while (walk->i < walk->ranges->count &&
	       walk->ranges->range[walk->i].low < usage->low)
		walk->i++;
	if (walk->i == walk->ranges->count)
		return;
	range = &walk->ranges->range[walk->i];
	/* It may have been mapped anew since the ranges were read. */
	if (range->low != usage->low || range->high != usage->high)
		return;
	range->private = (int64_t)usage->private;
	range->shared = (int64_t)usage->shared;
	memcpy(range->flags, usage->flags, sizeof(range->flags));
}

int observer_read_usage(struct observer_root *root,
			struct observer_ranges *ranges)
{
	struct usage_walk walk = { ranges, 0 };

	return smaps_read(root, usage_visit, &walk);
}

struct shared_sum {
	const struct observer_root *root;
	struct observer_tasks *tasks;
};

static void shared_visit(void *context, const struct smaps_usage *usage)
{
	struct shared_sum *sum = context;
	const struct pip_table_header *header = &sum->root->header;
	struct observer_task *task = NULL;
	uint64_t slot = 0;

	if (header->window_size && usage->low >= header->window_base)
		slot = (usage->low - header->window_base) /
		       header->window_size + 1;
	if (slot >= header->nentries)
		slot = 0;
	task = observer_find_slot(sum->tasks, (uint32_t)slot);
	if (task && !task->executed)
		task->shared += (int64_t)usage->shared;
}

int observer_read_shared(struct observer_root *root,
			 struct observer_tasks *tasks)
{
	struct shared_sum sum = { root, tasks };
	int error;
	size_t i;

	for (i = 0; i < tasks->count; i++)
		tasks->task[i].shared = 0;
	error = smaps_read(root, shared_visit, &sum);
	for (i = 0; i < tasks->count; i++)
		if (error || tasks->task[i].executed)
			tasks->task[i].shared = -1;
	return error;
}
