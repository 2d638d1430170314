// SPDX-License-Identifier: BSD-2-Clause
/* The screen of memory: who owns what of the one address space. */
#include <config.h>

#include "ui.h"
#include "recording.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define OWNERS_FIXED ((size_t)OBSERVER_OWNER_KERNEL + 1)

/* Those of no PIPID first, then the tasks; the most resident first. */
static int owner_compare(const void *a, const void *b)
{
	const struct recording_owner *x = a, *y = b;
	bool x_task = x->owner == OBSERVER_OWNER_TASK;
	bool y_task = y->owner == OBSERVER_OWNER_TASK;

	if (x_task != y_task)
		return x_task ? 1 : -1;
	if (x->resident != y->resident)
		return x->resident < y->resident ? 1 : -1;
	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	return (x->pipid > y->pipid) - (x->pipid < y->pipid);
}

static void owner_add(struct recording_owner *owner,
		      const struct observer_range *range)
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

/* Fill in program->owner: who has how much. */
int memory_measure(struct top_program *program)
{
	const uint32_t nentries = program->root->header.nentries;
	struct observer_ranges ranges = { 0 };
	struct recording_owner *owner;
	size_t i, n = 0, all = OWNERS_FIXED + (size_t)nentries;
	int error = observer_read_ranges(program->root, &program->observed,
					 &ranges);

	program->nowners = 0;
	if (error)
		return error;
	owner = calloc(all, sizeof(*owner));
	if (!owner)
		pips_fail("out of memory");
	for (i = 0; i < ranges.count; i++) {
		const struct observer_range *range = &ranges.range[i];
		bool task = range->owner == OBSERVER_OWNER_TASK &&
			    range->pipid >= 0;
		struct recording_owner *one = task ?
			&owner[OWNERS_FIXED + range->pipid] :
			&owner[range->owner];

		one->owner = range->owner;
		one->pipid = task ? range->pipid : OBSERVER_PIPID_ROOT;
		owner_add(one, range);
	}
	observer_free_ranges(&ranges);
	for (i = 0; i < all; i++)
		if (owner[i].mappings)
			owner[n++] = owner[i];
	qsort(owner, n, sizeof(*owner), owner_compare);
	free(program->owner);
	program->owner = owner;
	program->nowners = n;
	return 0;
}

static const struct top_task *owner_find_task(const struct top_program *program,
					      const struct recording_owner *owner)
{
	if (owner->owner == OBSERVER_OWNER_ROOT)
		return sample_find_slot(program, 0);
	if (owner->owner == OBSERVER_OWNER_TASK)
		return sample_find_slot(program, (int64_t)owner->pipid + 1);
	return NULL;
}

static void owner_print(struct top_lines *lines,
			const struct top_program *program,
			const struct recording_owner *owner, uint64_t total)
{
	static const char *const names[OWNERS_FIXED] = {
		"root", "task", "ended", "nobody", "runtime", "kernel",
	};
	const struct top_task *task = owner_find_task(program, owner);
	char mapped[16], resident[16], files[16], shared[16], name[24];
	unsigned bar = total ? (unsigned)((double)owner->resident * 10 /
					  (double)total) : 0;

	pips_format_bytes(mapped, sizeof(mapped), owner->mapped);
	pips_format_bytes(resident, sizeof(resident), owner->resident);
	pips_format_bytes(files, sizeof(files), owner->files);
	pips_format_bytes(shared, sizeof(shared), owner->shared);
	if (owner->owner == OBSERVER_OWNER_TASK)
		snprintf(name, sizeof(name), "%d", (int)owner->pipid);
	else
		snprintf(name, sizeof(name), "%s", owner->owner < OWNERS_FIXED ?
			 names[owner->owner] : "?");
	if (bar > 10)
		bar = 10;
	lines_add(lines, task ? COLOR_TEXT : COLOR_INFO,
		  "%7s %6" PRIu64 " %6s %6s %6s %6s [%.*s%*s] %s", name,
		  owner->mappings, mapped, resident, files, shared, (int)bar,
		  "##########", 10 - (int)bar, "", task ? task->command : "");
}

static void memory_fill_program(struct top_program *program,
				struct top_lines *lines)
{
	uint64_t sum = 0, mappings = 0;
	char total[16];
	size_t i;
	int error = program->recorded ? 0 : memory_measure(program);

	if (error) {
		lines_add(lines, COLOR_BAD, "program %d: its mappings: %s",
			  (int)program->root->reader, strerror(error));
		return;
	}
	for (i = 0; i < program->nowners; i++) {
		sum += program->owner[i].resident;
		mappings += program->owner[i].mappings;
	}
	pips_format_bytes(total, sizeof(total), sum);
	lines_add(lines, COLOR_TITLE, "program %d: %s resident in one address "
		  "space, %" PRIu64 " mappings", (int)program->root->reader,
		  total, mappings);
	for (i = 0; i < program->nowners; i++)
		owner_print(lines, program, &program->owner[i], sum);
	if (!program->nowners)
		lines_add(lines, COLOR_DIM, "  nothing of it was recorded");
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
