// SPDX-License-Identifier: BSD-2-Clause
/*
 * Resident memory per task.  The kernel counts it per address space, which
 * all tasks share; but a task's memory lies in its window, so the pages that
 * are present in the window are the task's.
 *
 * Linux 6.7 walks page tables for us: the PAGEMAP_SCAN ioctl of
 * /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst).  Before it,
 * /proc/PID/smaps has a sum per mapping, and is slow: it formats some 25 lines
 * for each.
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/*
 * As in <linux/fs.h> of Linux 6.7, which older distributions' headers lack.
 * Names of our own: a newer header has these.
 */
struct memory_region {
	uint64_t start, end, categories;
};

struct memory_scan {
	uint64_t size; /* of this struct */
	uint64_t flags;
	uint64_t start, end, walk_end;
	uint64_t vec, vec_len; /* array of regions, and how many fit */
	uint64_t max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask;
	uint64_t return_mask;
};

#define MEMORY_SCAN_IOCTL _IOWR('f', 16, struct memory_scan)
#define MEMORY_PAGE_PRESENT (1u << 3)
#define MEMORY_PAGE_ZERO (1u << 5) /* the shared page of zeros */
/*
 * What the kernel collects before it writes out, a page of regions.  Ask for
 * no more: a call that wrote out twice gives a walk_end (Linux 6.7 to 6.18 at
 * least) from before its last regions.
 */
#define MEMORY_REGIONS 512

_Static_assert(sizeof(struct memory_scan) == 96, "kernel ABI");
_Static_assert(sizeof(struct memory_region) == 24, "kernel ABI");

struct memory_sum {
	uint64_t base, size, end; /* of the windows that tasks have */
	struct observer_task **slots; /* by window number, NULL: not listed */
	uint64_t windows;
	uint64_t inside; /* bytes found in windows */
	uint64_t total;  /* in all of smaps; 0: that was not read */
};

/* Add what is resident in [low, high), which may span windows. */
static void memory_add(struct memory_sum *sum, uint64_t low, uint64_t high,
		       uint64_t resident)
{
	uint64_t number = (low - sum->base) / sum->size;
	struct observer_task *task;

	if (low < sum->base || low >= sum->end || high < low)
		return;
	while (resident && number < sum->windows) {
		uint64_t window_end = sum->base + (number + 1) * sum->size;
		uint64_t part = window_end - low;

		if (part > resident || high <= window_end)
			part = resident;
		task = sum->slots[number];
		if (task)
			task->rss += (int64_t)part;
		sum->inside += part;
		resident -= part;
		low = window_end;
		number++;
	}
}

int memory_visit_present(int pagemap, uint64_t low, uint64_t high,
			 memory_visit *visit, void *context)
{
	struct memory_region *regions;
	uint64_t position = low;
	int error = 0;

	regions = calloc(MEMORY_REGIONS, sizeof(*regions));
	if (!regions)
		return ENOMEM;
	while (position < high) {
		struct memory_scan scan = {
			.size = sizeof(scan),
			.start = position,
			.end = high,
			.vec = (uintptr_t)regions,
			.vec_len = MEMORY_REGIONS,
			.category_mask = MEMORY_PAGE_PRESENT | MEMORY_PAGE_ZERO,
			.category_inverted = MEMORY_PAGE_ZERO,
			.return_mask = MEMORY_PAGE_PRESENT,
		};
		int i, n = ioctl(pagemap, MEMORY_SCAN_IOCTL, &scan);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			error = errno;
			break;
		}
		for (i = 0; i < n; i++)
			visit(context, regions[i].start, regions[i].end);
		if (n < MEMORY_REGIONS || scan.walk_end <= position)
			break;
		position = scan.walk_end;
	}
	free(regions);
	return error;
}

static void memory_visit_window(void *context, uint64_t low, uint64_t high)
{
	memory_add(context, low, high, high - low);
}

static int memory_scan_pages(struct memory_sum *sum, int pagemap)
{
	return memory_visit_present(pagemap, sum->base, sum->end,
				    memory_visit_window, sum);
}

