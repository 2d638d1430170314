// SPDX-License-Identifier: BSD-2-Clause
/* The screen of memory: who owns what of the one address space. */
#include <config.h>

#include "ui.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct owner {
	const char *name;
	const struct top_task *task; /* or NULL */
	uint64_t mapped, resident, files, shared;
	unsigned mappings;
};

enum { OWNERS_FIXED = OBSERVER_OWNER_KERNEL + 1 };

static void owner_add(struct owner *owner, const struct observer_range *range)
{
	uint64_t resident = range->resident > 0 ? (uint64_t)range->resident :
						  0;

	owner->mappings++;
	/* What only holds a place, such as guards, is no memory. */
	if (strncmp(range->permissions, "---", 3) != 0)
		owner->mapped += range->high - range->low;
	owner->resident += resident;
	if (range->inode)
		owner->files += resident;
	if (range->permissions[3] == 's')
		owner->shared += resident;
}

static int owner_compare(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	if (x->resident != y->resident)
		return x->resident < y->resident ? 1 : -1;
	return (x->name > y->name) - (x->name < y->name);
}

static void owner_print(struct top_lines *lines, const struct owner *owner,
			uint64_t total)
{
	char mapped[16], resident[16], files[16], shared[16], name[24];
	unsigned bar = total ? (unsigned)(owner->resident * 10 / total) : 0;

	pips_format_bytes(mapped, sizeof(mapped), owner->mapped);
	pips_format_bytes(resident, sizeof(resident), owner->resident);
	pips_format_bytes(files, sizeof(files), owner->files);
	pips_format_bytes(shared, sizeof(shared), owner->shared);
	if (owner->task && owner->task->slot)
		snprintf(name, sizeof(name), "%d", (int)owner->task->task->pipid);
	else
		snprintf(name, sizeof(name), "%s", owner->name);
	lines_add(lines, owner->task ? COLOR_TEXT : COLOR_INFO,
		  "%7s %6u %6s %6s %6s %6s [%.*s%*s] %s", name,
		  owner->mappings, mapped, resident, files, shared, (int)bar,
		  "##########", 10 - (int)bar, "",
		  owner->task ? owner->task->command : "");
}

static void memory_fill_program(const struct top_program *program,
				struct top_lines *lines)
{
	static const char *const names[OWNERS_FIXED] = {
		"root", "task", "ended", "nobody", "runtime", "kernel",
	};
	struct observer_tasks *tasks =
		(struct observer_tasks *)&program->observed;
	struct observer_ranges ranges = { 0 };
	struct owner *owner;
	char total[16], of_root[16];
	uint64_t sum = 0;
	size_t i, n = OWNERS_FIXED;
	int error = observer_read_ranges(program->root, tasks, &ranges);

	if (error) {
		lines_add(lines, COLOR_BAD, "program %d: its mappings: %s",
			  (int)program->root->reader, strerror(error));
		return;
	}
	owner = calloc(OWNERS_FIXED + program->root->header.nentries + 1,
		       sizeof(*owner));
	if (!owner)
		pips_fail("out of memory");
	for (i = 0; i < OWNERS_FIXED; i++)
		owner[i].name = names[i];
	for (i = 0; i < ranges.count; i++) {
		const struct observer_range *range = &ranges.range[i];

		if (range->resident > 0)
			sum += (uint64_t)range->resident;
		if (range->owner == OBSERVER_OWNER_TASK && range->pipid >= 0)
			owner_add(&owner[OWNERS_FIXED + range->pipid], range);
		else
			owner_add(&owner[range->owner], range);
	}
	for (i = 0; i < program->count; i++) {
		const struct top_task *task = &program->task[i];

		if (task->slot == 0)
			owner[OBSERVER_OWNER_ROOT].task = task;
		else
			owner[OWNERS_FIXED + task->slot - 1].task = task;
	}
	n += program->root->header.nentries - 1;
	pips_format_bytes(total, sizeof(total), sum);
	pips_format_bytes(of_root, sizeof(of_root),
			  owner[OBSERVER_OWNER_ROOT].resident);
	lines_add(lines, COLOR_TITLE, "program %d: %s resident in one address "
		  "space, %zu mappings", (int)program->root->reader, total,
		  ranges.count);
	qsort(owner, OWNERS_FIXED, sizeof(*owner), owner_compare);
	qsort(owner + OWNERS_FIXED, n - OWNERS_FIXED, sizeof(*owner),
	      owner_compare);
	for (i = 0; i < n; i++)
		if (owner[i].mappings)
			owner_print(lines, &owner[i], sum);
	observer_free_ranges(&ranges);
	free(owner);
}

void memory_fill(struct top *top, struct top_lines *lines)
{
	size_t i;

	lines_add(lines, COLOR_LABEL, "%7s %6s %6s %6s %6s %6s %-12s %s",
		  "OWNER", "MAPS", "MAPPED", "RES", "FILES", "SHARED",
		  "OF ALL", "COMMAND");
	for (i = 0; i < top->sample.nprograms; i++)
		memory_fill_program(top->sample.program[i], lines);
}