/* One pass over smaps. */
static int memory_read_smaps(struct memory_sum *sum,
			     const struct observer_root *root)
{
	struct observer_mapping mapping = { 0 };
	struct observer_maps smaps = { 0 };
	size_t length;
	char *line;
	int fd;

	fd = observer_open_file(root->observer, root->reader, "smaps",
				O_RDONLY);
	if (fd < 0)
		return -fd;
	smaps.fd = fd;
	while ((line = maps_next_line(&smaps, &length))) {
		/* Names of values begin with a capital, addresses do not. */
		if (*line < 'A' || *line > 'Z') {
			if (!maps_parse_line(line, &mapping))
				mapping.low = mapping.high = 0;
		} else if (strncmp(line, "Rss:", 4) == 0) {
			uint64_t rss = strtoull(line + 4, NULL, 10) * 1024;

			sum->total += rss;
			memory_add(sum, mapping.low, mapping.high, rss);
		}
	}
	maps_close(&smaps);
	return smaps.error;
}

/*
 * All of the address space.  Before Linux 6.2 each thread keeps what it has
 * faulted in to itself, up to 64 pages of a kind, so with many tasks this is too
 * little by far (SPLIT_RSS_COUNTING in mm/memory.c); smaps is exact.
 */
static uint64_t memory_read_total(const struct observer_root *root)
{
	unsigned long long pages;
	char text[256];

	if (observer_read_file(root->observer, root->reader, "statm", text,
			       sizeof(text)) <= 0 ||
	    sscanf(text, "%*u %llu", &pages) != 1)
		return 0;
	return pages * (uint64_t)root->observer->page;
}

static int memory_fill(struct memory_sum *sum, const struct observer_root *root)
{
	int error, pagemap;

	if (sum->windows == 0)
		return 0;
	pagemap = observer_open_file(root->observer, root->reader, "pagemap",
				     O_RDONLY);
	if (pagemap < 0)
		return -pagemap;
	error = memory_scan_pages(sum, pagemap);
	close(pagemap);
	/* A kernel before 6.7 knows no ioctl of this file. */
	if (error == ENOTTY || error == EINVAL || error == ENOSYS)
		error = memory_read_smaps(sum, root);
	return error;
}

int observer_read_memory(struct observer_root *root,
			 struct observer_tasks *tasks)
{
	struct memory_sum sum = { 0 };
	uint64_t low, high;
	int error;
	size_t i;

	tasks->memory_known = false;
	for (i = 0; i < tasks->count; i++) {
		struct observer_task *task = &tasks->task[i];

		task->rss = -1;
		/* The list ascends: what is left is the highest slot. */
		if (observer_get_window(root, task->slot, &low, &high)) {
			sum.windows = task->slot;
			sum.end = high;
		}
	}
	sum.base = root->header.window_base;
	sum.size = root->header.window_size;
	sum.slots = calloc(sum.windows + 1, sizeof(struct observer_task *));
	if (!sum.slots)
		return ENOMEM;
	for (i = 0; i < tasks->count; i++) {
		struct observer_task *task = &tasks->task[i];

		if (task->slot < 1 || task->slot > sum.windows)
			continue;
		sum.slots[task->slot - 1] = task;
		task->rss = 0;
	}
	error = memory_fill(&sum, root);
	for (i = 0; i < tasks->count; i++) {
		struct observer_task *task = &tasks->task[i];

		if (error)
			task->rss = -1;
		else if (task->executed && !task->facts.error)
			task->rss = (int64_t)task->facts.rss;
	}
	free(sum.slots);
	if (error)
		return error;
	tasks->total_rss = sum.total ? sum.total : memory_read_total(root);
	tasks->outside_rss = tasks->total_rss > sum.inside ?
			     tasks->total_rss - sum.inside : 0;
	if (tasks->count && tasks->task[0].slot == 0 && tasks->total_rss)
		tasks->task[0].rss = (int64_t)tasks->outside_rss;
	tasks->memory_known = true;
	return 0;
}
